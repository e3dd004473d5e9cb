"""What sets a scuffle apart from walking, dancing traffic and a still crowd: measured over time.

All is measured about the place where most moves, in heights of a person and in seconds, so that it
does not depend on the camera: how strong the motion is against the contrast of the place, how fast
blocks move and how much neighbours disagree (`shear`), how much of the change no movement explains,
whether it stays in one place, and how people stand to each other there. Who walks by moves as one
and moves on; who fights moves against others, on the spot. Without any person detected (dark,
compressed) the motion alone is measured, in heights remembered or guessed.

Pictures 0.2 s apart are compared whatever comes in, for the measures mean something at that gap.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import exp, hypot, log

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from detect.fighting.blockflow import BlockFlow, block_flow
from detect.fighting.reversal import reversal
from detect.fighting.scuffle_window import Moment, mean, measures
from detect.track import Box

Plane = npt.NDArray[np.float32]
Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

GAP_S, SHORTEST_S, LONGEST_S = 0.2, 0.17, 0.45
"""Gap that pictures are compared at, and the shortest and longest that will do."""
WINDOW_S, LEAST_S = 2.0, 1.0
"""Time that is measured together, and the least of it that says anything."""
HEIGHT_PX = 18
"""Height that a person is brought to, as far as whole pixels allow."""
COARSEST = 14.0, 34.0
"""Heights in pixels between which the scale is kept."""
GUESSED = 0.35
"""Height of a person where none was ever seen, in heights of the frame."""
SMALLEST_PX = 14.0
HEIGHT_S = 1.0
"""Time in which the height of people is learnt."""
HOT, AROUND = 1.6, 1.0
"""Side of the place where most moves; half the side of what is looked at about it. In heights."""
NEAR = 0.6
"""People whose box is so near to its middle, in heights, belong to it."""
NOISES = 2.5
"""A pixel moves when it differs by so many times the picture's median difference."""
STRONGEST = 40.0
SPARE = 2
"""Of each so many rows and columns one is enough for a median."""
BLOCKS, REACH, FARTHEST_PX = 5, 0.34, 7
"""Blocks a height; way that is searched in heights and at most in pixels."""
ALIKE, CUT_SHARE, CUT_STEP, CUT_CELL_PX = 0.6, 0.4, 15.0, 8
"""Two pictures that correlate less and differ by so much in such a part of them: another view."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the detector saw in one frame; boxes (N, 4) in fractions."""

    people: Plane
    sure: Plane
    """Scores of the people."""
    vehicles: Plane


@dataclass(slots=True)
class Scuffle:
    """Measures one camera's pictures in their order. `inside`: the part of the frame that counts
    (fractions), or None.
    """

    inside: Box | None = None
    place: Box = (0.0, 0.0, 1.0, 1.0)
    """Where most moves, fractions of the frame."""
    _before: tuple[float, Grey] | None = None
    _earlier: Grey | None = None
    """The picture that `_before` was compared with."""
    _height_px: float | None = None
    _step: int = 0
    _moments: deque[Moment] = field(default_factory=deque)

    def step(self, t_s: float, grey: Grey, seen: Seen) -> bool:
        """Take a picture (h, w) at media time `t_s`. Whether something new was measured."""
        if self._before is None:
            self._before = (t_s, grey)
            return False
        before_s, before = self._before
        gap_s = t_s - before_s
        if gap_s < SHORTEST_S:
            return False
        self._before = (t_s, grey)
        if gap_s > LONGEST_S or before.shape != grey.shape:
            self._forget()
            return False
        old, new = shrunk(before, CUT_CELL_PX), shrunk(grey, CUT_CELL_PX)
        if is_cut(old, new):
            self._forget()
            return False
        self._learn_height(np.abs(old - new), grey.shape, seen, gap_s)
        self._moments.append(self._moment(t_s, gap_s, before, grey, seen))
        self._earlier = before
        while t_s - self._moments[0].t_s > WINDOW_S - 1e-3:
            self._moments.popleft()
        return True

    @property
    def near(self) -> float:
        """People about the place, the mean over the window."""
        return float(np.mean([m.values["near"] for m in self._moments])) if self._moments else 0.0

    @property
    def seen(self) -> float:
        """People in the whole picture, the mean over the window."""
        return mean(list(self._moments), "seen") if self._moments else 0.0

    @property
    def since_s(self) -> float:
        """When the window begins."""
        return self._moments[0].t_s - self._moments[0].gap_s if self._moments else 0.0

    @property
    def said(self) -> dict[str, float]:
        """What a person can make something of: the plain means over the window."""
        names = ("energy", "speed", "shear", "near")
        return {name: mean(list(self._moments), name) for name in names} if self._moments else {}

    def measures(self) -> Plane | None:
        """The window's measures, float32 in the order of `FEATURES`; None: too little was seen."""
        lasted_s = sum(moment.gap_s for moment in self._moments)
        return measures(list(self._moments)) if lasted_s >= LEAST_S else None

    def _forget(self) -> None:
        self._moments.clear()
        self._earlier = None

    def _learn_height(self, off: Plane, shape: tuple[int, ...], seen: Seen, gap_s: float) -> None:
        """The height of those who move most, in pixels of the picture; `off`: what differs, in
        cells of `CUT_CELL_PX`.
        """
        if not len(seen.people):
            return
        rows, columns = shape
        heights = (seen.people[:, 3] - seen.people[:, 1]) * rows
        cells = seen.people * np.array([columns, rows, columns, rows]) / CUT_CELL_PX
        moved = []
        for x1, y1, x2, y2 in cells.tolist():
            part = off[int(y1) : int(y2) + 1, int(x1) : int(x2) + 1]
            moved.append(float(part.mean()) + 0.5 if part.size else 0.5)
        order = np.argsort(heights, kind="stable")
        sums = np.cumsum((np.array(moved) * heights)[order])
        usual = float(heights[order][np.searchsorted(sums, sums[-1] / 2)])
        if self._height_px is None:
            self._height_px = usual
        else:
            gain = 1 - exp(-gap_s / HEIGHT_S)
            self._height_px *= exp(gain * log(usual / self._height_px))

    def _scale(self, rows: int) -> tuple[int, float]:
        """Pixels that are averaged to one, and a person's height in pixels then."""
        height_px = self._height_px or GUESSED * rows
        height_px = min(max(height_px, SMALLEST_PX), 1.2 * rows)
        least, most = COARSEST
        if self._step < 1 or not least <= height_px / self._step <= most:
            self._step = max(1, round(height_px / HEIGHT_PX))
        return self._step, height_px / self._step

    def _moment(self, t_s: float, gap_s: float, old: Grey, new: Grey, seen: Seen) -> Moment:
        step, height = self._scale(new.shape[0])
        before, now = shrunk(old, step), shrunk(new, step)
        off = now - before
        off = np.abs(off - np.median(off[::SPARE, ::SPARE]))  # the light's own change
        noise = float(np.median(off[::SPARE, ::SPARE])) * 1.48 + 1.0
        moving = np.clip(off - NOISES * noise, 0, STRONGEST).astype(np.float32)
        side = max(3, round(HOT * height))
        heat = ndimage.uniform_filter(moving, side, mode="constant")
        y, x = self._hottest(heat)
        reach = round(AROUND * height)
        around = np.s_[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
        low, high = np.percentile(now[around], (10, 90))
        contrast = float(high - low) + 8.0
        values = {
            "energy": float(heat[y, x]) / contrast / (gap_s / GAP_S) ** 0.5,
            "peak": float(heat[y, x]),
            "area": float((moving[around] > 0).mean()),
            "total": float((moving > 0).sum()) / height**2,
            "share": float((moving > 0).mean()),
            "focus": float(moving[around].sum() / (moving.sum() + 1e-3)),
            "height": height * step / new.shape[0],
        }
        block, far = max(3, round(height / BLOCKS)), min(FARTHEST_PX, round(REACH * height))
        flow = block_flow(before[around], now[around], block, max(2, far))
        moved = None if flow is None else _flow(flow, values, noise, contrast, height * gap_s)
        if self._earlier is not None:
            again = reversal(
                shrunk(self._earlier, step)[around], before[around], now[around], noise
            )
            if again is not None:
                values["like"], values["back"] = again.like, again.back
        rows, columns = now.shape
        to_heights = np.array([columns, rows, columns, rows], np.float32) / height
        _people(seen, to_heights, (x / height, y / height), values)
        half = HOT * height / 2
        self.place = (
            max(0.0, (x - half) / columns),
            max(0.0, (y - half) / rows),
            min(1.0, (x + half) / columns),
            min(1.0, (y + half) / rows),
        )
        centre, most = (x / height, y / height), float(heat.max())
        return Moment(t_s, gap_s, values, centre, moved, moving, side, most)

    def _hottest(self, heat: Plane) -> tuple[int, int]:
        rows, columns = heat.shape
        top = left = 0
        if self.inside is not None:
            x1, y1, x2, y2 = self.inside
            top, left = min(int(y1 * rows), rows - 1), min(int(x1 * columns), columns - 1)
            heat = heat[top : max(round(y2 * rows), top + 1), left : max(round(x2 * columns), 1)]
        y, x = np.unravel_index(int(np.argmax(heat)), heat.shape)
        return int(y) + top, int(x) + left


def shrunk(grey: Grey, step: int) -> Plane:
    """The mean of blocks of `step` by `step` pixels."""
    rows, columns = (side // step for side in grey.shape)
    cut = grey[: rows * step, : columns * step]
    if step == 1:
        return cut.astype(np.float32)
    # Reductions over short axes are slow in numpy; sums of slices are not.
    sums = cut[::step].astype(np.uint16)
    for row in range(1, step):
        sums += cut[row::step]
    blocks = sums[:, ::step].astype(np.uint32)
    for column in range(1, step):
        blocks += sums[:, column::step]
    return blocks.astype(np.float32) / np.float32(step**2)


def is_cut(before: Plane, now: Plane) -> bool:
    """Whether another view is shown: most of it changed, and nothing of it is as it was. Of
    pictures brought to cells of `CUT_CELL_PX`.
    """
    old, new = before.ravel(), now.ravel()
    if (np.abs(old - new) > CUT_STEP).mean() <= CUT_SHARE:
        return False
    old, new = old - old.mean(), new - new.mean()
    return float(old @ new) < ALIKE * float(np.linalg.norm(old) * np.linalg.norm(new))


def _flow(
    flow: BlockFlow, values: dict[str, float], noise: float, contrast: float, unit: float
) -> tuple[float, float] | None:
    """Adds what blocks tell; `unit` pixels are a height a second. Gives the mean movement."""
    moves = flow.raw > 3 * noise + 1
    if int(moves.sum()) < 2:
        return None
    weight = flow.raw * moves
    total = float(weight.sum())
    way = np.hypot(flow.vx, flow.vy)
    vx, vy = float((weight * flow.vx).sum()), float((weight * flow.vy).sum())
    walked = float((weight * way).sum())
    pair = np.minimum(weight[:, 1:], weight[:, :-1])
    differ = np.abs(np.diff(flow.vx, axis=1)) + np.abs(np.diff(flow.vy, axis=1))
    values["speed"] = walked / total / unit
    values["fast"] = float(np.percentile(way[moves], 90)) / unit
    values["rest"] = float((weight * flow.rest).sum() / (weight * flow.raw).sum())
    values["rest_left"] = float(flow.rest[moves].mean()) / contrast
    values["order"] = hypot(vx, vy) / walked if walked > 0 else 0.0
    values["shear"] = float((differ * pair).sum() / (pair.sum() + 1e-6)) / unit
    return vx / total / unit, vy / total / unit


def _people(
    seen: Seen, to_heights: Plane, at: tuple[float, float], values: dict[str, float]
) -> None:
    """Adds how people stand about a place, and whether a vehicle covers it; all in heights."""
    boxes, cars = seen.people * to_heights, seen.vehicles * to_heights
    x, y = at
    near = _away(boxes, x, y) < NEAR
    values["near"], values["seen"] = float(near.sum()), float(len(boxes))
    values["vehicle"] = float((_away(cars, x, y) < 0.2).any())
    if not near.any():
        return
    boxes = boxes[near]
    shape = np.log((boxes[:, 2] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 1]))
    values["sure"] = float(seen.sure[near].mean())
    values["width"], values["widest"] = float(shape.mean()), float(shape.max())
    if len(boxes) < 2:
        return
    first, second = np.triu_indices(len(boxes), 1)
    a, b = boxes[first], boxes[second]
    common = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    areas = np.minimum(np.prod(a[:, 2:] - a[:, :2], axis=1), np.prod(b[:, 2:] - b[:, :2], axis=1))
    values["overlap"] = float((np.prod(np.maximum(common, 0), axis=1) / areas).max())
    values["apart"] = min(float(np.maximum(-common, 0).sum(axis=1).min()), 3.0)


def _away(boxes: Plane, x: float, y: float) -> Plane:
    """How far a point is from each box; 0 within."""
    dx = np.maximum(np.maximum(boxes[:, 0] - x, x - boxes[:, 2]), 0)
    dy = np.maximum(np.maximum(boxes[:, 1] - y, y - boxes[:, 3]), 0)
    return np.asarray(np.hypot(dx, dy), np.float32)
