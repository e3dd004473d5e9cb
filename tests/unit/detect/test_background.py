"""What stands where it did not: two memories of the picture."""

from __future__ import annotations

import numpy as np

from detect.left.background import EVERY_S, DualBackground
from ingest.frame import Image

FLOOR = np.clip(np.random.default_rng(2).normal(110, 10, (120, 200, 3)), 0, 255).astype(np.uint8)
BOX = (0.4, 0.5, 0.5, 0.7)


def with_box(image: Image, box: tuple[float, float, float, float], grey: int = 20) -> Image:
    out = image.copy()
    x1, y1, x2, y2 = box
    out[int(y1 * 120) : int(y2 * 120), int(x1 * 200) : int(x2 * 200)] = grey
    return out


def shown(background: DualBackground, image: Image, from_s: float, to_s: float) -> None:
    for number in range(round(from_s * 5), round(to_s * 5)):
        background.see(image, number / 5)


def test_what_comes_to_stand_is_a_region_with_its_time() -> None:
    background = DualBackground()
    shown(background, FLOOR, 0, 5)
    shown(background, with_box(FLOOR, BOX), 5, 10)
    (region,) = background.regions()
    assert np.allclose(region.xyxy, BOX, atol=0.02)
    assert 5 <= region.since_s < 7
    assert background.is_clear(region)
    assert not background.is_gone(region)


def test_it_is_gone_when_the_place_looks_as_before() -> None:
    background = DualBackground()
    shown(background, FLOOR, 0, 5)
    shown(background, with_box(FLOOR, BOX), 5, 10)
    (region,) = background.regions()
    shown(background, FLOOR, 10, 15)
    assert background.is_gone(region)
    assert background.regions() == []


def test_what_passes_in_front_neither_ends_it_nor_is_clear() -> None:
    background = DualBackground()
    shown(background, FLOOR, 0, 5)
    stands = with_box(FLOOR, BOX)
    shown(background, stands, 5, 10)
    (region,) = background.regions()
    for number in range(50, 56):
        passer = with_box(stands, (0.3 + 0.02 * (number - 50), 0.2, 0.5, 0.9), 40 * (number % 5))
        background.see(passer, number / 5)
    assert not background.is_clear(region)
    assert not background.is_gone(region)
    shown(background, stands, 11.2, 14)
    assert len(background.regions()) == 1


def test_what_is_absorbed_belongs_to_the_place() -> None:
    background = DualBackground()
    shown(background, FLOOR, 0, 5)
    shown(background, with_box(FLOOR, BOX), 5, 10)
    (region,) = background.regions()
    background.absorb(region)
    shown(background, with_box(FLOOR, BOX), 10, 16)
    assert background.regions() == []


def test_what_is_too_large_is_learnt_so_that_things_are_seen_there_again() -> None:
    background = DualBackground()
    shown(background, FLOOR, 0, 5)
    large = with_box(FLOOR, (0.2, 0.2, 0.7, 0.8), 200)
    for number in range(25, 25 + 5 * 16):
        background.see(large, number / 5)
        assert background.regions() == []
    shown(background, with_box(large, BOX), 21, 27)
    assert len(background.regions()) == 1


def test_pictures_that_come_too_soon_are_left_out() -> None:
    background = DualBackground()
    assert background.see(FLOOR, 0.0)
    assert not background.see(FLOOR, EVERY_S / 2)
    assert background.see(FLOOR, EVERY_S)


def test_a_picture_of_another_size_begins_anew() -> None:
    background = DualBackground()
    shown(background, FLOOR, 0, 5)
    shown(background, with_box(FLOOR, BOX), 5, 10)
    (region,) = background.regions()
    background.see(FLOOR[:40, :60], 10.4)
    assert background.is_gone(region)
    assert not background.is_clear(region)
