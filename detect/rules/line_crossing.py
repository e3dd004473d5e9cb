"""Line crossing: somebody walks over a line, in a direction that matters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from detect.aids import Aids
from detect.geometry import Point, crosses, side
from detect.places import Classes, Name, Places, RuleParameters
from detect.rules.base import Finding, Judge, Kind
from detect.rules.handover import vanished_near
from detect.rules.intrusion import IDENTITY_FPS
from detect.track import Track
from detect.view import View
from detect.words import Said, thing, upper

CLEAR_AT_LEAST = 0.01
"""A foot must be this far from the line (fractions of the frame) to count as on a side,"""
CLEAR = 0.08
"""and this part of its box's height: the boxes of near things tremble more."""
PLAINLY = 0.25
"""So far over the line, in heights, one look is enough; nearer a second one must show the same,"""
SECOND_LOOK_S = 0.5
"""unless looks are farther apart than this: boxes that melt or jump do so for a look."""
FORGET_S = 2.5
"""So long after it was last seen a thing is not taken for the same any longer."""


class LineCrossingRule(RuleParameters):
    """Somebody walks over a line."""

    kind: Literal["line_crossing"]
    line: Name
    classes: Classes = ("person",)
    direction: Literal["both", "left_to_right", "right_to_left"] = "both"

    @property
    def place(self) -> str:
        return self.line

    @property
    def floor_fps(self) -> float:
        """One track must be seen clear of the line on both sides."""
        return IDENTITY_FPS


@dataclass(slots=True)
class _Walker:
    """Where a thing last stood clear of the line."""

    side: int
    """1 on the right hand of who walks the line, -1 on the left."""
    clear: Point
    clear_s: float
    track: Track
    last_s: float
    was_over: bool = False
    """It was seen clear on the other side since, once and near the line."""


class LineCrossing(Judge):
    """Trembling on the line is not a crossing: a side counts only when the foot is clear of it."""

    def __init__(self, rule: LineCrossingRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        start, end = places.line(rule.line)
        self._start: Point = start
        self._end: Point = end
        self._walkers: dict[int, _Walker] = {}

    def judge(self, view: View) -> list[Finding]:
        t_s = view.t_s
        seen = [t for t in view.tracks if t.unseen_s == 0 and t.label in self._rule.classes]
        ids = {track.id for track in seen}
        self._walkers = {k: w for k, w in self._walkers.items() if t_s - w.last_s <= FORGET_S}
        found = [self._follow(track, t_s, ids) for track in seen]
        return [finding for finding in found if finding is not None]

    def _follow(self, track: Track, t_s: float, seen: Collection[int]) -> Finding | None:
        """Bring one track's walker up to now; a finding when it has just crossed."""
        foot = track.foot
        walker = self._walker(track, t_s, seen)
        seen_s = t_s
        if walker is not None:
            seen_s = walker.last_s
            walker.track, walker.last_s = track, t_s
        offset = side(foot, self._start, self._end)
        if abs(offset) < max(CLEAR_AT_LEAST, CLEAR * track.height):
            return None
        now_on = 1 if offset > 0 else -1
        if walker is not None and walker.side != now_on and not walker.was_over:
            walker.was_over = True
            if abs(offset) < PLAINLY * track.height and t_s - seen_s <= SECOND_LOOK_S:
                return None
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
        said = _said(track.label, self._rule.line, direction)
        return Finding(f"track-{track.id}", since_s, (track,), said, momentary=True)


def _said(label: str, line: str, direction: str) -> Said:
    who = thing(label)
    en, kk, ru = {
        "left_to_right": ("left to right", "солдан оңға", "слева направо"),
        "right_to_left": ("right to left", "оңнан солға", "справа налево"),
    }[direction]
    return Said(
        f'{upper(who.en)} crossed "{line}" from {en}.',
        f"{upper(who.kk)} «{line}» сызығын {kk} кесіп өтті.",
        f"{upper(who.ru)}: линия «{line}» пересечена {ru}.",
    )


KIND = Kind("line_crossing", LineCrossingRule, LineCrossing, severity="medium")
