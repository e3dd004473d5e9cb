"""Draws flames and smoke: turbulent noise that is carried upward, lit as a burning gas is.

No simulation of a fire: enough of its looks (a bright core with an orange rim, ragged tongues that
never come back the same, smoke that widens, thins and hides what is behind) to learn a few numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Field = npt.NDArray[np.float32]
Corner = tuple[float, float]
TILE = 192
"""Side of a tile of noise; it repeats."""
RAMP = np.array(
    [(10, 20, 90), (8, 50, 200), (12, 95, 250), (30, 150, 255), (110, 220, 255), (235, 255, 255)],
    np.float32,
)
"""Colours of a flame from its cool rim to its core, BGR."""


class Turbulence:
    """Noise that flows upward and changes on its way; values mostly in -1 to 1."""

    def __init__(self, random: np.random.Generator, octaves: int = 4) -> None:
        self._tiles = [_tile(random, octaves) for _ in range(2)]
        self._offsets = random.uniform(0, TILE, 4)

    def at(self, x: Field, y: Field, t_s: float, rise: float) -> Field:
        """At places in units of the thing's width; `rise` is in widths a second."""
        scale = TILE / 4.0
        layers = []
        for tile, speed, number in zip(self._tiles, (1.0, 1.6), (0, 1), strict=True):
            rows = y * scale * 0.6 + t_s * rise * speed * scale + self._offsets[2 * number]
            columns = x * scale + self._offsets[2 * number + 1] + 4.0 * np.sin(t_s * 2 + number)
            layers.append(_looked_up(tile, rows, columns))
        return np.asarray((layers[0] + layers[1]) * 0.7, np.float32)


def _tile(random: np.random.Generator, octaves: int) -> Field:
    total = np.zeros((TILE, TILE), np.float32)
    for octave in range(octaves):
        white = random.standard_normal((TILE, TILE)).astype(np.float32)
        smooth = ndimage.gaussian_filter(white, 14 / 2**octave, mode="wrap")
        total += smooth / smooth.std() * 0.6**octave
    return np.asarray(total / total.std() * 0.5, np.float32)


def _looked_up(tile: Field, rows: Field, columns: Field) -> Field:
    return tile[np.asarray(rows, np.int32) % TILE, np.asarray(columns, np.int32) % TILE]


@dataclass(frozen=True, slots=True)
class FlameLook:
    """A flame in pixels of the picture."""

    x: float
    base: float
    """Row of its lower edge."""
    width: float
    height: float
    rise: float
    """Widths a second."""
    heat: float = 1.0
    """Above 1 its core is blown out to white; below 1 it is thin and red."""
    opacity: float = 1.0
    """In daylight less than 1: what is behind shines through."""
    grows: float = 0.0
    """By this part of its size a second."""
    lean: float = 0.0
    """How far wind bends it, in widths at its top."""
    pane: tuple[float, float] | None = None
    """It is seen through a window of this width and height alone, that stands on its base."""


class Flame:
    """Paints one flame into pictures."""

    def __init__(self, look: FlameLook, random: np.random.Generator) -> None:
        self.look = look
        self._noise = Turbulence(random, octaves=5)
        self._phase = random.uniform(0, 6, 3)
        self._tongues = random.uniform(0.5, 1.0, 4)

    def temperature(self, rows: Field, columns: Field, t_s: float) -> Field:
        """0 where there is none, 1 and above in the core; at pixels of the picture."""
        look = self.look
        size = 1 + look.grows * t_s
        high = (look.base - rows) / (look.height * size)
        wave = 0.12 * np.sin(t_s * 5 + high * 5 + self._phase[0])
        across = (columns - look.x) / (look.width * size / 2) - (look.lean + wave) * high * 2
        noise = self._noise.at(across / 2, high * look.height / look.width, t_s, look.rise)
        beat = 1 + 0.15 * np.sin(t_s * 9 + self._phase[1]) + 0.1 * np.sin(t_s * 23 + self._phase[2])
        tongue = self._tongues[np.clip((across + 1) * 2, 0, 3).astype(np.int32)]
        inside = np.clip(1.15 - np.abs(across) / np.clip(1 - 0.7 * high, 0.2, 1), 0, 1)
        heat = inside * (1.25 * beat) + noise * (0.6 + 0.7 * high) - high * (0.75 + 0.5 * tongue)
        foot = np.clip((high + 0.12 * (1 - across**2)) / 0.1, 0, 1) * np.clip(inside * 8, 0, 1)
        return np.asarray(np.clip(heat, 0, 1.5) * foot * (high < 1.6), np.float32)

    def paint(self, image: Field, t_s: float, glow: float) -> npt.NDArray[np.bool_]:
        """Adds it to a picture (h, w, 3) float 0 to 255, in place; gives where it burns."""
        look = self.look
        size = 1 + look.grows * t_s
        wide = (1.2 + 2 * abs(look.lean)) * look.width * size + 4
        part = _window(
            image.shape,
            (look.x - wide, look.base - 1.7 * look.height * size),
            (look.x + wide, look.base + 0.2 * look.height * size + 2),
        )
        burning = np.zeros(image.shape[:2], np.bool_)
        rows, columns = np.mgrid[part].astype(np.float32)
        if not rows.size:
            return burning
        heat = self.temperature(rows, columns, t_s)
        if look.pane is not None:
            heat[(np.abs(columns - look.x) > look.pane[0] / 2) | (rows > look.base)] = 0
            heat[(rows < look.base - look.pane[1]) | ((columns - look.x) % 9 < 1)] = 0
        level = np.clip(heat * look.heat, 0, 1)[..., None] * (len(RAMP) - 1)
        lower = np.clip(level.astype(np.int32)[..., 0], 0, len(RAMP) - 2)
        share = level - lower[..., None]
        colour = RAMP[lower] * (1 - share) + RAMP[lower + 1] * share
        cover = np.clip((heat - 0.12) / 0.3, 0, 1)[..., None] * look.opacity
        if glow > 0:
            _shine(image, look, glow * min(1.0, 2 * float(cover.mean())))
        image[part] *= 1 - cover
        image[part] += colour * cover
        burning[part] = cover[..., 0] > 0.3
        return burning


def _window(shape: tuple[int, ...], first: Corner, last: Corner) -> tuple[slice, slice]:
    """The part of a picture between two corners (x, y), cut at its edges."""
    (x1, y1), (x2, y2) = first, last
    rows = slice(int(np.clip(y1, 0, shape[0])), int(np.clip(y2, 0, shape[0])))
    return rows, slice(int(np.clip(x1, 0, shape[1])), int(np.clip(x2, 0, shape[1])))


def _shine(image: Field, look: FlameLook, level: float) -> None:
    """The light of a flame on what is round it."""
    rows, columns = np.ogrid[0 : image.shape[0], 0 : image.shape[1]]
    reach = 1.2 * max(look.width, look.height) + 4
    far = (rows - look.base + look.height / 3) ** 2 + (columns - look.x) ** 2
    light = np.exp(-far / (2 * reach**2)).astype(np.float32)
    image += light[..., None] * np.array((30, 90, 160), np.float32) * level


@dataclass(frozen=True, slots=True)
class PlumeLook:
    """Smoke in pixels of the picture."""

    x: float
    base: float
    width: float
    """At its source."""
    rise: float
    """Pixels a second."""
    spread: float
    """By how much it widens, pixels a pixel of height."""
    shade: float
    """Grey level, 40 (burning tyres) to 235 (damp wood)."""
    thick: float
    """0 to 1: how much of what is behind it hides at its source."""
    begins_s: float
    """Below 0 it has been there before."""
    lean: float = 0.0
    tint: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Plume:
    """Paints one column of smoke into pictures."""

    def __init__(self, look: PlumeLook, random: np.random.Generator) -> None:
        self.look = look
        self._noise = Turbulence(random, octaves=3)
        self._phase = random.uniform(0, 6)

    def cover(self, shape: tuple[int, int], t_s: float) -> Field:
        """How much of what is behind is hidden, 0 to 1; shape of the picture (h, w)."""
        look = self.look
        age = t_s - look.begins_s
        if age <= 0:
            return np.zeros(shape, np.float32)
        rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
        high = look.base - rows
        top = age * look.rise
        half = look.width / 2 + look.spread * np.clip(high, 0, None)
        bend = look.lean * high + 0.25 * half * np.sin(high / (3 * look.width) - t_s + self._phase)
        across = (columns - look.x - bend) / half
        unit = look.width * 2 + 8
        noise = self._noise.at(
            np.asarray(columns / unit, np.float32), high / unit, t_s, look.rise / unit
        )
        body = np.clip(1.25 - np.abs(across) - 0.55 * np.clip(noise + 0.3, -1, 1.5), 0, 1)
        front = np.clip((top - high) / (0.35 * top + 4), 0, 1)
        front *= np.clip((high + 0.3 * look.width * (1 - across**2)) / (0.2 * look.width + 1), 0, 1)
        thin = look.width / (look.width + 0.6 * look.spread * np.clip(high, 0, None))
        return np.asarray(np.clip(body * front * thin * 1.6, 0, 1) * look.thick, np.float32)

    def paint(self, image: Field, t_s: float) -> npt.NDArray[np.bool_]:
        """Lays it over a picture (h, w, 3) float 0 to 255, in place; gives where it is seen."""
        cover = self.cover((image.shape[0], image.shape[1]), t_s)
        shaded = self.look.shade * (1 - 0.15 * cover)
        colour = shaded[..., None] + np.asarray(self.look.tint, np.float32)
        image *= 1 - cover[..., None]
        image += colour * cover[..., None]
        return cover > 0.12
