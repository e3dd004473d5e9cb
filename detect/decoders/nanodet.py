"""NanoDet (RangiLyu, 2021): distribution focal boxes around cell centres at strides 8, 16, 32."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.decoders.base import Candidates, at_least, grid
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

    def decode(self, outputs: Sequence[Floats], index: int, min_score: float) -> Candidates:
        boxes, scores, labels = [], [], []
        by_shape = {output.shape[1:]: output[index] for output in outputs}
        for cells, centres, stride in zip(self._cells, self._centres, STRIDES, strict=True):
            confidence = by_shape[(cells, self._classes)]
            rows = at_least(confidence.max(axis=1), min_score)
            best = confidence[rows]
            raw = by_shape[(cells, 4 * BINS)][rows].reshape(-1, 4, BINS)
            weight = np.exp(raw - raw.max(axis=2, keepdims=True))
            sides = (weight @ self._bins) / weight.sum(axis=2) * stride
            centre = centres[rows]
            boxes.append(np.concatenate([centre - sides[:, :2], centre + sides[:, 2:]], axis=1))
            labels.append(best.argmax(axis=1))
            scores.append(best.max(axis=1))
        xyxy = np.clip(np.concatenate(boxes), 0, self._limit).astype(np.float32)
        return Candidates(
            xyxy,
            np.concatenate(scores).astype(np.float32),
            np.concatenate(labels).astype(np.int32),
        )
