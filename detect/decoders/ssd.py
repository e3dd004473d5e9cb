"""SSD (Liu et al., 2016, arXiv:1512.02325), in the two forms that it is exported in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.decoders.base import Candidates, at_least, cells_at_least, class_indices, prove_scores
from detect.detections import Floats

Y_FIRST = [1, 0, 3, 2]


class Ssd:
    """Three outputs, those of TensorFlow's detection API: boxes (N, 4), classes (N,), scores (N,).

    Boxes are y1 x1 y2 x2 in fractions of the input; classes count from 1, 0 is the background.
    """

    def __init__(self, width_px: int, height_px: int, classes: int) -> None:
        self._classes = classes
        self._limit = np.array([width_px, height_px] * 2, np.float32)

    def check(self, shapes: Sequence[tuple[int, ...]]) -> str | None:
        boxes = shapes[0][0] if shapes and shapes[0] else 0
        if list(shapes) == [(boxes, 4), (boxes,), (boxes,)]:
            return None
        return f"outputs are {list(shapes)}, not boxes (N, 4), classes (N,), scores (N,)"

    def decode(self, outputs: Sequence[Floats], min_score: float) -> Candidates:
        boxes, label, score = outputs
        frame, row = at_least(score, min_score)
        xyxy = boxes[frame, row][:, Y_FIRST] * self._limit
        return Candidates(
            frame,
            np.clip(xyxy, 0, self._limit).astype(np.float32),
            score[frame, row].astype(np.float32),
            class_indices(label[frame, row], self._classes, first=1),
        )


class SsdPriors:
    """Two outputs of every prior box: scores (priors, 1 + classes), boxes (priors, 4).

    Scores are a softmax whose first column is the background; boxes are x1 y1 x2 y2 in fractions
    of the input, not yet suppressed.
    """

    def __init__(self, width_px: int, height_px: int, classes: int) -> None:
        self._classes = classes
        self._limit = np.array([width_px, height_px] * 2, np.float32)

    def check(self, shapes: Sequence[tuple[int, ...]]) -> str | None:
        priors = shapes[0][0] if shapes and shapes[0] else 0
        if list(shapes) == [(priors, 1 + self._classes), (priors, 4)]:
            return None
        return f"outputs are {list(shapes)}, not scores (N, {1 + self._classes}), boxes (N, 4)"

    def decode(self, outputs: Sequence[Floats], min_score: float) -> Candidates:
        scores, boxes = outputs
        prove_scores(scores)
        frame, prior = cells_at_least(scores[:, :, 1:], min_score)
        score = scores[frame, prior, 1:]
        return Candidates(
            frame,
            np.clip(boxes[frame, prior] * self._limit, 0, self._limit).astype(np.float32),
            score.max(axis=1).astype(np.float32),
            score.argmax(axis=1).astype(np.int32),
        )
