"""Wrong way: a vehicle drives against the heading of its road."""

from __future__ import annotations

from itertools import pairwise
from math import hypot
from typing import Annotated, Literal

from pydantic import Field, field_validator

from detect.aids import Aids
from detect.geometry import inside
from detect.places import VEHICLES, Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.traffic.courses import Course, Courses, Step, Vector, cosine, slope
from detect.traffic.cuts import Cuts
from detect.traffic.flow import Flow
from detect.view import View
from detect.words import Said, place, thing, upper

AGAINST = -0.6
"""Cosine of the angle to the right way, from which a way is against it: 127 degrees."""
STRAIGHT = 0.85
"""Part of its way that is gain: less is a turn, or trembling."""
SLOWEST = 0.35
"""Lengths a second: slower is manoeuvring."""
LEAST_LENGTHS = 0.5
"""A way shorter than this has no heading yet."""
LEARNT_PART = 0.8
"""Part of the way for which the learnt flow must speak, and against it,"""
LEARNT_TIMES = 1.5
"""and so many times the way that a given heading asks for."""


class WrongWayRule(RuleParameters):
    """A vehicle drives against the heading of its road."""

    kind: Literal["wrong_way"]
    zone: Name | None = None
    classes: Classes = VEHICLES
    heading: tuple[float, float] | None = None
    """The right way in the picture, x to the right and y down; None: learned from the traffic."""
    seconds: Seconds = 1.0
    lengths: Annotated[float, Field(ge=0.5, le=50, allow_inf_nan=False)] = 2.0
    """The way that it must have gone against the heading, in lengths of its own box."""

    @field_validator("heading")
    @classmethod
    def _points_somewhere(cls, heading: Vector | None) -> Vector | None:
        if heading is not None and not 1e-6 < hypot(*heading) < 1e6:
            raise ValueError("the heading points nowhere")
        return heading

    @property
    def floor_fps(self) -> float:
        """A vehicle must keep its track while it crosses the picture."""
        return 5.0


class WrongWay(Judge):
    """Each vehicle is a happening of its own."""

    def __init__(self, rule: WrongWayRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        self._polygon = places.polygon(rule.zone)
        self._courses = Courses(rule.classes)
        self._flow = Flow()
        self._cuts = Cuts()

    def judge(self, view: View) -> list[Finding]:
        t_s = view.t_s
        if self._cuts.is_cut(view):
            self._courses.reset()
            self._flow.reset()
        seen = self._courses.update(view.tracks, t_s)
        if self._rule.heading is None:
            self._flow.see(seen, t_s)
        found = [self._judge(course, t_s) for course in seen]
        return [finding for finding in found if finding is not None]

    def _judge(self, course: Course, t_s: float) -> Finding | None:
        steps = self._straight(course)
        if len(steps) < 4:
            return None
        first, last = steps[0], steps[-1]
        lasted_s = last.t_s - first.t_s
        gain = (last.x - first.x, last.y - first.y)
        way = course.lengths(gain)
        needed = self._rule.lengths * (LEARNT_TIMES if self._rule.heading is None else 1.0)
        if lasted_s < self._rule.seconds or way < needed or way / lasted_s < SLOWEST:
            return None
        angle = self._angle(steps, gain)
        if angle is None or angle > AGAINST:
            return None
        said = _said(course.track.label, self._rule.zone, way, lasted_s)
        scores = {"way_lengths": way, "against_s": lasted_s, "cosine": angle}
        return Finding(f"course-{course.key}", first.t_s, (course.track,), said, scores=scores)

    def _straight(self, course: Course) -> list[Step]:
        """Its last steps that lie in the place and go one way, newest last."""
        kept: list[Step] = []
        for step in reversed(course.steps):
            if self._polygon is not None and not inside((step.x, step.y), self._polygon):
                break
            kept.append(step)
        kept.reverse()
        while len(kept) >= 4 and not _is_straight(kept):
            kept = kept[max(1, len(kept) // 5) :]
        return kept

    def _angle(self, steps: list[Step], gain: Vector) -> float | None:
        """Cosine between the way and the right one; None where that is not known."""
        if self._rule.heading is not None:
            halves = (steps[: len(steps) // 2 + 1], steps[len(steps) // 2 :])
            right = _wide(self._rule.heading)
            return max(cosine(_wide(slope(half) or gain), right) for half in halves)
        known = [self._flow.heading((step.x, step.y)) for step in steps]
        against = [cosine(_wide(gain), _wide(one)) for one in known if one is not None]
        if len(against) < LEARNT_PART * len(steps):
            return None
        against.sort()
        return against[int(LEARNT_PART * (len(against) - 1))]


def _wide(vector: Vector) -> Vector:
    """As it looks in a picture of 16:9; angles in fractions of the frame are skewed."""
    return vector[0] * 16 / 9, vector[1]


def _is_straight(steps: list[Step]) -> bool:
    """Whether the steps gain nearly all the way that they go; each is taken over half a second
    or so, so that the trembling of the box does not lengthen it.
    """
    marks = [steps[0]]
    for step in steps:
        if step.t_s - marks[-1].t_s >= 0.4:
            marks.append(step)
    marks[-1] = steps[-1]
    width = sum(step.width for step in steps) / len(steps)
    height = sum(step.height for step in steps) / len(steps)

    def far(a: Step, b: Step) -> float:
        return hypot((b.x - a.x) / width, (b.y - a.y) / height)

    way = sum(far(a, b) for a, b in pairwise(marks))
    gain = far(steps[0], steps[-1])
    return gain >= LEAST_LENGTHS and gain >= STRAIGHT * way


def _said(label: str, zone: str | None, way: float, lasted_s: float) -> Said:
    who, where = thing(label), place(zone)
    far, time = f"{way:.0f}", f"{lasted_s:.1f}"
    return Said(
        f"{upper(who.en)} drives against the traffic {where.en}: {far} lengths in {time} s.",
        f"{upper(where.kk)} {who.kk} қарсы бағытта жүріп барады: {time} с ішінде {far} корпус.",
        f"{upper(who.ru)} едет {where.ru} против движения: {far} корпусов за {time} с.",
    )


KIND = Kind("wrong_way", WrongWayRule, WrongWay, severity="high")
