"""Line crossing: somebody walks over a line, in a direction that matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detect.geometry import Point, crosses, side
from detect.rules.base import Finding, people_word
from detect.scene import LineCrossingRule, Scene
from detect.track import Track

CLEAR = 0.01
"""A foot must be this far from the line (fractions of the frame) to count as on a side."""
FORGET_S = 5.0


@dataclass(slots=True)
class _Walker:
    """Where a track last stood clear of the line."""

    side: int
    foot: Point
    seen_s: float


class LineCrossing:
    """Trembling on the line is not a crossing: a side counts only when the foot is clear of it."""

    def __init__(self, rule: LineCrossingRule, scene: Scene) -> None:
        self._rule = rule
        start, end = scene.line(rule.line)
        self._start: Point = start
        self._end: Point = end
        self._walkers: dict[int, _Walker] = {}

    def judge(self, tracks: Sequence[Track], t_s: float) -> list[Finding]:
        found = []
        for track in tracks:
            if track.label in self._rule.classes and track.unseen_s == 0:
                finding = self._follow(track, t_s)
                if finding is not None:
                    found.append(finding)
        self._walkers = {k: w for k, w in self._walkers.items() if t_s - w.seen_s <= FORGET_S}
        return found

    def _follow(self, track: Track, t_s: float) -> Finding | None:
        foot = track.foot
        offset = side(foot, self._start, self._end)
        walker = self._walkers.get(track.id)
        if abs(offset) < CLEAR:
            if walker is not None:
                walker.seen_s = t_s
            return None
        now_on = 1 if offset > 0 else -1
        self._walkers[track.id] = _Walker(now_on, foot, t_s)
        if walker is None or walker.side == now_on:
            return None
        if not crosses(walker.foot, foot, self._start, self._end):
            return None  # walked round the end of the line
        direction = "left_to_right" if now_on > 0 else "right_to_left"
        if self._rule.direction not in ("both", direction):
            return None
        words = direction.replace("_", " ")
        why = f"{people_word(track)} crossed {self._rule.line} from {words}."
        return Finding(f"track-{track.id}", walker.seen_s, (track,), why, momentary=True)
