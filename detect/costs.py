"""What a run of the model costs on this machine, learnt while it runs."""

from __future__ import annotations

import threading

from ingest.frame import FrameSize

LEARNT = 0.1
"""Part of a new measurement that goes into what is known: some ten runs are remembered."""
SLOWEST = 3.0
"""A run this many times slower than known says that the machine was busy elsewhere; it counts as no
more than that."""
FIRST_GUESS_S_PER_PX = 1e-7
"""About 17 ms for a picture of 416 x 416: what a processor without any help takes."""

Shape = tuple[int, int, int]
"""Pictures in the batch, width, height in pixels."""


class CostTable:
    """Seconds by (batch, shape); `detect.looking.look.Costs`. Thread-safe.

    The first run of a shape only makes the engine ready for it and is not counted. What was never
    measured is taken for as dear, by the pixel, as the measured shape that is
    nearest in pixels.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Shape, float] = {}
        self._met: set[Shape] = set()

    def seconds(self, batch: int, size: FrameSize) -> float:
        """Expected seconds of one run with `batch` pictures of `size`."""
        shape = (batch, size.width_px, size.height_px)
        with self._lock:
            known = self._known.get(shape)
            if known is not None:
                return known
            if not self._known:
                return _pixels(shape) * FIRST_GUESS_S_PER_PX
            nearest = min(self._known, key=lambda other: abs(_pixels(other) - _pixels(shape)))
            return self._known[nearest] * _pixels(shape) / _pixels(nearest)

    def learn(self, batch: int, size: FrameSize, seconds: float) -> None:
        """Take a measurement of one run."""
        shape = (batch, size.width_px, size.height_px)
        with self._lock:
            if shape not in self._met:
                self._met.add(shape)
                return
            known = self._known.setdefault(shape, seconds)
            self._known[shape] = known + LEARNT * (min(seconds, SLOWEST * known) - known)

    def table(self) -> dict[Shape, float]:
        """What is known so far, in seconds."""
        with self._lock:
            return dict(self._known)


class FixedCosts:
    """The same cost for each pixel, whatever is measured: two runs decide alike."""

    def seconds(self, batch: int, size: FrameSize) -> float:
        return _pixels((batch, size.width_px, size.height_px)) * FIRST_GUESS_S_PER_PX

    def learn(self, batch: int, size: FrameSize, seconds: float) -> None:
        """Nothing is learnt."""


def _pixels(shape: Shape) -> int:
    batch, width_px, height_px = shape
    return batch * width_px * height_px
