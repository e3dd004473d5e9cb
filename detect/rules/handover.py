"""One thing under two ids: detectors lose people behind others and find them again as new."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from detect.geometry import distance
from detect.track import Track

REACH = 0.35
"""How far from where it vanished a thing may come up again, in heights of its box,"""
REACH_PER_S = 0.6
"""and how much farther for each second out of sight: people walk about 0.8 of their height."""
TOGETHER_S = 1.0
"""So long a thing may have had both ids at once. Who was seen beside it for longer is another."""


class Remembered(Protocol):
    """What a rule remembers of a thing."""

    @property
    def track(self) -> Track:
        """As it was last seen."""
        ...

    @property
    def last_s(self) -> float: ...


def vanished_near(
    track: Track, t_s: float, known: Mapping[int, Remembered], seen: Collection[int]
) -> int | None:
    """The id of the thing that a new track may be: the nearest of its kind that is out of sight
    and in reach. `seen` are the ids in sight, which nobody takes over.
    """
    near = []
    for identity, thing in known.items():
        apart = distance(thing.track.foot, track.foot)
        reach = track.height * (REACH + REACH_PER_S * (t_s - thing.last_s))
        is_new = t_s - track.age_s > thing.last_s - TOGETHER_S
        alike = is_new and thing.track.label == track.label
        if alike and identity not in seen and apart <= reach:
            near.append((apart, identity))
    return min(near)[1] if near else None
