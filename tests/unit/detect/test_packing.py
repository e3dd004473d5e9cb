"""Canvases are few, small, and of few sizes."""

from __future__ import annotations

import pytest

from detect.looking.packing import canvas_shapes, pack, padded
from ingest.frame import FrameSize

LIMIT = FrameSize(416, 416)


def packed(*sizes: tuple[int, int], any_size: bool = True) -> tuple[FrameSize, ...]:
    rectangles = [FrameSize(*size) for size in sizes]
    return pack(rectangles, LIMIT, any_size=any_size).canvases


@pytest.mark.parametrize(
    ("sizes", "canvases"),
    [
        ([], []),
        ([(40, 90)], [(128, 128)]),
        ([(40, 90)] * 3, [(224, 224)]),
        ([(100, 100)] * 3, [(224, 224)]),  # two and one, not three side by side
        ([(200, 180)] * 2, [(416, 192)]),
        ([(416, 234)], [(416, 256)]),
        ([(416, 200)] * 2, [(416, 416)]),
        ([(416, 416), (10, 10)], [(416, 416), (128, 128)]),
    ],
)
def test_rectangles_take_the_smallest_canvases(
    sizes: list[tuple[int, int]], canvases: list[tuple[int, int]]
) -> None:
    assert packed(*sizes) == tuple(FrameSize(*size) for size in canvases)


def test_a_model_of_one_size_gets_no_other() -> None:
    assert packed((40, 90), any_size=False) == (LIMIT,)


@pytest.mark.parametrize("size", [(417, 10), (10, 417), (0, 10), (10, 0)])
def test_what_no_canvas_holds_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        packed(size)


def test_many_alike_leave_little_canvas_empty() -> None:
    rectangles = [FrameSize(30 + n % 7, 70 + n % 11) for n in range(60)]
    packing = pack(rectangles, LIMIT, any_size=True)
    filled = sum((size.width_px + 8) * (size.height_px + 8) for size in rectangles)
    assert filled / packing.area_px > 0.75


def test_sizes_are_few_and_end_in_the_limit() -> None:
    shapes = canvas_shapes(FrameSize(640, 640))
    assert len(shapes) <= 8
    assert shapes[-1] == FrameSize(640, 640)
    assert padded(1, 33) == FrameSize(32, 64)
