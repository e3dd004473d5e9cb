"""How far boxes overlap, and which belong together by it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detect.track import Box

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def iou(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> Array:
    """Intersection over union of every pair; (N, 4) and (M, 4) xyxy give (N, M), 0 to 1."""
    a_low, a_high = a.T[:2, :, None], a.T[2:, :, None]
    b_low, b_high = b.T[:2, None], b.T[2:, None]
    overlap = _area(np.maximum(a_low, b_low), np.minimum(a_high, b_high))
    union = _area(a_low, a_high) + _area(b_low, b_high) - overlap
    return np.asarray(overlap / np.maximum(union, 1e-12), np.float64)


def box_iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1, in plain numbers."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return common / max(both - common, 1e-12)


def _area(low: npt.NDArray[np.floating], high: npt.NDArray[np.floating]) -> Array:
    """Of rectangles between two corners, x and y first in both; 0 where they are crossed over."""
    width, height = np.maximum(high - low, 0)
    return np.asarray(width * height)


def greedy(gains: Array, least: float) -> tuple[Indices, Indices]:
    """Rows and columns paired by falling gain, each once, no pair below `least`."""
    rows, columns = np.nonzero(gains >= least)
    order = np.argsort(-gains[rows, columns], kind="stable")
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in pairs and column not in taken:
            pairs[row] = column
            taken.add(column)
    return np.array(list(pairs), np.int64), np.array(list(pairs.values()), np.int64)
