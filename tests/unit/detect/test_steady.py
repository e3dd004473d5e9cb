"""A camera that shakes is held still; one that stands still is left alone."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from detect.steady import Steady, moved
from ingest.frame import Image

RANDOM = np.random.default_rng(5)
STREET = np.clip(
    128 + 400 * ndimage.gaussian_filter(RANDOM.standard_normal((300, 440)), 2.5), 0, 255
)


def shown(right: float = 0.0, down: float = 0.0) -> Image:
    """What a camera that is off by so many pixels sees of the street."""
    picture = ndimage.shift(STREET, (down, right), order=1, mode="nearest")[22:278, 12:428]
    return np.repeat(picture.round().astype(np.uint8)[..., None], 3, axis=2)


def off(one: Image, other: Image) -> float:
    inner = (slice(12, -12), slice(12, -12))
    return float(np.abs(one[inner].astype(int) - other[inner].astype(int)).mean())


def test_a_still_camera_s_pictures_come_back_as_they_are() -> None:
    steady = Steady()
    for n in range(10):
        noisy = np.clip(shown() + RANDOM.normal(0, 6, (256, 416, 3)), 0, 255).astype(np.uint8)
        assert steady.see(n / 5, noisy) is noisy


def test_a_shake_is_taken_out_to_a_part_of_a_pixel() -> None:
    steady = Steady()
    steady.see(0.0, shown())
    for n, (right, down) in enumerate([(3.4, -2.2), (-1.5, 0.8), (0.0, 4.0), (2.0, 2.0)], 1):
        shaken = shown(right, down)
        found = steady.see(n / 5, shaken)
        assert np.allclose(steady.shift_px, (right, down), atol=0.35)
        assert off(found, shown()) < 0.35 * off(shaken, shown())


def test_what_moves_in_the_picture_is_no_shake() -> None:
    steady = Steady()
    for n in range(12):
        picture = shown()
        picture[60:220, 20 + 25 * n : 100 + 25 * n] = 40
        assert steady.see(n / 5, picture) is picture


def test_another_view_is_not_moved() -> None:
    steady = Steady()
    steady.see(0.0, shown())
    other = shown()[::-1, ::-1].copy()
    assert steady.see(0.2, other) is other


def test_what_is_usual_is_learnt_anew_after_a_gap() -> None:
    steady = Steady()
    steady.see(0.0, shown())
    turned = shown(4.0, 3.0)
    assert steady.see(10.0, turned) is turned
    assert steady.see(10.2, turned) is turned


def test_moving_back_by_whole_pixels_is_exact() -> None:
    picture = shown()
    assert np.array_equal(moved(picture, 2, -1)[5:-5, 5:-5], picture[4:-6, 7:-3])
