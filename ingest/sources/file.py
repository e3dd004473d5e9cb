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
from ingest.sources.decode import AvPicture, Decoder
from ingest.sources.rtsp import open_container


def open_file(
    source: str, camera: CameraId, fps: float, size: FrameSize, *, realtime: bool = False
) -> Iterator[Frame]:
    """Frames of a file or stream address, `fps` a second by media time, in order.

    Deterministic for a file. Raises `StreamUnreadable` when it is not a video.
    """
    decoder, close = _open(source, size)
    try:
        yield from _frames(decoder, camera, fps, realtime=realtime)
    finally:
        close()


def decode_only(
    source: Path, camera: CameraId, size: FrameSize
) -> tuple[Iterator[Frame], Callable[[], int]]:
    """Decode everything, convert almost nothing; the callable says how many were decoded."""
    decoder, _ = _open(str(source), size)
    return _frames(decoder, camera, 0.01, realtime=False), lambda: decoder.decoded


def _open(source: str, size: FrameSize) -> tuple[Decoder, Callable[[], None]]:
    if "://" in source:
        container = open_container(StreamUrl.parse(source))
    else:
        try:
            container = av.open(source, options={"protocol_whitelist": "file"})
        except (av.error.FFmpegError, OSError) as error:
            raise StreamUnreadable(f"{source} is not a video file that can be read") from error
    return Decoder(container, size), container.close


def _frames(decoder: Decoder, camera: CameraId, fps: float, *, realtime: bool) -> Iterator[Frame]:
    sampler = Sampler(fps)
    started_at, started_s = datetime.now(UTC), time.monotonic()
    first_s: float | None = None
    seq = 0
    try:
        for picture, arrived_s in decoder.pictures():
            stamp_s = picture.time if picture.time is not None else decoder.decoded / 25
            first_s = stamp_s if first_s is None else first_s
            t_s = stamp_s - first_s
            if not sampler.due(t_s):
                continue
            if realtime:
                time.sleep(max(0.0, started_s + t_s - time.monotonic()))
                arrived_s = time.monotonic()
            captured_at = started_at + timedelta(seconds=t_s)
            image = decoder.image(picture)
            yield Frame(camera, seq, t_s, captured_at, arrived_s, image, AvPicture(picture))
            seq += 1
    except av.error.FFmpegError as error:
        raise StreamUnreadable(f"the video breaks off after {decoder.decoded} pictures") from error
