"""What makes an empty street move in a picture: weather, light, sensor, plants, insects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ingest.frame import Image

PATTERNS = 12
"""Different noise and rain patterns; each picture takes one, shifted by chance."""
SHIFT_PX = 64


@dataclass(frozen=True, slots=True)
class Weather:
    """All strengths are 0 for none."""

    dark: float = 0.0
    """How much of the light is gone: 0.65 is night under lamps."""
    noise: float = 1.0
    """Standard deviation of the sensor's noise, grey levels; night is 8 to 14."""
    gain_flicker: float = 0.0
    """Standard deviation of the brightness from picture to picture, as a part of it."""
    pumping: float = 0.0
    """Automatic exposure that hunts: the brightness swings by this part, within seconds."""
    drift: float = 0.0
    """Daylight that comes and goes by this part over `DRIFT_S`."""
    rain: float = 0.0
    """Streaks a picture, in thousands at 1280 x 720."""
    headlights_every_s: float = 0.0
    sway_px: float = 0.0
    """How far trees and a flag move at 1280 wide, in gusts."""
    insects_every_s: float = 0.0
    jump_at_s: float = -1.0
    """The light is switched on at this time (below 0: never)."""


DRIFT_S = 240.0
HEADLIGHTS_S = 3.0
INSECT_S = 0.8
JUMP = 1.45
TREES = ((0.03, 0.0, 0.16, 0.20), (0.76, 0.22, 0.84, 0.38), (0.02, 0.60, 0.10, 0.78))
"""Parts of the picture (fractions) that sway: two trees and a bush."""
FLAG = (0.56, 0.04, 0.615, 0.13)
TREE_STATES = 48


class Sky:
    """Changes pictures of one video in place of the weather. Deterministic in its seed."""

    def __init__(self, weather: Weather, size: tuple[int, int], seed: int) -> None:
        self._weather = weather
        self._width, self._height = size
        self._random = np.random.default_rng(seed)
        self._noise = self._noise_patterns() if weather.noise else None
        self._rain = self._rain_patterns() if weather.rain else None
        self._sway: list[tuple[slice, slice, npt.NDArray[np.uint8]]] = []
        self._phase = 0.0
        y, x = np.ogrid[0 : self._height, 0 : self._width]
        self._y, self._x = y.astype(np.float32) / self._height, x.astype(np.float32) / self._width
        self._last_insect: tuple[float, npt.NDArray[np.float64]] = (-9.0, np.zeros(4))

    def plant(self, background: Image) -> None:
        """Prepare what sways, from the background."""
        if not self._weather.sway_px:
            return
        height, width = self._height, self._width
        for x1, y1, x2, y2 in TREES:
            rows = slice(round(y1 * height), round(y2 * height))
            columns = slice(round(x1 * width), round(x2 * width))
            self._sway.append((rows, columns, self._states(_leafy(background[rows, columns]))))
        x1, y1, x2, y2 = FLAG
        rows = slice(round(y1 * height), round(y2 * height))
        columns = slice(round(x1 * width), round(x2 * width))
        flag = np.zeros((rows.stop - rows.start, columns.stop - columns.start, 3), np.uint8)
        flag[: flag.shape[0] // 2] = (40, 60, 210)
        flag[flag.shape[0] // 2 :] = (225, 225, 225)
        self._sway.append((rows, columns, self._states(flag)))

    def behind(self, image: Image, t_s: float) -> None:
        """What moves behind the people, into the picture (changed in place)."""
        if not self._sway:
            return
        gust = max(0.15, np.sin(t_s / 7.0) * np.sin(t_s / 23.0) + 0.3)
        self._phase += float(gust * 1.6 + self._random.normal(0, 0.2))
        for number, (rows, columns, states) in enumerate(self._sway):
            strength = min(1.0, gust)
            swing = np.sin(self._phase * 0.35 + number) * strength
            image[rows, columns] = states[round((swing + 1) / 2 * (TREE_STATES - 1))]

    def over(self, image: Image, t_s: float) -> Image:
        """Light, rain, insects and noise over everything; gives a new picture."""
        weather = self._weather
        out = image.astype(np.int16)
        gain = self._gain(t_s)
        light = self._lamps(t_s)
        if light is not None:
            out = (out * np.asarray(gain * (1 + light), np.float32)[..., None]).astype(np.int16)
        elif gain != 1.0:
            table = (np.arange(256) * gain).astype(np.int16)
            out = table[image]
        if self._rain is not None:
            out += self._shifted(self._rain)[..., None]
        if weather.insects_every_s:
            self._insect(out, t_s)
        if self._noise is not None:
            out += self._shifted(self._noise)[..., None]
        np.clip(out, 0, 255, out=out)
        return out.astype(np.uint8)

    def _gain(self, t_s: float) -> float:
        weather = self._weather
        gain = 1 - weather.dark
        if weather.drift:
            gain *= 1 + weather.drift * np.sin(2 * np.pi * t_s / DRIFT_S)
        if weather.pumping:
            gain *= 1 + weather.pumping * np.sin(2 * np.pi * t_s / 5.3) * np.sin(t_s / 17.0)
        if weather.gain_flicker:
            gain *= 1 + self._random.normal(0, weather.gain_flicker)
        if 0 <= weather.jump_at_s <= t_s:
            gain *= JUMP
        return float(gain)

    def _lamps(self, t_s: float) -> npt.NDArray[np.float32] | None:
        """The pool of a passing car's light, as added light over the scene's own."""
        every_s = self._weather.headlights_every_s
        if not every_s or t_s % every_s > HEADLIGHTS_S:
            return None
        along = t_s % every_s / HEADLIGHTS_S
        centre = 1.2 - 1.4 * along if (t_s // every_s) % 2 else -0.2 + 1.4 * along
        away = ((self._x - centre) / 0.13) ** 2 + ((self._y - 0.45 - 0.1 * along) / 0.12) ** 2
        return np.asarray(1.6 * np.exp(-away), np.float32)

    def _insect(self, out: npt.NDArray[np.int16], t_s: float) -> None:
        began_s, path = self._last_insect
        every_s = self._weather.insects_every_s
        if t_s - began_s > INSECT_S:
            if self._random.random() > 1 / (every_s * 25):
                return
            path = self._random.uniform((0.1, 0.1, -0.8, -0.5), (0.9, 0.9, 0.8, 0.5))
            began_s = t_s
            self._last_insect = (began_s, path)
        x, y = path[:2] + path[2:] * (t_s - began_s)
        radius = 0.02 * self._width
        left, top = int(x * self._width - radius * 2), int(y * self._height - radius * 2)
        rows = slice(max(0, top), max(0, min(self._height, top + int(radius * 4))))
        columns = slice(max(0, left), max(0, min(self._width, left + int(radius * 4))))
        away = (self._y[rows] * self._height - y * self._height) ** 2
        away = away + (self._x[:, columns] * self._width - x * self._width) ** 2
        out[rows, columns] += (120 * np.exp(-away / radius**2)).astype(np.int16)[..., None]

    def _noise_patterns(self) -> npt.NDArray[np.int16]:
        shape = (PATTERNS, self._height + SHIFT_PX, self._width + SHIFT_PX)
        fine = self._random.standard_normal(shape, np.float32)
        # Demosaicing and the camera's own filter leave noise that is smooth over a pixel or two.
        coarse = ndimage.uniform_filter(fine, (0, 3, 3)) * 3
        mixed = (fine * 0.6 + coarse * 0.8) * self._weather.noise
        return np.asarray(mixed, np.int16)

    def _rain_patterns(self) -> npt.NDArray[np.int16]:
        height, width = self._height + SHIFT_PX, self._width + SHIFT_PX
        count = int(self._weather.rain * 1000 * (width * height) / (1280 * 720))
        out = np.zeros((PATTERNS, height, width), np.int16)
        for pattern in out:
            length = self._random.integers(height // 40, height // 12, count)
            x = self._random.integers(0, width - 12, count)
            y = self._random.integers(0, height, count)
            bright = self._random.integers(12, 45, count)
            for step in range(int(length.max())):
                here = (step < length) & (y + step < height)
                pattern[(y + step)[here], (x + step // 6)[here]] = bright[here]
        return out

    def _shifted(self, patterns: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        which, down, right = self._random.integers(0, (len(patterns), SHIFT_PX, SHIFT_PX))
        return patterns[which, down : down + self._height, right : right + self._width]

    def _states(self, part: Image) -> npt.NDArray[np.uint8]:
        """The part pushed sideways, the top farther than the foot."""
        height, width = part.shape[:2]
        reach = self._weather.sway_px * self._width / 1280
        bend = np.linspace(1, 0.1, height)[:, None] * reach
        ripple = np.sin(np.arange(width) / width * 9)[None, :] * reach * 0.4
        across = np.arange(width)[None, :]
        rows = np.arange(height)[:, None]
        states = []
        for swing in np.linspace(-1, 1, TREE_STATES):
            source = np.clip(np.rint(across + swing * bend + abs(swing) * ripple), 0, width - 1)
            states.append(part[rows, source.astype(np.int64)])
        return np.stack(states)


def _leafy(part: Image) -> Image:
    """The part with leaves on it: contrast on the scale of a twig."""
    height, width = part.shape[:2]
    random = np.random.default_rng(5)
    leaves = ndimage.zoom(random.normal(0, 1, (height // 6 + 2, width // 6 + 2)), 6, order=1)
    leaves = leaves[:height, :width] * 38
    return np.clip(part * 0.7 + leaves[..., None], 0, 255).astype(np.uint8)
