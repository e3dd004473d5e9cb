"""The detector over a made-up engine: slots, order, what the engine is given, who is told."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detect.detector import Detector
from detect.manifest import ModelManifest
from ingest.frame import FrameSize, Image
from tests.support.models import CLASSES, NAME, install


class Corner:
    """Sees one box of 8x8 pixels at the top left; its score is the brightness there."""

    name = "corner"
    any_size = True
    batch_frames = 4

    def __init__(self) -> None:
        self.given: list[np.ndarray] = []
        self.addresses: list[int] = []

    def run(self, batch: np.ndarray) -> Sequence[np.ndarray]:
        self.given.append(batch.copy())
        self.addresses.append(batch.__array_interface__["data"][0])
        count, height, width, _ = batch.shape
        cells = sum((height // s) * (width // s) for s in (8, 16, 32))
        output = np.zeros((count, cells, 5 + len(CLASSES)), np.float32)
        output[:, 0] = [0.5, 0.5, 0, 0, 1, 0, 0, 0, 0]
        output[:, 0, 6] = batch[:, 0, 0, 0] / 255
        return [output]


@pytest.fixture
def manifest(tmp_path: Path) -> ModelManifest:
    install(tmp_path)
    loaded = ModelManifest.load(tmp_path / "models" / NAME)
    return replace(loaded, input=loaded.input.model_copy(update={"pad_to": "stride"}))


def picture(height: int, width: int, level: int) -> Image:
    return np.full((height, width, 3), level, np.uint8)


def test_pictures_of_several_shapes_come_back_in_their_order(manifest: ModelManifest) -> None:
    engine = Corner()
    detector = Detector(manifest, engine, "0")
    shapes = [(64, 64), (32, 64), (64, 64), (20, 50), (64, 33)]
    images = [picture(*shape, 100 + 30 * index) for index, shape in enumerate(shapes)]
    seen = detector.detect(images)
    for index, (one, (height, width)) in enumerate(zip(seen, shapes, strict=True)):
        assert one.score.tolist() == [pytest.approx((100 + 30 * index) / 255)]
        assert one.label.tolist() == [1]
        wanted = [[0, 0, 8 / width, 8 / height]]
        np.testing.assert_allclose(one.xyxy, wanted, atol=1e-6)
    assert [batch.shape[:3] for batch in engine.given] == [(3, 64, 64), (2, 32, 64)]
    assert detector.detect([]) == []


def test_a_picture_that_fills_its_slot_is_not_copied(manifest: ModelManifest) -> None:
    engine = Corner()
    image = picture(32, 64, 200)
    Detector(manifest, engine, "0").detect([image])
    assert engine.addresses == [image.__array_interface__["data"][0]]


def test_the_memory_of_a_batch_is_used_again_and_padded_anew(manifest: ModelManifest) -> None:
    engine = Corner()
    detector = Detector(manifest, engine, "0")
    detector.detect([picture(64, 64, 250), picture(64, 64, 250)])
    detector.detect([picture(40, 60, 10), picture(64, 64, 20)])
    assert engine.addresses[0] == engine.addresses[1]
    first = engine.given[1][0]
    assert (first[:40, :60] == 10).all()
    assert (first[40:] == 114).all()
    assert (first[:, 60:] == 114).all()


def test_threads_do_not_share_a_batch(manifest: ModelManifest) -> None:
    detector = Detector(manifest, Corner(), "0")

    def level(value: int) -> float:
        (seen, _) = detector.detect([picture(40, 60, value), picture(40, 60, 255)])
        return float(seen.score[0])

    values = list(range(80, 240)) * 4
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(level, values))
    assert got == [pytest.approx(value / 255) for value in values]


def test_each_run_of_the_engine_is_told(manifest: ModelManifest) -> None:
    told: list[tuple[int, FrameSize]] = []

    def observe(batch: int, size: FrameSize, seconds: float) -> None:
        assert seconds >= 0
        told.append((batch, size))

    detector = Detector(manifest, Corner(), "0", observe=observe)
    detector.detect([picture(64, 64, 100), picture(20, 64, 100), picture(64, 50, 100)])
    assert told == [(2, FrameSize(64, 64)), (1, FrameSize(64, 32))]


def test_what_it_says_of_itself(manifest: ModelManifest) -> None:
    detector = Detector(manifest, Corner(), "0", reason="there is no other")
    assert (detector.engine_name, detector.reason) == ("corner", "there is no other")
    assert (detector.batch_frames, detector.is_accelerated) == (4, True)
    assert detector.usual_slot == FrameSize(64, 64)  # 36 rows, to the next multiple of 32
    square = replace(manifest, input=manifest.input.model_copy(update={"pad_to": "size"}))
    assert Detector(square, Corner(), "0").usual_slot == FrameSize(64, 64)


def test_a_graph_of_a_fixed_size_is_padded_to_it(manifest: ModelManifest) -> None:
    engine = Corner()
    engine.any_size = False
    Detector(manifest, engine, "0").detect([picture(20, 64, 100)])
    assert engine.given[0].shape == (1, 64, 64, 3)
