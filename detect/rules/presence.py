"""How long each thing has been inside a zone, across flicker and changed track ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detect.geometry import Point, distance, inside
from detect.track import Track

FLICKER_S = 2.5
"""A thing that was out of sight or outside this long keeps its time inside."""
REACH_PER_S = 0.12
"""A new track this near (fractions of the frame, per second out of sight) to where one vanished
carries its time on: detectors lose people behind others and find them under a new id."""
REACH_AT_LEAST = 0.06


@dataclass(slots=True)
class Stay:
    """One thing's time inside."""

    since_s: float
    last_s: float
    foot: Point
    track: Track


class Presence:
    """Follows who is inside a polygon (None: the whole frame)."""

    def __init__(self, polygon: Sequence[Point] | None, classes: Sequence[str]) -> None:
        self._polygon = polygon
        self._classes = frozenset(classes)
        self._stays: dict[int, Stay] = {}

    def update(self, tracks: Sequence[Track], t_s: float) -> list[Stay]:
        """Stays of those that are inside and seen now, longest first."""
        here = [
            track
            for track in tracks
            if track.unseen_s == 0 and track.label in self._classes and self._covers(track.foot)
        ]
        present = {track.id for track in here}
        for track in here:
            stay = self._stays.get(track.id) or self._carry_on(track, t_s, present)
            stay.last_s, stay.foot, stay.track = t_s, track.foot, track
            self._stays[track.id] = stay
        self._stays = {k: s for k, s in self._stays.items() if t_s - s.last_s <= FLICKER_S}
        return sorted((self._stays[track.id] for track in here), key=lambda stay: stay.since_s)

    def _covers(self, foot: Point) -> bool:
        return self._polygon is None or inside(foot, self._polygon)

    def _carry_on(self, track: Track, t_s: float, present: set[int]) -> Stay:
        """The stay of a thing that vanished near here, or a new one."""
        best: tuple[float, int] | None = None
        for identity, stay in self._stays.items():
            gone_s = t_s - stay.last_s
            if identity in present or gone_s > FLICKER_S:
                continue
            apart = distance(stay.foot, track.foot)
            if apart <= max(REACH_AT_LEAST, REACH_PER_S * gone_s) and (
                best is None or apart < best[0]
            ):
                best = (apart, identity)
        if best is not None:
            return self._stays.pop(best[1])
        return Stay(t_s, t_s, track.foot, track)
