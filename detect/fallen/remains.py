"""What lies where nothing lay: the picture in grey against what is usually there.

The background follows slowly, and not at all where people are or may lie: somebody who lies still
must not become a part of it while it matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from detect.blobs import mask
from detect.track import Box
from detect.view import Luma

SQUARE = np.ones((3, 3), np.bool_)
Plane = npt.NDArray[np.float32]

FOLLOWS_S = 20.0
"""Time in which the background takes on what has changed for good."""
DIFFERS = 16.0
"""Grey levels from which a point is not of the background."""
KNOWN_S = 0.5
"""The ground must have been seen free of people for so long to be known."""
CUT_SHARE = 0.5
"""Of the picture: where more changes at once between two frames, it is another picture."""
GROWN = 0.15
"""Boxes of people are grown by this part on each side before they are kept out."""
FULL = 0.35
"""So much of a box differs when a person lies in it."""
OUTLINE = 1.15
"""The outline of a thing that is there is so many times stronger in the picture than in the
background."""
LEAST_SEEN = 0.4
"""Of a box: less of it, beside people who stand before it, tells nothing."""


@dataclass(frozen=True, slots=True)
class Remain:
    """Something that is not of the background."""

    box: Box
    area: float
    """In squares of the frame's height."""
    is_there: bool
    """Its outline is in the picture; else in the background alone: something has left."""


class Background:
    """Of one camera; in shapes of `View.luma`."""

    def __init__(self) -> None:
        self._usual: Plane | None = None
        self._last: Plane | None = None
        self._off: Plane | None = None
        self._free_s: Plane | None = None
        self._covered: npt.NDArray[np.bool_] | None = None
        self._t_s = 0.0
        self.began_s = 0.0
        """Media time of the first picture of this view."""

    def see(
        self, luma: Luma, t_s: float, keep_out: Sequence[Box], upright: Sequence[Box] = ()
    ) -> bool:
        """Take a frame's picture in; True when it is another picture than before: all is new.

        The background is not learnt in `keep_out`; `upright` are people who stand before it.
        """
        now = luma.astype(np.float32)
        is_new = self._last is None or self._last.shape != now.shape or _is_cut(self._last, now)
        if is_new or self._usual is None or self._free_s is None:
            self._usual, self.began_s = now.copy(), t_s
            self._free_s = np.zeros_like(now)
        gap_s = np.float32(0.0 if is_new else min(max(t_s - self._t_s, 0.0), 1.0))
        gain = gap_s / np.float32(FOLLOWS_S)
        off = now - self._usual
        light = np.median(off)  # the light of the whole picture is no change
        self._usual += light * gain
        off -= light
        self._off = np.abs(off)
        held = mask([_grown(box) for box in keep_out], now.shape)
        free = np.ones(now.shape, np.bool_) if held is None else ~held
        # Where the ground was not seen yet it is taken as it is first seen.
        fresh = free & (self._free_s < KNOWN_S)
        self._usual += np.where(fresh, off, np.where(free, gain * off, 0))
        self._free_s += free * gap_s
        self._off[self._free_s < KNOWN_S] = 0
        self._covered = mask([_grown(box) for box in upright], now.shape)
        self._last, self._t_s = now, t_s
        return is_new

    def share(self, box: Box) -> float | None:
        """0 to 1: how much of a box differs from the background, against a person who lies; None
        where people stand before it.
        """
        if self._off is None:
            return None
        cells = _cells(box, self._off.shape)
        differs = self._off[cells] > DIFFERS
        if self._covered is not None:
            free = ~self._covered[cells]
            if free.mean() < LEAST_SEEN:
                return None
            differs = differs[free]
        return min(1.0, float(differs.mean()) / FULL) if differs.size else None

    def largest(self, part: Box, at: Box | None = None) -> Remain | None:
        """The largest thing in a part of the frame that is not of the background; with `at`, the
        one that has most in that box.
        """
        if self._off is None:
            return None
        rows, columns = _cells(part, self._off.shape)
        differs = self._off[rows, columns] > DIFFERS
        if self._covered is not None:
            differs &= ~self._covered[rows, columns]
        labels, count = ndimage.label(ndimage.binary_closing(differs, SQUARE), SQUARE)
        if count == 0:
            return None
        sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
        most = sizes
        if at is not None:
            whole = np.zeros(self._off.shape, labels.dtype)
            whole[rows, columns] = labels
            most = np.bincount(whole[_cells(at, whole.shape)].ravel(), minlength=count + 1)[1:]
        biggest = int(most.argmax())
        if most[biggest] == 0:
            return None
        where = ndimage.find_objects(labels)[biggest]
        height, width = self._off.shape
        box = (
            (columns.start + where[1].start) / width,
            (rows.start + where[0].start) / height,
            (columns.start + where[1].stop) / width,
            (rows.start + where[0].stop) / height,
        )
        is_there = self._is_there(labels == biggest + 1, (rows, columns))
        return Remain(box, float(sizes[biggest]) / height**2, is_there)

    def _is_there(self, thing: npt.NDArray[np.bool_], part: tuple[slice, slice]) -> bool:
        """Whether its outline is in the picture rather than in the background."""
        if self._last is None or self._usual is None:
            return False
        outline = ndimage.binary_dilation(thing, SQUARE) & ~ndimage.binary_erosion(thing, SQUARE)
        now, usual = (_edges(plane[part])[outline].sum() for plane in (self._last, self._usual))
        return bool(now > OUTLINE * usual)


def _edges(plane: Plane) -> Plane:
    """How steep it is, in grey levels."""
    down, across = np.gradient(plane) if min(plane.shape) > 1 else (plane * 0, plane * 0)
    return np.asarray(np.abs(down) + np.abs(across), np.float32)


def _is_cut(before: Plane, now: Plane) -> bool:
    apart = now - before
    apart -= np.median(apart)
    return bool((np.abs(apart) > DIFFERS).mean() > CUT_SHARE)


def _grown(box: Box) -> Box:
    more_x, more_y = GROWN * (box[2] - box[0]), GROWN * (box[3] - box[1])
    return box[0] - more_x, box[1] - more_y, box[2] + more_x, box[3] + more_y


def _cells(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    rows, columns = shape
    return (
        slice(max(0, int(box[1] * rows)), min(rows, int(np.ceil(box[3] * rows)))),
        slice(max(0, int(box[0] * columns)), min(columns, int(np.ceil(box[2] * columns)))),
    )
