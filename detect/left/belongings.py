"""Things that people put down, and whether somebody is still with them.

A thing belongs to whoever was nearest when it could first be seen: that person put it down, or had
stood before it. It is attended while its owner is near, or anybody who stays there: the owner may
have got another number. Who only walks past does not attend it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import hypot

import numpy as np

from detect.geometry import distance
from detect.left.appearance import Looks, Plane
from detect.left.background import Region
from detect.overlap import box_iou
from detect.track import Box, Track
from detect.view import View

AROUND = 0.5
"""A person's reach beyond the box, in heights of it, when a thing appears."""
BEFORE_S, AFTER_S = 4.0, 1.5
"""The owner was there within this time before and after it could first be seen."""
KEPT_S = 20.0
NEAR = 1.5
"""Heights within which an owner is with a thing;"""
BESIDE = 0.7
"""this part of it for others."""
STAYS_S = 6.0
"""Who is near for this long stays there, and does not walk past."""
AWAY_S = 1.5
"""An owner is away when not near for so long: detectors blink."""
SAME = 0.3
"""Overlap (IoU) of a region with the thing that it is."""
LOST_S = 60.0
MOVED_S, MOVED = 12.0, 4.0
"""What was moved was taken away within this time and so many of its sides away,"""
LIKE_SIZE, LIKE = 2.5, 35.0
"""and is of like height (as a ratio; its ghost mostly shows in parts) and colour (grey levels)."""


@dataclass(slots=True)
class Thing:
    """One thing that stands where it did not."""

    number: int
    """Counts the things of a camera from 1."""
    region: Region
    seen_s: float
    """When it was last seen to stand there."""
    owner: Track | None
    """As when it was put down: who goes off gets smaller; None: nobody was seen to do so."""
    attended_s: float
    """When somebody was last with it."""
    label: str | None = None
    """The detector's class, of those that are looked for."""
    label_score: float = 0.0
    tries: int = 0
    """Closer looks taken."""
    looked_s: float = -1e9
    looks: Looks | None = None
    """How it looked,"""
    still_s: float = 0.0
    """since when it has looked so."""
    is_proven: bool = False
    """That it is a thing."""
    near: dict[int, float] = field(default_factory=dict)
    """Since when each person has been near, by track."""
    away: float | None = None
    """How far the owner is, in heights; None: out of sight."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Something that stood there from the first, and was taken away."""

    xyxy: Box
    was: Plane
    """Mean of how it looked (`Looks.was`)."""
    at_s: float

    @classmethod
    def of(cls, region: Region, looks: Looks) -> Taken:
        return cls(region.xyxy, looks.was, region.since_s)

    def is_same(self, region: Region, looks: Looks) -> bool:
        """Whether a thing is this one, put down again near by: a chair that was moved."""
        apart = distance(foot_of(self.xyxy), foot_of(region.xyxy))
        side = max(region.xyxy[2] - region.xyxy[0], region.xyxy[3] - region.xyxy[1])
        return (
            abs(region.since_s - self.at_s) <= MOVED_S
            and apart <= MOVED * side
            and 1 / LIKE_SIZE <= _high(region.xyxy) / _high(self.xyxy) <= LIKE_SIZE
            and float(np.abs(looks.mean - self.was).max()) <= LIKE
        )


class People:
    """Who was where in the last seconds."""

    def __init__(self) -> None:
        self._past: deque[tuple[float, tuple[Track, ...]]] = deque()

    def see(self, people: Iterable[Track], t_s: float) -> None:
        self._past.append((t_s, tuple(people)))
        while t_s - self._past[0][0] > KEPT_S:
            self._past.popleft()

    def nearest(self, box: Box, t_s: float, wide: float = 1.0) -> Track | None:
        """Who was nearest to a place at about a time, within reach of it.

        `wide` is the picture's width by its height, here and below: distances are in heights.
        """
        best: tuple[float, Track] | None = None
        for when_s, people in self._past:
            if not -BEFORE_S <= when_s - t_s <= AFTER_S:
                continue
            for person in people:
                if _reaches(person, box, wide):
                    apart = _apart(person, foot_of(box), wide) + 0.1 * abs(when_s - t_s)
                    if best is None or apart < best[0]:
                        best = apart, person
        return None if best is None else best[1]


def foot_of(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, box[3]


def attend(
    thing: Thing, people: Sequence[Track], t_s: float, near: float = NEAR, wide: float = 1.0
) -> None:
    """Bring up to now who is with a thing."""
    place = foot_of(thing.region.xyxy)
    mine_id = None if thing.owner is None else thing.owner.id
    ids = {
        p.id
        for p in people
        if _apart(p, place, wide) <= (near if p.id == mine_id else BESIDE * near)
    }
    thing.near = {k: since_s for k, since_s in thing.near.items() if k in ids}
    for identity in ids:
        thing.near.setdefault(identity, t_s)
    thing.away = None
    if thing.owner is not None:
        mine = next((p for p in people if p.id == thing.owner.id), None)
        if mine is not None:
            thing.away = _apart(mine, place, wide)
    is_owner = thing.owner is not None and thing.owner.id in ids
    if is_owner or any(t_s - since_s >= STAYS_S for since_s in thing.near.values()):
        thing.attended_s = t_s


def overlap_of(box: Box, boxes: Iterable[Box]) -> float:
    """The largest part of `box` that lies under any one of the boxes."""
    size = max(1e-9, (box[2] - box[0]) * (box[3] - box[1]))
    return max((_common(box, other) / size for other in boxes), default=0.0)


def same_thing(region: Region, things: Iterable[Thing]) -> Thing | None:
    """The thing that a region is."""
    for thing in things:
        other = thing.region.xyxy
        if box_iou(region.xyxy, other) >= SAME or overlap_of(other, [region.xyxy]) >= 0.7:
            return thing
    return None


def people_in(view: View) -> list[Track]:
    return [track for track in view.tracks if track.label == "person" and track.unseen_s <= AWAY_S]


def _apart(person: Track, place: tuple[float, float], wide: float) -> float:
    """How far the person's feet are from a place, in heights of the person."""
    x, y = person.foot
    return hypot((x - place[0]) * wide, y - place[1]) / max(1e-3, person.height)


def _reaches(person: Track, box: Box, wide: float) -> bool:
    x1, y1, x2, y2 = person.xyxy
    up = AROUND * person.height
    across = up / wide
    return x1 - across < box[2] and box[0] < x2 + across and y1 < box[3] and box[1] < y2 + up / 2


def _high(box: Box) -> float:
    return max(1e-6, box[3] - box[1])


def _common(a: Box, b: Box) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high)
