"""What a camera makes of the light: exposure, night, infrared, noise, blur, compression."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from ingest.frame import Image

Field = npt.NDArray[np.float32]
SHAPE = (234, 416)
BLOCK = 8


@dataclass(slots=True)
class Sensor:
    """One camera in one light. Keeps the last picture: what hardly changes is not sent again."""

    random: np.random.Generator
    dark: float = 0.0
    """How much of the light of the place is gone."""
    exposure: float = 1.0
    noise: float = 2.0
    blur_px: float = 0.0
    grey: bool = False
    """An infrared camera at night."""
    washed: float = 0.0
    """How pale its colours are, 0 to 1."""
    quantiser: float = 8.0
    """Step of the compression; 4 is good, 30 is 300 kbit/s."""
    shake_px: float = 0.0
    pump: float = 0.0
    """By which part the exposure swings."""
    last: Field | None = field(default=None, repr=False)
    pattern: Field | None = field(default=None, repr=False)

    def lit(self, frame: Image) -> Field:
        """The place in this light, float 0 to 255; what shines by itself is painted after."""
        return np.asarray(frame.astype(np.float32) * (1 - self.dark))

    def seen(self, light: Field, t_s: float) -> Image:
        """The picture as it arrives, (h, w, 3) BGR uint8."""
        image = light * self.exposure * (1 + self.pump * np.sin(t_s * 2.1))
        if self.shake_px:
            dy, dx = self.random.normal(0, self.shake_px, 2)
            image = ndimage.shift(image, (dy, dx, 0), order=1, mode="nearest")
        if self.blur_px:
            image = ndimage.gaussian_filter(image, (self.blur_px, self.blur_px, 0))
        if self.grey or self.washed:
            luma = (image @ np.array((0.114, 0.587, 0.299), np.float32))[..., None]
            image += (luma - image) * (1.0 if self.grey else self.washed)
        spread = np.float32(self.noise)
        grain = self._grain(image.shape[:2])[..., None]
        if not self.grey:
            grain = grain + 0.5 * np.stack([self._grain(image.shape[:2]) for _ in "bgr"], -1)
        image = np.clip(image + spread * grain, 0, 255)
        return np.asarray(self._sent(np.asarray(image, np.float32)) + 0.5, np.uint8)

    def _grain(self, shape: tuple[int, int]) -> Field:
        """Noise, cut from one large pattern at a place by chance."""
        if self.pattern is None:
            self.pattern = self.random.standard_normal((512, 768)).astype(np.float32)
        y, x = (int(self.random.integers(a - b)) for a, b in zip((512, 768), shape, strict=True))
        return self.pattern[y : y + shape[0], x : x + shape[1]]

    def _sent(self, image: Field) -> Field:
        """Blocks of the difference to the last picture, their weak waves left out."""
        before = np.full_like(image, 128) if self.last is None else self.last
        height, width = (side // BLOCK * BLOCK for side in image.shape[:2])
        change = (image - before)[:height, :width]
        blocks = change.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
        waves = fft.dctn(blocks, axes=(1, 3), norm="ortho")
        step = np.float32(self.quantiser)
        waves = np.trunc(waves / step) * step
        sent = image.copy()
        sent[:height, :width] = before[:height, :width] + fft.idctn(
            waves, axes=(1, 3), norm="ortho"
        ).reshape(height, width, 3)
        self.last = np.asarray(np.clip(sent, 0, 254.5), np.float32)
        return self.last


def some_sensor(random: np.random.Generator, night: bool) -> Sensor:
    """A camera by chance."""
    infrared = night and random.random() < 0.25
    return Sensor(
        random,
        dark=float(random.uniform(0.4, 0.85)) if night else 0.0,
        exposure=float(random.uniform(0.8, 1.35)),
        noise=float(random.uniform(3, 9) if night else random.uniform(0.5, 4)),
        blur_px=float(random.choice((0.0, random.uniform(0.4, 1.4)))),
        grey=infrared,
        washed=float(random.choice((0.0, random.uniform(0.1, 0.5)))),
        quantiser=float(np.exp(random.uniform(np.log(4), np.log(40)))),
        shake_px=float(random.choice((0.0, 0.0, 0.0, random.uniform(0.2, 1.0)))),
        pump=float(random.choice((0.0, 0.0, 0.0, random.uniform(0.03, 0.15)))),
    )


def drawn_street(random: np.random.Generator) -> Image:
    """Sky, houses with windows, a road and a hedge, in colours by chance."""
    height, width = SHAPE
    image = np.zeros((height, width, 3), np.float32)
    sky = int(random.uniform(0.1, 0.4) * height)
    image[:sky] = random.uniform(90, 250) + random.uniform(-25, 25, 3)
    image[sky:] = random.uniform(40, 150) + random.uniform(-25, 25, 3)
    for _ in range(int(random.integers(2, 7))):
        x, wide = int(random.integers(0, width - 40)), int(random.integers(30, 140))
        top = int(random.uniform(0.05, 0.5) * height)
        foot = int(random.uniform(0.5, 0.75) * height)
        wall = random.uniform(50, 210) + random.uniform(-40, 40, 3)
        image[top:foot, x : x + wide] = wall
        pane = random.uniform(20, 120) + random.uniform(-20, 20, 3)
        image[top + 6 : foot - 4 : 1, x + 5 : x + wide : 14] = pane
        for row in range(top + 8, foot - 8, 18):
            for column in range(x + 6, min(x + wide - 8, width - 8), 16):
                image[row : row + 9, column : column + 8] = pane
    grain = ndimage.gaussian_filter(random.standard_normal((height, width)), 1.0)
    image += (grain / grain.std() * random.uniform(1, 8))[..., None]
    return np.asarray(np.clip(image, 0, 255), np.uint8)
