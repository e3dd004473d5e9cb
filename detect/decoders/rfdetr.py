"""DETR as it leaves the network: RF-DETR (Roboflow, 2025), LW-DETR, RT-DETR in other exports."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.decoders.base import Candidates, at_least, corners
from detect.detections import Floats


class RfDetr:
    """Two outputs: boxes (queries, 4) and logits (queries, classes).

    A box is cx cy w h in fractions of the input. A score is the logit's sigmoid, each class by
    itself. RF-DETR numbers its 91 classes as COCO does, gaps included: `classes.file` names 91.
    """

    def __init__(self, width_px: int, height_px: int, classes: int) -> None:
        self._classes = classes
        self._limit = np.array([width_px, height_px] * 2, np.float32)

    def check(self, shapes: Sequence[tuple[int, ...]]) -> str | None:
        queries = shapes[0][0] if shapes and shapes[0] else 0
        if list(shapes) == [(queries, 4), (queries, self._classes)]:
            return None
        return f"outputs are {list(shapes)}, not boxes (N, 4), logits (N, {self._classes})"

    def decode(self, outputs: Sequence[Floats], min_score: float) -> Candidates:
        boxes, logits = outputs
        best = 1 / (1 + np.exp(-logits.max(axis=2)))  # NaN stays NaN
        frame, query = at_least(best, min_score)
        xyxy = corners(boxes[frame, query]) * self._limit
        return Candidates(
            frame,
            np.clip(xyxy, 0, self._limit).astype(np.float32),
            best[frame, query].astype(np.float32),
            logits[frame, query].argmax(axis=1).astype(np.int32),
        )
