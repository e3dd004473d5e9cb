"""NanoDet (RangiLyu, 2021): distribution focal boxes around cell centres at strides 8, 16, 32."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.decoders.base import Candidates, Indices, cells_at_least, grid, in_frame_order
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
        picked = [
            _picked(
                by_shape[(cells, self._classes)],
                by_shape[(cells, 4 * BINS)],
                centres,
                stride,
                min_score,
            )
            for cells, centres, stride in zip(self._cells, self._centres, STRIDES, strict=True)
        ]
        frame, scores, sides, centre, stride = map(np.concatenate, zip(*picked, strict=True))
        raw = sides.reshape(-1, 4, BINS)
        weight = np.exp(raw - raw.max(axis=2, keepdims=True))
        reach = (weight @ self._bins) / weight.sum(axis=2) * stride[:, None]
        xyxy = np.concatenate([centre - reach[:, :2], centre + reach[:, 2:]], axis=1)
        best = scores.argmax(axis=1)
        return in_frame_order(
            [
                Candidates(
                    frame,
                    np.clip(xyxy, 0, self._limit).astype(np.float32, copy=False),
                    scores[np.arange(len(best)), best].astype(np.float32, copy=False),
                    best.astype(np.int32),
                )
            ]
        )


def _picked(
    scores: Floats, sides: Floats, centres: Floats, stride: int, min_score: float
) -> tuple[Indices, Floats, Floats, Floats, Floats]:
    """Of `scores` (N, cells, classes), `sides` (N, cells, 4 * 11) and `centres` (cells, 2) the rows
    that count: their frame, scores, sides, centre and stride.
    """
    frame, cell = cells_at_least(scores, min_score)
    at = np.full(len(cell), stride, np.float32)
    return frame, scores[frame, cell], sides[frame, cell], centres[cell], at
