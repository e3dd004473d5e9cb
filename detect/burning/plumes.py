"""Smoke in the picture itself: pale or dark parts that boil slowly, and what they measure.

The picture is kept as a grid of blocks: how light each is, how much detail and colour it has. Smoke
makes neighbouring blocks lighter or darker together, without edges, again and again in one place,
and takes detail from what is behind it. A place that does so is measured (`FEATURES`); how certain
it is of smoke is for a head to say (`detect.training.smoke`). What burns from the first frame on is
found by how it moves; a picture from before it makes it surer.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from detect.aids import Floats
from detect.track import Box
from ingest.frame import Image

Bools = npt.NDArray[np.bool_]
Parts = tuple[slice, slice]

STEP = 2
"""Every so many pixels a side are looked at."""
CELL = 4
"""Pixels a side of a block, of those that are looked at."""
SPACING_S = 0.28
"""Frames that come faster than this are left out: smoke is slow."""
GAP_S = 4.0
KEPT = 16
"""Grids that are kept: about 6 s."""
LEAST = 8
LONG_S = 20.0
"""Grids that are older are not measured."""
LEARN_S = 40.0
"""Time in which the picture from before is forgotten to a third."""
KNOWN_S = 3.0
"""A picture from before is trusted after so long."""
CUT, CUT_PART = 12.0, 0.45
"""Where this part of the picture changes by as many grey levels at once, it shows another place."""
LEAST_SWING, MOST_SWING = 1.6, 45.0
"""Standard deviation of a block of smoke in time, grey levels."""
SMOOTH = 0.75
"""Part of its change that a block does not share with its neighbours, at most."""
EDGES = 0.9
"""Change of its detail, in parts of the change of its light, at most."""
PALE = 60.0
"""Difference between the strongest and the weakest colour of smoke, at most."""
LEAST_BLOCKS = 6
MOST_PLACES = 2
KERNEL = np.ones((3, 3), np.float32) / 9

FEATURES = (
    "area tall swing smooth edges colour light incoherence memory rise aside flow steady spikes "
    "growth stays narrow high around lost shade solid"
).split()
"""What is measured of a place, in order; see `_measured`."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One picture in blocks, each (h, w) float32."""

    t_s: float
    light: Floats
    detail: Floats
    colour: Floats


@dataclass(frozen=True, slots=True)
class Puff:
    """A place that boils as smoke does."""

    box: Box
    features: Floats | None
    """Shape (len(FEATURES),)."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The kept grids as arrays: (T, h, w), the light cleaned of changes of the exposure."""

    light: Floats
    detail: Floats
    colour: Floats
    step_s: float


class Plumes:
    """Follows one camera's pictures."""

    def __init__(self) -> None:
        self._last_s = -1e9
        self._began_s = 0.0
        self._grids: deque[Grid] = deque(maxlen=KEPT)
        self._before: tuple[Floats, Floats] | None = None

    def see(self, t_s: float, image: Image) -> list[Puff] | None:
        """Places in the picture (h, w, 3) BGR, largest first; None: the frame was left out."""
        passed_s = t_s - self._last_s
        if passed_s < SPACING_S and self._grids:
            return None
        self._last_s = t_s
        grid = grid_of(t_s, image)
        last = self._grids[-1] if self._grids else None
        if last is None or passed_s > GAP_S or _is_cut(last, grid):
            self._grids.clear()
            self._before, self._began_s = (grid.light, grid.detail), t_s
        self._grids.append(grid)
        self._learn(grid, passed_s)
        if len(self._grids) < LEAST:
            return []
        return self._places()

    def _learn(self, grid: Grid, passed_s: float) -> None:
        pull = 1 - float(np.exp(-min(passed_s, GAP_S) / LEARN_S))
        light, detail = self._before or (grid.light, grid.detail)
        self._before = (
            np.asarray(light + pull * (grid.light - light), np.float32),
            np.asarray(detail + pull * (grid.detail - detail), np.float32),
        )

    def _places(self) -> list[Puff]:
        now_s = self._grids[-1].t_s
        grids = [grid for grid in self._grids if now_s - grid.t_s <= LONG_S]
        if len(grids) < LEAST:
            return []
        stack = _stacked(grids)
        swing = stack.light.std(0)
        boiling = (swing > LEAST_SWING) & (swing < MOST_SWING)
        if int(boiling.sum()) < LEAST_BLOCKS:
            return []
        change = np.diff(stack.light, axis=0)
        own, edges = _own_part(change), stack.detail.std(0) / (swing + 0.5)
        boiling &= (own < SMOOTH) & (edges < EDGES) & (stack.colour.mean(0) < PALE)
        smoky = ndimage.binary_opening(boiling, np.ones((2, 2), bool))
        smoky = ndimage.binary_closing(smoky, np.ones((3, 3), bool))
        labels, count = ndimage.label(smoky)
        if not count:
            return []
        sizes = np.bincount(labels.ravel())[1:]
        order = [n for n in np.argsort(sizes)[::-1] if sizes[n] >= LEAST_BLOCKS][:MOST_PLACES]
        parts = ndimage.find_objects(labels)
        return [self._puff(stack, own, edges, labels == n + 1, parts[n]) for n in order]

    def _puff(self, stack: Stack, own: Floats, edges: Floats, mask: Bools, part: Parts) -> Puff:
        height, width = mask.shape
        rows, columns = part
        box = columns.start / width, rows.start / height, columns.stop / width, rows.stop / height
        before = self._before if self._last_s - self._began_s >= KNOWN_S else None
        values = {
            **_moving(stack, mask, part),
            **_shaped(stack, mask, part),
            **_hidden(stack, mask, before),
            "smooth": float(own[mask].mean()),
            "edges": float(edges[mask].mean()),
        }
        return Puff(box, np.array([values[name] for name in FEATURES], np.float32))


def grid_of(t_s: float, image: Image) -> Grid:
    """A picture (h, w, 3) BGR in blocks."""
    step = STEP * CELL
    height, width = image.shape[0] // step, image.shape[1] // step
    green = image[: height * step : STEP, : width * step : STEP, 1].astype(np.float32)
    blocks = green.reshape(height, CELL, width, CELL)
    light = blocks.mean((1, 3))
    across = np.abs(np.diff(blocks, axis=3)).mean((1, 3))
    down = np.abs(np.diff(blocks, axis=1)).mean((1, 3))
    few = image[STEP : height * step : step, STEP : width * step : step].astype(np.int16)
    colour = (few.max(2) - few.min(2)).astype(np.float32)
    return Grid(t_s, light, np.asarray(across + down, np.float32), colour)


def _is_cut(last: Grid, grid: Grid) -> bool:
    if last.light.shape != grid.light.shape:
        return True
    return float((np.abs(last.light - grid.light) > CUT).mean()) > CUT_PART


def _stacked(grids: list[Grid]) -> Stack:
    light = np.stack([grid.light for grid in grids])
    level = np.median(light.reshape(len(light), -1), axis=1)
    light *= (level.mean() / np.maximum(level, 1.0))[:, None, None].astype(np.float32)
    step_s = (grids[-1].t_s - grids[0].t_s) / (len(grids) - 1)
    detail = np.stack([grid.detail for grid in grids])
    return Stack(light, detail, np.stack([grid.colour for grid in grids]), step_s)


def _own_part(change: Floats) -> Floats:
    """The part of each block's change that its neighbours do not share, (h, w)."""
    shared = ndimage.uniform_filter(change, (0, 3, 3), mode="nearest")
    return np.asarray(np.abs(change - shared).mean(0) / (np.abs(shared).mean(0) + 0.3), np.float32)


def _moving(stack: Stack, mask: Bools, part: Parts) -> dict[str, float]:
    """In time: slow, each part by itself, upward, and without rest."""
    series = stack.light[:, mask]
    spread = series.var(0)
    alone = series - series.mean(0)
    steps = np.abs(np.diff(series, axis=0))
    half = len(series) // 2
    first, second = series[:half].std(0), series[half:].std(0)
    flow = _flow(stack, part)
    outside = stack.light[:, ~mask]
    around = float(outside.std(0).mean()) if outside.size else 0.0
    return {
        "swing": float(np.sqrt(spread.mean())) / 20,
        "incoherence": 1 - float(series.mean(1).var() / max(1e-3, spread.mean())),
        "memory": float((alone[1:] * alone[:-1]).mean() / max(1e-3, (alone**2).mean())),
        "steady": float((steps > 0.4 * np.sqrt(spread)).mean()),
        "spikes": float((steps.max(0) / (np.sqrt(spread) + 0.5)).mean()) / 4,
        "growth": float(np.tanh(np.log((second.mean() + 0.3) / (first.mean() + 0.3)))),
        "stays": float(((first > LEAST_SWING / 2) & (second > LEAST_SWING / 2)).mean()),
        "around": min(2.0, around / 10),
        **flow,
    }


def _flow(stack: Stack, part: Parts) -> dict[str, float]:
    """The one movement that explains the change of the place best (Lucas and Kanade, 1981)."""
    light = ndimage.uniform_filter(stack.light[(slice(None), *part)], (0, 3, 3), mode="nearest")
    if min(light.shape[1:]) < 3:
        return {"rise": 0.0, "aside": 0.0, "flow": 0.0}
    middle = (light[1:] + light[:-1]) / 2
    down, right = np.gradient(middle, axis=(1, 2))
    change = np.diff(light, axis=0)
    a, b, c = float((right**2).sum()), float((right * down).sum()), float((down**2).sum())
    p, q = float((right * change).sum()), float((down * change).sum())
    det = a * c - b * b + 1e-3 * (a + c) + 1e-3
    vx, vy = -(c * p - b * q) / det, -(a * q - b * p) / det
    left = change + right * vx + down * vy
    explained = 1 - float((left**2).sum()) / max(1e-3, float((change**2).sum()))
    per_s = 1 / max(0.1, stack.step_s)
    rise, aside = np.tanh(-vy * per_s / 2), np.tanh(abs(vx) * per_s / 2)
    return {"rise": float(rise), "aside": float(aside), "flow": explained}


def _shaped(stack: Stack, mask: Bools, part: Parts) -> dict[str, float]:
    """In space: narrow below, wider above."""
    own = mask[part]
    height, width = own.shape
    third = max(1, height // 3)
    top, foot = own[:third].sum(1).mean(), own[-third:].sum(1).mean()
    rows = np.arange(mask.shape[0], dtype=np.float32)
    return {
        "area": float(np.log10(mask.mean())) / 2,
        "tall": float(np.log(height / width)),
        "narrow": float((top - foot) / max(1.0, top + foot)),
        "high": float(mask.sum(1) @ rows) / max(1, mask.sum()) / mask.shape[0],
        "solid": float(own.mean()),
        "colour": float(stack.colour[:, mask].mean()) / PALE,
        "light": float(stack.light[:, mask].mean()) / 255,
    }


def _hidden(stack: Stack, mask: Bools, before: tuple[Floats, Floats] | None) -> dict[str, float]:
    """Against the picture from before: detail that is lost, and light; 0 where none is known."""
    if before is None:
        return {"lost": 0.0, "shade": 0.0}
    light, detail = before[0][mask], before[1][mask]
    lost = 1 - float(stack.detail[-4:, mask].mean()) / max(0.5, float(detail.mean()))
    return {"lost": lost, "shade": abs(float((stack.light[-4:, mask] - light).mean())) / 40}
