"""RTMDet (Lyu et al., 2022) and others as MMDeploy exports them, with suppression in the graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.decoders.base import Candidates, at_least, class_indices
from detect.detections import Floats


class RtmDet:
    """Two outputs: dets (boxes, 5) x1 y1 x2 y2 score in pixels of the input, labels (boxes,).

    How many boxes there are may differ from picture to picture.
    """

    def __init__(self, width_px: int, height_px: int, classes: int) -> None:
        self._classes = classes
        self._limit = np.array([width_px, height_px] * 2, np.float32)

    def check(self, shapes: Sequence[tuple[int, ...]]) -> str | None:
        boxes = shapes[0][0] if shapes and shapes[0] else 0
        if list(shapes) == [(boxes, 5), (boxes,)]:
            return None
        return f"outputs are {list(shapes)}, not dets (N, 5), labels (N,)"

    def decode(self, outputs: Sequence[Floats], min_score: float) -> Candidates:
        dets, label = outputs
        score = dets[:, :, 4]
        frame, row = at_least(score, min_score)
        return Candidates(
            frame,
            np.clip(dets[frame, row, :4], 0, self._limit).astype(np.float32),
            score[frame, row].astype(np.float32),
            class_indices(label[frame, row], self._classes),
        )
