"""An exposure that hunts is evened out; a lamp, a lorry or the night is not."""

from __future__ import annotations

import numpy as np

from detect.exposure import Exposure
from ingest.frame import Image

RANDOM = np.random.default_rng(3)
STREET = RANDOM.uniform(40, 160, (240, 416, 3))


def shown(factor: float = 1.0) -> Image:
    return np.clip(STREET * factor, 0, 255).round().astype(np.uint8)


def test_pictures_of_the_usual_light_come_back_as_they_are() -> None:
    exposure = Exposure()
    for n in range(10):
        picture = shown(1.0 + 0.02 * (n % 2))
        assert exposure.see(n / 5, picture) is picture


def test_an_exposure_that_hunts_is_evened_out() -> None:
    exposure = Exposure()
    usual = shown().astype(int)
    for n in range(60):
        factor = 1 + 0.3 * np.sin(2 * np.pi * n / 20)
        found = exposure.see(n / 5, shown(factor)).astype(int)
        if n > 20:
            assert np.abs(found - usual).mean() < 12
    assert np.abs(shown(1.3).astype(int) - usual).mean() > 25, "so much it is without"


def test_a_bright_thing_changes_nothing_beside_it() -> None:
    exposure = Exposure()
    exposure.see(0.0, shown())
    lit = shown()
    lit[60:140, 100:260] = 250
    assert exposure.see(0.2, lit) is lit


def test_another_light_is_no_hunt() -> None:
    exposure = Exposure()
    exposure.see(0.0, shown())
    night = shown(0.15)
    assert exposure.see(0.2, night) is night


def test_a_gap_begins_anew() -> None:
    exposure = Exposure()
    exposure.see(0.0, shown())
    dusk = shown(0.8)
    assert exposure.see(60.0, dusk) is dusk
