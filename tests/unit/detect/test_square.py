"""Square parts of a frame, turned."""

from __future__ import annotations

import numpy as np
import pytest

from detect.square import turned_back, turned_by, turned_out

THING = 0.6, 0.2, 0.9, 0.3


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_boxes_of_a_turned_picture_are_turned_back(quarter: int) -> None:
    picture = np.zeros((100, 200), np.uint8)
    picture[20:30, 120:180] = 1
    turned = np.rot90(picture, quarter)
    (top, left), (bottom, right) = np.argwhere(turned).min(0), np.argwhere(turned).max(0) + 1
    height, width = turned.shape
    box = left / width, top / height, right / width, bottom / height
    assert turned_back(box, quarter) == pytest.approx(THING)
    assert turned_out(box, 90 * quarter) == pytest.approx(THING)


@pytest.mark.parametrize("degrees", [45, 90, 135, 225, 270, 315])
def test_a_picture_and_its_boxes_turn_alike(degrees: int) -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[90:110, 60:150] = 255
    there = np.argwhere(turned_by(picture, degrees)[..., 0])
    (top, left), (bottom, right) = there.min(0) / 200, (there.max(0) + 1) / 200
    # From the picture to the turned one is the way back from a picture turned the other way.
    assert turned_out((0.3, 0.45, 0.75, 0.55), 360 - degrees) == pytest.approx(
        (left, top, right, bottom), abs=0.01
    )


def test_what_is_turned_in_from_outside_is_black() -> None:
    turned = turned_by(np.full((50, 50, 3), 200, np.uint8), 45)
    assert (turned[0, 0] == 0).all()
    assert (turned[25, 25] == 200).all()
