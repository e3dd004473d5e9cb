"""What lies where nothing lay."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from detect.fallen.remains import Background
from detect.track import Box

Luma = npt.NDArray[np.uint8]
BODY: Box = (0.4, 0.5, 0.7, 0.6)


def ground(light: int = 0) -> Luma:
    """Textured, 90 x 160."""
    rng = np.random.default_rng(5)
    return (100 + light + rng.integers(0, 6, (90, 160))).astype(np.uint8)


def lying(value: int = 30) -> Luma:
    picture = ground()
    picture[45:54, 64:112] = value
    return picture


def watched(*pictures: Luma, keep_out: tuple[Box, ...] = ()) -> Background:
    background = Background()
    for number, picture in enumerate(pictures):
        background.see(picture, number * 0.5, keep_out)
    return background


def test_what_came_is_found_with_its_box_and_area() -> None:
    background = watched(*[ground()] * 4, lying())

    found = background.largest((0.2, 0.3, 0.9, 0.8))

    assert found is not None
    assert found.box == pytest.approx(BODY, abs=0.02)
    assert found.area == pytest.approx(9 * 48 / 90**2, rel=0.05)
    assert found.is_there
    assert background.share(BODY) == 1.0


def test_what_left_is_told_from_what_is_there() -> None:
    found = watched(*[lying()] * 4, ground()).largest((0.2, 0.3, 0.9, 0.8))

    assert found is not None
    assert not found.is_there


def test_light_is_no_change() -> None:
    background = watched(*[ground()] * 4, ground(light=30))

    assert background.largest((0.0, 0.0, 1.0, 1.0)) is None
    assert background.share(BODY) == 0.0


def test_who_lies_where_it_is_kept_out_does_not_become_background() -> None:
    for keep_out, wanted in (((BODY,), 1.0), ((), 0.0)):
        background = watched(*[ground()] * 4)
        for number in range(200):
            background.see(lying(), 2 + number * 0.5, keep_out)
        assert background.share(BODY) == wanted


def test_ground_that_was_never_free_is_not_known() -> None:
    background = watched(*[lying()] * 4, keep_out=(BODY,))
    background.see(ground(), 1.7, ())
    assert background.share(BODY) == 0.0
    assert background.largest((0.2, 0.3, 0.9, 0.8)) is None
    for number in range(4):
        background.see(ground(), 2.0 + number * 0.4, ())
    background.see(lying(), 4.0, ())
    assert background.share(BODY) == 1.0


def test_people_who_stand_before_it_are_not_what_remains() -> None:
    background = Background()
    background.see(ground(), 0.0, ())
    background.see(lying(), 0.5, (), upright=(BODY,))

    assert background.largest((0.2, 0.3, 0.9, 0.8)) is None
    assert background.share(BODY) is None


def test_another_picture_begins_anew() -> None:
    background = Background()
    assert background.see(ground(), 0.0, ())
    assert not background.see(ground(), 0.2, ())
    other = np.tile(np.arange(160, dtype=np.uint8), (90, 1))
    assert background.see(other, 0.4, ())
    assert background.began_s == 0.4
    assert background.share(BODY) == 0.0


def test_before_any_picture_nothing_is_known() -> None:
    assert Background().share(BODY) is None
    assert Background().largest(BODY) is None


def test_the_thing_that_is_at_a_box_is_found_beside_a_larger_one() -> None:
    picture = lying()
    picture[60:66, 30:36] = 220
    background = watched(*[ground()] * 4, picture)
    part: Box = (0.0, 0.3, 1.0, 1.0)

    largest, small = background.largest(part), background.largest(part, at=(0.15, 0.6, 0.25, 0.8))

    assert largest is not None
    assert largest.box == pytest.approx(BODY, abs=0.02)
    assert small is not None
    assert small.box == pytest.approx((30 / 160, 60 / 90, 36 / 160, 66 / 90), abs=0.02)
    assert background.largest(part, at=(0.0, 0.9, 0.1, 1.0)) is None
