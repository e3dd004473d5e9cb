"""Decoders and suppression against plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

from detect.decoders.nanodet import BINS, STRIDES, NanoDet
from detect.decoders.yolox import Yolox
from detect.postprocess import nms
from detect.preprocess import Letterbox, lay

SIZE = 64
CLASSES = 4


def test_nanodet_like_the_plain_loop() -> None:
    rng = np.random.default_rng(1)
    outputs, wanted = [], []
    for stride in STRIDES:
        side = SIZE // stride
        scores = rng.random((1, side * side, CLASSES)).astype(np.float32)
        boxes = rng.normal(size=(1, side * side, 4 * BINS)).astype(np.float32) * 3
        outputs += [boxes, scores]
        for cell in range(side * side):
            best = int(scores[0, cell].argmax())
            if scores[0, cell, best] < 0.6:
                continue
            cx, cy = (v * stride + (stride - 1) / 2 for v in (cell % side, cell // side))
            reach = []
            for edge in range(4):
                bins = [math.exp(v) for v in boxes[0, cell, edge * BINS : (edge + 1) * BINS]]
                reach.append(sum(i * v for i, v in enumerate(bins)) / sum(bins) * stride)
            box = (cx - reach[0], cy - reach[1], cx + reach[2], cy + reach[3])
            wanted.append((*(min(max(v, 0), SIZE) for v in box), scores[0, cell, best], best))
    decoder = NanoDet(SIZE, SIZE, CLASSES)
    assert decoder.check([o.shape[1:] for o in outputs]) is None
    assert decoder.check([o.shape[1:] for o in outputs[:-1]]) is not None
    got = decoder.decode(outputs, 0, 0.6)
    rows = np.column_stack([got.xyxy, got.score, got.label])
    np.testing.assert_allclose(rows, np.array(wanted), rtol=1e-4, atol=1e-3)


def test_yolox_like_the_plain_loop() -> None:
    rng = np.random.default_rng(2)
    cells = [(s, x, y) for s in (8, 16, 32) for y in range(SIZE // s) for x in range(SIZE // s)]
    output = rng.random((2, len(cells), 5 + CLASSES)).astype(np.float32)
    wanted = []
    for row, (stride, x, y) in zip(output[1], cells, strict=True):
        best = int(row[5:].argmax())
        score = row[4] * row[5 + best]
        if score < 0.5:
            continue
        cx, cy = (row[0] + x) * stride, (row[1] + y) * stride
        w, h = math.exp(row[2]) * stride, math.exp(row[3]) * stride
        wanted.append((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score, best))
    decoder = Yolox(SIZE, SIZE, CLASSES)
    assert decoder.check([output.shape[1:]]) is None
    assert decoder.check([(5, 5)]) is not None
    got = decoder.decode([output], 1, 0.5)
    rows = np.column_stack([got.xyxy, got.score, got.label])
    np.testing.assert_allclose(rows, np.array(wanted), rtol=1e-4, atol=1e-3)


def test_nms_like_the_plain_loop() -> None:
    rng = np.random.default_rng(3)
    low = rng.random((80, 2)) * 50
    xyxy = np.hstack([low, low + 5 + rng.random((80, 2)) * 30]).astype(np.float32)
    score = rng.random(80).astype(np.float32)
    label = rng.integers(0, 2, 80).astype(np.int32)

    def iou(a: np.ndarray, b: np.ndarray) -> float:
        w = min(a[2], b[2]) - max(a[0], b[0])
        h = min(a[3], b[3]) - max(a[1], b[1])
        if w <= 0 or h <= 0:
            return 0.0
        areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
        return w * h / (sum(areas) - w * h)

    kept: list[int] = []
    for index in np.argsort(-score):
        same = [k for k in kept if label[k] == label[index]]
        if all(iou(xyxy[k], xyxy[index]) <= 0.5 for k in same):
            kept.append(int(index))
    assert nms(xyxy, score, label, 0.5).tolist() == kept
    assert nms(xyxy[:0], score[:0], label[:0], 0.5).tolist() == []


@pytest.mark.parametrize(("where", "left"), [("center", 2), ("top_left", 0)])
def test_a_letterbox_maps_back(where: str, left: int) -> None:
    image = np.full((8, 4, 3), 9, np.uint8)
    slot = np.full((8, 8, 3), 255, np.uint8)
    box = lay(image, slot, where, 114)
    assert box == Letterbox(left, 0, 4, 8)
    assert (slot[:, left : left + 4] == 9).all()
    assert (np.delete(slot, range(left, left + 4), axis=1) == 114).all()
    whole = np.array([[left, 0, left + 4, 8], [-5, -5, 99, 99]], np.float32)
    np.testing.assert_allclose(box.to_fractions(whole), [[0, 0, 1, 1], [0, 0, 1, 1]])
    with pytest.raises(ValueError, match="does not fit"):
        lay(np.zeros((9, 4, 3), np.uint8), slot, where, 0)
