"""Hard cases made of any clip, by a seed: bad light, bad weather, bad lines, and hands on a camera.

Each turns pictures into harder ones, deterministically. **Benign** ones change nothing of what
happens: a rule must find the same and raise nothing else. **Tampering** ones are events of their
own (`camera_tamper`), from a time on and for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ingest.frame import Image

Change = Callable[[Image, float], Image]
"""A picture (h, w, 3) BGR uint8 and its media time to a new picture of the same size."""
Floats = npt.NDArray[np.float32]

PATTERNS, SHIFT_PX = 6, 48
"""So many patterns of noise and rain, each shown shifted by chance."""

NIGHT_GAIN, READ_NOISE, SHOT_NOISE = 0.45, 4.0, 0.7
"""Infrared at night: how much light is left, noise of the sensor in grey levels, and of the light
itself (grows with its root)."""
DROPS, HAZE = 900, 0.18
"""Streaks in a picture, and how much of the contrast is washed out."""
THIN_KBIT_S = 300.0
SWAY = 0.008
"""Of the picture's width, and as much of its height: a mast in the wind."""
SWAY_HZ = ((1.3, 2.1), (2.7, 3.7))
PUMPING, PUMPING_S = 0.35, 4.0
"""Automatic exposure that hunts: by this part, in so many seconds."""
COVER_S = 0.6
"""How long a hand takes to cover the lens."""
COVERED = 14
"""Grey of a covered lens."""
HALF = 0.55
"""Part of the picture that a half cover hides."""
BLUR = 1 / 45
"""Of the picture's width, how far a point is smeared each way."""
TURN = (0.27, 0.11)
"""By how much of width and height a turned camera shows something else."""


def random(seed: int, *names: str) -> np.random.Generator:
    """A generator that depends on a seed and names alone."""
    return np.random.default_rng([seed, *(ord(letter) for name in names for letter in name)])


@dataclass(frozen=True, slots=True)
class HardCase:
    """One way of making a clip harder."""

    name: str
    tampers: bool
    make: Callable[[np.random.Generator], Change]
    kbit_s: float | None = None
    """Encoded at that rate; None: at a quality that loses little."""


def _night(rng: np.random.Generator) -> Change:
    patterns: list[Floats] = []

    def change(image: Image, t_s: float) -> Image:
        if not patterns:
            patterns.extend(_noise(rng, image.shape[:2]))
        light = np.array([0.114, 0.587, 0.299], np.float32) * NIGHT_GAIN
        grey: Floats = np.asarray(image @ light, np.float32)
        grain = READ_NOISE + SHOT_NOISE * np.sqrt(grey)
        grey += grain * _shifted(rng, patterns, image.shape[:2])
        return np.repeat(_bytes(grey)[..., None], 3, 2)

    return change


def _noise(rng: np.random.Generator, size: tuple[int, int]) -> list[Floats]:
    """Noise of deviation 1 as a camera's own filter leaves it, smooth over a pixel or two."""
    shape = (size[0] + SHIFT_PX, size[1] + SHIFT_PX)
    patterns = []
    for _ in range(PATTERNS):
        fine = rng.standard_normal(shape, np.float32)
        mixed = 0.6 * fine + 2.4 * ndimage.uniform_filter(fine, 3)
        patterns.append(np.asarray(mixed / mixed.std(), np.float32))
    return patterns


def _rain(rng: np.random.Generator) -> Change:
    patterns: list[Floats] = []

    def change(image: Image, t_s: float) -> Image:
        if not patterns:
            patterns.extend(_streaks(rng, image.shape[:2]) for _ in range(PATTERNS))
        washed = image * np.float32(1 - HAZE) + np.float32(HAZE * 150)
        washed += _shifted(rng, patterns, image.shape[:2])[..., None]
        return _bytes(washed)

    return change


def _streaks(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    height, width = size[0] + SHIFT_PX, size[1] + SHIFT_PX
    out = np.zeros((height, width), np.float32)
    length = rng.integers(height // 40, max(height // 40 + 1, height // 10), DROPS)
    x, y = rng.integers(0, width, DROPS), rng.integers(0, height, DROPS)
    bright = rng.integers(18, 60, DROPS)
    for step in range(int(length.max())):
        here = (step < length) & (y + step < height) & (x + step // 6 < width)
        out[(y + step)[here], (x + step // 6)[here]] = bright[here]
    return out


def _shifted(rng: np.random.Generator, patterns: list[Floats], size: tuple[int, int]) -> Floats:
    which, down, right = rng.integers(0, (len(patterns), SHIFT_PX, SHIFT_PX))
    pattern: Floats = patterns[which][down : down + size[0], right : right + size[1]]
    return pattern


def _compression(rng: np.random.Generator) -> Change:
    return lambda image, t_s: image


def _shake(rng: np.random.Generator) -> Change:
    phases = rng.uniform(0, 2 * np.pi, 4)

    def change(image: Image, t_s: float) -> Image:
        waves = np.sin(2 * np.pi * t_s * np.array(SWAY_HZ).ravel() + phases)
        height, width = image.shape[:2]
        across = round(float(waves[0] + waves[2]) / 2 * SWAY * width)
        down = round(float(waves[1] + waves[3]) / 2 * SWAY * height)
        return _moved(image, across, down)

    return change


def _moved(image: Image, across: int, down: int) -> Image:
    """Shifted; what comes in from outside is the edge, drawn out."""
    rows = np.clip(np.arange(image.shape[0]) + down, 0, image.shape[0] - 1)
    columns = np.clip(np.arange(image.shape[1]) + across, 0, image.shape[1] - 1)
    return np.asarray(image[rows[:, None], columns])


def _pumping(rng: np.random.Generator) -> Change:
    phase = rng.uniform(0, 2 * np.pi)

    def change(image: Image, t_s: float) -> Image:
        gain = 1 + PUMPING * np.sin(2 * np.pi * t_s / PUMPING_S + phase)
        return np.asarray(_bytes(np.arange(256) * gain)[image])

    return change


def _cover(rng: np.random.Generator) -> Change:
    return _covering(1.0)


def _half_cover(rng: np.random.Generator) -> Change:
    return _covering(HALF)


def _covering(part: float) -> Change:
    """From the left, as a hand or a cloth comes over the lens; its edge is out of focus."""

    def change(image: Image, t_s: float) -> Image:
        width = image.shape[1]
        edge = part * min(1.0, t_s / COVER_S) * width * (1.0 if part < 1 else 1.15)
        soft = width * 0.05
        seen = np.clip((np.arange(width) - edge) / soft + 0.5, 0, 1).astype(np.float32)
        return _bytes(image * seen[:, None] + COVERED * (1 - seen[:, None]))

    return change


def _blur(rng: np.random.Generator) -> Change:
    def change(image: Image, t_s: float) -> Image:
        reach = max(3, round(image.shape[1] * BLUR * min(1.0, 0.2 + t_s)) | 1)
        once = ndimage.uniform_filter(image, (reach, reach, 1))
        return np.asarray(ndimage.uniform_filter(once, (reach, reach, 1)), np.uint8)

    return change


def _shift(rng: np.random.Generator) -> Change:
    sign = rng.choice((-1, 1))

    def change(image: Image, t_s: float) -> Image:
        turned = min(1.0, t_s / COVER_S)
        across, down = (round(part * turned * s) for part, s in zip(TURN, _wh(image), strict=True))
        return np.roll(image, (down, int(sign) * across), (0, 1))

    return change


def _wh(image: Image) -> tuple[int, int]:
    return image.shape[1], image.shape[0]


def _freeze(rng: np.random.Generator) -> Change:
    held: list[Image] = []

    def change(image: Image, t_s: float) -> Image:
        if not held:
            held.append(image)
        return held[0]

    return change


def _bytes(values: npt.NDArray[np.floating]) -> Image:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


CASES: dict[str, HardCase] = {
    case.name: case
    for case in (
        HardCase("night", False, _night),
        HardCase("rain", False, _rain),
        HardCase("compression", False, _compression, THIN_KBIT_S),
        HardCase("shake", False, _shake),
        HardCase("pumping", False, _pumping),
        HardCase("cover", True, _cover),
        HardCase("half_cover", True, _half_cover),
        HardCase("blur", True, _blur),
        HardCase("shift", True, _shift),
        HardCase("freeze", True, _freeze),
    )
}
"""By name. The changes of tampering ones take the time since it began."""


def named(given: str) -> list[HardCase]:
    """`all`, or some by commas. Raises ValueError that names the one there is not."""
    if given == "all":
        return list(CASES.values())
    names = [part.strip() for part in given.split(",") if part.strip()]
    for name in names:
        if name not in CASES:
            raise ValueError(f"{name!r} is not one of all, {', '.join(CASES)}")
    return [CASES[name] for name in names]
