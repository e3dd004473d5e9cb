"""A video file, or a stream address, as a plain iterator of frames."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import av.error

from ingest.camera import CameraId, StreamUrl
from ingest.errors import StreamUnreadable
from ingest.frame import Frame, FrameSize
from ingest.schedule import Sampler
from ingest.sources.base import Decoded
from ingest.sources.decode import Decoder
from ingest.sources.rtsp import open_container

USUAL_FPS = 25.0
"""What a raw stream without any timing is taken for."""


def open_file(
    source: str, camera: CameraId, fps: float, size: FrameSize, *, realtime: bool = False
) -> Iterator[Frame]:
    """Frames of a file or stream address, `fps` a second by media time, in order.

    Deterministic for a file. Damaged pictures are left out. Raises `StreamUnreadable` when it is
    not a video or has no picture, and any `IngestError` of a stream that cannot be opened.
    """
    decoder = _open(source, size)
    try:
        yield from _frames(decoder, camera, fps, realtime=realtime)
    finally:
        decoder.close()
    if decoder.decoded == 0:
        raise StreamUnreadable(f"{_shown(source)} holds no picture that can be decoded")


def decode_only(
    source: Path, camera: CameraId, size: FrameSize
) -> tuple[Iterator[Frame], Callable[[], int]]:
    """Decode everything, convert almost nothing; the callable says how many were decoded."""
    decoder = _open(str(source), size)
    return _frames(decoder, camera, 0.01, realtime=False), lambda: decoder.decoded


class FileClock:
    """Media seconds since the first picture, from stamps or else from the picture rate.

    A clip cut together of several has stamps that run back; its time goes on by one picture.
    """

    def __init__(self, fps: float | None) -> None:
        self._frame_s = 1 / (fps or USUAL_FPS)
        self._last: tuple[float | None, float] | None = None

    def place(self, decoded: Decoded) -> float:
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


def _open(source: str, size: FrameSize) -> Decoder:
    if "://" in source:
        container = open_container(StreamUrl.parse(source))
    else:
        try:
            container = av.open(f"file:{source}", options={"protocol_whitelist": "file"})
        except (av.error.FFmpegError, OSError) as error:
            raise StreamUnreadable(f"{source} is not a video file that can be read") from error
    return Decoder(container, size)


def _shown(source: str) -> str:
    return str(StreamUrl.parse(source)) if "://" in source else source


def _frames(decoder: Decoder, camera: CameraId, fps: float, *, realtime: bool) -> Iterator[Frame]:
    sampler, clock = Sampler(fps), FileClock(decoder.info.fps)
    started_at, started_s = datetime.now(UTC), time.monotonic()
    seq = 0
    try:
        for decoded in decoder.pictures():
            t_s = clock.place(decoded)
            if not sampler.due(t_s):
                continue
            received_s = decoded.arrived_s
            if realtime:
                time.sleep(max(0.0, started_s + t_s - time.monotonic()))
                received_s = time.monotonic()
            captured_at = started_at + timedelta(seconds=t_s)
            image = decoded.image()
            yield Frame(camera, seq, t_s, captured_at, received_s, image, decoded.picture)
            seq += 1
    except av.error.FFmpegError:
        raise StreamUnreadable(f"the video breaks off after {decoder.decoded} pictures") from None
