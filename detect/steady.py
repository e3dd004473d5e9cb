"""Takes the shaking of a camera out of its pictures: a mast in the wind, a lorry on the bridge.

Rules that measure motion in the picture itself would take the trembling of every edge for it. The
shift of a picture against the camera's usual one is the peak of their phase correlation (Kuglin
and Hines, 1975), to a part of a pixel; the picture is moved back by as much. Of a camera that
stands still every picture comes back as it is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from ingest.frame import Image

STEP = 2
"""Every so many pixels a side are compared."""
MOST = 0.05
"""Part of a side by which a camera shakes at most; what moves farther was turned."""
STILL_PX = 0.6
"""Shifts below this, in pixels of the picture, are left."""
SURE = 0.05
"""The least height of a peak: 1 would be the same picture, shifted."""
ABOVE = 1.5
"""The peak must be so many times as high as the correlation without any shift."""
LEARN = 0.05
"""How much a picture counts in what is usual."""
GAP_S = 4.0
"""After a longer gap what is usual is learnt anew."""

Spectrum = npt.NDArray[np.complex64]


class Steady:
    """Of one camera. Pictures in order."""

    def __init__(self) -> None:
        self._usual: Spectrum | None = None
        self._window: npt.NDArray[np.float32] | None = None
        self._last_s = 0.0
        self.shift_px: tuple[float, float] = (0.0, 0.0)
        """By which the last picture was off, to the right and downwards."""

    def see(self, t_s: float, image: Image) -> Image:
        """The picture where the camera usually shows it: (h, w, 3) uint8, the same when it does."""
        spectrum = self._spectrum(image)
        if self._usual is None or spectrum.shape != self._usual.shape or t_s - self._last_s > GAP_S:
            self._usual = spectrum
        self._last_s = t_s
        x, y = shift(spectrum, self._usual, image.shape[0] // STEP, image.shape[1] // STEP)
        shakes = max(abs(x), abs(y)) * STEP >= STILL_PX
        self.shift_px = (x * STEP, y * STEP) if shakes else (0.0, 0.0)
        self._usual = self._learnt(self._usual, spectrum, image.shape)
        return moved(image, *self.shift_px) if shakes else image

    def _spectrum(self, image: Image) -> Spectrum:
        height, width = image.shape[0] // STEP, image.shape[1] // STEP
        if self._window is None or self._window.shape != (height, width):
            self._window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
        grey = image[: height * STEP : STEP, : width * STEP : STEP, 1].astype(np.float32)
        found = fft.rfft2((grey - grey.mean()) * self._window).astype(np.complex64)
        return np.asarray(found / (np.abs(found) + 1e-3), np.complex64)

    def _learnt(self, usual: Spectrum, spectrum: Spectrum, shape: tuple[int, ...]) -> Spectrum:
        """What is usual follows slowly, from pictures moved back to it."""
        x, y = self.shift_px
        height, width = shape[0] // STEP, shape[1] // STEP
        if (x, y) != (0, 0):
            rows = fft.fftfreq(height)[:, None] * (y / STEP)
            columns = fft.rfftfreq(width)[None, :] * (x / STEP)
            spectrum = (spectrum * np.exp(2j * np.pi * (rows + columns))).astype(np.complex64)
        return (1 - LEARN) * usual + LEARN * spectrum


def shift(picture: Spectrum, usual: Spectrum, height: int, width: int) -> tuple[float, float]:
    """Of a picture to the right and downwards, in compared pixels; nothing where it is unsure."""
    peaks = fft.irfft2(picture * np.conj(usual), s=(height, width))
    reach_y, reach_x = max(1, int(MOST * height)), max(1, int(MOST * width))
    near = np.roll(peaks, (reach_y, reach_x), (0, 1))[: 2 * reach_y + 1, : 2 * reach_x + 1]
    row, column = np.unravel_index(int(near.argmax()), near.shape)
    peak = float(near[row, column])
    if peak < SURE or peak < ABOVE * float(near[reach_y, reach_x]):
        return 0.0, 0.0
    dy = _between(near[:, column], int(row)) - reach_y
    dx = _between(near[row, :], int(column)) - reach_x
    return dx, dy


def moved(image: Image, right: float, down: float) -> Image:
    """The picture with a shift taken out, between its pixels by their nearness; what is missing at
    its edges is repeated from them.
    """
    return _along(_along(image, down, 0), right, 1)


def _along(image: Image, by: float, axis: int) -> Image:
    whole = int(np.floor(by))
    part = round((by - whole) * 256)
    last = image.shape[axis] - 1
    places = np.arange(last + 1) + whole
    near = image.take(np.clip(places, 0, last), axis)
    if part == 0:
        return np.asarray(near, np.uint8)
    far = image.take(np.clip(places + 1, 0, last), axis)
    mixed = near.astype(np.uint16) * (256 - part) + far.astype(np.uint16) * part
    return np.asarray((mixed + 128) >> 8, np.uint8)


def _between(values: npt.NDArray[np.floating], at: int) -> float:
    """The top of a parabola through a peak and its neighbours."""
    if not 0 < at < len(values) - 1:
        return float(at)
    left, middle, right = (float(values[at + one]) for one in (-1, 0, 1))
    curve = left - 2 * middle + right
    return at + (0.5 * (left - right) / curve if curve < 0 else 0.0)
