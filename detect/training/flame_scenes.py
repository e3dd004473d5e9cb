"""Scenes to learn fire and smoke from: real or drawn streets, what burns and what looks so.

All of it follows from a seed. A scene is as a camera gives it: exposed, noisy, compressed.
Scenes are parted by their background, so that nothing is judged before a street it was learnt on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detect.training.lookalikes import LOOKALIKES, Lookalike
from detect.training.sensor import drawn_street, some_sensor
from detect.training.turbulence import Flame, FlameLook, Plume, PlumeLook
from ingest.frame import Image

Masks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the camera looks, and how long a scene lasts."""

    fps: float = 5.0
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Frames of a quiet place, and the name that scenes are parted by."""

    name: str
    images: Sequence[Image]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a camera saw, and where it burned or smoked in each frame."""

    name: str
    place: str
    """Name of the backdrop."""
    what: str
    """`fire`, `smoke`, or the look-alike's name."""
    times: list[float]
    images: list[Image]
    fire: Masks
    """Shape (frames, h, w)."""
    smoke: Masks


def make_scene(seed: int, what: str, backdrop: Backdrop | None, pace: Pace) -> Scene:
    """One scene of `what`: `fire`, `smoke`, `both`, `nothing` or one of `LOOKALIKES`."""
    random = np.random.default_rng(seed)
    frames = _frames(random, backdrop, round(pace.seconds * pace.fps))
    shape = frames[0].shape[:2]
    sensor = some_sensor(random, night=random.random() < 0.4)
    flames = _flames(random, shape) if what in ("fire", "both") else []
    plumes = _plumes(random, shape, flames) if what in ("smoke", "both") else []
    others = _others(random, shape, what, calm=bool(flames or plumes))
    fire = np.zeros((len(frames), *shape), np.bool_)
    smoke = np.zeros_like(fire)
    images, times = [], []
    start_s = random.uniform(0, 20)
    glow = random.uniform(0.2, 1.5) if sensor.dark > 0.3 else random.uniform(0, 0.15)
    for number, frame in enumerate(frames):
        t_s = number / pace.fps
        light = sensor.lit(frame)
        for other in others:
            other.paint(light, t_s)
        for plume in plumes:
            smoke[number] |= plume.paint(light, t_s)
        for flame in flames:
            fire[number] |= flame.paint(light, start_s + t_s if not flame.look.grows else t_s, glow)
        images.append(sensor.seen(light, t_s))
        times.append(t_s)
    place = "drawn" if backdrop is None else backdrop.name
    return Scene(f"{what}-{seed}", place, what, times, images, fire, smoke)


def _frames(random: np.random.Generator, backdrop: Backdrop | None, count: int) -> list[Image]:
    """Frames of the backdrop one after another, to and fro where it is short; or a drawn one."""
    if backdrop is None:
        street = drawn_street(random)
        return [street] * count
    there = len(backdrop.images)
    if random.random() < 0.4:
        return [backdrop.images[int(random.integers(there))]] * count
    turn = 2 * max(1, there - 1)
    first = int(random.integers(there))
    steps = [(first + n) % turn for n in range(count)]
    flip = slice(None, None, -1 if random.random() < 0.5 else 1)
    order = [backdrop.images[min(s, turn - s) if turn - s < there else s] for s in steps]
    return [np.ascontiguousarray(image[:, flip]) for image in order]


def _flames(random: np.random.Generator, shape: tuple[int, int]) -> list[Flame]:
    """One to three of like heat, near each other, from a few pixels to half of the picture."""
    height, width = shape
    tall = float(np.exp(random.uniform(np.log(9), np.log(0.7 * height))))
    x, base = random.uniform(0.1, 0.9) * width, random.uniform(0.35, 0.95) * height
    heat, opacity = random.uniform(0.45, 1.6), random.choice((1.0, 1.0, random.uniform(0.4, 0.9)))
    grows = random.choice((0.0, 0.0, random.uniform(0.02, 0.15)))
    flames = []
    for number in range(int(random.choice((1, 1, 2, 3, 5)))):
        high = tall * random.uniform(0.5, 1) if number else tall
        look = FlameLook(
            x=float(x + number * random.uniform(-1.2, 1.2) * tall),
            base=float(base),
            width=float(max(5.0, high * random.uniform(0.4, 1.8))),
            height=float(high),
            rise=float(random.uniform(1.2, 5.0)),
            heat=float(heat),
            opacity=float(opacity),
            grows=float(grows),
            lean=float(random.uniform(-0.4, 0.4)),
            pane=_pane(random, high) if random.random() < 0.25 else None,
        )
        flames.append(Flame(look, random))
    return flames


def _pane(random: np.random.Generator, tall: float) -> tuple[float, float]:
    return max(6.0, tall * random.uniform(0.3, 0.8)), max(6.0, tall * random.uniform(0.3, 0.8))


def _plumes(
    random: np.random.Generator, shape: tuple[int, int], flames: Sequence[Flame]
) -> list[Plume]:
    """One column, from the flames where there are any."""
    height, width = shape
    if flames:
        look = flames[0].look
        x, base, wide = look.x, look.base - 0.7 * look.height, 0.8 * look.width
    else:
        x, base = random.uniform(0.1, 0.9) * width, random.uniform(0.3, 0.95) * height
        wide = float(np.exp(random.uniform(np.log(5), np.log(0.2 * width))))
    plume = PlumeLook(
        x=float(x),
        base=float(base),
        width=float(max(4.0, wide)),
        rise=float(random.uniform(0.05, 0.35) * height),
        spread=float(random.uniform(0.1, 0.6)),
        shade=float(random.choice((random.uniform(30, 90), random.uniform(120, 235)))),
        thick=float(random.uniform(0.35, 1.0)),
        begins_s=float(random.choice((-60.0, random.uniform(0, 3)))),
        lean=float(random.uniform(-0.6, 0.6)),
        tint=(float(random.uniform(-4, 10)), 0.0, float(random.uniform(-4, 6))),
    )
    return [Plume(plume, random)]


def _others(
    random: np.random.Generator, shape: tuple[int, int], what: str, calm: bool
) -> list[Lookalike]:
    """The look-alike that the scene is about, and by chance one more."""
    others = [LOOKALIKES[what](random, shape)] if what in LOOKALIKES else []
    if random.random() < 0.15 and not calm:
        others.append(LOOKALIKES[str(random.choice(sorted(LOOKALIKES)))](random, shape))
    return others
