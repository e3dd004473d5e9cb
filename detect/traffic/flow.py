"""Which way traffic goes at each place of a camera's picture, learnt from the tracks themselves.

A grid of cells counts, for eight headings, how many distinct things went through that way. A cell
speaks only when enough have, and nearly all of them one way: where two ways overlap in perspective
it stays silent. What was seen fades, so that a road that is turned round is learnt anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, pi

import numpy as np
import numpy.typing as npt

from detect.traffic.courses import Course, Vector

COLUMNS, ROWS = 24, 16
"""Cells of the frame."""
HEADINGS = 8
READY = 15.0
"""Distinct things that must have gone through a cell."""
ONE_WAY = 0.9
"""Part of them that must have gone about one way,"""
AGAINST = 0.04
"""and part that may have gone about the other way, there and in the cells around: in perspective
the boxes of one lane reach into the next."""
HALF_LIFE_S = 3600.0
"""Time after which half of what was seen is forgotten."""
FADE_EVERY_S = 30.0
GOING = 0.3
"""Lengths a second from which a thing has a heading."""
HEADING_S = 0.8
"""Time over which a heading is measured."""


@dataclass(slots=True)
class _Marks:
    """What one thing adds when it is gone."""

    cells: set[tuple[int, int, int]]
    last_s: float


class Flow:
    """The learnt flow of one camera."""

    def __init__(self) -> None:
        self._counts: npt.NDArray[np.float64] = np.zeros((ROWS, COLUMNS, HEADINGS))
        self._marks: dict[int, _Marks] = {}
        self._faded_s = 0.0

    def reset(self) -> None:
        """Forget all: the camera shows something else."""
        self._counts[:] = 0
        self._marks.clear()

    def see(self, courses: list[Course], t_s: float) -> None:
        """Note where things go now. What a thing adds counts only once it is gone: nothing is
        measured by its own way.
        """
        for course in courses:
            velocity = heading_of(course, t_s)
            if velocity is not None:
                marks = self._marks.setdefault(course.key, _Marks(set(), t_s))
                marks.cells.add((*_cell(course.track.foot), _bin(velocity)))
                marks.last_s = t_s
        for key in [key for key, marks in self._marks.items() if t_s - marks.last_s > 4.0]:
            for row, column, heading in self._marks.pop(key).cells:
                self._counts[row, column, heading] += 1
        if t_s - self._faded_s >= FADE_EVERY_S:
            self._counts *= 0.5 ** (min(t_s - self._faded_s, HALF_LIFE_S) / HALF_LIFE_S)
            self._faded_s = t_s

    def heading(self, foot: Vector) -> Vector | None:
        """The one way (a unit vector in fractions of the frame) that traffic goes at a place; None
        where too little was seen, or more than one way.
        """
        counts = self._around(foot)
        total = float(counts.sum())
        if total < READY:
            return None
        near = counts + np.roll(counts, 1) + np.roll(counts, -1)
        best = int(near.argmax())
        if near[best] < ONE_WAY * total or self._against(foot, best) > AGAINST:
            return None
        angles = (np.arange(HEADINGS) + 0.5) * (2 * pi / HEADINGS) - pi
        weights = np.where(_circular(np.arange(HEADINGS) - best) <= 1, counts, 0.0)
        x, y = float(weights @ np.cos(angles)), float(weights @ np.sin(angles))
        size = (x * x + y * y) ** 0.5
        return (x / size, y / size) if size > 0 else None

    def carries(self, foot: Vector) -> bool | None:
        """Whether traffic goes through a place; None while too little is known of the camera."""
        if float(self._counts.sum(axis=2).max()) < READY:
            return None
        return float(self._around(foot).sum()) >= 1.0

    def _against(self, foot: Vector, heading: int) -> float:
        """Part of what goes through a place and round it that goes about against a heading."""
        row, column = _cell(foot)
        part = self._counts[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        counts = part.sum(axis=(0, 1))
        away = _circular(np.arange(HEADINGS) - heading) >= 3
        return float(counts[away].sum() / max(counts.sum(), 1.0))

    def _around(self, foot: Vector) -> npt.NDArray[np.float64]:
        row, column = _cell(foot)
        return np.asarray(self._counts[row, column], np.float64)


def heading_of(course: Course, t_s: float) -> Vector | None:
    """How a thing goes now; None while it stands or has not been seen for long enough."""
    steps = course.between(t_s - HEADING_S - 0.1, t_s)
    if len(steps) < 2 or steps[-1].t_s - steps[0].t_s < HEADING_S / 2:
        return None
    velocity = course.velocity(steps[0].t_s, t_s)
    if velocity is None or course.lengths(velocity) < GOING:
        return None
    return velocity


def _cell(foot: Vector) -> tuple[int, int]:
    x, y = foot
    return min(ROWS - 1, max(0, int(y * ROWS))), min(COLUMNS - 1, max(0, int(x * COLUMNS)))


def _bin(velocity: Vector) -> int:
    turn = (atan2(velocity[1], velocity[0]) + pi) / (2 * pi)
    return min(HEADINGS - 1, int(turn * HEADINGS))


def _circular(steps: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
    """Distance round the circle of headings."""
    around = np.abs(steps) % HEADINGS
    return np.asarray(np.minimum(around, HEADINGS - around), np.int_)
