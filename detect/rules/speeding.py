"""Speeding: a vehicle is faster than allowed. Needs the calibration.

Speeds are measured between points of the ground, in metres, by the median of all slopes (Theil,
1950; Sen, 1968), with their uncertainty: only a speed whose lower bound is above the limit is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from statistics import median
from typing import Annotated, Literal

from pydantic import Field

from detect.aids import Aids
from detect.geometry import Point, inside
from detect.places import VEHICLES, Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.traffic.courses import Course, Courses, Step, at_edge
from detect.traffic.cuts import Cuts
from detect.traffic.ground import Ground
from detect.view import View
from detect.words import Said, place, thing, upper

LONGEST_S = 3.0
"""The way of so many last seconds is measured: speeds change."""
LEAST_STEPS = 5
SURE_TIMES = 2.0
"""Standard errors by which the lower bound lies below the speed."""
KIN = 2.0
"""Errors of frames near in time are alike, for boxes are filtered: the standard error is so many
times that of independent ones."""
FOOT = 0.03
"""A foot is at least this uncertain, in heights of its box."""
RULER = 0.03
"""Part of a speed by which the best calibration is wrong; its own misfit comes on top."""
ROUGH = 0.12
"""Feet that lie off an even motion by more than this part of the way are of more than one thing."""
KMH = 3.6


class SpeedingRule(RuleParameters):
    """A vehicle is faster than allowed. Needs the calibration."""

    kind: Literal["speeding"]
    zone: Name | None = None
    classes: Classes = VEHICLES
    limit_kmh: Annotated[float, Field(gt=0, le=300, allow_inf_nan=False)] = 60.0
    seconds: Seconds = 1.0
    """Time over which a speed is measured, at least."""

    @property
    def floor_fps(self) -> float:
        """Five looks within the time measured; a fast vehicle is lost at fewer."""
        return 5.0


@dataclass(frozen=True, slots=True)
class Speed:
    """A speed over the ground and how sure it is, m/s."""

    value: float
    error: float
    """Standard error."""
    rough: float
    """What the points lie off an even motion, in parts of the way."""


class Speeding(Judge):
    """Each vehicle is a happening of its own."""

    def __init__(self, rule: SpeedingRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        self._polygon = places.polygon(rule.zone)
        self._ground = None if places.calibration is None else places.calibration.ground
        self._courses = Courses(rule.classes)
        self._cuts = Cuts()

    def judge(self, view: View) -> list[Finding]:
        if self._ground is None:
            return []
        if self._cuts.is_cut(view):
            self._courses.reset()
        seen = self._courses.update(view.tracks, view.t_s)
        found = [self._judge(course, self._ground) for course in seen]
        return [finding for finding in found if finding is not None]

    def _judge(self, course: Course, ground: Ground) -> Finding | None:
        steps = self._usable(course, ground)
        if len(steps) < LEAST_STEPS or steps[-1].t_s - steps[0].t_s < self._rule.seconds:
            return None
        speed = measure(steps, ground)
        limit = self._rule.limit_kmh / KMH
        sure = speed.value * (1 - RULER - ground.error) - SURE_TIMES * speed.error
        if speed.rough > ROUGH or sure <= limit:
            return None
        middle = len(steps) // 2
        halves = (steps[: middle + 1], steps[middle:])
        if min(measure(half, ground).value for half in halves) <= limit:
            return None  # it leapt
        kmh, least, limit_kmh = speed.value * KMH, sure * KMH, self._rule.limit_kmh
        said = _said(course.track.label, self._rule.zone, kmh, least, limit_kmh)
        scores = {"speed_kmh": kmh, "at_least_kmh": least, "limit_kmh": limit_kmh}
        key, score = f"course-{course.key}", min(0.99, 0.8 + (sure / limit - 1))
        return Finding(key, steps[0].t_s, (course.track,), said, score=score, scores=scores)

    def _usable(self, course: Course, ground: Ground) -> list[Step]:
        """Its last steps without a gap whose foot is to be seen on known ground, in the place."""
        kept: list[Step] = []
        for step in reversed(course.steps):
            half, foot = step.width / 2, (step.x, step.y)
            box = (step.x - half, step.y - step.height, step.x + half, step.y)
            if at_edge(box) or not ground.knows(foot):
                break
            if self._polygon is not None and not inside(foot, self._polygon):
                break
            if course.last_s - step.t_s > LONGEST_S:
                break
            kept.append(step)
        return kept[::-1]


def measure(steps: Sequence[Step], ground: Ground) -> Speed:
    """The speed over at least two steps on known ground."""
    points = [(step.t_s, *_metres((step.x, step.y), ground)) for step in steps]
    vx, vy = (
        median(
            (b[axis] - a[axis]) / (b[0] - a[0])
            for index, a in enumerate(points)
            for b in points[index + 1 :]
        )
        for axis in (1, 2)
    )
    speed = hypot(vx, vy)
    if speed == 0:
        return Speed(0.0, 0.0, 0.0)
    along = [(t, (x * vx + y * vy) / speed) for t, x, y in points]
    middle = median(a - speed * t for t, a in along)
    off = 1.48 * median(abs(a - speed * t - middle) for t, a in along)
    mean_t = sum(t for t, _ in along) / len(along)
    spread = sqrt(sum((t - mean_t) ** 2 for t, _ in along))
    last = steps[-1]
    floor = FOOT * last.height * ground.scale((last.x, last.y))[1]
    way = speed * (points[-1][0] - points[0][0])
    return Speed(speed, KIN * max(off, floor) / spread, off / max(way, 1e-9))


def _metres(foot: Point, ground: Ground) -> Point:
    point = ground.metres(foot)
    if point is None:
        raise ValueError("the foot is not on the ground")
    return point


def _said(label: str, zone: str | None, kmh: float, least: float, limit: float) -> Said:
    who, where = thing(label), place(zone)
    return Said(
        f"{upper(who.en)} drives at {kmh:.0f} km/h {where.en} (at least {least:.0f}; "
        f"{limit:.0f} allowed).",
        f"{upper(where.kk)} {who.kk}: жылдамдығы {kmh:.0f} км/сағ (кемінде {least:.0f}; рұқсат "
        f"етілгені {limit:.0f}).",
        f"{upper(who.ru)} едет {where.ru} со скоростью {kmh:.0f} км/ч (не менее {least:.0f}; "
        f"разрешено {limit:.0f}).",
    )


KIND = Kind("speeding", SpeedingRule, Speeding, severity="medium", quiet_s=3.0)
