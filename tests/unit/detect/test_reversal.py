"""Whether what changes changes back."""

from __future__ import annotations

import numpy as np

from detect.fighting.reversal import reversal

NOISE = 1.5


def seen(at_px: int) -> np.ndarray:
    """A bright bar eight pixels wide before a dark ground."""
    picture = np.full((40, 60), 60, np.float32)
    picture[8:32, at_px : at_px + 8] = 180
    return picture


def test_who_walks_by_does_not_go_back_and_who_struggles_does() -> None:
    walks = reversal(seen(10), seen(20), seen(30), NOISE)
    struggles = reversal(seen(10), seen(20), seen(10), NOISE)

    assert walks is not None
    assert struggles is not None
    assert struggles.like < -0.95
    assert struggles.back > 0.95
    assert walks.like > struggles.like + 0.3
    assert walks.back < 0.5


def test_noise_and_stillness_say_nothing() -> None:
    draw = np.random.default_rng(3)
    noisy = [(seen(10) + draw.normal(0, 4, (40, 60))).astype(np.float32) for _ in range(3)]

    assert reversal(seen(10), seen(10), seen(10), NOISE) is None
    assert reversal(*noisy, noise=6.0) is None
