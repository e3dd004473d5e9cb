"""YOLOX (Ge et al., 2021, arXiv:2107.08430): anchor-free boxes on three grids, not yet decoded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.decoders.base import Candidates, at_least, grid
from detect.detections import Floats

STRIDES = (8, 16, 32)


class Yolox:
    """One output (cells, 5 + classes): cx, cy, w, h, objectness, class scores (sigmoid done)."""

    def __init__(self, width_px: int, height_px: int, classes: int) -> None:
        self._classes = classes
        grids = [grid(width_px, height_px, stride) for stride in STRIDES]
        self._grid = np.concatenate(grids)
        self._stride = np.repeat(np.array(STRIDES, np.float32), [len(cells) for cells in grids])

    def check(self, shapes: Sequence[tuple[int, ...]]) -> str | None:
        wanted = [(len(self._grid), 5 + self._classes)]
        return None if list(shapes) == wanted else f"outputs are {list(shapes)}, not {wanted}"

    def decode(self, outputs: Sequence[Floats], min_score: float) -> Candidates:
        output = outputs[0]
        frame, cell = at_least(output[:, :, 4], min_score)  # the product can only be smaller
        rows = output[frame, cell]
        score = rows[:, 4:5] * rows[:, 5:]
        best = score.max(axis=1)
        (sure,) = at_least(best, min_score)
        frame, cell, rows, score = frame[sure], cell[sure], rows[sure], score[sure]
        stride = self._stride[cell, None]
        centre = (rows[:, :2] + self._grid[cell]) * stride
        half = np.exp(np.minimum(rows[:, 2:4], 20.0)) * stride / 2
        xyxy = np.concatenate([centre - half, centre + half], axis=1)
        return Candidates(
            frame,
            xyxy.astype(np.float32),
            best[sure].astype(np.float32),
            score.argmax(axis=1).astype(np.int32),
        )
