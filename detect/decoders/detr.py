"""DETR with its post-processing in the graph: RT-DETR (Zhao et al., 2023), D-FINE (Peng, 2024)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.decoders.base import Candidates, at_least, class_indices
from detect.detections import Floats


class Detr:
    """Three outputs: labels (queries,), boxes (queries, 4) x1 y1 x2 y2, scores (queries,).

    Boxes are pixels of the size that the graph's second input is told: that of its first. The
    manifest names that input in `input.sizes`.
    """

    def __init__(self, width_px: int, height_px: int, classes: int) -> None:
        self._classes = classes
        self._limit = np.array([width_px, height_px] * 2, np.float32)

    def check(self, shapes: Sequence[tuple[int, ...]]) -> str | None:
        queries = shapes[0][0] if shapes and shapes[0] else 0
        wanted = [(queries,), (queries, 4), (queries,)]
        if list(shapes) == wanted:
            return None
        return f"outputs are {list(shapes)}, not labels (N,), boxes (N, 4), scores (N,)"

    def decode(self, outputs: Sequence[Floats], min_score: float) -> Candidates:
        label, xyxy, score = outputs
        frame, query = at_least(score, min_score)
        return Candidates(
            frame,
            np.clip(xyxy[frame, query], 0, self._limit).astype(np.float32),
            score[frame, query].astype(np.float32),
            class_indices(label[frame, query], self._classes),
        )
