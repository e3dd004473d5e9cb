"""A source made of a script, for tests of what uses sources."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from ingest.errors import StreamLost
from ingest.frame import FrameSize, Image
from ingest.sources.base import Decoded, SourceInfo

BASE = Fraction(1, 90_000)


class FakePicture:
    """A flat picture; its JPEG is only a JPEG's first bytes."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self.width_px = width_px
        self.height_px = height_px

    def jpeg(self, max_width_px: int = 1280, quality: int = 85) -> bytes:
        return b"\xff\xd8" + bytes([quality])


@dataclass
class FakeSource:
    """Plays `count` pictures at `fps` of media time, then raises `end`."""

    size: FrameSize
    count: int = 10
    fps: float = 10.0
    end: BaseException = field(default_factory=lambda: StreamLost("the stream ended"))
    width_px: int = 320
    height_px: int = 240
    is_still: bool = False
    hold: threading.Event | None = None
    """When given, blocks after the last picture until it is set, as a frozen read does."""
    converted: int = 0
    closed: int = 0

    @property
    def info(self) -> SourceInfo:
        return SourceInfo("h264", self.width_px, self.height_px, self.fps)

    def pictures(self) -> Iterator[Decoded]:
        started_s = time.monotonic()
        for number in range(self.count):
            pts = round(number * 90_000 / self.fps)
            picture = FakePicture(self.width_px, self.height_px)
            arrived_s = started_s + number / self.fps  # as if in real time
            yield Decoded(pts, BASE, arrived_s, picture, lambda number=number: self._image(number))
        if self.hold is not None:
            self.hold.wait()
        raise self.end

    def _image(self, number: int) -> Image:
        self.converted += 1
        width, height = self.size.fit(self.width_px, self.height_px)
        return np.full((height, width, 3), 0 if self.is_still else number % 251, np.uint8)

    def close(self) -> None:
        self.closed += 1
