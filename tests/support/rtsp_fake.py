"""A source made of a script, for tests of what uses sources."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from ingest.decoding import Job
from ingest.errors import StreamLost
from ingest.frame import FrameSize, Image
from ingest.sources.base import Decoded, Packet, SourceInfo

BASE = Fraction(1, 90_000)


class FakePicture:
    """A flat grey picture; its JPEG is only a JPEG's first bytes."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self.width_px = width_px
        self.height_px = height_px

    def crop(self, xyxy: tuple[int, int, int, int], size: FrameSize) -> Image:
        return np.full((size.height_px, size.width_px, 3), 128, np.uint8)

    def jpeg(self, max_width_px: int = 1280, quality: int = 85) -> bytes:
        return b"\xff\xd8" + bytes([quality])


class InlinePool:
    """Decodes in the thread that reads, at once: for tests of what is made of packets."""

    def lane(self, job: Job) -> InlineLane:
        return InlineLane(job)


class HeldPool(InlinePool):
    """Decodes nothing before the stream ends."""

    def lane(self, job: Job) -> InlineLane:
        return HeldLane(job)


class InlineLane:
    def __init__(self, job: Job) -> None:
        self._job = job
        self.failure: BaseException | None = None

    def ring(self) -> None:
        while self._job.due_s() is not None:
            self._job.work()

    def drain(self, timeout_s: float) -> bool:
        self.ring()
        return True

    def close(self, timeout_s: float) -> bool:
        return True


class HeldLane(InlineLane):
    def ring(self) -> None:
        pass

    def drain(self, timeout_s: float) -> bool:
        super().ring()
        return True


class FakeDecoder:
    """Makes a flat picture of each packet, brighter from one to the next.

    Packets with a number in `damaged` give none, nor do those after them up to a key frame.
    `log` tells what was decoded: numbers, those decoded alone as `-1 - number`.
    """

    def __init__(self, source: FakeSource) -> None:
        self._source = source
        self._awaits_key = True
        self.damaged: set[int] = set()
        self.log: list[int] = []

    def decode(self, packet: Packet) -> list[Decoded]:
        self._awaits_key = self._awaits_key and not packet.is_key
        if self._awaits_key:
            return []
        self.log.append(packet.data)
        self._awaits_key = packet.data in self.damaged
        return [] if self._awaits_key else [self._source.decoded(packet)]

    def drain(self) -> list[Decoded]:
        self.reset()
        return []

    def alone(self, key: Packet) -> Decoded | None:
        assert key.is_key
        self.reset()
        self.log.append(-1 - key.data)
        return None if key.data in self.damaged else self._source.decoded(key)

    def reset(self) -> None:
        self._awaits_key = True


@dataclass
class FakeSource:
    """Plays `count` pictures at `fps` of media time, then raises `end`. A key frame every `gop`."""

    size: FrameSize
    count: int = 10
    fps: float = 10.0
    end: BaseException = field(default_factory=lambda: StreamLost("the stream ended"))
    width_px: int = 320
    height_px: int = 240
    is_still: bool = False
    hold: threading.Event | None = None
    """When given, blocks after the last picture until it is set, as a frozen read does."""
    gop: int = 10
    begins_s: float = 0.0
    """When the first packet arrives, in seconds from now."""
    converted: int = 0
    closed: int = 0

    def __post_init__(self) -> None:
        self.decoder = FakeDecoder(self)

    @property
    def info(self) -> SourceInfo:
        return SourceInfo("h264", self.width_px, self.height_px, self.fps)

    def packets(self) -> Iterator[Packet]:
        started_s = time.monotonic() + self.begins_s
        for number in range(self.count):
            # As if in real time.
            yield self.packet(number, started_s + number / self.fps)
        if self.hold is not None:
            self.hold.wait()
        raise self.end

    def packet(self, number: int, arrived_s: float) -> Packet:
        pts = round(number * 90_000 / self.fps)
        return Packet(number, 1000, number % self.gop == 0, pts, BASE, arrived_s)

    def pictures(self) -> Iterator[Decoded]:
        for packet in self.packets():
            yield from self.decoder.decode(packet)

    def decoded(self, packet: Packet) -> Decoded:
        picture = FakePicture(self.width_px, self.height_px)
        return Decoded(
            packet.pts, BASE, packet.arrived_s, picture, lambda: self._image(packet.data)
        )

    def _image(self, number: int) -> Image:
        self.converted += 1
        width, height = self.size.fit(self.width_px, self.height_px)
        return np.full((height, width, 3), 0 if self.is_still else number % 251, np.uint8)

    def close(self) -> None:
        self.closed += 1
