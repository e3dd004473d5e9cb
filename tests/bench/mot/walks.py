"""Ways of people whose truth is known, smoothed both ways, and what they do at places.

What is **sure** must be found by whoever saw everything; what **may be** excuses an alarm: boxes
end near the feet, not at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from detect.geometry import Outline, Point, crosses, side
from tests.bench.mot.sequence import Footage

Floats = npt.NDArray[np.float64]

SMOOTH_S = 0.3
"""Standard deviation of the window that ways are smoothed with."""
AWAY_S = 2.0
"""Who was not marked for longer than this had left."""
SURELY, MAYBE = 0.35, 0.4
"""A foot so far inside (in heights) is surely inside; one so far outside surely outside."""
CLEAR_S = 0.6
"""So long somebody must be surely inside, all in all."""
HOLE_S, MAYBE_HOLE_S = 0.5, 3.5
"""A stay goes on over a step outside of this length: surely, maybe."""
SPARE_S = 0.5
"""A stay longer than asked for by this is sure."""
MAYBE_PART = 0.6
"""One of this part of what is asked for may be one."""
INSIDE = 0.1
"""Who crosses within this part of a line's end may be taken for one who walked round it."""
ONE_S = 3.0
"""Two stays no farther apart are one happening to whoever looks on."""


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """One person's way at an even rate: `t_s` (N,), `foot` (N, 2) and `height` (N,), fractions."""

    t_s: Floats
    foot: Floats
    height: Floats


@dataclass(frozen=True, slots=True)
class Spell:
    """From when to when, media seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Somebody went over a line."""

    t_s: float
    to_right: bool
    walk: Walk
    is_sure: bool


def walks(footage: Footage) -> list[Walk]:
    """Of everybody, one for each time that they were there."""
    rows: dict[int, list[tuple[float, float, float, float]]] = {}
    for step, frame in enumerate(footage.truth):
        for person, (x1, y1, x2, y2) in zip(frame.id.tolist(), frame.xyxy.tolist(), strict=True):
            moment = (step / footage.fps, (x1 + x2) / 2, y2, y2 - y1)
            rows.setdefault(person, []).append(moment)
    found = []
    for moments in rows.values():
        way = np.array(moments)
        parts = np.split(way, np.flatnonzero(np.diff(way[:, 0]) > AWAY_S) + 1)
        found += [_smoothed(part, footage.fps) for part in parts if len(part) > 2]
    return found


def _smoothed(way: Floats, fps: float) -> Walk:
    t_s = np.arange(way[0, 0], way[-1, 0] + 0.5 / fps, 1 / fps)
    filled = np.stack([np.interp(t_s, way[:, 0], way[:, k]) for k in (1, 2, 3)], axis=1)
    even = ndimage.gaussian_filter1d(filled, SMOOTH_S * fps, axis=0, mode="nearest")
    return Walk(t_s, even[:, :2], np.maximum(even[:, 2], 1e-3))


def stays(
    people: Sequence[Walk], polygon: Sequence[Point], seconds: float
) -> tuple[list[Spell], list[Spell]]:
    """When somebody has been in a polygon for so long: sure happenings, and when one may be.

    A happening lasts from when the first was inside for so long until the last left.
    """
    outline = Outline(polygon)
    sure: list[Spell] = []
    maybe: list[Spell] = []
    for walk in people:
        depth = np.array([outline.depth((x, y)) for x, y in walk.foot.tolist()]) / walk.height
        for spell in _spells(walk.t_s, depth >= 0, HOLE_S):
            within = (walk.t_s >= spell.start_s) & (walk.t_s <= spell.end_s)
            clear_s = float((depth[within] >= SURELY).mean()) * (spell.end_s - spell.start_s)
            if spell.end_s - spell.start_s >= seconds + SPARE_S and clear_s >= CLEAR_S:
                sure.append(Spell(spell.start_s + seconds, spell.end_s))
        near = _spells(walk.t_s, depth >= -MAYBE, MAYBE_HOLE_S)
        maybe += [one for one in near if one.end_s - one.start_s >= MAYBE_PART * seconds]
    return merged(sure, ONE_S), maybe


def merged(spells: Iterable[Spell], apart_s: float) -> list[Spell]:
    """Those no farther apart than this made one, in the order of time."""
    found: list[Spell] = []
    for one in sorted(spells, key=lambda spell: spell.start_s):
        if found and one.start_s - found[-1].end_s <= apart_s:
            found[-1] = Spell(found[-1].start_s, max(found[-1].end_s, one.end_s))
        else:
            found.append(one)
    return found


def crossings(people: Sequence[Walk], start: Point, end: Point) -> list[Crossing]:
    """Everybody who goes over the line between its ends, in the order of time.

    Sure are those who were clear of it before and after and crossed well between its ends; what
    trembles on it or passes near an end may be one.
    """
    found: list[Crossing] = []
    inner, outer = _drawn(start, end, -INSIDE), _drawn(start, end, INSIDE)
    for walk in people:
        feet = [(float(x), float(y)) for x, y in walk.foot]
        off = np.array([side(foot, start, end) for foot in feet]) / walk.height
        sure = {at for at in _turns(off, SURELY) if crosses(feet[at], feet[at + 1], *inner)}
        maybe = {at for at in _turns(off, 0.0) if crosses(feet[at], feet[at + 1], *outer)}
        found += [
            Crossing(float(walk.t_s[at]), bool(off[at + 1] > 0), walk, at in sure)
            for at in sorted(sure | maybe)
        ]
    return sorted(found, key=lambda one: one.t_s)


def _drawn(start: Point, end: Point, part: float) -> tuple[Point, Point]:
    """A line drawn out by this part at each end."""
    dx, dy = part * (end[0] - start[0]), part * (end[1] - start[1])
    return (start[0] - dx, start[1] - dy), (end[0] + dx, end[1] + dy)


def _turns(off: Floats, clear: float) -> Iterator[int]:
    """Rows after which the sign changes, the last time between being clear of 0 on either side."""
    last = 0.0
    flip = -1
    for row, value in enumerate(off.tolist()):
        if row and (value > 0) != (off[row - 1] > 0):
            flip = row - 1
        if abs(value) < clear:
            continue
        now = 1.0 if value > 0 else -1.0
        if last and now != last and flip >= 0:
            yield flip
        last = now


def _spells(t_s: Floats, is_so: npt.NDArray[np.bool_], hole_s: float) -> list[Spell]:
    """When something is so, over holes of this length."""
    at = t_s[is_so]
    if not len(at):
        return []
    parts = np.split(at, np.flatnonzero(np.diff(at) > hole_s + 1e-6) + 1)
    return [Spell(float(part[0]), float(part[-1])) for part in parts]
