"""What is done to cameras, and what happens before them, drawn over a clip with a seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ingest.frame import FrameSize, Image
from tests.support.weather import Sky, Weather

BASE_FPS = 5
LONG_S = 32.0
SIZE = FrameSize(416, 416)
Random = np.random.Generator
Change = Callable[[Image, float], Image]
"""The picture of so many seconds after the onset (below 0: before), changed."""


def mixed(image: Image, other: npt.ArrayLike, alpha: npt.NDArray[np.floating] | float) -> Image:
    share = np.asarray(alpha, np.float32)
    share = share[..., None] if share.ndim == 2 else share
    whole = image + (np.asarray(other, np.float32) - image) * share
    return np.clip(whole, 0, 255).astype(np.uint8)


def noisy(image: npt.NDArray[np.generic], random: Random, sigma: float) -> Image:
    """One of a few patterns of noise, shifted by chance: new noise each time takes too long."""
    height, width = image.shape[:2]
    which, down, right = random.integers(0, (len(GRAIN), 40, 40))
    grain = GRAIN[which, down : down + height, right : right + width]
    return np.clip(image + grain * np.float32(sigma), 0, 255).astype(np.uint8)


GRAIN = np.random.default_rng(7).standard_normal((8, 456, 456, 3), np.float32)

Attack = tuple[Change, tuple[str, ...]]


def cover(random: Random, images: list[Image], more: list[Image]) -> Attack:
    return _sheet(random, images, 1.0), ("covered", "dark", "blinded")


def half_cover(random: Random, images: list[Image], more: list[Image]) -> Attack:
    return _sheet(random, images, float(random.uniform(0.5, 0.75))), ("covered",)


def _sheet(random: Random, images: list[Image], share: float) -> Change:
    """Something near the lens, out of focus, drawn over a part of the picture within 0.6 s."""
    colour = random.uniform(5, 230) * np.array([1, 1, 1]) + random.uniform(-15, 15, 3)
    side = int(random.integers(4))
    height, width = images[0].shape[:2]
    along = np.linspace(0, 1, width)[None, :] if side < 2 else np.linspace(0, 1, height)[:, None]
    along = np.broadcast_to(along if side % 2 else 1 - along, (height, width))
    blotches = _blotches(random, height, width, 40) * 14

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        reach = share * min(1.0, t_s / 0.6) * 1.06
        alpha = np.clip((reach - along) / 0.05, 0, 1)
        return mixed(image, noisy(colour + blotches[..., None], random, 2), alpha)

    return change


def textured_cover(random: Random, images: list[Image], more: list[Image]) -> Attack:
    height, width = images[0].shape[:2]
    cloth = 120 + _blotches(random, height, width, 5) * 45

    def change(image: Image, t_s: float) -> Image:
        return image if t_s < 0 else noisy(np.repeat(cloth[..., None], 3, 2), random, 2)

    return change, ("covered", "turned", "focus")


def spray(random: Random, images: list[Image], more: list[Image]) -> Attack:
    height, width = images[0].shape[:2]
    field_ = _blotches(random, height, width, 60)
    share = random.uniform(0.55, 0.9)
    level = np.quantile(field_, share)
    colour = random.uniform(0, 220, 3)

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        grown = level - 3 * (1 - min(1.0, t_s / 1.2))
        return mixed(image, colour, np.clip((grown - field_) / 0.3, 0, 1) * 0.97)

    return change, ("covered",)


def bag(random: Random, images: list[Image], more: list[Image]) -> Attack:
    grey = random.uniform(120, 230)
    sigma, strength = random.uniform(6, 12), random.uniform(0.6, 0.85)

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        return mixed(ndimage.gaussian_filter(image, (sigma, sigma, 0)), grey, strength)

    return change, ("covered", "focus")


def blur(sigma: float) -> Callable[[Random, list[Image], list[Image]], Attack]:
    def make(random: Random, images: list[Image], more: list[Image]) -> Attack:
        def change(image: Image, t_s: float) -> Image:
            if t_s < 0:
                return image
            now = sigma * min(1.0, 0.3 + t_s / 0.8)
            return ndimage.gaussian_filter(image, (now, now, 0))

        return change, ("focus",)

    return make


def shifted(low: float, high: float) -> Callable[[Random, list[Image], list[Image]], Attack]:
    def make(random: Random, images: list[Image], more: list[Image]) -> Attack:
        height, width = images[0].shape[:2]
        part = random.uniform(low, high) * random.choice((-1, 1))
        across = bool(random.integers(2))
        by = np.array((0, part * width) if across else (part * height, 0))
        slow_s = float(random.choice((0.0, 0.8)))

        def change(image: Image, t_s: float) -> Image:
            if t_s < 0:
                return image
            down, right = np.rint(by * (1.0 if slow_s == 0 else min(1.0, t_s / slow_s))).astype(int)
            return _pushed(image, int(right), int(down))

        return change, ("turned",)

    return make


def rotate(random: Random, images: list[Image], more: list[Image]) -> Attack:
    angle = random.uniform(8, 30) * random.choice((-1, 1))

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        return ndimage.rotate(image, angle, (1, 0), reshape=False, order=1, mode="reflect")

    return change, ("turned",)


def turned_away(random: Random, images: list[Image], more: list[Image]) -> Attack:
    """Swung within a second to where another clip's camera looks."""
    height, width = images[0].shape[:2]
    chosen = more[int(random.integers(len(more)))] if more else images[0][::-1, ::-1]
    other = _fitted(chosen, height, width)

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        gone = round(width * min(1.0, t_s / 1.0))
        if gone == width:
            return noisy(other, random, 1.5)
        return np.hstack([image[:, gone:], other[:, :gone]])

    return change, ("turned",)


def freeze(kind: str) -> Callable[[Random, list[Image], list[Image]], Attack]:
    def make(random: Random, images: list[Image], more: list[Image]) -> Attack:
        kept: list[Image] = []
        sigma = random.uniform(0.7, 3)

        def change(image: Image, t_s: float) -> Image:
            if t_s < 0:
                return image
            kept.append(image) if not kept else None
            if kind == "noise":
                return noisy(kept[0], random, sigma)
            if kind == "clock":
                still = kept[0].copy()
                still[4:14, 8:90] = random.integers(0, 2, (1, 82, 1)) * 255
                return still
            return kept[0]

        return change, ("frozen",)

    return make


def dark(random: Random, images: list[Image], more: list[Image]) -> Attack:
    left, sigma = random.uniform(0.0, 0.03), random.uniform(1, 5)

    def change(image: Image, t_s: float) -> Image:
        return image if t_s < 0 else noisy(image * left + 4, random, sigma)

    return change, ("dark", "covered")


def blind(random: Random, images: list[Image], more: list[Image]) -> Attack:
    height, width = images[0].shape[:2]
    y, x = np.ogrid[0:height, 0:width]
    cy, cx = random.uniform(0.3, 0.7, 2) * (height, width)
    glow = 900 * np.exp(-(((y - cy) ** 2 + (x - cx) ** 2) / (0.55 * width) ** 2))

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        return np.clip(image * 0.3 + glow[..., None], 0, 255).astype(np.uint8)

    return change, ("blinded", "covered")


ATTACKS: dict[str, Callable[[Random, list[Image], list[Image]], Attack]] = {
    "cover": cover,
    "half_cover": half_cover,
    "textured_cover": textured_cover,
    "spray": spray,
    "bag": bag,
    "blur_1px": blur(1.0),
    "blur_2px": blur(2.0),
    "blur_4px": blur(4.0),
    "blur_10px": blur(10.0),
    "shift_10_15": shifted(0.10, 0.15),
    "shift_15_50": shifted(0.15, 0.5),
    "rotate": rotate,
    "turned_away": turned_away,
    "freeze": freeze("exact"),
    "freeze_clock": freeze("clock"),
    "freeze_noise": freeze("noise"),
    "dark": dark,
    "blind": blind,
}


def plain(random: Random, images: list[Image], more: list[Image]) -> Change:
    return lambda image, t_s: image


def weather(**given: float) -> Callable[[Random, list[Image], list[Image]], Change]:
    def make(random: Random, images: list[Image], more: list[Image]) -> Change:
        height, width = images[0].shape[:2]
        sky = Sky(Weather(**given), (width, height), int(random.integers(1 << 30)))
        return lambda image, t_s: sky.over(image, t_s + LONG_S)

    return make


def light_step(random: Random, images: list[Image], more: list[Image]) -> Change:
    """The lights go down to a fifth, for good."""
    return lambda image, t_s: image if t_s < 0 else noisy(image * 0.2, random, 2)


def infrared(random: Random, images: list[Image], more: list[Image]) -> Change:
    """The filter is switched: half a second white, then grey, with a lamp's pool in the middle."""
    height, width = images[0].shape[:2]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    pool = 0.45 + 0.8 * np.exp(-(x**2 + y**2) / 0.5)
    mix = np.array([0.15, 0.25, 0.6])

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        if t_s < 0.5:
            return np.full_like(image, 240)
        grey = (image @ mix) ** 0.85 * 1.6 * pool
        return noisy(np.repeat(grey[..., None], 3, 2), random, 5)

    return change


def shake(random: Random, images: list[Image], more: list[Image]) -> Change:
    """The mast sways by up to 1.5 % of the width."""

    def change(image: Image, t_s: float) -> Image:
        reach = 0.015 * image.shape[1] * (0.5 + 0.5 * np.sin(t_s / 5))
        right, down = np.rint(random.normal(0, reach / 2, 2)).astype(int)
        return _pushed(image, int(right), int(down))

    return change


def bus(random: Random, images: list[Image], more: list[Image]) -> Change:
    """A bus drives past close by and fills the picture for 5 s."""
    height, width = images[0].shape[:2]
    side = np.full((height, width * 3, 3), random.uniform(40, 220, 3))
    for left in range(20, width * 3 - 60, 90):
        side[height // 6 : height // 2, left : left + 62] = random.uniform(20, 90)
    side = ndimage.gaussian_filter(side, (1.5, 1.5, 0))
    pace = width * 3 / 5

    def change(image: Image, t_s: float) -> Image:
        right = round((t_s + 1.0) * pace) - width * 3
        if right + width * 3 <= 0 or right >= width:
            return image
        out = image.copy()
        x1, x2 = max(0, right), min(width, right + width * 3)
        out[:, x1:x2] = side[:, x1 - right : x2 - right]
        return out

    return change


def bus_stops(random: Random, images: list[Image], more: list[Image]) -> Change:
    """A bus stops at half the picture for 20 s."""
    height, width = images[0].shape[:2]
    side = np.full((height, width, 3), random.uniform(40, 220, 3))
    for left in range(20, width, 90):
        side[height // 4 : height // 2, left : left + 62] = random.uniform(20, 90)
    side = noisy(ndimage.gaussian_filter(side, (1.0, 1.0, 0)), random, 6)
    part = random.uniform(0.4, 0.6)

    def change(image: Image, t_s: float) -> Image:
        into = np.clip(min(t_s, 20 - t_s) / 1.5, 0, 1) * part
        x2 = round(into * width)
        out = image.copy()
        if x2:
            out[height // 8 :, :x2] = side[height // 8 :, -x2:]
        return out

    return change


def crowd_near(random: Random, images: list[Image], more: list[Image]) -> Change:
    """Heads and shoulders before the lens for 8 s, never still."""
    height, width = images[0].shape[:2]
    blobs = [
        (
            random.uniform(-0.2, 1.2),
            random.uniform(0.5, 1.2),
            random.uniform(0.15, 0.35),
            random.uniform(20, 160),
            random.uniform(-0.15, 0.15),
            random.uniform(0, 6),
        )
        for _ in range(9)
    ]
    y, x = np.ogrid[0 : 1 : height * 1j, 0 : width / height : width * 1j]

    def change(image: Image, t_s: float) -> Image:
        if not 0 <= t_s <= 8:
            return image
        for left, foot, wide, grey, pace, phase in blobs:
            cx = (left + pace * t_s) * width / height + 0.04 * np.sin(t_s * 3 + phase)
            cy = foot + 0.02 * np.sin(t_s * 5 + phase)
            body = ((x - cx) / wide) ** 2 + ((y - cy) / (wide * 1.8)) ** 2
            image = mixed(image, grey, np.clip((1 - body) * 8, 0, 1))
        return image

    return change


def cuts(random: Random, images: list[Image], more: list[Image]) -> Change:
    """Another clip's view every two seconds."""
    height, width = images[0].shape[:2]
    views = [_fitted(other, height, width) for other in more]

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0 or not views:
            return image
        return noisy(views[int(t_s // 2) % len(views)], random, 1.5)

    return change


ORDINARY: dict[str, Callable[[Random, list[Image], list[Image]], Change]] = {
    "plain": plain,
    "pumping": weather(noise=0.0, pumping=0.35),
    "light_step": light_step,
    "night_noise": weather(noise=12.0, dark=0.6),
    "rain": weather(noise=2.0, rain=3.0),
    "headlights": weather(noise=4.0, dark=0.6, headlights_every_s=9.0),
    "infrared": infrared,
    "shake": shake,
    "coded": plain,
    "bus": bus,
    "bus_stops": bus_stops,
    "crowd_near": crowd_near,
    "cuts": cuts,
}


def _blotches(random: Random, height: int, width: int, size: int) -> npt.NDArray[np.floating]:
    """Smooth noise of unit variance."""
    out = ndimage.gaussian_filter(random.normal(0, 1, (height, width)), size / 2, mode="reflect")
    return np.asarray((out - out.mean()) / (out.std() + 1e-9), np.float32)


def _pushed(image: Image, right: int, down: int) -> Image:
    """The content moved; what comes in is the border repeated backwards."""
    height, width = image.shape[:2]
    rows = np.abs(np.arange(height) - down)
    columns = np.abs(np.arange(width) - right)
    rows = np.where(rows >= height, 2 * height - 2 - rows, rows)
    columns = np.where(columns >= width, 2 * width - 2 - columns, columns)
    return image[np.ix_(rows, columns)]


def _fitted(image: Image, height: int, width: int) -> Image:
    rows = np.linspace(0, image.shape[0] - 1, height).astype(int)
    columns = np.linspace(0, image.shape[1] - 1, width).astype(int)
    return image[np.ix_(rows, columns)]
