"""NanoDet (RangiLyu, 2021): distribution focal boxes around cell centres at strides 8, 16, 32."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.decoders.base import Candidates, cells_at_least, grid, in_frame_order
from detect.detections import Floats

STRIDES = (8, 16, 32)
BINS = 11


class NanoDet:
    """Outputs, in any order: per stride class scores (cells, classes) and boxes (cells, 4*11).

    A box side is the mean of a softmax over 11 bins, times the stride, from the cell's centre
    `i*s + (s-1)/2`.
    """

    def __init__(self, width_px: int, height_px: int, classes: int) -> None:
        self._classes = classes
        grids = [grid(width_px, height_px, stride) for stride in STRIDES]
        self._cells = [len(cells) for cells in grids]
        self._centres = [
            cells * stride + (stride - 1) / 2 for cells, stride in zip(grids, STRIDES, strict=True)
        ]
        self._limit = np.array([width_px, height_px] * 2, np.float32)
        self._bins = np.arange(BINS, dtype=np.float32)

    def check(self, shapes: Sequence[tuple[int, ...]]) -> str | None:
        if self._classes == 4 * BINS:
            return f"scores and boxes look the same with {4 * BINS} classes"
        wanted = sorted(
            [(cells, self._classes) for cells in self._cells]
            + [(cells, 4 * BINS) for cells in self._cells]
        )
        return None if sorted(shapes) == wanted else f"outputs are {sorted(shapes)}, not {wanted}"

    def decode(self, outputs: Sequence[Floats], min_score: float) -> Candidates:
        by_shape = {output.shape[1:]: output for output in outputs}
        return in_frame_order(
            [
                self._of_stride(
                    by_shape[(cells, self._classes)],
                    by_shape[(cells, 4 * BINS)],
                    centres,
                    stride,
                    min_score,
                )
                for cells, centres, stride in zip(self._cells, self._centres, STRIDES, strict=True)
            ]
        )

    def _of_stride(
        self, scores: Floats, sides: Floats, centres: Floats, stride: int, min_score: float
    ) -> Candidates:
        """`scores` (N, cells, classes), `sides` (N, cells, 4 * 11)."""
        frame, cell = cells_at_least(scores, min_score)
        best = scores[frame, cell]
        raw = sides[frame, cell].reshape(-1, 4, BINS)
        weight = np.exp(raw - raw.max(axis=2, keepdims=True))
        reach = (weight @ self._bins) / weight.sum(axis=2) * stride
        centre = centres[cell]
        xyxy = np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], axis=1)
        return Candidates(
            frame,
            np.clip(xyxy, 0, self._limit).astype(np.float32),
            best.max(axis=1).astype(np.float32),
            best.argmax(axis=1).astype(np.int32),
        )
