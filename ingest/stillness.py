"""Notices a camera that sends the same picture for ever."""

from __future__ import annotations

import numpy as np

from ingest.frame import Image

STILL_S = 30.0
"""A sensor has noise, and every key frame is coded anew: not a bit changes only when the camera's
own picture source hangs."""
GRID = 4
"""Every fourth pixel each way is compared."""


class Stillness:
    """Compares each analysed image with the one before, bit by bit."""

    def __init__(self) -> None:
        self._last: Image | None = None
        self._since_s = 0.0

    def is_frozen(self, image: Image, t_s: float) -> bool:
        """Whether the picture has been the very same for `STILL_S` of media time."""
        sample = image[::GRID, ::GRID].copy()
        if self._last is None or not np.array_equal(sample, self._last):
            self._last, self._since_s = sample, t_s
        return t_s - self._since_s >= STILL_S
