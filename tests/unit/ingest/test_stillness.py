from __future__ import annotations

import numpy as np

from ingest.stillness import STILL_S, Stillness
from tests.support.rtsp import moving_images


def test_the_very_same_picture_for_long_is_frozen_until_it_changes() -> None:
    stillness = Stillness()
    image = np.zeros((120, 160, 3), np.uint8)
    frozen = [stillness.is_frozen(image, t_s) for t_s in np.arange(0, STILL_S + 1, 0.5)]
    assert frozen.index(True) == STILL_S * 2
    assert frozen[-1]
    changed = image.copy()
    changed[40, 40] = 1
    assert not stillness.is_frozen(changed, STILL_S + 1)


def test_a_quiet_scene_with_a_sensor_behind_it_is_not_frozen() -> None:
    stillness = Stillness()
    images = moving_images(100, 160, 120)
    assert not any(stillness.is_frozen(image, float(n)) for n, image in enumerate(images))


def test_another_size_is_another_picture() -> None:
    stillness = Stillness()
    stillness.is_frozen(np.zeros((120, 160, 3), np.uint8), 0)
    assert not stillness.is_frozen(np.zeros((60, 80, 3), np.uint8), STILL_S)
