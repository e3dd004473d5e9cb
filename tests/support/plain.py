"""Decoding and suppression as plain loops over cells and boxes: slow, and plainly right."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Row = tuple[float, float, float, float, float, int]
"""x1, y1, x2, y2 in input pixels, score, label."""

STRIDES = (8, 16, 32)
BINS = 11


def plain_nanodet(
    outputs: Sequence[Array], index: int, size: tuple[int, int], least: float
) -> list[Row]:
    """`outputs` of a NanoDet for pictures of `size` (width, height)."""
    width, height = size
    rows: list[Row] = []
    for stride in STRIDES:
        across, down = width // stride, height // stride
        here = [output[index] for output in outputs if output.shape[1] == across * down]
        (boxes,) = [output for output in here if output.shape[1] == 4 * BINS]
        (scores,) = [output for output in here if output.shape[1] != 4 * BINS]
        for cell in range(across * down):
            best = int(scores[cell].argmax())
            if scores[cell, best] < least:
                continue
            cx, cy = (v * stride + (stride - 1) / 2 for v in (cell % across, cell // across))
            reach = []
            for edge in range(4):
                bins = [math.exp(v) for v in boxes[cell, edge * BINS : (edge + 1) * BINS]]
                reach.append(sum(i * v for i, v in enumerate(bins)) / sum(bins) * stride)
            left, top = max(cx - reach[0], 0), max(cy - reach[1], 0)
            right, bottom = min(cx + reach[2], width), min(cy + reach[3], height)
            rows.append((left, top, right, bottom, float(scores[cell, best]), best))
    return rows


def plain_yolox(output: Array, index: int, size: tuple[int, int], least: float) -> list[Row]:
    """The one `output` of a YOLOX for pictures of `size` (width, height)."""
    width, height = size
    cells = [
        (stride, x, y)
        for stride in STRIDES
        for y in range(height // stride)
        for x in range(width // stride)
    ]
    rows: list[Row] = []
    for row, (stride, x, y) in zip(output[index], cells, strict=True):
        best = int(row[5:].argmax())
        score = float(row[4] * row[5 + best])
        if score < least:
            continue
        cx, cy = (row[0] + x) * stride, (row[1] + y) * stride
        w, h = math.exp(row[2]) * stride, math.exp(row[3]) * stride
        rows.append((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score, best))
    return rows


def plain_nms(rows: Sequence[Row], iou_limit: float) -> list[Row]:
    """The rows that no better row of their class overlaps by more, best first."""
    kept: list[Row] = []
    for row in sorted(rows, key=lambda one: -one[4]):
        if all(other[5] != row[5] or plain_iou(other, row) <= iou_limit for other in kept):
            kept.append(row)
    return kept


def plain_iou(a: Sequence[float], b: Sequence[float]) -> float:
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
    return w * h / (sum(areas) - w * h)
