"""Line crossing: somebody walks over a line, in a direction that matters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from detect.geometry import Point, crosses, side
from detect.rules.base import Finding, people_word
from detect.rules.handover import vanished_near
from detect.scene import LineCrossingRule, Scene
from detect.track import Track

CLEAR_AT_LEAST = 0.01
"""A foot must be this far from the line (fractions of the frame) to count as on a side,"""
CLEAR = 0.08
"""and this part of its box's height: the boxes of near things tremble more."""
FORGET_S = 2.5
"""So long after it was last seen a thing is not taken for the same any longer."""


@dataclass(slots=True)
class _Walker:
    """Where a thing last stood clear of the line."""

    side: int
    """1 on the right hand of who walks the line, -1 on the left."""
    clear: Point
    clear_s: float
    track: Track
    last_s: float


class LineCrossing:
    """Trembling on the line is not a crossing: a side counts only when the foot is clear of it."""

    def __init__(self, rule: LineCrossingRule, scene: Scene) -> None:
        self._rule = rule
        start, end = scene.line(rule.line)
        self._start: Point = start
        self._end: Point = end
        self._walkers: dict[int, _Walker] = {}

    def judge(self, tracks: Sequence[Track], t_s: float) -> list[Finding]:
        seen = [t for t in tracks if t.unseen_s == 0 and t.label in self._rule.classes]
        ids = {track.id for track in seen}
        self._walkers = {k: w for k, w in self._walkers.items() if t_s - w.last_s <= FORGET_S}
        found = [self._follow(track, t_s, ids) for track in seen]
        return [finding for finding in found if finding is not None]

    def _follow(self, track: Track, t_s: float, seen: Collection[int]) -> Finding | None:
        """Bring one track's walker up to now; a finding when it has just crossed."""
        foot = track.foot
        walker = self._walker(track, t_s, seen)
        if walker is not None:
            walker.track, walker.last_s = track, t_s
        offset = side(foot, self._start, self._end)
        if abs(offset) < max(CLEAR_AT_LEAST, CLEAR * track.height):
            return None
        now_on = 1 if offset > 0 else -1
        self._walkers[track.id] = _Walker(now_on, foot, t_s, track, t_s)
        if walker is None or walker.side == now_on:
            return None
        if not crosses(walker.clear, foot, self._start, self._end):
            return None  # walked round the end of the line
        return self._finding(track, walker.clear_s, now_on)

    def _walker(self, track: Track, t_s: float, seen: Collection[int]) -> _Walker | None:
        if track.id not in self._walkers:
            former = vanished_near(track, t_s, self._walkers, seen)
            if former is not None:
                self._walkers[track.id] = self._walkers.pop(former)
        return self._walkers.get(track.id)

    def _finding(self, track: Track, since_s: float, now_on: int) -> Finding | None:
        direction = "left_to_right" if now_on > 0 else "right_to_left"
        if self._rule.direction not in ("both", direction):
            return None
        words = direction.replace("_", " ")
        why = f"{people_word(track)} crossed {self._rule.line} from {words}."
        return Finding(f"track-{track.id}", since_s, (track,), why, momentary=True)
