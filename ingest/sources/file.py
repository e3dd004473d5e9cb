"""A video file, or a stream address, as a plain iterator of frames."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import av.error

from ingest.camera import CameraId, StreamUrl
from ingest.errors import StreamUnreadable
from ingest.frame import Frame, FrameSize
from ingest.gop import GopMeter
from ingest.pace import Pace
from ingest.reader import DecodeCounts, Due, Reader
from ingest.schedule import Sampler
from ingest.sources.base import Decoded, Packet
from ingest.sources.demux import Demuxer
from ingest.sources.rtsp import open_container
from ingest.timeline import Stamp

USUAL_FPS = 25.0
"""What a raw stream without any timing is taken for."""


def open_file(
    source: str,
    camera: CameraId,
    fps: float,
    size: FrameSize,
    *,
    realtime: bool = False,
    pace: Pace | None = None,
    counts: DecodeCounts | None = None,
) -> Iterator[Frame]:
    """Frames of a file or stream address, `fps` a second by media time, in order.

    With a `pace` as many as it wants, which it may change from frame to frame: an idle camera's
    key frames alone, then what lay between them, just as live. `counts` is told what was decoded.
    Deterministic for a file. Damaged pictures are left out. Raises `StreamUnreadable` when it is
    not a video or has no picture, and any `IngestError` of a stream that cannot be opened.
    """
    demuxer = _open(source, size)
    try:
        reading = _Reading(demuxer, camera, Sampler(fps), pace or Pace(fps), counts)
        yield from reading.in_real_time() if realtime else reading.frames()
    finally:
        demuxer.close()
    if demuxer.decoder.decoded == 0:
        raise StreamUnreadable(f"{_shown(source)} holds no picture that can be decoded")


def decode_only(
    source: Path, camera: CameraId, size: FrameSize
) -> tuple[Iterator[Frame], Callable[[], int]]:
    """Decode everything, convert almost nothing; the callable says how many were decoded."""
    demuxer = _open(str(source), size)
    reading = _Reading(demuxer, camera, Sampler(0.01), Pace(0.01), None)
    return reading.frames(), lambda: demuxer.decoder.decoded


class Stamps:
    """Numbers the packets of a stream that has no stamps at all, by its picture rate: where
    pictures are left out, time goes on.
    """

    def __init__(self, fps: float | None) -> None:
        self._base = 1 / Fraction(fps or USUAL_FPS).limit_denominator(1001)
        self._count = 0
        self._has_none = False

    def __call__(self, packet: Packet) -> Packet:
        self._has_none = packet.pts is None if self._count == 0 else self._has_none
        self._count += 1
        if not self._has_none:
            return packet
        return replace(packet, pts=self._count, time_base=self._base)


class FileClock:
    """Media seconds since the first picture, from stamps or else from the picture rate.

    A clip cut together of several has stamps that run back; its time goes on by one picture.
    """

    def __init__(self, fps: float | None) -> None:
        self._frame_s = 1 / (fps or USUAL_FPS)
        self._last: tuple[float | None, float] | None = None

    def media_s(self, decoded: Decoded) -> float:
        """Where the next picture lies; strictly grows."""
        base = decoded.time_base
        media_s = None if decoded.pts is None or base is None else float(decoded.pts * base)
        if self._last is None:
            t_s = 0.0
        else:
            last_media_s, t_s = self._last
            step_s = self._frame_s
            if media_s is not None and last_media_s is not None and media_s > last_media_s:
                step_s = media_s - last_media_s
            t_s += step_s
        self._last = (media_s, t_s)
        return t_s


def _open(source: str, size: FrameSize) -> Demuxer:
    if "://" in source:
        container = open_container(StreamUrl.parse(source))
    else:
        try:
            container = av.open(f"file:{source}", options={"protocol_whitelist": "file"})
        except (av.error.FFmpegError, OSError) as error:
            raise StreamUnreadable(f"{source} is not a video file that can be read") from error
    return Demuxer(container, size)


def _shown(source: str) -> str:
    return str(StreamUrl.parse(source)) if "://" in source else source


class _Reading:
    """Reads and decodes in the thread of whoever asks for frames."""

    def __init__(
        self,
        demuxer: Demuxer,
        camera: CameraId,
        sampler: Sampler,
        pace: Pace,
        counts: DecodeCounts | None,
    ) -> None:
        fps = demuxer.decoder.info.fps
        self._demuxer = demuxer
        self._camera = camera
        self._clock = FileClock(fps)
        self._started_at = datetime.now(UTC)
        self._due: deque[Due] = deque()
        self._seq = 0
        self._reader = Reader(
            demuxer.decoder,
            self,
            sampler,
            pace,
            self._due.append,
            gop=GopMeter(fps),
            counts=counts,
            now=None,
        )

    def place(self, decoded: Decoded) -> Stamp:
        """Where the next picture lies in time."""
        t_s = self._clock.media_s(decoded)
        return Stamp(t_s, self._started_at + timedelta(seconds=t_s))

    def frames(self) -> Iterator[Frame]:
        """All of them, as fast as they are asked for."""
        stamp = Stamps(self._demuxer.decoder.info.fps)
        try:
            for packet in self._demuxer.packets():
                if packet is not None:
                    self._reader.feed(stamp(packet))
                    yield from self._worked()
        except av.error.FFmpegError:
            decoded = self._demuxer.decoder.decoded
            raise StreamUnreadable(f"the video breaks off after {decoded} pictures") from None
        self._reader.end()
        yield from self._worked()

    def in_real_time(self) -> Iterator[Frame]:
        """Each when it is due."""
        started_s = time.monotonic()
        for frame in self.frames():
            time.sleep(max(0.0, started_s + frame.t_s - time.monotonic()))
            yield replace(frame, received_s=time.monotonic())

    def _worked(self) -> Iterator[Frame]:
        """One piece of work after the other: between two frames the pace may change."""
        while self._reader.due_s() is not None:
            self._reader.work()
            while self._due:
                yield self._frame(self._due.popleft())

    def _frame(self, due: Due) -> Frame:
        decoded, stamp = due.decoded, due.stamp
        seq, self._seq = self._seq, self._seq + 1
        return Frame(
            self._camera,
            seq,
            stamp.t_s,
            stamp.captured_at,
            decoded.arrived_s,
            due.image,
            decoded.picture,
        )
