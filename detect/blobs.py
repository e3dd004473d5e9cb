"""From cells that differ to regions of a picture, and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from detect.track import Box

CELL_PX = 4
WEAK = 0.5
"""A region reaches as far as this part of the threshold is exceeded about its strong cells."""
LEAST_CELLS = 4
"""Strong cells of a region: fewer are noise. (3 x 3 averaging makes one cell nine.)"""
GROWN_CELLS = 1.0
GROWN = 0.1
"""A region is grown by a cell and by this part of its size on each side."""

Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Cells = tuple[int, int, int, int]
"""Left, top, right, bottom in cells."""


def blobs(off: Plane, strong: Mask, threshold: Plane) -> tuple[Cells, ...]:
    """Bounds of what differs together and has strong cells enough."""
    if np.count_nonzero(strong) < LEAST_CELLS:
        return ()
    labels, count = ndimage.label(off > WEAK * threshold, np.ones((3, 3), np.int8))
    enough = np.bincount(labels[strong], minlength=count + 1) >= LEAST_CELLS
    return tuple(
        (where[1].start, where[0].start, where[1].stop, where[0].stop)
        for number, where in enumerate(ndimage.find_objects(labels), 1)
        if enough[number]
    )


def mask(boxes: Sequence[Box], shape: tuple[int, ...]) -> Mask | None:
    if not boxes:
        return None
    mask = np.zeros(shape, np.bool_)
    rows, columns = shape
    for x1, y1, x2, y2 in boxes:
        top, left = max(0, int(y1 * rows) - 1), max(0, int(x1 * columns) - 1)
        mask[top : max(0, int(y2 * rows) + 2), left : max(0, int(x2 * columns) + 2)] = True
    return mask


def regions(boxes: Sequence[Cells], shape: tuple[int, ...]) -> tuple[Box, ...]:
    """Boxes in cells, grown and merged, as fractions of a picture of this shape."""
    height, width = shape[0] / CELL_PX, shape[1] / CELL_PX
    grown: list[Box] = []
    for left, top, right, bottom in boxes:
        more_x = GROWN_CELLS + GROWN * (right - left)
        more_y = GROWN_CELLS + GROWN * (bottom - top)
        grown.append(
            (
                max(0.0, (left - more_x) / width),
                max(0.0, (top - more_y) / height),
                min(1.0, (right + more_x) / width),
                min(1.0, (bottom + more_y) / height),
            )
        )
    return tuple(merged(grown))


def merged(boxes: Sequence[Box]) -> list[Box]:
    """Boxes that overlap become the one about both, until none do."""
    apart: list[Box] = []
    for box in boxes:
        while True:
            other = next((one for one in apart if _overlap(one, box)), None)
            if other is None:
                break
            apart.remove(other)
            box = (
                min(box[0], other[0]),
                min(box[1], other[1]),
                max(box[2], other[2]),
                max(box[3], other[3]),
            )
        apart.append(box)
    return sorted(apart)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
