"""Pictures in which somebody puts a thing down, or does something that only looks like it.

Real people of the clip's stock, cut out, walk over real backgrounds; the things they carry are
drawn. Everything follows from the seed. Times are seconds; boxes are fractions of the frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ingest.frame import Image
from tests.support.stock import FPS, CutOut, Stock

Box = tuple[float, float, float, float]
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Stop:
    """Where somebody is from one time on: between two stops they walk."""

    at_s: float
    x: float


@dataclass(frozen=True, slots=True)
class Walker:
    who: int
    height: float
    """In fractions of the frame's."""
    foot: float
    way: tuple[Stop, ...]

    def x(self, t_s: float) -> float | None:
        """Fraction of the width; None before the first stop and after the last."""
        if not self.way[0].at_s <= t_s <= self.way[-1].at_s:
            return None
        return float(np.interp(t_s, [s.at_s for s in self.way], [s.x for s in self.way]))

    def is_walking(self, t_s: float) -> bool:
        before, after = self.x(t_s - 0.1), self.x(t_s + 0.1)
        return before is not None and after is not None and abs(after - before) > 1e-4


@dataclass(frozen=True, slots=True)
class Thing:
    """Something drawn that stands there for a time."""

    picture: npt.NDArray[np.float32]
    """BGR and opacity (0 to 1), at the size of the frame it is for."""
    x: float
    foot: float
    from_s: float
    until_s: float = 1e9
    label: str = ""
    """What the detector takes it for; empty: for nothing."""
    moves_from: float | None = None
    """Comes from this x within four seconds, as a car does."""


@dataclass(frozen=True, slots=True)
class Light:
    """A patch of light, or a shadow, from a time on."""

    from_s: float
    strength: float
    """What is added to the light that is there, in parts of it; below 0 a shadow."""
    place: Box
    is_hard: bool = False
    """A slanting quadrangle with edges of two pixels; else an oval that fades out."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Of blue, green and red."""


@dataclass(frozen=True, slots=True)
class Story:
    walkers: tuple[Walker, ...] = ()
    things: tuple[Thing, ...] = ()
    lights: tuple[Light, ...] = ()
    put_s: float | None = None
    """When the thing was put down for good; None: nothing is abandoned."""
    left_s: float = 0.0
    """When its owner was gone from it."""


class Stage:
    """Draws a story over pictures of one size."""

    def __init__(self, stock: Stock, size: tuple[int, int]) -> None:
        self._stock = stock
        self.width, self.height = size
        self._scaled = lru_cache(maxsize=256)(self._scaled_cut)

    def draw(self, image: Image, story: Story, t_s: float) -> tuple[Image, list[tuple[str, Box]]]:
        """The picture with the story in it, and what is to be seen there with its boxes."""
        out, seen = image.copy(), []
        for light in story.lights:
            if t_s >= light.from_s:
                _lighten(out, light)
        layers: list[tuple[float, str, npt.NDArray[np.float32], float]] = []
        for thing in story.things:
            if thing.from_s <= t_s < thing.until_s:
                x = thing.x
                if thing.moves_from is not None:
                    part = min(1.0, (t_s - thing.from_s) / 4)
                    x = thing.moves_from + (thing.x - thing.moves_from) * part
                layers.append((thing.foot, thing.label, thing.picture, x))
        for walker in story.walkers:
            at = walker.x(t_s)
            if at is not None:
                layers.append((walker.foot, "person", self._walker(walker, t_s), at))
        for foot, label, picture, x in sorted(layers, key=lambda layer: layer[0]):
            box = self._paste(out, picture, x, foot)
            if label and box[2] - box[0] > 0.3 * picture.shape[1] / self.width:
                seen.append((label, box))
        return out, seen

    def _walker(self, walker: Walker, t_s: float) -> npt.NDArray[np.float32]:
        steps = self._stock.walkers[walker.who % len(self._stock.walkers)]
        tall = max(8, round(walker.height * self.height))
        number = 0
        if walker.is_walking(t_s):
            number = round(t_s * FPS) % (2 * len(steps) - 2 or 1)
            number = number if number < len(steps) else 2 * len(steps) - 2 - number
        right = walker.way[-1].x >= walker.way[0].x
        return self._scaled(walker.who % len(self._stock.walkers), number, tall, not right)

    def _scaled_cut(self, who: int, number: int, tall: int, flip: bool) -> npt.NDArray[np.float32]:
        cut: CutOut = self._stock.walkers[who][number]
        both = np.dstack([cut.image, cut.alpha]).astype(np.float32)
        both[..., 3] /= 255
        scale = tall / both.shape[0]
        if scale < 0.7:
            both = ndimage.uniform_filter(both, (round(1 / scale), round(1 / scale), 0))
        both = ndimage.zoom(both, (scale, scale, 1), order=1)
        return np.asarray(both[:, ::-1] if flip else both, np.float32)

    def _paste(self, out: Image, picture: npt.NDArray[np.float32], x: float, foot: float) -> Box:
        high, wide = picture.shape[:2]
        left, top = round(x * self.width - wide / 2), round(foot * self.height - high)
        x1, y1 = max(0, left), max(0, top)
        x2, y2 = min(self.width, left + wide), min(self.height, top + high)
        if x1 < x2 and y1 < y2:
            part = picture[y1 - top : y2 - top, x1 - left : x2 - left]
            under = out[y1:y2, x1:x2]
            under[:] = (under + (part[..., :3] - under) * part[..., 3:]).astype(np.uint8)
        return x1 / self.width, y1 / self.height, x2 / self.width, y2 / self.height


def bag(random: Random, high_px: int) -> npt.NDArray[np.float32]:
    """A suitcase, rucksack or sack: a rounded body with a handle, seams and shading."""
    wide = max(4, round(high_px * random.uniform(0.6, 1.4)))
    high = max(4, high_px)
    y, x = np.mgrid[-1 : 1 : high * 4 * 1j, -1 : 1 : wide * 4 * 1j]
    power = random.choice((2.5, 6.0))
    body = (np.abs(x) / 0.95) ** power + (np.abs((y - 0.15) / 0.85)) ** power < 1
    handle = (np.abs(np.hypot(x / 0.45, (y + 0.75) / 0.25) - 0.85) < 0.25) & (y < -0.6)
    colour = random.uniform(15, 220, 3)
    shade = 1 + 0.25 * -x - 0.15 * y
    image = colour[None, None] * shade[..., None]
    for seam in random.uniform(-0.6, 0.8, 3):
        image[np.abs(y - seam) < 0.05] *= 0.6
    image[handle & ~body] = colour * 0.4
    image += random.normal(0, 6, image.shape)
    alpha = (body | handle).astype(np.float32)
    both = np.dstack([image.clip(0, 255), alpha])
    return np.asarray(both.reshape(high, 4, wide, 4, 4).mean(axis=(1, 3)), np.float32)


def car(random: Random, high_px: int) -> npt.NDArray[np.float32]:
    """A car from the side."""
    wide = round(high_px * 2.4)
    y, x = np.mgrid[-1 : 1 : high_px * 1j, -1 : 1 : wide * 1j]
    body = (np.abs(x) < 0.97) & (y > -0.1) & (y < 0.75)
    cabin = (np.abs(x + 0.05) < 0.55 + 0.25 * y) & (y <= -0.1) & (y > -0.9)
    wheels = (
        np.minimum(np.hypot((x - 0.6) * 2.4, y - 0.7), np.hypot((x + 0.6) * 2.4, y - 0.7)) < 0.3
    )
    image = np.ones((high_px, wide, 3)) * random.uniform(20, 220, 3)
    image[cabin] = 45
    image[wheels] = 20
    alpha = (body | cabin | wheels).astype(np.float32)
    return np.dstack([image + random.normal(0, 4, image.shape), alpha]).astype(np.float32)


def chair(random: Random, high_px: int) -> npt.NDArray[np.float32]:
    """A chair from the side: a back, a seat and two legs, with the ground between them."""
    wide = max(4, round(high_px * 0.6))
    y, x = np.mgrid[-1 : 1 : max(4, high_px) * 4 * 1j, -1 : 1 : wide * 4 * 1j]
    back = (x < -0.6) & (x > -0.95)
    seat = (np.abs(y - 0.1) < 0.12) & (np.abs(x) < 0.95)
    legs = (np.abs(x - 0.78) < 0.17) & (y > 0)
    image = random.uniform(20, 200, 3)[None, None] * (1 - 0.2 * y[..., None])
    image = image + random.normal(0, 6, image.shape)
    both = np.dstack([image.clip(0, 255), (back | seat | legs).astype(np.float32)])
    return np.asarray(both.reshape(max(4, high_px), 4, wide, 4, 4).mean(axis=(1, 3)), np.float32)


def _lighten(out: Image, light: Light) -> None:
    """Light as it falls: more or less of what the ground throws back, burnt out at white."""
    height, width = out.shape[:2]
    x1, y1, x2, y2 = light.place
    top, bottom = max(0, int(y1 * height) - 2), min(height, int(y2 * height) + 3)
    left, right = max(0, int(x1 * width) - 2), min(width, int(x2 * width) + 3)
    y, x = np.mgrid[top:bottom, left:right]
    u = (x / width - (x1 + x2) / 2) / (x2 - x1) * 2
    v = (y / height - (y1 + y2) / 2) / (y2 - y1) * 2
    if light.is_hard:
        edge_px = np.minimum(
            (1 - np.abs(v)) * (y2 - y1) * height / 2,
            (0.75 - np.abs(u - 0.25 * v)) * (x2 - x1) * width / 2,
        )
        part = np.clip(edge_px / 2, 0, 1)
    else:
        part = np.clip((1 - u**2 - v**2) * 3, 0, 1)
    gain = 1 + light.strength * part[..., None] * np.array(light.tint)
    under = out[top:bottom, left:right]
    under[:] = np.clip(under * gain, 0, 255).astype(np.uint8)


def crosses(random: Random, height: float, foot: float, at_s: float, who: int) -> Walker:
    """Somebody walks through from one side to the other, 0.8 heights a second of a 16:9 frame."""
    x1, x2 = (-0.05, 1.05) if random.integers(2) else (1.05, -0.05)
    needed_s = 1.1 / (0.8 * height * 9 / 16)
    return Walker(who, height, foot, (Stop(at_s, x1), Stop(at_s + needed_s, x2)))


def visits(
    height: float, foot: float, who: int, x: float, came_s: float, left_s: float, end: float = 1.05
) -> Walker:
    """Somebody comes from the nearer side, stays at `x` and goes to `end`."""
    pace = 1.2 * height * 9 / 16
    start = -0.05 if x < 0.5 else 1.05
    stops: Sequence[Stop] = (
        Stop(came_s - abs(x - start) / pace, start),
        Stop(came_s, x),
        Stop(left_s, x),
        Stop(left_s + abs(end - x) / pace, end),
    )
    return Walker(who, height, foot, tuple(stops))
