"""Flames: what flickers in the colours of fire."""

from __future__ import annotations

import numpy as np
import pytest

from detect.burning.flames import FEATURES, Flame, Flames, hot_pixels
from tests.support.burning import Paint, blinking, flame, frames, passing, wall


def watched(paint: Paint, seconds: float = 6.0, level: float = 110.0) -> list[list[Flame]]:
    flames = Flames()
    return [flames.see(t_s, image) or [] for t_s, image in frames(paint, seconds, level)]


def test_a_flame_is_found_where_it_burns_and_measured_after_six_pictures() -> None:
    seen = watched(flame())
    assert seen[-1]
    x1, y1, x2, y2 = seen[-1][0].box
    assert 0.3 < x1 < 0.5 < x2 < 0.7
    assert 0.05 < y1 < y2 < 0.9
    first = next(n for n, places in enumerate(seen) if places and places[0].features is not None)
    assert first == 5
    features = seen[-1][0].features
    assert features is not None
    assert features.shape == (len(FEATURES),)
    assert np.isfinite(features).all()


def test_it_is_found_at_one_picture_a_second_too() -> None:
    flames = Flames()
    seen = [flames.see(t_s, image) for t_s, image in list(frames(flame(), 12.0))[::5]]
    assert seen[-1]
    assert seen[-1][0].features is not None


@pytest.mark.parametrize("paint", [wall, passing])
def test_a_red_wall_and_somebody_in_grey_are_none(paint: Paint) -> None:
    assert not any(watched(paint))


def test_a_lamp_swings_as_one_and_a_flame_does_not() -> None:
    which = FEATURES.index("incoherence")
    values = {}
    for name, paint in (("lamp", blinking), ("flame", flame())):
        measured = [p.features[which] for s in watched(paint) for p in s if p.features is not None]
        values[name] = float(np.mean(measured))
    assert values["lamp"] < 0.2 < 0.5 < values["flame"]


def test_frames_that_come_too_soon_are_left_out() -> None:
    flames = Flames()
    (_, image), *_ = frames(flame(), 0.2)
    assert flames.see(1.0, image) == []
    assert flames.see(1.05, image) is None


def test_a_cut_forgets_what_was_seen() -> None:
    flames = Flames()
    for t_s, image in frames(flame(), 3.0):
        flames.see(t_s, image)
    other = np.full((120, 208, 3), 250, np.uint8)
    assert flames.see(3.0, other) == []
    assert flames.see(3.2, other) == []


def test_a_picture_of_another_size_starts_anew() -> None:
    flames = Flames()
    for t_s, image in frames(flame(), 2.0):
        flames.see(t_s, image)
    assert flames.see(2.2, np.zeros((90, 160, 3), np.uint8)) == []


@pytest.mark.parametrize(
    ("bgr", "is_hot"),
    [
        ((20, 120, 255), True),
        ((240, 250, 255), True),  # a core that is blown out
        ((80, 110, 255), True),  # pale in daylight
        ((255, 120, 20), False),  # blue
        ((60, 200, 60), False),  # grass
        ((128, 128, 128), False),
        ((10, 20, 90), False),  # dark red
    ],
)
def test_colours_of_fire(bgr: tuple[int, int, int], is_hot: bool) -> None:
    assert bool(hot_pixels(np.array([[bgr]], np.uint8))[0, 0]) is is_hot
