"""What a decoder is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from detect.detections import Floats, Labels
from detect.errors import InferenceFailed

SLACK = 1e-3
"""Arithmetic of low precision may step over 0 and 1 by this much."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Boxes of one frame before suppression, in pixels of the model's input."""

    xyxy: Floats
    score: Floats
    label: Labels


class Decoder(Protocol):
    """Reads the raw outputs of one family of models. Stateless after construction."""

    def __init__(self, width_px: int, height_px: int, classes: int) -> None: ...

    def check(self, shapes: Sequence[tuple[int, ...]]) -> str | None:
        """None when outputs of these shapes (without the batch) can be read, else what is wrong."""
        ...

    def decode(self, outputs: Sequence[Floats], index: int, min_score: float) -> Candidates:
        """Candidates of frame `index` of the batch, at least `min_score` each.

        Raises `InferenceFailed` when scores are not from 0 to 1.
        """
        ...


def grid(width_px: int, height_px: int, stride: int) -> Floats:
    """Column and row of each cell, row by row: shape (cells, 2), float32."""
    ys, xs = np.mgrid[0 : height_px // stride, 0 : width_px // stride]
    return np.stack([xs.ravel(), ys.ravel()], axis=1).astype(np.float32)


def at_least(score: Floats, min_score: float) -> npt.NDArray[np.int64]:
    """Rows whose score is high enough. Raises `InferenceFailed` unless all are from 0 to 1.

    NaN passes no limit and would be an empty scene; other numbers are no scores.
    """
    if not len(score):
        return np.empty(0, np.int64)
    low, high = float(score.min()), float(score.max())
    if not (low >= -SLACK and high <= 1 + SLACK):
        raise InferenceFailed(f"the model gave scores from {low:.3g} to {high:.3g}, not 0 to 1")
    return np.flatnonzero(score >= min_score)
