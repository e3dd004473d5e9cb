"""Block matching: what moved, and what is left."""

from __future__ import annotations

import numpy as np

from detect.fighting.blockflow import block_flow


def textured(height: int, width: int, seed: int = 1) -> np.ndarray:
    rough = np.random.default_rng(seed).uniform(0, 200, (height, width)).astype(np.float32)
    smooth = rough + np.roll(rough, 1, 0) + np.roll(rough, 1, 1) + np.roll(rough, 1, (0, 1))
    return (smooth / 4).astype(np.float32)


def test_what_moves_as_one_is_explained_by_its_movement() -> None:
    picture = textured(60, 60)

    flow = block_flow(picture[10:50, 10:50], picture[8:48, 7:47], 5, 4)

    assert flow is not None
    inner = np.s_[1:-1, 1:-1]
    assert (flow.vx[inner] == 3).all()
    assert (flow.vy[inner] == 2).all()
    assert flow.rest[inner].max() < 1e-4
    assert flow.raw[inner].min() > 5


def test_noise_moves_nothing() -> None:
    flat = np.full((30, 30), 90, np.float32)

    flow = block_flow(flat, flat, 5, 3)

    assert flow is not None
    assert not flow.vx.any()
    assert not flow.vy.any()


def test_too_small_a_place_has_no_flow() -> None:
    assert block_flow(np.zeros((9, 40), np.float32), np.zeros((9, 40), np.float32), 5, 3) is None
