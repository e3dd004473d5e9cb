"""What has come to stand in a place: a slow and a fast memory of the picture, compared.

A pixel is new where the picture of the last seconds lies outside of everything that the slow memory
has within a pixel of it (so that a shaking mast and the edges of things make nothing new), scaled
by the light of the whole picture. It is held while it is new and does not change. What is neither
like the slow memory nor steady passes in front: it neither adds to the time nor ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy import ndimage

from detect.left.appearance import Looks, Mask, Plane
from detect.track import Box
from ingest.frame import Image

Window = tuple[slice, slice]
Values = TypeVar("Values", Plane, Mask)

CELL_PX = 2
"""The picture at the model's size is taken in cells of so many pixels a side."""
FAST_S = 1.0
SLOW_S = 60.0
EVERY_S = 0.35
"""Pictures sooner after the last one are left out: what stands still is seen as well without them,
and at 5 frames/s every second one is enough."""
LIMITS_S = 1.0
"""So often the limits of the slow memory are taken anew: it moves slowly."""
LEARNT_S = 2.0
"""Before so much has been seen, nothing is new."""
NEW = 14.0
"""Grey levels outside of the slow memory's range that are new."""
STEADY = 9.0
"""Grey levels about the fast memory that are steady."""
CUT_SHARE = 0.35
"""So much of the picture new and changed at once is another view or light: all is forgotten."""
HELD_S = 2.0
"""So long a pixel is new and steady before it counts."""
PASSING_S = 30.0
"""Something may pass, or stand, in front for this long."""
LEAST_CELLS = 10
LARGEST = 0.1
"""Part of the picture: what is larger is no thing that somebody put down,"""
LARGE_S = 10.0
"""and is learnt after this time, so that the place is not lost to sight."""
ROUND = 6
"""Cells around a region that are kept with it: what it stands out from."""
CLEAR = 0.9
"""Part of a region's cells that are steady while nothing is in front of it."""
BACK = 0.6
"""Part of a region's cells that look as before when it has gone."""


@dataclass(frozen=True, slots=True)
class Region:
    """Something that stands where it did not."""

    xyxy: Box
    mask: Mask
    """Of the cells of the window."""
    window: tuple[slice, slice]
    """The part of the picture's cells in which it lies, with `ROUND` cells about it."""
    since_s: float
    """When it could first be seen."""

    @property
    def cells(self) -> int:
        return int(self.mask.sum())


class DualBackground:
    """Of one camera. Planes are (2, h, w) float32: green, and red less blue, of each cell."""

    def __init__(self) -> None:
        self._slow: Plane | None = None
        self._fast: Plane = np.empty((0, 0), np.float32)
        self._low: Plane = self._fast
        self._high: Plane = self._fast
        self._limits_s = 0.0
        self._held: Plane = self._fast
        self._hidden: Plane = self._fast
        self._steady: Mask = np.zeros((0, 0), np.bool_)
        self._began_s = self._last_s = 0.0
        self.resets = 0
        """How often everything was forgotten."""

    def see(self, image: Image, t_s: float) -> bool:
        """Take the picture at media time `t_s`; False: it was too soon after the last one."""
        if self._slow is not None and t_s - self._last_s < EVERY_S:
            return False
        now = _cells(image)
        if self._slow is None or self._slow.shape != now.shape:
            self._begin(now, t_s)
            return True
        step_s, self._last_s = t_s - self._last_s, t_s
        now[0] *= _light(now[0], self._slow[0])
        apart = now - self._fast
        steady = self._steady = _within(apart, STEADY)
        apart *= min(1.0, step_s / FAST_S)
        self._fast += apart
        if t_s - self._began_s <= LEARNT_S:
            self._slow += (now - self._slow) * min(0.5, step_s / (t_s - self._began_s))
            return True
        if t_s - self._limits_s >= LIMITS_S:
            self._limit(t_s)
        new = np.asarray(((now < self._low) | (now > self._high)).any(axis=0))
        if (new & ~steady).mean() > CUT_SHARE:
            self._begin(now, t_s)
            return True
        self._hold(new, steady, step_s)
        part = min(1.0, step_s / min(SLOW_S, t_s - self._began_s))
        now -= self._slow
        now *= (~new & steady) * np.float32(part)
        self._slow += now
        return True

    def regions(self) -> list[Region]:
        """What has been held for long enough, each connected part by itself."""
        held = self._held >= HELD_S
        if self._slow is None or not held.any():
            return []
        held = _extreme(_extreme(held[None], np.maximum), np.minimum)[0]  # small gaps are closed
        labels, count = ndimage.label(held)
        found = []
        for number, part in enumerate(ndimage.find_objects(labels, count), 1):
            cells = int((labels[part] == number).sum())
            if cells < LEAST_CELLS:
                continue
            window = _grown(part, held.shape)
            region = self._region(labels[window] == number, part, window)
            if cells <= LARGEST * held.size:
                found.append(region)
            elif self._last_s - region.since_s >= LARGE_S:
                self.absorb(region)
        return found

    def absorb(self, region: Region) -> None:
        """What stands there belongs to the place."""
        if self._slow is None or not self._has(region):
            return
        where = region.window
        # Whoever passes just now in front of it is not learnt along with it.
        mask = ndimage.binary_dilation(region.mask, iterations=2) & self._steady[where]
        self._slow[:, *where][:, mask] = self._fast[:, *where][:, mask]
        self._held[where][mask] = 0.0
        self._limits_s = -np.inf

    def is_gone(self, region: Region) -> bool:
        """Whether the place looks again as it did without it."""
        if not self._has(region):
            return True
        now, low, high = (p[:, *region.window] for p in (self._fast, self._low, self._high))
        inside = np.asarray(((now >= low) & (now <= high)).all(axis=0))
        return bool(inside[region.mask].mean() >= BACK)

    def is_clear(self, region: Region) -> bool:
        """Whether nothing moves in front of it just now."""
        return self._has(region) and bool(self._steady[region.window][region.mask].mean() >= CLEAR)

    def looks(self, region: Region) -> Looks:
        """How the region looks now and looked before, with what is around it."""
        slow = self._fast if self._slow is None else self._slow
        where = region.window
        return Looks(self._fast[:, *where].copy(), slow[:, *where].copy(), region.mask)

    def _has(self, region: Region) -> bool:
        """Whether the region is of pictures of this size."""
        rows, columns = region.window
        height, width = self._held.shape
        return bool(rows.stop <= height and columns.stop <= width)

    def _limit(self, t_s: float) -> None:
        slow = self._fast if self._slow is None else self._slow
        self._low = _extreme(slow, np.minimum) - NEW
        self._high = _extreme(slow, np.maximum) + NEW
        self._limits_s = t_s

    def _begin(self, now: Plane, t_s: float) -> None:
        self._slow, self._fast = now.copy(), now.copy()
        self._limit(-np.inf)
        self._held, self._hidden = np.zeros_like(now[0]), np.zeros_like(now[0])
        self._steady = np.ones(now.shape[1:], np.bool_)
        self._began_s = self._last_s = t_s
        self.resets += 1

    def _hold(self, new: Mask, steady: Mask, step_s: float) -> None:
        """Time goes on where it is new and steady, stands still where something passes."""
        on = new & steady
        self._held[on] += step_s
        self._hidden[on] = 0.0
        passing = ~on & (self._held > 0)
        self._hidden[passing] += step_s
        # What is as before and steady ends it at once; what moves in front may do so for long.
        self._held[(passing & ~new & steady) | (self._hidden > PASSING_S)] = 0.0

    def _region(self, mask: Mask, part: Window, window: Window) -> Region:
        height, width = self._held.shape
        rows, columns = part
        box = (columns.start / width, rows.start / height, columns.stop / width, rows.stop / height)
        held_s = float(np.median(self._held[window][mask]))
        return Region(box, mask, window, self._last_s - held_s)


def _cells(image: Image) -> Plane:
    """Green, and red less blue, averaged over cells: (2, h, w) float32."""
    height, width = (side // CELL_PX * CELL_PX for side in image.shape[:2])
    rows = image[0:height:2, :width].astype(np.uint16)
    rows += image[1:height:2, :width]
    total = rows[:, 0::2] + rows[:, 1::2]
    planes = np.empty((2, height // 2, width // 2), np.float32)
    planes[0] = total[..., 1]
    np.subtract(total[..., 2], total[..., 0], out=planes[1], dtype=np.float32)
    planes *= np.float32(1 / CELL_PX**2)
    return planes


def _light(now: Plane, slow: Plane) -> float:
    """By what the picture must be multiplied to be as bright as the memory."""
    ratio = float(np.median((slow[::4, ::4] + 4) / (now[::4, ::4] + 4)))
    return min(3.0, max(1 / 3, ratio))


def _within(apart: Plane, most: float) -> Mask:
    return np.asarray(((apart <= most) & (apart >= -most)).all(axis=0))


def _extreme(plane: Values, of: np.ufunc) -> Values:
    """The least or the most within a cell, each way: rows first, then columns. (n, h, w)."""
    out = plane.copy()
    of(out[:, 1:], plane[:, :-1], out=out[:, 1:])
    of(out[:, :-1], plane[:, 1:], out=out[:, :-1])
    rows = out.copy()
    of(out[:, :, 1:], rows[:, :, :-1], out=out[:, :, 1:])
    of(out[:, :, :-1], rows[:, :, 1:], out=out[:, :, :-1])
    return out


def _grown(part: Window, shape: tuple[int, ...]) -> Window:
    rows, columns = (
        slice(max(0, side.start - ROUND), min(most, side.stop + ROUND))
        for side, most in zip(part, shape, strict=True)
    )
    return rows, columns
