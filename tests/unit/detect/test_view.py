"""What rules are given of a frame."""

from __future__ import annotations

import numpy as np
import pytest

from detect.detections import Detections
from detect.view import SMALL_PX, View
from ingest.frame import FrameSize, Image


class Solid:
    """A picture that remembers which part was asked for."""

    width_px, height_px = 1280, 720
    asked: tuple[int, int, int, int] | None = None

    def crop(self, xyxy: tuple[int, int, int, int], size: FrameSize) -> Image:
        self.asked = xyxy
        return np.zeros((size.height_px, size.width_px, 3), np.uint8)

    def jpeg(self, max_width_px: int = 1280, quality: int = 85) -> bytes:
        return b""


@pytest.mark.parametrize("shape", [(234, 416), (416, 312), (90, 160), (3, 7)])
def test_the_small_picture_is_the_mean_of_blocks(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    luma = View(0.0, [], Detections.none(), image=image).luma
    assert luma is not None
    assert max(luma.shape) <= SMALL_PX
    step = shape[1] // luma.shape[1]
    block = image[:step, :step].reshape(-1, 3).mean(0) @ [0.114, 0.587, 0.299]
    assert abs(float(luma[0, 0]) - block) <= 1


def test_white_stays_white() -> None:
    white = np.full((416, 416, 3), 255, np.uint8)
    luma = View(0.0, [], Detections.none(), image=white).luma
    assert luma is not None
    assert luma.min() == 255


def test_a_part_is_cut_at_the_edge_of_the_picture() -> None:
    picture = Solid()
    view = View(0.0, [], Detections.none(), picture=picture)
    part = view.crop((-0.2, 0.5, 0.5, 1.7), FrameSize(64, 48))
    assert part is not None
    assert part.shape == (48, 64, 3)
    assert picture.asked == (0, 360, 640, 720)


def test_no_part_without_a_picture_or_an_area() -> None:
    assert View(0.0, [], Detections.none()).crop((0, 0, 1, 1), FrameSize(8, 8)) is None
    view = View(0.0, [], Detections.none(), picture=Solid())
    assert view.crop((0.5, 0.5, 0.5, 0.9), FrameSize(8, 8)) is None
    assert View(0.0, [], Detections.none()).luma is None
