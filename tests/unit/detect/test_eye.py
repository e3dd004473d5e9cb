"""Looking at parts of frames gives what looking at the whole would, for what lies in the parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from detect.costs import FixedCosts
from detect.detections import Detections
from detect.looking.canvas import STRETCH_PX
from detect.looking.eye import PackedEye, Sight
from detect.looking.look import WHOLE, Look, Region, Seen
from detect.looking.packing import GUTTER_PX
from ingest.frame import FrameSize, Image
from tests.support.scenery import Box, SeesValues, picture_frame

LIMIT = FrameSize(416, 416)
SIGHT = Sight(LIMIT, pad=0, any_size=True, nms_iou=0.6)
SQUARE = Sight(LIMIT, pad=114, any_size=False, nms_iou=0.6)
PIXEL = 1 / 416
ALL = (0.0, 0.0, 1.0, 1.0)
NOTHING = Look("nothing", "quiet")


def parts(*boxes: Box, zoom: float = 1.0) -> Look:
    return Look("regions", "active", tuple(Region(box, zoom) for box in boxes))


def boxes(seen: Seen) -> list[list[float]]:
    """Rounded to a hundredth of a pixel."""
    return sorted(np.round(seen.detections.xyxy, 5).tolist())


def test_a_thing_in_a_part_is_where_the_whole_frame_shows_it() -> None:
    thing: Box = (0.40, 0.30, 0.45, 0.45)
    frame = picture_frame((416, 312), LIMIT, [(thing, 200)])
    eye = PackedEye(SeesValues(), FixedCosts(), SIGHT)
    whole, part = eye.see([frame, frame], [WHOLE, parts((0.35, 0.22, 0.51, 0.52))])
    assert boxes(part) == boxes(whole)
    assert len(boxes(part)) == 1
    assert whole.looked == (ALL,)
    assert whole.canvases == pytest.approx(320 / 416)
    assert 0 < part.canvases < 0.2
    assert part.asked_again == 0


def test_pixels_are_taken_one_to_one_and_what_is_empty_takes_in_more_of_the_frame() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (312, 416, 3), np.uint8)
    frame = replace(picture_frame((416, 312), LIMIT), image=noise)
    detector = SeesValues()
    PackedEye(detector, FixedCosts(), SIGHT).see([frame], [parts((0.375, 0.25, 0.5, 0.5))])
    ((canvas,),) = detector.shown
    x, y, width, height = 156, 78, 52, 78
    assert canvas.shape == (128, 128, 3)
    wide, high = width + STRETCH_PX, height + STRETCH_PX
    left, top = x - STRETCH_PX // 2, y - STRETCH_PX // 2
    assert (canvas[:high, :wide] == noise[top : top + high, left : left + wide]).all()
    assert not canvas[high:].any()
    assert not canvas[:, wide:].any()


def test_where_parts_lie_side_by_side_a_gutter_stays_between_them() -> None:
    frames = [
        replace(picture_frame((416, 312), LIMIT), image=np.full((312, 416, 3), value, np.uint8))
        for value in (50, 60, 70)
    ]
    detector = SeesValues()
    eye = PackedEye(detector, FixedCosts(), Sight(LIMIT, pad=0, any_size=True, nms_iou=0.6))
    eye.see(frames, [parts((0.3, 0.3, 0.55, 0.55)), parts((0.1, 0.2, 0.3, 0.4)), NOTHING])
    ((canvas,),) = detector.shown
    values = canvas[..., 0]
    for value in (50, 60):
        near = ndimage.binary_dilation(values == value, np.ones((3, 3)), iterations=GUTTER_PX)
        assert not (near & (values > 0) & (values != value)).any()
        assert (values == value).sum() >= 0.2 * 0.2 * 416 * 312


def test_frames_of_several_cameras_share_canvases_unless_told_not_to() -> None:
    frames = [
        picture_frame((416, 312), LIMIT, [((0.4, 0.4, 0.5, 0.6), 200 + 2 * n)], camera=str(n))
        for n in range(4)
    ]
    looks = [parts((0.35, 0.3, 0.55, 0.7))] * 4
    shared, apart = SeesValues(), SeesValues()
    together = PackedEye(shared, FixedCosts(), SIGHT).see(frames, looks)
    alone = PackedEye(apart, FixedCosts(), SIGHT, shares=False).see(frames, looks)
    assert [len(shown) for shown in shared.shown] == [1]
    assert [len(shown) for shown in apart.shown] == [4]
    assert [boxes(one) for one in together] == [boxes(one) for one in alone]
    assert all(len(one.detections) == 1 for one in together), "nobody sees what is another's"
    ((canvas,),) = shared.shown
    paid = sum(one.canvases for one in together)
    assert paid == pytest.approx(canvas.shape[0] * canvas.shape[1] / 416**2)


def test_nothing_is_looked_at_where_nothing_is_to_be() -> None:
    detector = SeesValues()
    frame = picture_frame((416, 312), LIMIT, [((0.4, 0.4, 0.5, 0.6), 200)])
    (seen,) = PackedEye(detector, FixedCosts(), SIGHT).see([frame], [NOTHING])
    assert (len(seen.detections), seen.looked, seen.canvases) == (0, (), 0.0)
    assert detector.shown == []


def test_a_cut_box_is_asked_again_and_comes_back_whole() -> None:
    thing: Box = (0.40, 0.30, 0.50, 0.60)
    frame = picture_frame((416, 312), LIMIT, [(thing, 200)])
    detector = SeesValues()
    eye = PackedEye(detector, FixedCosts(), SIGHT)
    whole, part = eye.see([frame, frame], [WHOLE, parts((0.35, 0.25, 0.55, 0.50))])
    assert part.asked_again == 1
    assert boxes(part) == boxes(whole)
    assert len(detector.shown) == 2
    assert len(part.looked) == 2


def test_what_is_cut_is_not_asked_when_a_neighbour_shows_it_whole() -> None:
    thing: Box = (0.40, 0.30, 0.50, 0.45)
    frame = picture_frame((416, 312), LIMIT, [(thing, 200)])
    detector = SeesValues()
    look = parts((0.38, 0.26, 0.55, 0.5), (0.2, 0.3, 0.46, 0.4))
    (seen,) = PackedEye(detector, FixedCosts(), SIGHT).see([frame], [look])
    assert seen.asked_again == 0
    assert len(detector.shown) == 1
    assert len(boxes(seen)) == 1
    assert boxes(seen)[0] == pytest.approx(thing, abs=2 * PIXEL)


def test_what_is_cut_is_not_asked_when_its_class_does_not_matter() -> None:
    frame = picture_frame((416, 312), LIMIT, [((0.40, 0.30, 0.50, 0.60), 201)])
    detector = SeesValues()
    eye = PackedEye(detector, FixedCosts(), SIGHT, matters=lambda camera, label: label == 0)
    (seen,) = eye.see([frame], [parts((0.35, 0.25, 0.55, 0.50))])
    assert seen.asked_again == 0
    assert len(seen.detections) == 1


def test_the_frames_own_edge_cuts_nothing() -> None:
    frame = picture_frame((416, 312), LIMIT, [((0.0, 0.8, 0.1, 1.0), 200)])
    (seen,) = PackedEye(SeesValues(), FixedCosts(), SIGHT).see([frame], [parts((0, 0.7, 0.2, 1))])
    assert seen.asked_again == 0
    assert len(seen.detections) == 1


def test_a_thing_in_two_overlapping_parts_is_one() -> None:
    thing: Box = (0.40, 0.30, 0.50, 0.45)
    frame = picture_frame((416, 312), LIMIT, [(thing, 200)])
    look = parts((0.36, 0.2, 0.56, 0.5), (0.3, 0.26, 0.54, 0.55))
    (seen,) = PackedEye(SeesValues(), FixedCosts(), SIGHT).see([frame], [look])
    assert len(seen.detections) == 1


@pytest.mark.parametrize("sight", [SIGHT, SQUARE])
def test_a_crowd_costs_no_more_than_the_whole_frame(sight: Sight) -> None:
    frame = picture_frame((416, 312), LIMIT, [((0.4, 0.4, 0.5, 0.6), 200)])
    crowd = parts(*[(x / 4, y / 3, x / 4 + 0.22, y / 3 + 0.3) for x in range(4) for y in range(3)])
    whole, seen = PackedEye(SeesValues(), FixedCosts(), sight).see([frame, frame], [WHOLE, crowd])
    assert seen.canvases == whole.canvases
    assert seen.looked == (ALL,)


def test_a_model_of_one_size_gets_canvases_of_that_size() -> None:
    frames = [picture_frame((416, 312), LIMIT, camera=str(n)) for n in range(3)]
    detector = SeesValues()
    seen = PackedEye(detector, FixedCosts(), SQUARE).see(
        frames, [parts((0.1, 0.1, 0.4, 0.4)), parts((0.2, 0.2, 0.4, 0.4)), NOTHING]
    )
    ((canvas,),) = detector.shown
    assert canvas.shape == (416, 416, 3)
    assert canvas[-1, -1].tolist() == [114] * 3
    assert sum(one.canvases for one in seen) == pytest.approx(1.0)


def test_a_small_thing_is_enlarged_as_far_as_the_source_has_pixels() -> None:
    thing: Box = (0.500, 0.400, 0.505, 0.409)
    frame = picture_frame((1664, 936), LIMIT, [(thing, 200)])
    area: Box = (0.48, 0.36, 0.53, 0.45)
    eye = PackedEye(SeesValues(), FixedCosts(), SIGHT)
    small, large, capped = eye.see(
        [frame] * 3, [parts(area), parts(area, zoom=2.5), parts(area, zoom=9)]
    )
    assert len(small.detections) == 0, "2 pixels wide at the scale of the whole frame"
    assert boxes(large)[0] == pytest.approx(thing, abs=1 / 416)
    assert boxes(capped)[0] == pytest.approx(thing, abs=1 / 1600)


class Sees:
    """Gives the same boxes (fractions of the first canvas) for every picture."""

    def __init__(self, *found: Box) -> None:
        self._found = np.array(found, np.float32).reshape(-1, 4)

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        n = len(self._found)
        score, label = np.full(n, 0.8, np.float32), np.zeros(n, np.int32)
        return [Detections(self._found, score, label) for _ in images]


def test_a_box_seen_across_a_gutter_is_cut_to_its_part_or_dropped() -> None:
    """Two parts of 204x192 side by side fill a canvas of 416x192, a gutter of 8 between them."""
    frames = [picture_frame((416, 416), LIMIT, camera=camera) for camera in "ab"]
    region: Box = (100 * PIXEL, 100 * PIXEL, 304 * PIXEL, 292 * PIXEL)
    mostly_left = (40 / 416, 0.25, 220 / 416, 0.75)
    over_both = (4 / 416, 0.25, 407 / 416, 0.75)
    in_the_gutter = (180 / 416, 0.25, 236 / 416, 0.75)
    detector = Sees(mostly_left, over_both, in_the_gutter)
    eye = PackedEye(detector, FixedCosts(), SIGHT, matters=lambda camera, label: False)
    left, right = eye.see(frames, [parts(region), parts(region)])
    assert sum(one.canvases for one in (left, right)) == pytest.approx(192 / 416)
    assert len(right.detections) == 0
    (box,) = boxes(left)
    assert box == pytest.approx((140 * PIXEL, 148 * PIXEL, 304 * PIXEL, 244 * PIXEL), abs=1e-5)
