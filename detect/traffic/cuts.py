"""Cuts: from one frame to the next a camera shows another place: it was turned, a clip is spliced.

Rules forget then what they follow and what they learnt: a thing of the new picture is none of the
old one that stood there by chance.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detect.overlap import iou
from detect.tracking.tracker import SURE
from detect.view import Luma, View

BLOCKS = (9, 16)
"""Rows and columns in which pictures are compared."""
CHANGED_LUMA = 14.0
"""Grey levels by which a block differs, the change of the whole picture taken out."""
CHANGED_PART = 0.45
"""Part of the blocks that differ after a cut. Between the development clips 0.56 to 0.91; within
one, where time jumps and things are elsewhere, 0.27 at most."""
LEAST_THINGS = 3
"""Without a picture: so many things must be gone, and as many others there."""
ELSEWHERE_IOU = 0.1

Blocks = npt.NDArray[np.float32]


class Cuts:
    """Tells the cuts of one camera."""

    def __init__(self) -> None:
        self._blocks: Blocks | None = None
        self._t_s = 0.0
        self._boxes: npt.NDArray[np.float32] = np.empty((0, 4), np.float32)

    def is_cut(self, view: View) -> bool:
        """Whether this frame shows another place than the one before. Call it for every frame."""
        luma = view.luma
        before, self._blocks = self._blocks, None if luma is None else _blocks(luma)
        boxes, self._boxes = self._boxes, view.detections.xyxy[view.detections.score >= SURE]
        if self._blocks is not None and before is not None:
            return _differ(before, self._blocks)
        return _replaced(boxes, self._boxes)


def _blocks(luma: Luma) -> Blocks:
    """Means of blocks, `BLOCKS`."""
    rows = np.linspace(0, luma.shape[0], BLOCKS[0] + 1).astype(int)[:-1]
    columns = np.linspace(0, luma.shape[1], BLOCKS[1] + 1).astype(int)[:-1]
    sums = np.add.reduceat(np.add.reduceat(luma.astype(np.float32), rows, 0), columns, 1)
    heights = np.diff([*rows.tolist(), luma.shape[0]])
    widths = np.diff([*columns.tolist(), luma.shape[1]])
    return np.asarray(sums / np.outer(heights, widths), np.float32)


def _differ(before: Blocks, now: Blocks) -> bool:
    change = now - before
    away = np.abs(change - np.median(change))
    return float(np.mean(away > CHANGED_LUMA)) >= CHANGED_PART


def _replaced(before: npt.NDArray[np.float32], now: npt.NDArray[np.float32]) -> bool:
    """Whether nothing is where anything was."""
    if len(before) < LEAST_THINGS or len(now) < LEAST_THINGS:
        return False
    return float(iou(before, now).max()) < ELSEWHERE_IOU
