"""Packets of one stream to frames at the model's size: one codec thread, one shared scaler."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from ingest.errors import StreamUnreadable
from ingest.frame import FrameSize, Image
from ingest.sources.base import SourceInfo

Container = InputContainer
LibraryError = av.error.FFmpegError

UNREADABLE_AFTER = 200
"""So many packets in a row without a picture: the stream cannot be read."""


class AvPicture:
    """A decoded picture, made into JPEG only when somebody asks."""

    __slots__ = ("_frame",)

    def __init__(self, frame: VideoFrame) -> None:
        self._frame = frame

    @property
    def width_px(self) -> int:
        return self._frame.width

    @property
    def height_px(self) -> int:
        return self._frame.height

    def jpeg(self, max_width_px: int = 1280, quality: int = 85) -> bytes:
        """Encode as JPEG, at most `max_width_px` wide; `quality` 1 to 100."""
        width = min(self._frame.width, max_width_px) & ~1
        height = max(2, round(self._frame.height * width / self._frame.width) & ~1)
        picture = self._frame.reformat(
            width=width, height=height, format="yuvj420p", dst_color_range="JPEG"
        )
        picture.pts = 0
        buffer = io.BytesIO()
        with av.open(buffer, "w", format="image2pipe") as out:
            stream = out.add_stream("mjpeg", rate=1)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
            stream.codec_context.color_range = 2
            scale = max(1, round(31 - quality * 0.3))
            stream.codec_context.options = {"qmin": str(scale), "qmax": str(scale)}
            out.mux(stream.encode(picture))
            out.mux(stream.encode(None))
        return buffer.getvalue()


class Decoder:
    """Reads the video of one open container."""

    def __init__(self, container: InputContainer, size: FrameSize) -> None:
        if not container.streams.video:
            raise StreamUnreadable("the stream has no video")
        self._container = container
        self._stream = container.streams.video[0]
        self._stream.codec_context.thread_count = 1
        self._size = size
        self._scaler = VideoReformatter()
        self.decoded = 0
        """Pictures decoded so far."""

    @property
    def info(self) -> SourceInfo:
        context = self._stream.codec_context
        rate = self._stream.average_rate
        return SourceInfo(
            context.name, context.width, context.height, float(rate) if rate else None
        )

    def pictures(self) -> Iterator[tuple[VideoFrame, float]]:
        """Decoded pictures with the monotonic second their packet arrived.

        Nothing is given before the first key frame, nor pictures that the decoder marks corrupt.
        Raises `StreamUnreadable` when packets keep coming and no picture does.
        """
        started = False
        fruitless = 0
        for packet in self._container.demux(self._stream):
            arrived_s = time.monotonic()
            if not started and packet.size and not packet.is_keyframe:
                continue
            started = started or packet.size > 0
            fruitless += 1
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                frames = []
            for frame in frames:
                if isinstance(frame, VideoFrame) and not frame.is_corrupt:
                    fruitless = 0
                    self.decoded += 1
                    yield frame, arrived_s
            if fruitless > UNREADABLE_AFTER:
                raise StreamUnreadable("packets arrive but no picture can be made of them")

    def image(self, frame: VideoFrame) -> Image:
        """The picture as BGR, shape (h, w, 3), scaled to fit the model's size."""
        width, height = self._size.fit(frame.width, frame.height)
        scaled = self._scaler.reformat(frame, width=width, height=height, format="bgr24")
        return np.asarray(scaled.to_ndarray(), np.uint8)
