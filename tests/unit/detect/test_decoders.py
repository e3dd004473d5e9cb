"""Decoders and suppression against plain loops, on made-up outputs and on the clip."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from detect.catalog import Catalog
from detect.decoders.nanodet import BINS, STRIDES, NanoDet
from detect.decoders.yolox import Yolox
from detect.detector import Detector
from detect.engines.onnx import OnnxEngine
from detect.errors import InferenceFailed, WrongGraph
from detect.postprocess import nms
from detect.preprocess import Letterbox, lay, slot_size, to_fractions
from ingest.camera import CameraId
from ingest.frame import FrameSize
from ingest.sources.file import open_file
from tests.support.assets import catalog, clip
from tests.support.graphs import constant
from tests.support.models import CELLS, NAME, install
from tests.support.plain import plain_nanodet, plain_nms, plain_yolox

CLASSES = 4
sizes = pytest.mark.parametrize("size", [(64, 64), (96, 64), (32, 128)])


def cells(size: tuple[int, int], stride: int) -> int:
    return (size[0] // stride) * (size[1] // stride)


@sizes
def test_nanodet_like_the_plain_loop(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    outputs = []
    for stride in STRIDES:
        n = cells(size, stride)
        outputs.append(rng.normal(size=(2, n, 4 * BINS)).astype(np.float32) * 3)
        outputs.append(rng.random((2, n, CLASSES)).astype(np.float32))
    decoder = NanoDet(*size, CLASSES)
    assert decoder.check([o.shape[1:] for o in outputs]) is None
    assert decoder.check([o.shape[1:] for o in outputs[:-1]]) is not None
    got = decoder.decode(outputs, 0.6)
    assert np.unique(got.frame).tolist() == [0, 1]
    for frame in range(2):
        one = got.take(np.flatnonzero(got.frame == frame))
        rows = np.column_stack([one.xyxy, one.score, one.label])
        wanted = plain_nanodet(outputs, frame, size, 0.6)
        np.testing.assert_allclose(rows, wanted, rtol=1e-4, atol=1e-3)


@sizes
def test_yolox_like_the_plain_loop(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    n = sum(cells(size, stride) for stride in STRIDES)
    output = rng.random((2, n, 5 + CLASSES)).astype(np.float32)
    decoder = Yolox(*size, CLASSES)
    assert decoder.check([output.shape[1:]]) is None
    assert decoder.check([(5, 5)]) is not None
    got = decoder.decode([output], 0.5)
    assert np.unique(got.frame).tolist() == [0, 1]
    for frame in range(2):
        one = got.take(np.flatnonzero(got.frame == frame))
        rows = np.column_stack([one.xyxy, one.score, one.label])
        wanted = plain_yolox(output, frame, size, 0.5)
        np.testing.assert_allclose(rows, wanted, rtol=1e-4, atol=1e-3)


def test_yolox_through_the_whole_detector(tmp_path: Path) -> None:
    """One car of 16x32 pixels around (28, 20), in a picture of 64x32 laid at the top left."""
    output = np.zeros((CELLS, 9), np.float32)
    output[2 * 8 + 3] = [0.5, 0.5, np.log(2), np.log(4), 0.9, 0.1, 0.8, 0.0, 0.0]
    install(tmp_path, graph=lambda path: constant(path, output))
    detector = Detector.load(Catalog(tmp_path / "models", tmp_path / "weights"), NAME, threads=1)
    (seen,) = detector.detect([np.zeros((32, 64, 3), np.uint8)])
    np.testing.assert_allclose(seen.xyxy, [[20 / 64, 4 / 32, 36 / 64, 1.0]], atol=1e-6)
    assert (seen.score.tolist(), seen.label.tolist()) == ([pytest.approx(0.72)], [1])


def test_boxes_that_are_not_finite_are_a_failure(tmp_path: Path) -> None:
    output = np.zeros((CELLS, 9), np.float32)
    output[3, [0, 4, 5]] = [3e38, 0.9, 0.9]
    install(tmp_path, graph=lambda path: constant(path, output))
    manifests = Catalog(tmp_path / "models", tmp_path / "weights")
    with pytest.raises(WrongGraph, match="boxes that are not finite"):
        Detector.load(manifests, NAME, threads=1)


@pytest.mark.parametrize("score", [float("nan"), 1.5, -0.5, float("inf")])
def test_scores_that_are_none_are_a_failure(score: float) -> None:
    output = np.full((1, CELLS, 9), 0.5, np.float32)
    output[0, 7, 4] = score
    with pytest.raises(InferenceFailed, match="not 0 to 1"):
        Yolox(64, 64, CLASSES).decode([output], 0.25)


@pytest.mark.model
def test_the_default_model_on_the_clip_like_the_plain_loop() -> None:
    """Letterbox, decoder and suppression of the product against a straightforward reference."""
    models = catalog()
    detector = Detector.load(models, "nanodet-g-416", threads=1, precision="fp32")
    engine = OnnxEngine(models.check("nanodet-g-416"), 1)
    frames = open_file(str(clip()), CameraId("clip"), 1.0, detector.size)
    for frame in itertools.islice(frames, 0, 60, 12):
        height, width = frame.image.shape[:2]
        assert (width, height) == (416, 312)
        padded = np.pad(frame.image, ((4, 4), (0, 0), (0, 0)))
        outputs = engine.run(padded[None])
        rows = plain_nms(plain_nanodet(outputs, 0, (416, 320), 0.25), 0.6)
        wanted = [
            [x1 / 416, (y1 - 4) / 312, x2 / 416, (y2 - 4) / 312, score, label]
            for x1, y1, x2, y2, score, label in rows
        ]
        (seen,) = detector.detect([frame.image])
        got = np.column_stack([seen.xyxy, seen.score, seen.label])
        assert len(got) > 3
        np.testing.assert_allclose(got, np.clip(wanted, [0] * 6, [1] * 5 + [80]), atol=2e-5)


def test_nms_like_the_plain_loop() -> None:
    rng = np.random.default_rng(3)
    low = rng.random((80, 2)) * 50
    xyxy = np.hstack([low, low + 5 + rng.random((80, 2)) * 30]).astype(np.float32)
    score = rng.random(80).astype(np.float32)
    label = rng.integers(0, 2, 80).astype(np.int32)
    rows = [(*map(float, box), float(s), int(c)) for box, s, c in zip(xyxy, score, label)]  # noqa: B905
    kept = nms(xyxy, score, label, 0.5)
    assert [rows[index] for index in kept] == plain_nms(rows, 0.5)
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
    frame = np.array([1, 1])
    fractions = to_fractions(whole, frame, [Letterbox(0, 0, 1, 1), box])
    np.testing.assert_allclose(fractions, [[0, 0, 1, 1], [0, 0, 1, 1]])
    with pytest.raises(ValueError, match="does not fit"):
        lay(np.zeros((9, 4, 3), np.uint8), slot, where, 0)


@pytest.mark.parametrize(
    ("picture", "multiple_px", "slot"),
    [
        ((416, 312), 32, (416, 320)),  # 4:3
        ((416, 234), 32, (416, 256)),  # 16:9
        ((234, 416), 32, (256, 416)),
        ((416, 416), 32, (416, 416)),
        ((416, 1), 32, (416, 32)),
        ((416, 312), None, (416, 416)),
    ],
)
def test_a_slot_is_no_larger_than_it_must_be(
    picture: tuple[int, int], multiple_px: int | None, slot: tuple[int, int]
) -> None:
    image = np.zeros((picture[1], picture[0], 3), np.uint8)
    assert slot_size(image, FrameSize(416, 416), multiple_px) == FrameSize(*slot)
