"""Flames in the picture itself: colours of fire that flicker in one place, and what they measure.

A cheap pass over every fourth pixel of each frame finds cells in which the colour of fire comes,
goes and changes again and again. Only where there are some, the last pictures of that part are
measured (`FEATURES`). How certain they are of a fire is for a head to say (`detect.training.fire`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from detect.aids import Floats
from detect.track import Box
from ingest.frame import Image

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int16]

STEP = 2
"""Every so many pixels a side are looked at."""
CELL = 4
"""Pixels a side of a cell, of those that are looked at."""
SPACING_S = 0.14
"""Frames that come faster than this are left out: 7 a second are enough."""
GAP_S = 4.0
"""After a longer gap nothing can be compared."""
SETTLE_S = 1.5
"""Time in which what cells show is forgotten to a third."""
FLICKER = 14
"""Grey levels by which a flame changes from frame to frame, at least."""
LIVELY = 24.0
"""Grey levels that a pixel of a flame spans in the pictures that are measured; a wall of its colour
does not."""
LEAST_HEAT = 0.15
"""Part of its pixels, by `CELL` at most, that must flicker in the colour of fire in each frame."""
CLIP_FRAMES = 10
"""Pictures that are kept: 2 s at 5 a second."""
LEAST_FRAMES = 6
"""Pictures that are measured, at least."""
MEASURE_S = 0.35
"""Places are measured so often at most: it costs more than all the rest."""
CLIP_S = 9.0
"""Older ones are not measured."""
MOST_PLACES = 2
MOST_PX = 2500
"""Pixels of a place that are measured: a large one is looked at more coarsely."""
DARK = 75.0
"""Mean grey level of a night, in which what is blown out to white may be a flame."""
CUT = 26.0
"""Mean change of the whole picture, in grey levels: it shows another place, or was covered."""

FEATURES = (
    "hot core green blue gradient activity incoherence memory area_change flips persistence "
    "jitter drift ragged texture lift size around narrowing coupling spread"
).split()
"""What is measured of a place, in order; see `measured`."""


@dataclass(frozen=True, slots=True)
class Flame:
    """A place that flickers in the colours of fire."""

    box: Box
    features: Floats | None
    """Shape (len(FEATURES),); None while too few pictures are there."""


class Flames:
    """Follows one camera's pictures."""

    def __init__(self) -> None:
        self._last_s = self._measured_s = -1e9
        self._small: Image | None = None
        self._hot: Bools | None = None
        self._heat: Floats | None = None
        self._clip: deque[tuple[float, Image]] = deque(maxlen=CLIP_FRAMES)

    def see(self, t_s: float, image: Image) -> list[Flame] | None:
        """Places in the picture (h, w, 3) BGR, hottest first; None: the frame was left out."""
        passed_s = t_s - self._last_s
        if passed_s < SPACING_S and self._small is not None:
            return None
        small = np.ascontiguousarray(image[::STEP, ::STEP])
        before, hot_before, hot = self._small, self._hot, suspicious(small)
        if before is None or before.shape != small.shape or passed_s > GAP_S:
            self._forget()
        elif hot_before is not None:
            self._warm(before, small, hot_before | hot, passed_s)
        self._last_s, self._small, self._hot = t_s, small, hot
        self._clip.append((t_s, small))
        heat = self._heat
        if heat is None or float(heat.max()) < LEAST_HEAT:
            return []
        if t_s - self._measured_s < MEASURE_S:
            return None
        return self._places(heat)

    def _forget(self) -> None:
        self._heat = None
        self._clip.clear()

    def _warm(self, before: Image, small: Image, either: Bools, passed_s: float) -> None:
        """Bring the heat of the cells up to now."""
        rows, columns = (side // CELL for side in either.shape)
        if self._heat is None:
            self._heat = np.zeros((rows, columns), np.float32)
        keep = float(np.exp(-passed_s / SETTLE_S))
        self._heat *= keep
        if not either.any():
            return
        change = _change(before, small)
        if float(change.mean()) > CUT:
            self._forget()
            return
        flicker = either & (change > FLICKER)
        cells = flicker[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL)
        counts = cells.sum((1, 3), dtype=np.float32)
        self._heat += (1 - keep) * np.minimum(1, counts / CELL)

    def _places(self, heat: Floats) -> list[Flame]:
        near = ndimage.binary_dilation(heat > LEAST_HEAT / 2, np.ones((3, 3), bool))
        labels, count = ndimage.label(near)
        peaks = ndimage.maximum(heat, labels, range(1, count + 1))
        sums = ndimage.sum(heat, labels, range(1, count + 1))
        order = [n for n in np.argsort(sums)[::-1] if peaks[n] >= LEAST_HEAT][:MOST_PLACES]
        parts = ndimage.find_objects(labels)
        return [self._place(parts[number], heat.shape) for number in order]

    def _place(self, part: tuple[slice, slice], shape: tuple[int, ...]) -> Flame:
        rows, columns = part
        top, left = max(0, rows.start - 1), max(0, columns.start - 1)
        bottom, right = min(shape[0], rows.stop + 1), min(shape[1], columns.stop + 1)
        now = self._clip[-1][0]
        clip = [(t_s, picture) for t_s, picture in self._clip if now - t_s <= CLIP_S]
        height, width = clip[-1][1].shape[:2]
        size = CELL / height, CELL / width
        box = (
            columns.start * size[1],
            rows.start * size[0],
            columns.stop * size[1],
            rows.stop * size[0],
        )
        if len(clip) < LEAST_FRAMES:
            return Flame(box, None)
        area = (bottom - top) * (right - left) * CELL**2
        every = max(1, int(np.ceil(np.sqrt(area / MOST_PX))))
        cut = (
            slice(top * CELL, bottom * CELL, every),
            slice(left * CELL, right * CELL, every),
        )
        height, width = height // every, width // every
        self._measured_s = now
        around = _around([picture for _, picture in clip])
        return Flame(box, measured(np.stack([p[cut] for _, p in clip]), height * width, around))


def suspicious(image: Image) -> Bools:
    """Where a picture (h, w, 3) BGR has the colours of a flame's rim; at night its core as well."""
    if float(image[::4, ::4, 1].mean()) < DARK:
        return hot_pixels(image)
    blue, green, red = image[..., 0], image[..., 1], image[..., 2]
    strong = (red > 150) & (red >= green)
    if not strong.any():
        return np.asarray(strong)
    far = red.astype(np.int16) - blue
    return np.asarray(strong & (far > 55) & (green.astype(np.int16) - blue > -25))


def hot_pixels(image: Image) -> Bools:
    """Where a picture (..., 3) BGR has the colours of fire, or in a grey one is blown out."""
    blue, green, red = image[..., 0], image[..., 1], image[..., 2]
    bright = red > 135
    if not bright.any():
        return np.asarray(bright)
    b, g, r = (part.astype(np.int16) for part in (blue, green, red))
    warm = (r - b > 30) & (r >= g) & (g > b - 25)
    white = (b > 215) & (g > 225) & (r > 225)
    return np.asarray(bright & (warm | white))


def _change(before: Image, now: Image) -> Ints:
    """Of green: red is blown out in a flame, blue is noisy at night."""
    return np.asarray(np.abs(now[..., 1].astype(np.int16) - before[..., 1]), np.int16)


def _around(pictures: Sequence[Image]) -> float:
    """How much the whole picture changes from frame to frame, as a part of white."""
    first, last = pictures[-2][::3, ::3], pictures[-1][::3, ::3]
    return float(_change(first, last).mean()) / 255


def measured(clip: Image, frame_px: int, around: float) -> Floats:
    """The features of a place in its last pictures (T, h, w, 3) BGR uint8, in `FEATURES`' order."""
    luma = clip.astype(np.float32) @ np.array((0.114, 0.587, 0.299), np.float32)
    hot = np.asarray(hot_pixels(clip) & (np.ptp(luma, axis=0) > LIVELY))
    flat = clip.reshape(-1, 3)[hot.ravel()].astype(np.float32)
    values = {
        **_coloured(flat),
        **_changing(luma, hot),
        **_shaped(luma, hot),
        "hot": float(hot.mean()),
        "size": float(np.log10(max(1.0, hot.sum((1, 2)).mean()) / frame_px) / 5),
        "around": min(1.0, around * 20),
    }
    return np.array([values[name] for name in FEATURES], np.float32)


def _coloured(flat: Floats) -> dict[str, float]:
    """Of the hot pixels (N, 3) BGR: from a white core over yellow to a red rim."""
    if len(flat) < 4:
        flat = np.zeros((4, 3), np.float32)
    blue, green, red = flat.T
    luma = flat @ np.array((0.114, 0.587, 0.299), np.float32)
    spread = np.percentile(luma, (10, 90))
    tint, light = np.asarray(red - blue, np.float32), np.asarray(luma, np.float32)
    return {
        "core": float((flat.min(1) > 200).mean()),
        "green": float((green / np.maximum(red, 1)).mean()),
        "blue": float((blue / np.maximum(red, 1)).mean()),
        "gradient": float((spread[1] - spread[0]) / 255),
        "coupling": _correlation(tint, light),
        "spread": float((green / np.maximum(red, 1)).std()) * 4,
    }


def _correlation(a: Floats, b: Floats) -> float:
    spread = float(a.std() * b.std())
    return 0.0 if spread < 1e-6 else float(((a - a.mean()) * (b - b.mean())).mean() / spread)


def _changing(luma: Floats, hot: Bools) -> dict[str, float]:
    """In time: a flame's pixels change much, each by itself, and never swing as one."""
    ever = np.asarray(hot.any(0))
    series = luma[:, ever]
    if not series.size:
        series = np.zeros((len(luma), 1), np.float32)
    steps = np.abs(np.diff(series, axis=0))
    spread = series.var(0)
    alone = series - series.mean(0)
    area = hot.sum((1, 2)).astype(np.float32)
    often = hot.mean(0)
    flips = hot[1:] != hot[:-1]
    return {
        "activity": float(steps.mean()) / 64,
        "incoherence": 1 - float(series.mean(1).var() / max(1e-3, spread.mean())),
        "memory": float((alone[1:] * alone[:-1]).mean() / max(1e-3, (alone**2).mean())),
        "area_change": float(area.std() / max(1.0, area.mean())),
        "flips": float(flips[:, ever].mean()) if ever.any() else 0.0,
        "persistence": float((often > 0.5).sum() / max(1, ever.sum())),
    }


def _shaped(luma: Floats, hot: Bools) -> dict[str, float]:
    """In space: a ragged outline that narrows upward and licks about a foot that stays."""
    height, width = luma.shape[1:]
    rows, columns = np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)
    counts = hot.sum((1, 2)).astype(np.float32)
    there = counts > 0
    if there.sum() < 2:
        return dict.fromkeys(("jitter", "drift", "ragged", "texture", "lift", "narrowing"), 0.0)
    hot, luma, counts = hot[there], luma[there], counts[there]
    y = (hot.sum(2) @ rows) / counts
    x = (hot.sum(1) @ columns) / counts
    side = float(np.sqrt(counts.mean()))
    paths = np.hypot(np.diff(x), np.diff(y)).sum()
    away = float(np.hypot(x[-1] - x[0], y[-1] - y[0]))
    edges = (hot[:, 1:] != hot[:, :-1]).sum() + (hot[:, :, 1:] != hot[:, :, :-1]).sum()
    means = (luma * hot).sum((1, 2)) / counts
    texture = np.sqrt((((luma - means[:, None, None]) ** 2) * hot).sum((1, 2)) / counts)
    change = np.abs(np.diff(luma, axis=0)).mean((0, 2))
    often = hot.mean(0)
    share = often.sum(1) / max(1e-3, often.sum())
    middle = float(share @ rows) / max(1, height - 1)
    lively = float(change @ rows / max(1e-3, change.sum())) / max(1, height - 1)
    halves = often[: height // 2].sum(), often[height // 2 :].sum()
    return {
        "jitter": min(2.0, float(np.hypot(x.std(), y.std())) / side),
        "drift": away / max(1e-3, float(paths)),
        "ragged": min(3.0, float(edges) / len(hot) / (4 * side)) / 2,
        "texture": float(texture.mean()) / 64,
        "lift": middle - lively,
        "narrowing": float((halves[1] - halves[0]) / max(1e-3, halves[0] + halves[1])),
    }
