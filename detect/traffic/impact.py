"""Shocks and contacts: what a collision does to the ways of those who meet.

Lengths are those of `detect.traffic.courses`. A shock is a change of motion that brakes do not
make; boxes tremble and leap, so that it is only one of several witnesses.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from statistics import median

from detect.traffic.courses import Course, Step, Vector, cosine

BEFORE_S = 1.2
"""The motion before a moment is taken over this time,"""
AFTER_S = 0.7
"""that after it over this,"""
BETWEEN_S = 0.2
"""which begins so long after it."""
FAST = 0.7
"""Lengths a second from which a change of motion tells anything."""
LOST_PART = 0.65
"""Part of its velocity (as a vector) that a thing loses in a shock."""
THROWN_PART = 1.5
"""A box that goes back faster than this leapt to another thing."""
LEAST_STEPS = 3
GAP = 0.12
"""Boxes this near, in their sizes, may touch."""
FEET = 0.75
"""Feet of things that touch are within so many heights of each other: else one only hides the
other."""
SAME_SIZE = 1.15
"""A box that changes by this factor, along either side, is hidden or seen in part."""
CLOSING = 0.5
"""Lengths a second by which those who meet come nearer to each other."""


@dataclass(frozen=True, slots=True)
class Shock:
    """A sudden change of one thing's motion."""

    t_s: float
    speed: float
    """Before, lengths a second."""
    before: Vector
    after: Vector
    """Fractions of the frame a second."""
    lost: float
    """Part of the velocity that was lost; above 1 when it was thrown back."""


def shock(course: Course, t_s: float) -> Shock | None:
    """The shock that a course had at `t_s`; None where it had none, or too little was seen."""
    earlier = course.between(t_s - BEFORE_S, t_s + 0.01)
    later = course.between(t_s + BETWEEN_S - 0.01, t_s + BETWEEN_S + AFTER_S)
    if len(earlier) < LEAST_STEPS or len(later) < LEAST_STEPS - 1:
        return None
    before = course.velocity(earlier[0].t_s, earlier[-1].t_s)
    after = course.velocity(later[0].t_s, later[-1].t_s)
    if before is None or after is None:
        return None
    speed = course.lengths(before)
    if speed < FAST:
        return None
    lost = course.lengths((before[0] - after[0], before[1] - after[1])) / speed
    return Shock(t_s, speed, before, after, lost) if LOST_PART <= lost <= THROWN_PART else None


def at(course: Course, t_s: float, within_s: float = 0.45) -> Step | None:
    """Where a thing was about a time."""
    near = min(course.steps, key=lambda step: abs(step.t_s - t_s), default=None)
    return near if near is not None and abs(near.t_s - t_s) <= within_s else None


def touches(one: Step, other: Step) -> bool:
    """Whether two things may touch: their boxes nearly do, and their feet are about level."""
    width, height = (one.width + other.width) / 2, (one.height + other.height) / 2
    beside = abs(one.x - other.x) - width
    above = max(one.y - one.height - other.y, other.y - other.height - one.y)
    if beside > GAP * width or above > GAP * height:
        return False
    return abs(one.y - other.y) <= FEET * max(one.height, other.height)


def apart(one: Step, other: Step) -> float:
    """Distance of the feet, in the mean of both sizes."""
    width, height = (one.width + other.width) / 2, (one.height + other.height) / 2
    return hypot((one.x - other.x) / width, (one.y - other.y) / height)


def closing(one: Course, other: Course, t_s: float) -> float | None:
    """Lengths a second by which two came nearer to each other in the second before `t_s`."""
    for over_s in (1.0, 0.6):
        a, b = at(one, t_s - over_s, 0.3), at(other, t_s - over_s, 0.3)
        c, d = at(one, t_s), at(other, t_s)
        if a is None or b is None or c is None or d is None:
            continue
        span_s = ((c.t_s - a.t_s) + (d.t_s - b.t_s)) / 2
        if span_s > 0.3:
            return (apart(a, b) - apart(c, d)) / span_s
    return None


def displaced(course: Course, t_s: float) -> Vector:
    """Fractions of the frame by which a standing thing was moved at a time; none where its box
    changed its size, for then something only came before it.
    """
    before = course.between(t_s - 1.5, t_s - 0.2)
    after = course.between(course.last_s - 1.0, course.last_s)
    if len(before) < LEAST_STEPS or len(after) < LEAST_STEPS:
        return 0.0, 0.0
    for size in ("width", "height"):
        was, now = (median(getattr(step, size) for step in part) for part in (before, after))
        if not 1 / SAME_SIZE <= now / was <= SAME_SIZE:
            return 0.0, 0.0
    x = median(step.x for step in after) - median(step.x for step in before)
    y = median(step.y for step in after) - median(step.y for step in before)
    return x, y


def turned(one: Vector, other: Vector) -> bool:
    """Whether two ways differ by more than about 35 degrees."""
    return cosine((one[0] * 16 / 9, one[1]), (other[0] * 16 / 9, other[1])) < 0.82
