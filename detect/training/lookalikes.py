"""What is no fire and no smoke, yet looks like it: drawn into pictures of streets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from detect.training.turbulence import Turbulence

Field = npt.NDArray[np.float32]
Random = np.random.Generator
Shape = tuple[int, int]


class Lookalike(Protocol):
    def paint(self, image: Field, t_s: float) -> None:
        """Into a picture (h, w, 3) float 0 to 255, in place."""
        ...


def _warm(random: Random) -> Field:
    """A red, orange or yellow, BGR."""
    red = random.uniform(150, 255)
    green = red * random.uniform(0.1, 0.85)
    return np.array((green * random.uniform(0.2, 0.8), green, red), np.float32)


def _ellipse(shape: Shape, x: float, y: float, wide: float, tall: float) -> Field:
    rows, columns = np.ogrid[0 : shape[0], 0 : shape[1]]
    far = ((columns - x) / wide) ** 2 + ((rows - y) / tall) ** 2
    return np.asarray(np.clip((1.15 - far) * 4, 0, 1), np.float32)


def _halo(shape: Shape, x: float, y: float, reach: float) -> Field:
    rows, columns = np.ogrid[0 : shape[0], 0 : shape[1]]
    far = ((columns - x) ** 2 + (rows - y) ** 2) / (2 * reach**2)
    return np.asarray(np.exp(-far), np.float32)


def _lay(image: Field, cover: Field, colour: Field) -> None:
    image *= 1 - cover[..., None]
    image += cover[..., None] * colour


class Clothes:
    """Somebody in red or orange, or in a hi-vis vest, who walks or works on the spot."""

    def __init__(self, random: Random, shape: Shape) -> None:
        self._shape = shape
        self._tall = random.uniform(5, 40)
        self._x, self._y = random.uniform(0, shape[1]), random.uniform(0.3, 0.9) * shape[0]
        self._speed = random.choice((0.0, 0.0, random.uniform(-2, 2))) * self._tall
        self._colour, self._stripe = _warm(random), random.random() < 0.4
        self._wag, self._phase = random.uniform(0.05, 0.5), random.uniform(0, 6)

    def paint(self, image: Field, t_s: float) -> None:
        tall = self._tall
        sway = np.sin(t_s * 4.1 + self._phase) + 0.6 * np.sin(t_s * 7.3)
        x = self._x + self._speed * t_s + self._wag * tall * sway
        y = self._y + 0.05 * tall * np.sin(t_s * 9)
        wide = tall * 0.4 * (1 + 0.15 * np.sin(t_s * 5))
        _lay(image, _ellipse(self._shape, x, y, wide, tall / 2), self._colour)
        arm = x + 0.7 * wide * np.sin(t_s * 6 + self._phase)
        _lay(image, _ellipse(self._shape, arm, y, wide * 0.4, tall * 0.3), self._colour * 0.85)
        if self._stripe:
            pale = np.array((140, 240, 250), np.float32)
            _lay(image, _ellipse(self._shape, x, y, wide * 0.9, tall * 0.07), pale)


class Lamp:
    """Brake lights, indicators, beacons, lamps that flicker, welding: each shines as a whole."""

    def __init__(self, random: Random, shape: Shape) -> None:
        self._random, self._shape = random, shape
        self._size = random.uniform(1.5, 14)
        self._x, self._y = random.uniform(0, shape[1]), random.uniform(0.05, 0.95) * shape[0]
        self._drive = random.choice((0.0, 0.0, random.uniform(-60, 60)))
        self._rate = random.uniform(0.6, 8)
        self._way = str(random.choice(["blink", "hum", "chance", "steady", "weld"]))
        self._colour = _warm(random)
        self._glow, self._pair = random.uniform(0, 1.2), random.uniform(0, 40)

    def paint(self, image: Field, t_s: float) -> None:
        level = self._level(t_s)
        colour = np.full(3, 255, np.float32) if self._way == "weld" else self._colour
        x = self._x + self._drive * t_s
        for side in (0.0, self._pair):
            disc = _ellipse(self._shape, x + side, self._y, self._size, self._size * 0.8)
            _lay(image, disc * min(1.0, level), np.minimum(255, colour * (0.9 + 0.3 * level)))
            if self._glow:
                reach = self._size * 2
                light = _halo(self._shape, x + side, self._y, reach) * 0.35
                image += (light * level * self._glow)[..., None] * colour * 0.6

    def _level(self, t_s: float) -> float:
        if self._way == "blink":
            return float(np.sin(t_s * self._rate * 6.28) > 0)
        if self._way == "hum":
            return float(0.7 + 0.3 * np.sin(t_s * self._rate * 6.28))
        if self._way == "chance":
            return float(self._random.uniform(0.5, 1.0))
        if self._way == "weld":
            return float(self._random.random() ** 2 * 1.2)
        return 1.0


class Screen:
    """An advertising screen: warm pictures that change, move and fade; or a caption."""

    def __init__(self, random: Random, shape: Shape) -> None:
        self._random = random
        self._x, self._y = (
            int(random.uniform(0, 0.8) * shape[1]),
            int(random.uniform(0, 0.7) * shape[0]),
        )
        self._size = (int(random.integers(8, 60)), int(random.integers(10, 90)))
        self._every_s, self._roll = random.choice((0.2, 0.6, 1, 3)), random.uniform(0, 40)
        self._pictures = [self._picture() for _ in range(5)]

    def _picture(self) -> Field:
        height, width = self._size
        base = np.zeros((height, width, 3), np.float32) + _warm(self._random)
        for _ in range(4):
            row, column = self._random.integers(0, height), self._random.integers(0, width)
            base[row : row + height // 2, column : column + width // 3] = _warm(self._random)
        return base

    def paint(self, image: Field, t_s: float) -> None:
        shown = self._pictures[int(t_s / self._every_s) % len(self._pictures)]
        shown = np.roll(shown, int(t_s * self._roll), axis=1)
        part = image[self._y : self._y + self._size[0], self._x : self._x + self._size[1]]
        part[:] = shown[: part.shape[0], : part.shape[1]]


class Leaves:
    """An autumn tree, an awning in the wind, a reflection on water: warm, and it sways."""

    def __init__(self, random: Random, shape: Shape) -> None:
        self._shape = shape
        self._x, self._y = random.uniform(0, shape[1]), random.uniform(0.1, 0.9) * shape[0]
        self._wide, self._tall = random.uniform(8, 70), random.uniform(6, 50)
        self._noise = Turbulence(random)
        self._colours = _warm(random), _warm(random)
        self._gust, self._rate = random.uniform(0.5, 6), random.uniform(0.5, 5)
        self._boil = random.choice((0.0, 0.0, random.uniform(0.2, 1.2)))

    def paint(self, image: Field, t_s: float) -> None:
        rows, columns = np.mgrid[0 : self._shape[0], 0 : self._shape[1]].astype(np.float32)
        push = self._gust * np.sin(t_s * self._rate + rows / 15) + 0.4 * self._gust * np.sin(
            t_s * 7
        )
        x, y = (columns - self._x - push) / 12, (rows - self._y) / 12
        leaf = np.clip(
            self._noise.at(x, np.asarray(y, np.float32), self._boil * t_s, 0.6) + 0.5, 0, 1
        )
        cover = _ellipse(self._shape, self._x, self._y, self._wide, self._tall)
        cover = cover * (leaf > 0.35)
        _lay(
            image,
            cover,
            self._colours[0] * leaf[..., None] + self._colours[1] * (1 - leaf[..., None]),
        )


class Light:
    """The sun goes down, clouds pass, exposure hunts, headlights sweep: large, slow or at once."""

    def __init__(self, random: Random, shape: Shape) -> None:
        self._shape, self._warm = shape, _warm(random)
        self._rate, self._depth = random.uniform(0.2, 3), random.uniform(0.1, 0.5)
        self._way = str(random.choice(["sunset", "shadow", "pump", "headlight"]))
        self._y, self._speed = random.uniform(0.2, 0.9) * shape[0], random.uniform(15, 120)
        self._size = random.uniform(20, 120)
        self._noise = Turbulence(random, octaves=2)

    def paint(self, image: Field, t_s: float) -> None:
        if self._way == "pump":
            image *= 1 + self._depth * np.sin(t_s * self._rate * 2)
        elif self._way == "sunset":
            height = self._shape[0] // 3
            level = 0.6 + 0.25 * np.sin(t_s * self._rate)
            image[:height] = image[:height] * (1 - level) + self._warm * level
        elif self._way == "shadow":
            rows, columns = np.mgrid[0 : self._shape[0], 0 : self._shape[1]].astype(np.float32)
            x = (columns - t_s * self._speed) / 150
            cloud = self._noise.at(np.asarray(x, np.float32), rows / 150, 0.0, 0.0)
            image *= (1 - self._depth * np.clip(cloud + 0.5, 0, 1))[..., None]
        else:
            x = (t_s * self._speed) % (self._shape[1] + 100)
            beam = _ellipse(self._shape, x, self._y, self._size, self._size / 3)
            image += (ndimage.gaussian_filter(beam, 6) * 150)[..., None]


class Weather:
    """Fog banks, rain, snow, dust behind a wheel, spray: pale, and it moves, yet not upward."""

    def __init__(self, random: Random, shape: Shape) -> None:
        self._random, self._shape = random, shape
        self._way = str(random.choice(["fog", "rain", "snow", "dust"]))
        self._noise = Turbulence(random, octaves=3)
        self._thick, self._speed = random.uniform(0.2, 0.7), random.uniform(-0.5, 0.5)
        self._shade = random.uniform(140, 220)
        self._y, self._pace = random.uniform(0.4, 0.9) * shape[0], random.uniform(20, 100)

    def paint(self, image: Field, t_s: float) -> None:
        height, width = self._shape
        if self._way in ("rain", "snow"):
            self._fall(image)
            return
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        x = np.asarray(columns / 180 + self._speed * t_s, np.float32)
        cloud = np.clip(self._noise.at(x, rows / 180, 0.0, 0.0) * 0.6 + 0.6, 0, 1)
        if self._way == "dust":
            x0 = (t_s * self._pace) % (width + 120) - 60
            trail = np.clip(1 - np.abs(columns - x0 + 40) / 70, 0, 1)
            cloud = cloud * trail * np.exp(-(((rows - self._y) / 18) ** 2))
        _lay(
            image, np.asarray(cloud * self._thick, np.float32), np.full(3, self._shade, np.float32)
        )

    def _fall(self, image: Field) -> None:
        height, width = self._shape
        count, tall = (500, 9) if self._way == "rain" else (300, 2)
        tops = self._random.integers(0, height - tall, count)
        columns = self._random.integers(0, width, count)
        for row in range(tall):
            image[tops + row, columns] = image[tops + row, columns] * 0.6 + 85


class Walker:
    """Grey people and vehicles that pass or stand about: large, pale, with edges."""

    def __init__(self, random: Random, shape: Shape) -> None:
        self._shape = shape
        self._tall = random.uniform(10, 90)
        self._wide = self._tall * random.uniform(0.3, 2.2)
        self._x, self._y = random.uniform(0, shape[1]), random.uniform(0.3, 0.9) * shape[0]
        self._speed = random.choice((0.0, random.uniform(-60, 60)))
        self._shade = random.uniform(20, 240) + random.uniform(-15, 15, 3)
        self._wag = random.uniform(0, 8)

    def paint(self, image: Field, t_s: float) -> None:
        x = self._x + self._speed * t_s + self._wag * np.sin(t_s * 3)
        wide, colour = self._wide / 2, np.asarray(self._shade, np.float32)
        _lay(image, _ellipse(self._shape, x, self._y, wide, self._tall / 2), colour)
        top = self._y - 0.35 * self._tall
        _lay(image, _ellipse(self._shape, x, top, wide * 0.6, self._tall / 5), colour * 0.7)


LOOKALIKES: dict[str, Callable[[Random, Shape], Lookalike]] = {
    "clothes": Clothes,
    "lamp": Lamp,
    "screen": Screen,
    "leaves": Leaves,
    "light": Light,
    "weather": Weather,
    "walker": Walker,
}
"""By name."""
