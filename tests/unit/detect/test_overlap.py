"""Overlap of boxes and pairs by it."""

from __future__ import annotations

import numpy as np

from detect.overlap import greedy, iou


def test_overlap_of_every_pair() -> None:
    a = np.array([[0, 0, 2, 2], [5, 5, 6, 6]], np.float32)
    b = np.array([[1, 1, 3, 3], [0, 0, 2, 2], [9, 9, 9, 9]], np.float32)
    np.testing.assert_allclose(iou(a, b), [[1 / 7, 1, 0], [0, 0, 0]])
    assert iou(a[:0], b).shape == (0, 3)


def test_pairs_are_taken_best_first() -> None:
    gains = np.array([[0.9, 0.8, 0.0], [0.95, 0.2, 0.1]])
    rows, columns = greedy(gains, 0.15)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(1, 0), (0, 1)]
    rows, columns = greedy(gains[:0], 0.15)
    assert (len(rows), len(columns)) == (0, 0)
