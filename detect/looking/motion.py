"""Motion gate: where a camera's picture differs from what that camera usually shows.

The picture is taken as the mean luma of 4 x 4 pixel cells. A cell is compared with its background,
scaled by how the light about it changed (ratio of local means, so that exposure, clouds and soft
headlights cancel); the difference is averaged over 3 x 3 cells, which noise does not survive and a
person does; and it must exceed a threshold learnt for that very cell from minutes of its own
variance (after Stauffer & Grimson, 1999, with one mode), so that a tree, a flag, rain or a noisy
night raises its own threshold and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import ndimage

from detect.blobs import CELL_PX, LEAST_CELLS, Cells, Mask, Plane, blobs, mask, regions
from detect.track import Box
from ingest.frame import Image

LUMA_BGR = (0.114, 0.587, 0.299)
WEIGHTS = np.tile(np.array(LUMA_BGR, np.float32) / CELL_PX**2, CELL_PX)
AROUND_CELLS = 13
"""Light is taken to be even over this many cells: more than a far person has."""
DARKEST = 2.0
"""Grey levels added to both sides of a ratio of light, which means nothing in the dark."""
FLOOR = 1.5
"""Grey levels that a difference must exceed however still a camera is."""
SIGMAS = 5.0
"""Standard deviations of a cell that it must exceed besides."""
FIRST_SIGMA = 2.0
"""Taken for every cell until it has been watched."""
FIRST_S = 0.5
"""What that first guess counts for, in seconds of watching."""
CLIP = 2.0
"""One difference teaches a cell at most this many thresholds: somebody who passes raises little."""
NOISE_S = 120.0
"""Time over which a cell's variance is learnt."""
BACKGROUND_S = 15.0
MOVING_S = 40.0
"""What stops is taken for background after about this time,"""
HELD_S = 300.0
"""and what is followed after about this."""
UNEVEN = 0.5
"""Part of a change of light that is left where it is not even, as at the edge of a lamp's pool."""
POOLED_CELLS = 5
POOLED_EVERY_S = 1.0
"""Cells learn from their neighbours too (a branch reaches farther in the next gust)."""
VIEW_SHARE = 0.5
"""So much of the picture different at once is another view (or a switched infrared filter)."""
LIGHT_STEP = 0.14
"""A change of light between two pictures, as a natural logarithm, that counts as a jump,"""
LIGHT_SHARE = 0.6
"""in at least this part of the picture,"""
JITTERS = 4.0
"""and by this many times what this camera's light changes by usually."""
SHIFT_CELLS = 5
SHIFT_SHARE = 0.1
"""A moved camera is looked for when at least this part of the picture differs,"""
SHIFT_GAIN = 0.75
"""and found when shifting the background leaves at most this part of the difference."""


@dataclass(frozen=True, slots=True)
class Motion:
    regions: tuple[Box, ...] = ()
    """Where something moves; fractions of the frame, apart from each other, a little too large."""
    share: float = 0.0
    """Part of the picture that moves, 0 to 1."""
    is_scene_change: bool = False
    """Light or view changed at once over most of the picture: what was learnt holds no more."""


STILL = Motion()
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class _State:
    """What is known of a camera. Never changed in place: another thread may be reading it."""

    background: Plane
    around: Plane
    """The background's local mean."""
    variance: Plane
    """Of the averaged difference, from the background."""
    threshold: Plane
    pooled_s: float
    """When thresholds and local mean were last taken from variances and background."""
    light: Plane
    """Light as a ratio to the background's, coarse, at the last update."""
    jitter: float
    """Usual change of light between updates, as a natural logarithm."""
    share: float
    shape: tuple[int, ...]
    began_s: float
    t_s: float


@dataclass(frozen=True, slots=True)
class _Sight:
    """One picture against the state."""

    cells: Plane
    ratio: Plane
    off: Plane
    """Absolute difference, averaged over 3 x 3 cells."""
    strong: Mask
    lit: Mask
    """Where the light is another than usual: neither noise nor background is learnt there."""
    boxes: tuple[Cells, ...]
    light: Plane
    light_step: float
    change: Literal["", "light", "view"]


class MotionGate:
    """Of one camera. `update` belongs to one thread; `peek` may be called from any."""

    def __init__(self) -> None:
        self._state: _State | None = None
        self._wider = 1.0

    def update(self, image: Image, t_s: float, held: Sequence[Box] = ()) -> Motion:
        """Judge a picture and learn from it.

        `image` is BGR at the model's scale (one thinner than a cell cannot be judged and is always
        another scene); `t_s` is media time, which never goes back; `held` are places (fractions)
        of things that are followed: there no noise is learnt, and what stands there is not taken
        for background. The first picture shows no motion; one of another size is a scene change.
        """
        if _is_too_thin(image):
            return Motion((WHOLE,), 1.0, True)
        state = self._state
        if state is None or state.shape != image.shape:
            self._state = _first(image, t_s)
            return Motion(is_scene_change=state is not None)
        sight = _look(state, image, self._wider)
        share = float(np.count_nonzero(sight.strong)) / sight.strong.size
        if sight.change == "view":
            self._state = _reseeded(state, sight, image, t_s)
            return Motion((WHOLE,), share, True)
        self._state = _learnt(state, sight, t_s, held, share)
        moving = regions(sight.boxes, image.shape)
        return Motion(moving, share if moving else 0.0, sight.change == "light")

    def peek(self, image: Image) -> bool:
        """Whether `update` would report motion or a scene change. Changes nothing."""
        state = self._state
        if state is None or state.shape != image.shape or _is_too_thin(image):
            return True  # nothing is known that could be called still
        sight = _look(state, image, self._wider)
        return bool(sight.boxes) or sight.change != ""

    def widen(self, factor: float) -> None:
        """Divide every threshold by `factor`, at least 1: more is reported. 1 is the usual way."""
        self._wider = max(1.0, factor)


def _is_too_thin(image: Image) -> bool:
    return bool(min(image.shape[:2]) < CELL_PX)


def cells_of(image: Image) -> Plane:
    """Mean luma (0 to 255) of each whole cell of a BGR picture."""
    rows, columns = image.shape[0] // CELL_PX, image.shape[1] // CELL_PX
    whole = np.ascontiguousarray(image[: rows * CELL_PX, : columns * CELL_PX])
    strips = whole.reshape(rows, CELL_PX, columns * CELL_PX * 3)
    sums = np.add.reduce(strips, axis=1, dtype=np.uint16)
    return np.asarray(sums.astype(np.float32).reshape(rows, columns, -1) @ WEIGHTS, np.float32)


def _first(image: Image, t_s: float) -> _State:
    cells = cells_of(image)
    variance = np.full_like(cells, FIRST_SIGMA**2)
    around = _around(cells)
    return _State(
        background=cells,
        around=around,
        variance=variance,
        threshold=_thresholds(variance),
        pooled_s=t_s,
        light=np.ones_like(_coarse(around)),
        jitter=LIGHT_STEP / JITTERS,
        share=0.0,
        shape=image.shape,
        began_s=t_s,
        t_s=t_s,
    )


def _look(state: _State, image: Image, wider: float) -> _Sight:
    cells = cells_of(image)
    ratio = (_around(cells) + DARKEST) / (state.around + DARKEST)
    uneven = _unevenness(state, ratio)
    limit = (state.threshold + uneven) * np.float32(1 / wider)
    off = np.abs(_averaged(cells - state.background * ratio))
    strong = off > limit
    share = np.count_nonzero(strong) / strong.size
    light = _coarse(ratio)
    steps = np.abs(np.log(light / state.light))
    change = _change(state, cells, ratio, share, steps)
    boxes: tuple[Cells, ...] = ()
    if change != "view" and np.count_nonzero(strong) >= LEAST_CELLS:
        off = np.abs(_averaged(cells - state.background * _light_without(state, cells, strong)))
        strong &= off > limit
        boxes = blobs(off, strong, limit)
    lit = uneven > state.threshold
    return _Sight(cells, ratio, off, strong, lit, boxes, light, float(steps.mean()), change)


def _unevenness(state: _State, ratio: Plane) -> Plane:
    """Grey levels that a change of light may leave."""
    uneven: Plane = np.abs(ratio - 1)
    uneven *= state.background
    uneven *= np.float32(UNEVEN)
    return uneven


def _light_without(state: _State, cells: Plane, strong: Mask) -> Plane:
    """The ratio of light about each cell, from the cells that do not differ.

    What moves pulls the mean about it, so that its surroundings seem to differ the other way.
    """
    apart = ndimage.binary_dilation(strong)
    now, before = cells.copy(), state.background.copy()
    now[apart] = before[apart] = 0.0
    # Where all about a cell differs the two means are 0, and so is the change of light.
    return (_around(now) + DARKEST) / (_around(before) + DARKEST)


def _change(
    state: _State, cells: Plane, ratio: Plane, share: float, steps: Plane
) -> Literal["", "light", "view"]:
    if share > VIEW_SHARE:
        return "view"
    if share > SHIFT_SHARE and share > 2 * state.share and _is_shifted(state, cells, ratio):
        return "view"
    jumped = np.count_nonzero(steps > max(LIGHT_STEP, JITTERS * state.jitter))
    return "light" if jumped > LIGHT_SHARE * steps.size else ""


def _learnt(state: _State, sight: _Sight, t_s: float, held: Sequence[Box], share: float) -> _State:
    step_s = max(0.0, t_s - state.t_s)
    age_s = t_s - state.began_s
    holding = mask(held, sight.strong.shape)
    background = state.background
    light = sight.light
    if sight.change == "light":
        background = background * sight.ratio
        light = np.ones_like(light)
    pace = np.full_like(background, step_s / min(BACKGROUND_S, age_s + 1.0))
    pace[sight.strong | sight.lit] = step_s / MOVING_S
    if holding is not None:
        pace[holding] = step_s / HELD_S
    np.minimum(pace, 1.0, out=pace)
    background = background + pace * (sight.cells - background)
    variance, threshold, pooled_s = state.variance, state.threshold, state.pooled_s
    if sight.change != "light":
        most = CLIP * threshold
        learn = np.minimum(sight.off, most) ** 2 - variance
        learn[sight.lit if holding is None else sight.lit | holding] = 0.0
        variance = variance + np.float32(min(1.0, step_s / min(NOISE_S, age_s + FIRST_S))) * learn
    around = state.around
    if t_s - pooled_s >= POOLED_EVERY_S or sight.change == "light":
        threshold, pooled_s, around = _thresholds(variance), t_s, _around(background)
    learnt = min(1.0, step_s / 30.0)
    return replace(
        state,
        background=background,
        around=around,
        variance=variance,
        threshold=threshold,
        pooled_s=pooled_s,
        light=light,
        jitter=state.jitter + learnt * (min(sight.light_step, 0.5) - state.jitter),
        share=share,
        t_s=t_s,
    )


def _reseeded(state: _State, sight: _Sight, image: Image, t_s: float) -> _State:
    """Another view: only the level of the noise is kept."""
    first = _first(image, t_s)
    variance = np.full_like(first.variance, max(1.0, float(np.median(state.variance))))
    return replace(first, variance=variance, threshold=_thresholds(variance), jitter=state.jitter)


def _thresholds(variance: Plane) -> Plane:
    pooled = np.maximum(variance, ndimage.uniform_filter(variance, POOLED_CELLS))
    return np.asarray(FLOOR + SIGMAS * np.sqrt(pooled), np.float32)


def _around(cells: Plane) -> Plane:
    return np.asarray(ndimage.uniform_filter(cells, AROUND_CELLS, mode="nearest"), np.float32)


def _coarse(plane: Plane) -> Plane:
    return plane[::6, ::6]


def _averaged(cells: Plane) -> Plane:
    """Mean of each cell and its eight neighbours; the edge cells count twice."""
    rows, columns = cells.shape
    padded: Plane = np.empty((rows + 2, columns + 2), np.float32)
    padded[1:-1, 1:-1] = cells
    padded[0], padded[-1] = padded[1], padded[-2]
    padded[:, 0], padded[:, -1] = padded[:, 1], padded[:, -2]
    across = padded[:, :-2] + padded[:, 1:-1]
    across += padded[:, 2:]
    down: Plane = across[:-2] + across[1:-1]
    down += across[2:]
    down *= np.float32(1 / 9)
    return down


def _is_shifted(state: _State, cells: Plane, ratio: Plane) -> bool:
    """Whether the background fits better when it is moved by some cells."""
    n = SHIFT_CELLS
    rows, columns = cells.shape
    if min(rows, columns) <= 4 * n:
        return False
    known = state.background * ratio
    inside = cells[n : rows - n, n : columns - n]

    def apart(down: int, right: int) -> float:
        moved = known[n + down : rows - n + down, n + right : columns - n + right]
        return float(np.abs(inside - moved).mean())

    still = apart(0, 0)
    shifts = [(y, x) for y in range(-n, n + 1) for x in range(-n, n + 1) if (y, x) != (0, 0)]
    return min(apart(*shift) for shift in shifts) <= SHIFT_GAIN * still
