"""What has come to stand in a place: a slow and a fast memory of the picture, compared.

A pixel is new where the picture of the last seconds lies outside of everything that the slow memory
has within a pixel of it (so that a shaking mast and the edges of things make nothing new), scaled
by the light of the whole picture. It is held while it is new and does not change. What is neither
like the slow memory nor steady passes in front: it neither adds to the time nor ends it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from detect.track import Box
from ingest.frame import Image

Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

CELL_PX = 2
"""The picture at the model's size is taken in cells of so many pixels a side."""
FAST_S = 1.0
SLOW_S = 60.0
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
"""Part of the picture: what is larger is no thing that somebody put down."""
TEXTURE = 9.0
"""Mean square gradient of a place that has a texture."""
BACK = 0.6
"""Part of a region's cells that look as before when it has gone."""


@dataclass(frozen=True, slots=True)
class Region:
    """Something that stands where it did not."""

    xyxy: Box
    mask: Mask
    """Of the whole picture's cells."""
    since_s: float
    """When it could first be seen."""


class DualBackground:
    """Of one camera."""

    def __init__(self) -> None:
        self._slow: Plane | None = None
        self._fast: Plane = np.empty((0, 0), np.float32)
        self._held: Plane = self._fast
        self._hidden: Plane = self._fast
        self._steady: Mask = np.zeros((0, 0), np.bool_)
        self._began_s = self._last_s = 0.0
        self.resets = 0
        """How often everything was forgotten."""

    def see(self, image: Image, t_s: float) -> None:
        """Take the picture at media time `t_s`."""
        now = _cells(image)
        if self._slow is None or self._slow.shape != now.shape:
            self._begin(now, t_s)
            return
        step_s, self._last_s = t_s - self._last_s, t_s
        now[0] *= _light(now[0], self._slow[0])
        steady = np.asarray((np.abs(now - self._fast) <= STEADY).all(axis=0))
        self._steady = steady
        self._fast += (now - self._fast) * min(1.0, step_s / FAST_S)
        if t_s - self._began_s <= LEARNT_S:
            self._slow += (now - self._slow) * min(0.5, step_s / (t_s - self._began_s))
            return
        new = _outside(now, self._slow)
        if (new & ~steady).mean() > CUT_SHARE:
            self._begin(now, t_s)
            return
        self._hold(new, steady, step_s)
        settled = ~new & steady
        part = min(1.0, step_s / min(SLOW_S, t_s - self._began_s))
        self._slow += (now - self._slow) * (settled * np.float32(part))

    def regions(self) -> list[Region]:
        """What has been held for long enough, each connected part by itself."""
        if self._slow is None:
            return []
        held = ndimage.binary_closing(self._held >= HELD_S, np.ones((3, 3), np.bool_))
        labels, count = ndimage.label(held)
        found = []
        for number, part in enumerate(ndimage.find_objects(labels, count), 1):
            mask = labels == number
            cells = int(mask[part].sum())
            if LEAST_CELLS <= cells <= LARGEST * held.size:
                found.append(self._region(mask, part))
        return found

    def absorb(self, mask: Mask) -> None:
        """What stands under the mask belongs to the place."""
        if self._slow is not None and mask.shape == self._held.shape:
            # Whoever passes just now in front of it is not learnt along with it.
            mask = ndimage.binary_dilation(mask, iterations=2) & self._steady
            self._slow[:, mask] = self._fast[:, mask]
            self._held[mask] = 0.0

    def is_gone(self, region: Region) -> bool:
        """Whether the place looks again as it did without it."""
        slow = self._slow
        if slow is None or self._held.shape != region.mask.shape:
            return True
        return bool((~_outside(self._fast, slow))[region.mask].mean() >= BACK)

    def outline_gain(self, region: Region) -> float:
        """How much clearer the region's outline is now than before, as a ratio: below 1 it was a
        thing that was taken away, whose ghost this is.
        """
        ring = _ring(region.mask)
        now, before = (_steepness(plane)[ring].mean() for plane in self._planes(region))
        return float((now + 1.0) / (before + 1.0))

    def likeness(self, region: Region) -> float:
        """Correlation of the texture inside with that of the place before: near 1 for a patch of
        light or a shadow; 0 where there is no texture to tell by.
        """
        inner = ndimage.binary_erosion(region.mask)
        if inner.sum() < LEAST_CELLS:
            return 0.0
        one, other = (_gradients(plane)[:, inner].ravel() for plane in self._planes(region))
        norm = float(np.sqrt((one @ one) * (other @ other)))
        textured = float(other @ other) / len(other) > TEXTURE
        return float(one @ other) / norm if textured and norm > 0 else 0.0

    def sharpness(self, region: Region) -> float:
        """How steep the outline is beside the contrast that it bounds, 1/cells: a thing ends
        within a cell or two, light and shadow mostly fade out over several.
        """
        ring = _ring(region.mask)
        wide = ndimage.binary_dilation(region.mask, iterations=4) & ~region.mask & ~ring
        now, before = self._planes(region)
        change = np.abs(now - before)
        contrast = float(change[region.mask].mean() - change[wide].mean()) if wide.any() else 0.0
        steep = _steepness(now - before)[ring].mean()
        return float(steep / max(1.0, contrast))

    def _planes(self, region: Region) -> tuple[Plane, Plane]:
        """Now and before, in grey or in colour: where the region differs more."""
        before = self._fast if self._slow is None else self._slow
        apart = np.abs(self._fast - before)[:, region.mask].mean(axis=1)
        best = int(np.argmax(apart))
        return self._fast[best], before[best]

    def _begin(self, now: Plane, t_s: float) -> None:
        self._slow, self._fast = now.copy(), now.copy()
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

    def _region(self, mask: Mask, part: tuple[slice, slice]) -> Region:
        height, width = mask.shape
        rows, columns = part
        box = (columns.start / width, rows.start / height, columns.stop / width, rows.stop / height)
        return Region(box, mask, self._last_s - float(np.median(self._held[mask])))


def _cells(image: Image) -> Plane:
    """Green, and red less blue, averaged over cells: (2, h, w) float32."""
    height, width = (side // CELL_PX * CELL_PX for side in image.shape[:2])
    cut = image[:height, :width].astype(np.int16)
    total = cut[0::2, 0::2] + cut[1::2, 0::2] + cut[0::2, 1::2] + cut[1::2, 1::2]
    planes = np.stack([total[..., 1], total[..., 2] - total[..., 0]])
    return np.asarray(planes / CELL_PX**2, np.float32)


def _light(now: Plane, slow: Plane) -> float:
    """By what the picture must be multiplied to be as bright as the memory."""
    ratio = float(np.median((slow[::4, ::4] + 4) / (now[::4, ::4] + 4)))
    return min(3.0, max(1 / 3, ratio))


def _outside(now: Plane, slow: Plane) -> Mask:
    low = ndimage.minimum_filter(slow, (1, 3, 3))
    high = ndimage.maximum_filter(slow, (1, 3, 3))
    return np.asarray(((now < low - NEW) | (now > high + NEW)).any(axis=0))


def _ring(mask: Mask) -> Mask:
    return np.asarray(ndimage.binary_dilation(mask) & ~ndimage.binary_erosion(mask))


def _gradients(plane: Plane) -> Plane:
    down, right = np.gradient(plane)
    return np.stack([down, right])


def _steepness(plane: Plane) -> Plane:
    return np.asarray(np.sqrt((_gradients(plane) ** 2).sum(axis=0)), np.float32)
