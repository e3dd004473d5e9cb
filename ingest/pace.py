"""How much of a camera is wanted just now: written by the analysis, followed by the reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ingest.frame import Image

Wakes = Callable[[Image], bool]
"""Whether an image shows something new since the last analysed one. Changes nothing; may be called
from any thread."""


class Wanted(NamedTuple):
    fps: float
    """Frames to analyse a second of media time."""
    keys_only: bool
    """Key frames suffice, as long as they are near enough to each other."""


class Pace:
    """What is wanted of one camera. Any thread may read and write it."""

    def __init__(self, fps: float, wakes: Wakes | None = None) -> None:
        self._wanted = Wanted(fps, False)  # one reference, so that a reader sees whole pairs
        self.wakes = wakes

    @property
    def wanted(self) -> Wanted:
        return self._wanted

    def want(self, fps: float, *, keys_only: bool) -> None:
        self._wanted = Wanted(fps, keys_only)
