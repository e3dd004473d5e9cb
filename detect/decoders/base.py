"""What a decoder is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from detect.detections import Floats, Labels
from detect.errors import InferenceFailed

Indices = npt.NDArray[np.int64]
SLACK = 1e-3
"""Arithmetic of low precision may step over 0 and 1 by this much."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Boxes of a batch before suppression, in pixels of the model's input."""

    frame: Indices
    """Shape (N,), int64: index of the frame in the batch, rising."""
    xyxy: Floats
    """Shape (N, 4), float32."""
    score: Floats
    """Shape (N,), float32, 0 to 1."""
    label: Labels
    """Shape (N,), int32."""

    def __len__(self) -> int:
        return len(self.score)

    def take(self, rows: Indices) -> Candidates:
        return Candidates(self.frame[rows], self.xyxy[rows], self.score[rows], self.label[rows])


class Decoder(Protocol):
    """Reads the raw outputs of one family of models. Stateless after construction."""

    def __init__(self, width_px: int, height_px: int, classes: int) -> None: ...

    def check(self, shapes: Sequence[tuple[int, ...]]) -> str | None:
        """None when outputs of these shapes (without the batch) can be read, else what is wrong."""
        ...

    def decode(self, outputs: Sequence[Floats], min_score: float) -> Candidates:
        """Candidates of every frame of the batch, at least `min_score` each.

        Raises `InferenceFailed` when scores are not from 0 to 1.
        """
        ...


def grid(width_px: int, height_px: int, stride: int) -> Floats:
    """Column and row of each cell, row by row: shape (cells, 2), float32."""
    ys, xs = np.mgrid[0 : height_px // stride, 0 : width_px // stride]
    return np.stack([xs.ravel(), ys.ravel()], axis=1).astype(np.float32)


def at_least(score: Floats, min_score: float) -> tuple[Indices, ...]:
    """Where the score is high enough, an index array a dimension, row by row.

    Raises `InferenceFailed` unless all are from 0 to 1.
    """
    prove_scores(score)
    return np.nonzero(score >= min_score)


def cells_at_least(scores: Floats, min_score: float) -> tuple[Indices, Indices]:
    """Frame and cell of each row of `scores` (N, cells, classes) with a score that is high enough.

    Like `at_least` of the best class, but the best of every row need not be found for it.
    """
    prove_scores(scores)
    _, cells, classes = scores.shape
    rows = np.flatnonzero(scores >= min_score) // classes
    rows = rows[np.diff(rows, prepend=-1) > 0]  # a row with two such classes once
    return rows // cells, rows % cells


def prove_scores(score: Floats) -> None:
    """Raise `InferenceFailed` unless all are from 0 to 1.

    NaN passes no limit and would be an empty scene; other numbers are no scores.
    """
    if score.size:
        low, high = float(score.min()), float(score.max())
        if not (low >= -SLACK and high <= 1 + SLACK):
            raise InferenceFailed(f"the model gave scores from {low:.3g} to {high:.3g}, not 0 to 1")


def in_frame_order(parts: Sequence[Candidates]) -> Candidates:
    """Candidates of several grids as one, each frame's together in the order of the parts."""
    frame = np.concatenate([part.frame for part in parts])
    together = Candidates(
        frame,
        np.concatenate([part.xyxy for part in parts]),
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.label for part in parts]),
    )
    is_one_frame = not len(frame) or frame[0] == frame[-1] == frame.min() == frame.max()
    return together if is_one_frame else together.take(np.argsort(frame, kind="stable"))


def class_indices(label: npt.NDArray[Any], classes: int, first: int = 0) -> Labels:
    """Labels as a graph gives them, numbered from `first`, as indices.

    Raises `InferenceFailed` for one that is no class.
    """
    number = label.astype(np.float64) - first
    if not ((number >= 0) & (number < classes)).all():  # NaN passes neither
        raise InferenceFailed(f"the model gave classes that are not among its {classes}")
    return number.astype(np.int32)


def corners(centred: Floats) -> Floats:
    """(N, 4) cx cy w h to x1 y1 x2 y2."""
    half = centred[:, 2:] / 2
    return np.concatenate([centred[:, :2] - half, centred[:, :2] + half], axis=1)
