"""Small drawn places that burn, smoke or only look so, a frame every fifth of a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from detect.training.turbulence import Flame, FlameLook, Plume, PlumeLook
from ingest.frame import Image

SIZE = (120, 208)
Light = npt.NDArray[np.float32]
Moment = tuple[float, Image]
Paint = Callable[[Light, float], object]


def frames(
    paint: Paint, seconds: float = 6.0, level: float = 110.0
) -> Iterator[tuple[float, Image]]:
    """Time and picture; what `paint` draws is laid over a street with some texture and noise."""
    random = np.random.default_rng(5)
    street = level + random.normal(0, 12, SIZE)[..., None] * np.ones(3)
    for number in range(round(seconds * 5)):
        light = np.asarray(street + random.normal(0, 1.5, (*SIZE, 3)), np.float32)
        paint(light, number / 5)
        yield number / 5, np.asarray(np.clip(light, 0, 255), np.uint8)


def flame() -> Paint:
    look = FlameLook(x=104, base=90, width=30, height=40, rise=3, heat=0.8)
    fire = Flame(look, np.random.default_rng(3))
    return lambda light, t_s: fire.paint(light, t_s, 0.0)


def smoke(begins_s: float = -30.0) -> Paint:
    look = PlumeLook(
        x=104, base=110, width=24, rise=35, spread=0.3, shade=215, thick=0.8, begins_s=begins_s
    )
    plume = Plume(look, np.random.default_rng(3))
    return lambda light, t_s: plume.paint(light, t_s)


def wall(light: Light, t_s: float) -> None:
    """Red, and it stands."""
    light[40:90, 80:130] = (20, 60, 220)


def blinking(light: Light, t_s: float) -> None:
    """An orange lamp, on and off as a whole."""
    if int(t_s * 5) % 2:
        light[60:76, 96:112] = (20, 140, 255)


def passing(light: Light, t_s: float) -> None:
    """Somebody in grey."""
    left = int(t_s * 30)
    light[40:100, left : left + 22] = (60, 60, 62)
