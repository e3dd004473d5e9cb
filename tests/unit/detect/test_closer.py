"""A closer look: crops, turns, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from detect.aids import KEYPOINTS, NoAids, Pose
from detect.detections import Detections
from detect.fallen.closer import Labels, look_closer, overlap, sweep
from detect.square import square
from detect.track import Box
from detect.view import View
from ingest.frame import Image
from tests.support.scenery import ArrayPicture

WIDE = 16 / 9
CLASSES = ("person", "car")
LABELS = Labels.of(CLASSES, "person")
LIES: Box = (0.4, 0.5, 0.6, 0.6)
STANDS: Box = (0.45, 0.3, 0.5, 0.7)


class SeesUpright(NoAids):
    """Sees what is white and at least as tall as wide in the picture it is given, as a person; what
    is grey as a car.
    """

    def __init__(self) -> None:
        self.looks = 0

    def detect(self, images: Sequence[Image]) -> list[Detections] | None:
        self.looks += len(images)
        return [self._see(image) for image in images]

    def poses(self, images: Sequence[Image]) -> list[Pose] | None:
        return [self._pose(image) for image in images]

    def _pose(self, image: Image) -> Pose:
        """Shoulders at one end of the white thing, hips at its middle."""
        points = np.full((len(KEYPOINTS), 2), 0.5, np.float32)
        there = np.argwhere(image[..., 0] == 255)
        if not len(there):
            return Pose(points, np.zeros(len(KEYPOINTS), np.float32))
        long = np.ptp(there, axis=0) / len(image)
        shoulders = (-long[1] / 3, 0.0) if long[1] > long[0] else (0.0, -long[0] / 3)
        for index, name in enumerate(KEYPOINTS):
            points[index] += shoulders if "shoulder" in name else (0.0, 0.0)
        return Pose(points, np.full(len(KEYPOINTS), 0.9, np.float32))

    def _see(self, image: Image) -> Detections:
        boxes, labels = [], []
        for value, label in ((255, 0), (128, 1)):
            there = np.argwhere(image[..., 0] == value)
            if len(there):
                (top, left), (bottom, right) = there.min(0), there.max(0) + 1
                if label == 1 or bottom - top >= right - left:
                    height, width = image.shape[:2]
                    boxes.append((left / width, top / height, right / width, bottom / height))
                    labels.append(label)
        return Detections(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.full(len(boxes), 0.6, np.float32),
            np.array(labels, np.int32),
        )


def view(thing: Box, value: int = 255) -> View:
    array = np.zeros((360, 640, 3), np.uint8)
    rows = slice(round(thing[1] * 360), round(thing[3] * 360))
    array[rows, round(thing[0] * 640) : round(thing[2] * 640)] = value
    return View(
        0.0, [], Detections.none(), CLASSES, image=array[::2, ::2], picture=ArrayPicture(array)
    )


def test_who_lies_is_seen_in_the_turned_crop_and_placed_in_the_frame() -> None:
    assert LABELS is not None
    closer = look_closer(view(LIES), LIES, WIDE, SeesUpright(), LABELS)

    assert closer is not None
    assert closer.upright is None
    assert closer.turned is not None
    assert overlap(closer.turned[0], LIES) > 0.85
    assert closer.posture is not None
    assert closer.posture.torso_deg == pytest.approx(90, abs=1)
    assert closer.turned_posture is not None
    assert closer.turned_posture.torso_deg == pytest.approx(0, abs=1)


def test_who_surely_stands_is_not_turned() -> None:
    assert LABELS is not None
    aids = SeesUpright()
    closer = look_closer(view(STANDS), STANDS, WIDE, aids, LABELS)

    assert closer is not None
    assert closer.upright is not None
    assert overlap(closer.upright[0], STANDS) > 0.85
    assert closer.turned is None
    assert closer.posture is None
    assert aids.looks == 1


def test_who_lies_across_the_picture_is_seen_in_the_picture_turned_halfway() -> None:
    assert LABELS is not None
    array = np.zeros((360, 640, 3), np.uint8)
    middle, along = np.array([180.0, 320.0]), np.array([1.0, 1.0]) / 2**0.5
    rows, columns = np.indices((360, 640))
    off = np.stack([rows, columns], axis=-1) - middle
    is_body = (np.abs(off @ along) < 50) & (np.abs(off @ np.array([1.0, -1.0]) / 2**0.5) < 12)
    array[is_body] = 255
    box = (276 / 640, 136 / 360, 364 / 640, 224 / 360)
    shown = View(0.0, [], Detections.none(), CLASSES, image=array[::2, ::2],
                 picture=ArrayPicture(array))  # fmt: skip

    closer = look_closer(shown, box, WIDE, SeesUpright(), LABELS, ways=(45, 315))

    assert closer is not None
    assert closer.turned is not None
    assert closer.way in (45, 315)
    assert overlap(closer.turned[0], box) > 0.7
    assert closer.turned_posture is None, "who leans as much stands"


def test_something_else_that_fills_the_place_is_told() -> None:
    assert LABELS is not None
    closer = look_closer(view(LIES, 128), LIES, WIDE, SeesUpright(), LABELS)

    assert closer is not None
    assert closer.turned is None
    assert closer.other == pytest.approx(0.6)


def test_a_square_at_the_frames_edge_is_filled_with_black() -> None:
    part = square(view((0.0, 0.0, 1.0, 1.0)), (0.0, 0.0, 0.1, 0.1), 2.0, 224, WIDE)

    assert part is not None
    assert part.image.shape == (224, 224, 3)
    assert (part.image[:20] == 0).all()
    assert (part.image[120:, 120:] == 255).all()
    assert part.out(part.into(LIES)) == pytest.approx(LIES)


def test_without_a_picture_or_a_detector_there_is_nothing_to_say() -> None:
    assert LABELS is not None
    blind = View(0.0, [], Detections.none(), CLASSES)
    assert look_closer(blind, LIES, WIDE, SeesUpright(), LABELS) is None
    assert look_closer(view(LIES), LIES, WIDE, NoAids(), LABELS) is None
    assert sweep(blind, WIDE, SeesUpright(), 0, 0) == []


def test_the_whole_picture_turned_shows_who_lies() -> None:
    for step in (0, 1):
        ((box, score),) = sweep(view(LIES), WIDE, SeesUpright(), 0, step)
        assert overlap(box, LIES) > 0.85
        assert score == pytest.approx(0.6)
    assert sweep(view(STANDS), WIDE, SeesUpright(), 0, 0) == []


def test_its_quarters_come_one_after_the_other_larger() -> None:
    small: Box = (0.1, 0.8, 0.2, 0.85)
    found = [sweep(view(small), WIDE, SeesUpright(), 0, step) for step in range(2, 10)]

    assert [len(one) for one in found] == [1, 1, 0, 0, 0, 0, 0, 0]
    assert overlap(found[0][0][0], small) > 0.8


def test_a_model_without_people_has_nothing_to_look_for() -> None:
    assert Labels.of(("car",), "person") is None
    assert Labels.of(("bus", "person", "dog"), "person") == Labels(1, frozenset({0}))
