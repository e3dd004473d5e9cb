"""When a camera shows another place."""

from __future__ import annotations

import numpy as np

from detect.detections import Detections
from detect.traffic.cuts import Cuts
from detect.view import View
from tests.support.walks import people


def picture(seed: int, bright: int = 0) -> np.ndarray:
    blocks = np.random.default_rng(seed).integers(20, 200, (9, 16, 1), np.uint8)
    image = np.repeat(np.repeat(np.repeat(blocks, 26, 0), 26, 1), 3, 2)
    return np.clip(image.astype(int) + bright, 0, 255).astype(np.uint8)


def test_another_picture_is_a_cut_and_other_light_is_none() -> None:
    cuts = Cuts()
    frames = [picture(1), picture(1), picture(1, 40), picture(2), picture(2)]
    found = [
        cuts.is_cut(View(t_s, [], Detections.none(), image=image))
        for t_s, image in enumerate(frames)
    ]
    assert found == [False, False, False, True, False]


def test_without_a_picture_all_things_must_be_elsewhere() -> None:
    cuts = Cuts()
    here = people([(0.1, 0.5), (0.3, 0.5), (0.5, 0.5)])
    there = people([(0.2, 0.9), (0.4, 0.9), (0.7, 0.9)])
    frames = [here, here, there, there, people([(0.9, 0.5)])]
    found = [cuts.is_cut(View(t_s, [], seen)) for t_s, seen in enumerate(frames)]
    assert found == [False, False, True, False, False]
