"""What holds for canvases whatever is packed: nothing overlaps, nothing is lost, all maps back."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.looking.canvas import part, to_canvas, to_frame
from detect.looking.look import Region
from detect.looking.packing import STEP_PX, canvas_shapes, pack
from ingest.frame import FrameSize
from tests.support.scenery import picture_frame

LIMIT = FrameSize(416, 416)
side = st.integers(1, 416)
sizes = st.lists(st.builds(FrameSize, side, side), max_size=40)
fraction = st.floats(0, 1, allow_nan=False)


@settings(max_examples=150, deadline=None)
@given(sizes, st.booleans(), st.integers(0, 24))
def test_packed_rectangles_keep_apart_inside_their_canvas(
    rectangles: list[FrameSize], any_size: bool, gutter_px: int
) -> None:
    packing = pack(rectangles, LIMIT, any_size=any_size, gutter_px=gutter_px)
    assert packing == pack(rectangles, LIMIT, any_size=any_size, gutter_px=gutter_px)
    assert len(packing.places) == len(rectangles), "every rectangle once"
    assert {place.canvas for place in packing.places} == set(range(len(packing.canvases)))
    taken = [
        np.zeros((size.height_px + gutter_px, size.width_px + gutter_px), np.int8)
        for size in packing.canvases
    ]
    for size, place in zip(rectangles, packing.places, strict=True):
        canvas = packing.canvases[place.canvas]
        assert 0 <= place.left_px <= canvas.width_px - size.width_px
        assert 0 <= place.top_px <= canvas.height_px - size.height_px
        bottom = place.top_px + size.height_px + gutter_px
        right = place.left_px + size.width_px + gutter_px
        taken[place.canvas][place.top_px : bottom, place.left_px : right] += 1
    assert all(grid.max(initial=0) <= 1 for grid in taken), "no overlap, gutters kept"
    for canvas in packing.canvases:
        if any_size:
            assert canvas.width_px % STEP_PX == canvas.height_px % STEP_PX == 0
            assert canvas in canvas_shapes(LIMIT)
        else:
            assert canvas == LIMIT


@settings(max_examples=200, deadline=None)
@given(
    corners=st.tuples(fraction, fraction, fraction, fraction),
    zoom=st.floats(1, 3),
    source=st.sampled_from([(416, 312), (768, 576), (1280, 720), (1920, 1080), (300, 700)]),
)
def test_a_part_covers_its_region_and_is_never_smaller_than_in_the_whole_frame(
    corners: tuple[float, float, float, float], zoom: float, source: tuple[int, int]
) -> None:
    (x1, x2), (y1, y2) = sorted(corners[::2]), sorted(corners[1::2])
    frame = picture_frame(source, LIMIT)
    height, width = frame.image.shape[:2]
    made = part(frame, 0, Region((x1, y1, x2, y2), zoom), LIMIT)
    px1, py1, px2, py2 = made.xyxy
    slack = 1e-5
    assert px1 <= x1 + slack
    assert py1 <= y1 + slack
    assert px2 >= x2 - slack
    assert py2 >= y2 - slack
    assert 0 <= px1 < px2 <= 1
    assert 0 <= py1 < py2 <= 1
    assert made.size.width_px <= LIMIT.width_px
    assert made.size.height_px <= LIMIT.height_px
    assert made.size.width_px >= round((px2 - px1) * width) - 1e-6
    assert made.size.height_px >= round((py2 - py1) * height) - 1e-6
    if not made.is_native:
        assert made.size.width_px == round((px2 - px1) * width), "pixels are taken as they are"


@settings(max_examples=200, deadline=None)
@given(
    left_top=st.tuples(st.integers(0, 400), st.integers(0, 400)),
    size=st.tuples(side, side),
    corner=st.tuples(fraction, fraction),
    box=st.tuples(*[st.floats(0, 416, allow_nan=False)] * 4),
)
def test_boxes_map_back_exactly(
    left_top: tuple[int, int],
    size: tuple[int, int],
    corner: tuple[float, float],
    box: tuple[float, float, float, float],
) -> None:
    source = np.array([[*corner, corner[0] + size[0] / 416, corner[1] + size[1] / 416]])
    boxes = np.array([box])
    at, extent = np.array([left_top], np.float64), np.array([size], np.float64)
    there = to_frame(boxes, at, extent, source)
    assert np.abs(to_canvas(there, at, extent, source) - boxes).max() < 1e-4
    corners = np.array([[*left_top, left_top[0] + size[0], left_top[1] + size[1]]], np.float64)
    assert np.abs(to_frame(corners, at, extent, source) - source).max() * 416 < 1e-4
