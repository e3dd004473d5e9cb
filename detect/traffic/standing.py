"""Where things stand, and whether they were seen to come there.

The memory is of places, not of tracks: a detector that flickers, a tracker that changes ids and a
lorry that passes in front do not restart the time of what stands. What already stood when it was
first seen is a parked one for as long as it stays; so is whatever a passing vehicle's track leaps
to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot

from detect.overlap import box_iou
from detect.track import Box, Track
from detect.traffic.courses import Course, Courses, Vector, alike

REST_S = 1.0
"""A thing rests when it has kept its place for this long:"""
REST_SPEED = 0.15
"""it moved by fewer lengths a second than this."""
SAME_PLACE = 0.4
"""Overlap (IoU) of what stands with what stood there."""
OFF_LENGTHS = 0.5
"""So far from its place it has left,"""
OFF_S = 1.2
"""if it is still there after this time: the box of what is half hidden jumps and comes back."""
PARKED_UNSEEN_S = 600.0
"""A parked one is remembered this long without being detected,"""
ARRIVED_UNSEEN_S = 20.0
"""one that was seen to come this long, if it is not seen to leave."""
SETTLE_S = 20.0
"""Time in which the place follows the box: what creeps leaves it."""
FROM_ELSEWHERE_S = 4.0
"""It was seen to go at most so long before it came to rest."""
OTHER_SIZE = 1.8
"""A track whose box is so many times larger or smaller when it comes to rest leapt to another."""
DEPARTURES_KEPT = 48


@dataclass(slots=True)
class Stand:
    """One thing that stands."""

    number: int
    key: int
    """Of its course."""
    track: Track
    box: Box
    """Its place, averaged."""
    since_s: float
    last_s: float
    """When it was last seen there."""
    arrived: bool
    """It was seen to come; otherwise it is parked."""
    heading: Vector
    """The way it came, fractions of the frame a second."""
    off_s: float | None = None
    """Since when its track has been elsewhere."""

    @property
    def foot(self) -> Vector:
        return (self.box[0] + self.box[2]) / 2, self.box[3]

    @property
    def size(self) -> Vector:
        return max(self.box[2] - self.box[0], 1e-4), max(self.box[3] - self.box[1], 1e-4)

    def apart(self, x: float, y: float) -> float:
        """How far a foot is from it, in its own lengths."""
        (fx, fy), (width, height) = self.foot, self.size
        return hypot((x - fx) / width, (y - fy) / height)


@dataclass(frozen=True, slots=True)
class Departure:
    """A thing that had come, stood and gone on."""

    foot: Vector
    stood_s: float


class Stands:
    """All that stands before one camera."""

    def __init__(self) -> None:
        self._stands: dict[int, Stand] = {}
        self._by_course: dict[int, int] = {}
        self._next = 1
        self.departures: list[Departure] = []
        """The latest, oldest first."""

    def __iter__(self) -> Iterator[Stand]:
        return iter(self._stands.values())

    def reset(self) -> None:
        """Forget all: the camera shows something else."""
        self._stands.clear()
        self._by_course.clear()
        self.departures.clear()

    def of(self, course: Course) -> Stand | None:
        """Where a thing stands; None while it goes."""
        return self._stands.get(self._by_course.get(course.key, 0))

    def at(self, box: Box, before_s: float) -> Stand | None:
        """What stood in a place already at a time."""
        return next(
            (
                stand
                for stand in self._stands.values()
                if stand.since_s < before_s and box_iou(stand.box, box) >= SAME_PLACE
            ),
            None,
        )

    def update(self, courses: Courses, seen: Sequence[Course], t_s: float) -> None:
        """Take the courses that are seen at `t_s`."""
        for course in seen:
            stand = self.of(course)
            if stand is not None:
                self._stay(stand, course, t_s)
            elif rests(course, t_s):
                self._come(course, seen, t_s)
        for stand in list(self._stands.values()):
            kept_s = ARRIVED_UNSEEN_S if stand.arrived else PARKED_UNSEEN_S
            if t_s - stand.last_s > kept_s:
                self._drop(stand)

    def _stay(self, stand: Stand, course: Course, t_s: float) -> None:
        """It still stands, or is about to be gone."""
        step = course.steps[-1]
        box = course.track.xyxy
        away = stand.apart(step.x, step.y)
        if away < OFF_LENGTHS or box_iou(stand.box, box) >= SAME_PLACE + 0.1:
            part = min(1.0, (t_s - stand.last_s) / SETTLE_S)
            x1, y1, x2, y2 = (
                old + part * (new - old) for old, new in zip(stand.box, box, strict=True)
            )
            stand.box = (x1, y1, x2, y2)
            stand.last_s, stand.track, stand.off_s = t_s, course.track, None
            return
        if stand.off_s is None:
            stand.off_s = t_s
        if t_s - stand.off_s >= OFF_S or away >= 2.0 + OFF_LENGTHS:
            self._leave(stand, course)

    def _leave(self, stand: Stand, course: Course) -> None:
        """The track is elsewhere. If the thing drove there, its place is free."""
        del self._by_course[course.key]
        stand.key = 0
        if course.moved_s > stand.last_s or not stand.arrived:
            if stand.arrived:
                self.departures.append(Departure(stand.foot, stand.last_s - stand.since_s))
                del self.departures[:-DEPARTURES_KEPT]
            self._drop(stand)

    def _come(self, course: Course, seen: Sequence[Course], t_s: float) -> None:
        """It has come to rest: in a place that is known, or in a new one."""
        box, keys = course.track.xyxy, {one.key for one in seen}
        here = [
            (box_iou(stand.box, box), stand)
            for stand in self._stands.values()
            if stand.key not in keys and alike(stand.track.label, course.track.label)
        ]
        overlap, known = max(here, key=lambda one: one[0], default=(0.0, None))
        if known is not None and overlap >= SAME_PLACE:
            self._by_course.pop(known.key, None)
            known.key, known.last_s, known.track = course.key, t_s, course.track
            known.off_s = None
            self._by_course[course.key] = known.number
            return
        came = course.moved and t_s - course.moved_s <= FROM_ELSEWHERE_S + REST_S
        stand = Stand(
            number=self._next,
            key=course.key,
            track=course.track,
            box=box,
            since_s=t_s - REST_S,
            last_s=t_s,
            arrived=came and not leapt(course),
            heading=course.velocity(course.moved_s - 1.5, course.moved_s) or (0.0, 0.0),
        )
        self._next += 1
        self._stands[stand.number] = stand
        self._by_course[course.key] = stand.number

    def _drop(self, stand: Stand) -> None:
        self._stands.pop(stand.number, None)
        self._by_course.pop(stand.key, None)


def rests(course: Course, t_s: float) -> bool:
    """Whether the thing has kept its place for `REST_S`."""
    steps = course.between(t_s - REST_S - 0.25, t_s)
    if len(steps) < 2 or steps[-1].t_s - steps[0].t_s < REST_S - 0.25:
        return False
    speed = course.speed(steps[0].t_s, t_s)
    return speed is not None and speed < REST_SPEED


def leapt(course: Course) -> bool:
    """Whether the box changed its size so much when it came to rest that it is another thing's."""
    going = course.between(course.moved_s - 1.0, course.moved_s)
    if not going:
        return False
    step = course.steps[-1]
    was, now = going[-1].width * going[-1].height, step.width * step.height
    return not 1 / OTHER_SIZE <= now / was <= OTHER_SIZE
