"""Packets of one stream to pictures: one codec thread, one shared scaler, no damaged picture."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from ingest.errors import StreamUnreadable
from ingest.frame import FrameSize, Image
from ingest.sources.base import Decoded, SourceInfo
from ingest.sources.h264 import FrameNumbers
from ingest.sources.picture import AvPicture

CODECS = frozenset({"h264", "hevc", "mjpeg", "mpeg4", "vp8", "vp9", "av1", "libdav1d"})
"""What network cameras send; a live stream in anything else is refused."""
MAX_PIXELS = 8192 * 4352
"""8K. A hostile header must not make us reserve gigabytes."""


class Decoder:
    """Reads the video of one open container; the first video stream, nothing else."""

    def __init__(self, container: InputContainer, size: FrameSize) -> None:
        if not container.streams.video:
            raise StreamUnreadable("the stream has no video")
        self._container = container
        self._stream = container.streams.video[0]
        for other in container.streams:
            if other.index != self._stream.index:
                # Sound that goes on must not make a frozen picture look alive.
                other.discard = Discard.all
        self._context = self._stream.codec_context
        self._context.thread_count = 1
        self._context.options = {"max_pixels": str(MAX_PIXELS)}
        is_h264 = self._context.name == "h264"
        self._numbers = FrameNumbers(self._context.extradata) if is_h264 else None
        self._size = size
        self._scaler = VideoReformatter()
        self.decoded = 0
        """Whole pictures decoded so far."""

    @property
    def info(self) -> SourceInfo:
        """What the stream carries now."""
        context, rate = self._context, self._stream.average_rate
        fps = float(rate) if rate else None
        return SourceInfo(context.codec.canonical_name, context.width, context.height, fps)

    @property
    def codec(self) -> str:
        """The decoder's name."""
        return self._context.name

    def batches(self) -> Iterator[list[Decoded]]:
        """For every packet the pictures that came of it: usually one, often none.

        Nothing is given before the first key frame, nor from damage (a packet that cannot be
        decoded, a picture with concealed errors or after a missing one) to the next: a smear of
        grey blocks is not a scene. Raises the library's errors as they are.
        """
        awaits_key_frame = True
        for packet in self._container.demux(self._stream):
            arrived_s = time.monotonic()
            if awaits_key_frame and packet.size and not packet.is_keyframe:
                yield []
                continue
            is_whole = self._follows(packet, is_first=awaits_key_frame)
            frames = self._decode(packet) if is_whole else None
            awaits_key_frame = frames is None
            if frames is None:
                self._context.flush_buffers()
                yield []
                continue
            self.decoded += len(frames)
            yield [self._decoded(frame, arrived_s) for frame in frames]

    def pictures(self) -> Iterator[Decoded]:
        """All whole pictures, in order of time."""
        for batch in self.batches():
            yield from batch

    def _follows(self, packet: Packet[VideoStream], *, is_first: bool) -> bool:
        """Whether no picture is missing before this packet, as far as can be told."""
        if self._numbers is None:
            return True
        if is_first:
            self._numbers.restart()
        return not self._numbers.has_gap(memoryview(packet))

    def _decode(self, packet: Packet[VideoStream]) -> list[VideoFrame] | None:
        """The pictures that a packet completes; None when it is damaged."""
        try:
            frames = [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
        except (av.error.EOFError, av.error.BlockingIOError):
            return []
        except (av.error.FFmpegError, ValueError):
            return None
        return None if any(frame.is_corrupt for frame in frames) else frames

    def _decoded(self, frame: VideoFrame, arrived_s: float) -> Decoded:
        return Decoded(
            frame.pts, frame.time_base, arrived_s, AvPicture(frame), partial(self._image, frame)
        )

    def _image(self, frame: VideoFrame) -> Image:
        """BGR, shape (h, w, 3). Rows may be padded: it is the scaler's own memory, not a copy."""
        width, height = self._size.fit(frame.width, frame.height)
        # One thread: the scaler would start one a core for every camera.
        scaled = self._scaler.reformat(frame, width=width, height=height, format="bgr24", threads=1)
        return np.asarray(scaled.to_ndarray(), np.uint8)

    def close(self) -> None:
        """Let go of the stream."""
        self._container.close()
