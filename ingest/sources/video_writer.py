"""Pictures made into files that people open: an MP4 that any browser plays, a JPEG."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ingest.errors import IngestError
from ingest.frame import Image
from ingest.sources.picture import AvPicture

TICKS = 90_000
"""Time stamps a second."""
GOP = 50
"""Pictures from one key frame to the next, at most: a player can jump there."""


class VideoUnwritable(IngestError):
    """The video file cannot be written; says which and why."""


class VideoWriter:
    """Writes BGR pictures into an H.264 MP4, each with its own time. Used as a context.

    The file bears its name only once it is complete. One that an error broke off is removed, or
    with `keep_part` completed as far as it came: of a stream that somebody stopped. `kbit_s` asks
    for that rate, as a camera on a thin line does; without it quality is kept (CRF 23).
    """

    def __init__(
        self,
        path: Path,
        *,
        fps: float = 25.0,
        kbit_s: float | None = None,
        keep_part: bool = False,
    ) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._rate = Fraction(fps).limit_denominator(1000)
        self._kbit_s = kbit_s
        self._keep_part = keep_part
        self._stream: VideoStream | None = None
        self._last = -1
        self.written = 0
        """Pictures so far."""
        try:
            self._file = self._part.open("wb")
        except OSError as error:
            raise VideoUnwritable(f"cannot write {path}: {_reason(error)}") from error
        self._out = av.open(self._file, "w", format="mp4")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if (kind is None or self._keep_part) and self._stream is not None:
                self._mux(None)
                self._close()
                self._part.replace(self._path)
        finally:
            with contextlib.suppress(av.error.FFmpegError, OSError):
                self._out.close()
            self._file.close()
            self._part.unlink(missing_ok=True)

    def _close(self) -> None:
        try:
            self._out.close()
            self._file.close()
        except (av.error.FFmpegError, OSError) as error:  # the disk is full
            raise VideoUnwritable(f"cannot write {self._path}: {_reason(error)}") from error

    def write(self, image: Image, t_s: float) -> None:
        """The next picture, (h, w, 3) uint8, all of one size; an odd row or column is cut off.

        `t_s` grows; a picture is shown until the next one's time. Raises `VideoUnwritable`.
        """
        height, width = (side & ~1 for side in image.shape[:2])
        if self._stream is None:
            self._stream = self._opened(width, height)
        frame = VideoFrame.from_ndarray(
            np.ascontiguousarray(image[:height, :width], np.uint8), format="bgr24"
        )
        self._last = max(self._last + 1, round(t_s * TICKS))
        frame.pts, frame.time_base = self._last, Fraction(1, TICKS)
        self._mux(frame)
        self.written += 1

    def _opened(self, width: int, height: int) -> VideoStream:
        stream = self._out.add_stream("libx264", rate=self._rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS)
        stream.codec_context.gop_size = GOP
        stream.codec_context.thread_count = 1
        options = {"preset": "veryfast", "x264-params": "log-level=none"}
        if self._kbit_s is None:
            options["crf"] = "23"
        else:
            rate = str(round(self._kbit_s * 1000))
            options |= {"b": rate, "maxrate": rate, "bufsize": rate, "tune": "zerolatency"}
        stream.codec_context.options = options
        return stream

    def _mux(self, frame: VideoFrame | None) -> None:
        stream = self._stream
        if stream is None:
            return
        try:
            self._out.mux(stream.encode(frame))
        except (av.error.FFmpegError, OSError) as error:
            raise VideoUnwritable(f"cannot write {self._path}: {_reason(error)}") from error


def jpeg(image: Image, max_width_px: int = 480, quality: int = 80) -> bytes:
    """A BGR picture, (h, w, 3) uint8, as JPEG."""
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(image, np.uint8), format="bgr24")
    return AvPicture(frame).jpeg(max_width_px, quality)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
