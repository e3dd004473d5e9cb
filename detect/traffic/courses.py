"""The ways of tracks over the last seconds, for rules that judge motion.

A course outlives a change of the track's id: detectors lose vehicles behind others and find them
again as new. Distances are in lengths, the size of the thing's own box along each axis, so that
near and far things, and pictures of any shape, are measured alike.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import hypot
from statistics import median

from detect.places import VEHICLES
from detect.track import Box, Track

KEPT_S = 12.0
"""How far back a course goes."""
FORGET_S = 3.0
"""So long after it was last seen a thing is not taken for the same any longer."""
SHORTEST_S = 0.08
"""Frames nearer in time than this add nothing."""
REACH = 0.5
"""How far from where it was expected a thing may come up again, in lengths,"""
REACH_PER_S = 0.7
"""and how much farther for each second out of sight."""
FASTEST = 12.0
"""Lengths a second above which it is another thing."""
STEP_LENGTHS = 0.12
"""What a moving thing gains from one frame to the next, at least, in lengths,"""
STEPS = 3
"""for so many frames: a jump of the box, smoothed by the tracker, gives two."""
FADING = 0.4
"""A step shorter than this part of the longest one is the tracker's catching up after a leap."""
SLOW_S = 0.4
"""Where frames are farther apart than this, one step less will do."""
MOVED_LENGTHS = 0.8
"""Way after which a thing is known to move."""

Vector = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Step:
    """Where a thing was seen."""

    t_s: float
    x: float
    y: float
    """Of the foot, fractions of the frame."""
    width: float
    height: float


@dataclass(slots=True)
class Course:
    """The way of one thing."""

    key: int
    """The first id of its track; stays when the tracker gives it another one."""
    track: Track
    """As it was last seen."""
    born_s: float
    last_s: float
    steps: deque[Step] = field(default_factory=deque)
    ids: int = 1
    """Under how many ids it has been followed."""
    renamed_s: float = -1e9
    """When it last got another id."""
    moved: bool = False
    """It has been seen to go, step by step, for about a length."""
    moved_s: float = -1e9
    """When it was last seen to go."""
    _run: list[Step] = field(default_factory=list)
    _stride: float = 0.0
    """The longest step of the run."""

    def add(self, track: Track, t_s: float) -> None:
        """The track as it is seen now."""
        self.track, self.last_s = track, t_s
        if self.steps and t_s - self.steps[-1].t_s < SHORTEST_S:
            return
        x1, y1, x2, y2 = track.xyxy
        step = Step(t_s, (x1 + x2) / 2, y2, max(x2 - x1, 1e-4), max(y2 - y1, 1e-4))
        self._go(step)
        self.steps.append(step)
        while t_s - self.steps[0].t_s > KEPT_S:
            self.steps.popleft()

    @property
    def size(self) -> Vector:
        """Width and height of the box: the median of the last ones."""
        last = list(self.steps)[-5:]
        return median(step.width for step in last), median(step.height for step in last)

    def between(self, from_s: float, to_s: float) -> list[Step]:
        return [step for step in self.steps if from_s <= step.t_s <= to_s]

    def velocity(self, from_s: float, to_s: float) -> Vector | None:
        """Fractions of the frame a second, by least squares; None where it was seen only once."""
        return slope(self.between(from_s, to_s))

    def lengths(self, vector: Vector) -> float:
        """How many of its own lengths a vector is."""
        width, height = self.size
        return hypot(vector[0] / width, vector[1] / height)

    def speed(self, from_s: float, to_s: float) -> float | None:
        """Lengths a second."""
        velocity = self.velocity(from_s, to_s)
        return None if velocity is None else self.lengths(velocity)

    def expected(self, t_s: float) -> Vector:
        """Where the foot is expected at `t_s`."""
        last = self.steps[-1]
        vx, vy = self.velocity(last.t_s - 1.0, last.t_s) or (0.0, 0.0)
        return last.x + vx * (t_s - last.t_s), last.y + vy * (t_s - last.t_s)

    def _go(self, step: Step) -> None:
        """Note whether it goes: several steps one way."""
        if not self._run:
            self._run = [step]
            return
        last, width, height = self._run[-1], step.width, step.height
        gain = ((step.x - last.x) / width, (step.y - last.y) / height)
        far = hypot(*gain)
        so_far = ((last.x - self._run[0].x) / width, (last.y - self._run[0].y) / height)
        onward = gain[0] * so_far[0] + gain[1] * so_far[1] >= 0.5 * far * hypot(*so_far)
        fades = far < FADING * self._stride
        if far < STEP_LENGTHS * min(1.0, (step.t_s - last.t_s) / 0.2) or not onward or fades:
            self._run, self._stride = [step], 0.0
            return
        self._run.append(step)
        self._stride = max(self._stride, far)
        gap_s = (step.t_s - self._run[0].t_s) / (len(self._run) - 1)
        way = hypot(so_far[0] + gain[0], so_far[1] + gain[1])
        if len(self._run) > STEPS - (gap_s > SLOW_S) and way >= MOVED_LENGTHS:
            self.moved, self.moved_s = True, step.t_s


class Courses:
    """Of the things of some classes that one camera sees."""

    def __init__(self, classes: Iterable[str]) -> None:
        self._classes = frozenset(classes)
        self._courses: dict[int, Course] = {}

    def __iter__(self) -> Iterator[Course]:
        return iter(self._courses.values())

    def get(self, identity: int) -> Course | None:
        """The course of a track, by the track's present id."""
        return self._courses.get(identity)

    def reset(self) -> None:
        """Forget all: the camera shows something else."""
        self._courses.clear()

    def update(self, tracks: Sequence[Track], t_s: float) -> list[Course]:
        """Courses of the tracks that are seen now; gone ones are forgotten after `FORGET_S`."""
        seen = [t for t in tracks if t.unseen_s == 0 and t.label in self._classes]
        self._courses = {k: c for k, c in self._courses.items() if t_s - c.last_s <= FORGET_S}
        ids = {track.id for track in seen}
        return [self._follow(track, t_s, ids) for track in seen]

    def _follow(self, track: Track, t_s: float, seen: set[int]) -> Course:
        course = self._courses.get(track.id)
        if course is None:
            former = self._former(track, t_s, seen)
            if former is None:
                course = Course(track.id, track, t_s - track.age_s, t_s)
            else:
                course = self._courses.pop(former)
                course.ids += 1
                course.renamed_s = t_s
            self._courses[track.id] = course
        course.add(track, t_s)
        return course

    def _former(self, track: Track, t_s: float, seen: set[int]) -> int | None:
        """The present id of the course that a new track goes on with."""
        x, y = track.foot
        near = []
        for identity, course in self._courses.items():
            gap_s = t_s - course.last_s
            if identity in seen or not alike(course.track.label, track.label):
                continue
            if t_s - track.age_s <= course.last_s - 0.5:  # they were seen side by side
                continue
            px, py = course.expected(t_s)
            apart = course.lengths((x - px, y - py))
            if apart <= REACH + REACH_PER_S * gap_s:
                near.append((apart, identity))
        return min(near)[1] if near else None


def alike(one: str, other: str) -> bool:
    """Whether two labels may be of one thing: detectors waver between kinds of vehicles."""
    return one == other or (one in VEHICLES and other in VEHICLES)


def slope(steps: Sequence[Step]) -> Vector | None:
    """Velocity by least squares, fractions of the frame a second; None for fewer than two."""
    if len(steps) < 2:
        return None
    n = len(steps)
    t, x, y = (sum(values) / n for values in zip(*((s.t_s, s.x, s.y) for s in steps), strict=True))
    spread = sum((step.t_s - t) ** 2 for step in steps)
    if spread <= 0:
        return None
    return (
        sum((step.t_s - t) * (step.x - x) for step in steps) / spread,
        sum((step.t_s - t) * (step.y - y) for step in steps) / spread,
    )


def at_edge(xyxy: Box, margin: float = 0.008) -> bool:
    """Whether the frame's edge cuts the box: its foot and middle are not the thing's then."""
    x1, y1, x2, y2 = xyxy
    return x1 < margin or y1 < margin or x2 > 1 - margin or y2 > 1 - margin


def cosine(a: Vector, b: Vector) -> float:
    """Of the angle between two vectors; 0 where one has no length."""
    size = hypot(*a) * hypot(*b)
    return (a[0] * b[0] + a[1] * b[1]) / size if size > 0 else 0.0
