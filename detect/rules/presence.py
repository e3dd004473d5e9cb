"""How long each thing has been inside a zone, across flicker and changed track ids."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import inf

from detect.geometry import Outline, Point, deepest
from detect.rules.handover import vanished_near
from detect.track import Track

FLICKER_S = 2.5
"""A thing that was out of sight or outside this long keeps its time inside."""
CLEARLY = 0.25
"""A foot this far inside, in heights of its box, is surely inside, and one this far outside is
surely outside. Nearer to the edge it may be that of somebody who walks along it outside: boxes end
below the feet as often as above."""
EDGE_S = 5.0
"""Who stays that near to the edge, yet inside, for this long is inside."""


@dataclass(slots=True)
class Stay:
    """One thing's time inside."""

    since_s: float
    """When the foot came over the edge, even if it was sure only later."""
    last_s: float
    track: Track
    came_s: float
    """When the foot last came over the edge: later than `since_s` after a step outside."""
    sure: bool = False
    """Surely inside, until it is surely outside."""
    proven: bool = False
    """It has been surely inside."""


class Presence:
    """Follows who is inside a polygon (None: the whole frame)."""

    def __init__(self, polygon: Sequence[Point] | None, classes: Sequence[str]) -> None:
        self._outline = None if polygon is None else Outline(polygon)
        # In a narrow zone nobody could be clear of both edges.
        self._clear = inf if polygon is None else deepest(polygon) / 2
        self._classes = frozenset(classes)
        self._stays: dict[int, Stay] = {}

    def update(self, tracks: Sequence[Track], t_s: float) -> list[Stay]:
        """Stays of those that are surely inside and seen now, longest first."""
        seen = [t for t in tracks if t.unseen_s == 0 and t.label in self._classes]
        seen_ids = {track.id for track in seen}
        self._stays = {k: s for k, s in self._stays.items() if t_s - s.last_s <= FLICKER_S}
        here = []
        for track in seen:
            deep = self._depth(track.foot)
            if deep >= 0:
                here.append(self._stay(track, deep, t_s, seen_ids))
            elif track.id in self._stays:
                self._step_out(track, -deep)
        return sorted((stay for stay in here if stay.sure), key=lambda stay: stay.since_s)

    def staying(self, tracks: Sequence[Track], t_s: float, least_s: float) -> list[Stay]:
        """Like `update`, those alone that have been inside for at least `least_s`."""
        return [stay for stay in self.update(tracks, t_s) if t_s - stay.since_s >= least_s]

    def _stay(self, track: Track, deep: float, t_s: float, seen: Collection[int]) -> Stay:
        """The stay of a track that is inside, brought up to now."""
        stay = self._stays.get(track.id)
        if stay is None:
            former = vanished_near(track, t_s, self._stays, seen)
            stay = Stay(t_s, t_s, track, t_s) if former is None else self._stays.pop(former)
        stay.came_s = min(stay.came_s, t_s)  # after a step outside: now
        stay.last_s, stay.track = t_s, track
        stay.sure |= self._is_clear(deep, track) or t_s - stay.came_s >= EDGE_S
        stay.proven |= stay.sure
        self._stays[track.id] = stay
        return stay

    def _step_out(self, track: Track, away: float) -> None:
        """The track is seen outside. If it was ever surely inside, its time is kept a while."""
        stay = self._stays[track.id]
        if not stay.proven:
            del self._stays[track.id]  # it only brushed the edge
        elif not stay.sure or self._is_clear(away, track):
            stay.sure, stay.came_s = False, inf

    def _is_clear(self, away: float, track: Track) -> bool:
        return away >= min(CLEARLY * track.height, self._clear)

    def _depth(self, foot: Point) -> float:
        return inf if self._outline is None else self._outline.depth(foot)
