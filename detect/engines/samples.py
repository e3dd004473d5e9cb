"""Drawn street scenes that engines are compared on: no picture has to be brought along."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ingest.frame import FrameSize, Image

SKY, ROAD, SKIN = (196, 178, 150), (92, 94, 96), (120, 150, 200)


def street(size: FrameSize, seed: int) -> Image:
    """A road with drawn people and cars, (H, W, 3) BGR uint8; the same for the same seed."""
    rng = np.random.default_rng(seed)
    height, width = size.height_px, size.width_px
    picture = np.empty((height, width, 3), np.float32)
    horizon = height // 3
    picture[:horizon], picture[horizon:] = SKY, ROAD
    picture += np.linspace(20, -20, height, dtype=np.float32)[:, None, None]
    for _ in range(4):
        tall = float(rng.uniform(0.25, 0.6)) * height
        foot = float(rng.uniform(0.7, 0.95)) * height
        _person(picture, float(rng.uniform(0.05, 0.95)) * width, foot, tall, rng)
    for _ in range(2):
        wide = float(rng.uniform(0.2, 0.4)) * width
        foot = float(rng.uniform(0.6, 0.95)) * height
        _car(picture, float(rng.uniform(0.15, 0.85)) * width, foot, wide, rng)
    picture += rng.normal(0, 4, picture.shape).astype(np.float32)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _person(
    picture: npt.NDArray[np.float32], x: float, foot: float, tall: float, rng: np.random.Generator
) -> None:
    coat, legs = rng.uniform(20, 220, 3), rng.uniform(10, 90, 3)
    for side in (-1, 1):
        _oval(picture, x + side * tall * 0.055, foot - tall * 0.24, tall * 0.05, tall * 0.25, legs)
        _oval(picture, x + side * tall * 0.15, foot - tall * 0.62, tall * 0.035, tall * 0.19, coat)
    _oval(picture, x, foot - tall * 0.65, tall * 0.12, tall * 0.22, coat)
    _oval(picture, x, foot - tall * 0.92, tall * 0.06, tall * 0.08, np.array(SKIN))


def _car(
    picture: npt.NDArray[np.float32], x: float, foot: float, wide: float, rng: np.random.Generator
) -> None:
    paint, dark = rng.uniform(40, 230, 3), np.array((30, 30, 30))
    _oval(picture, x, foot - wide * 0.29, wide * 0.32, wide * 0.14, paint * 0.8)
    _oval(picture, x, foot - wide * 0.3, wide * 0.26, wide * 0.1, dark + 40)
    _oval(picture, x, foot - wide * 0.17, wide * 0.5, wide * 0.12, paint)
    for side in (-1, 1):
        _oval(picture, x + side * wide * 0.3, foot - wide * 0.08, wide * 0.08, wide * 0.08, dark)


def _oval(
    picture: npt.NDArray[np.float32],
    x: float,
    y: float,
    half_width: float,
    half_height: float,
    colour: npt.NDArray[np.float64],
) -> None:
    ys, xs = np.ogrid[: picture.shape[0], : picture.shape[1]]
    inside = ((xs - x) / half_width) ** 2 + ((ys - y) / half_height) ** 2 <= 1
    picture[inside] = colour
