"""Packets of one stream to pictures: one codec thread, one shared scaler, no damaged picture."""

from __future__ import annotations

from functools import partial

import av.error
import numpy as np
from av.codec.context import CodecContext
from av.packet import Packet as AvPacket
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from ingest.frame import FrameSize, Image
from ingest.sources.base import Decoded, Packet, SourceInfo
from ingest.sources.picture import AvPicture

CODECS = frozenset({"h264", "hevc", "mjpeg", "mpeg4", "vp8", "vp9", "av1", "libdav1d"})
"""What network cameras send; a live stream in anything else is refused."""
SELF_DESCRIBED = frozenset({"h264", "hevc"})
"""All that their decoders need is in the parameter sets: a new context is as good as the first."""
MAX_PIXELS = 8192 * 4352
"""8K. A hostile header must not make us reserve gigabytes."""


class Decoder:
    """A `PictureDecoder`. Nothing is given before a key frame, nor from damage (a packet that
    cannot be decoded, a picture with concealed errors) to the next: a smear is not a scene.
    """

    def __init__(self, context: VideoCodecContext, size: FrameSize, fps: float | None) -> None:
        self._first = _prepared(context)
        self._context: VideoCodecContext | None = None
        self._size = size
        self._fps = fps
        self._scaler = VideoReformatter()
        self._awaits_key_frame = True
        self._last: Packet | None = None
        name = context.codec.canonical_name
        self.info = SourceInfo(name, context.width, context.height, fps)
        """What the stream carries now."""
        self.decoded = 0
        """Whole pictures decoded so far."""

    def decode(self, packet: Packet) -> list[Decoded]:
        """The whole pictures that a packet completes, in order of time; none of damage."""
        if self._awaits_key_frame and not packet.is_key:
            return []
        if self._context is None:
            self._context = self._new_context()
        frames = _frames(self._context, packet.data)
        if frames is None:
            self.reset()
            return []
        self._awaits_key_frame, self._last = False, packet
        return [self._decoded(frame, packet) for frame in frames]

    def drain(self) -> list[Decoded]:
        """The pictures that it still holds back; then it begins again at a key frame."""
        context, last = self._context, self._last
        if context is None or last is None or self._awaits_key_frame:
            return []
        frames = _frames(context, None) or []
        self.reset()
        return [self._decoded(frame, last) for frame in frames]

    def alone(self, key: Packet) -> Decoded | None:
        """The picture of a key frame by itself, None when it is damaged; begins again afterwards.

        In a context for this once: the pictures that one keeps are most of a camera's memory.
        """
        self.reset()
        self._context = None
        context = self._new_context()
        frames = _frames(context, key.data)
        held_back = None if frames is None else _frames(context, None)
        context.flush_buffers()
        whole = [*(frames or []), *(held_back or [])]
        return self._decoded(whole[0], key) if whole else None

    def reset(self) -> None:
        """Begin again at a key frame."""
        self._awaits_key_frame, self._last = True, None
        if self._context is not None:
            self._context.flush_buffers()

    def _new_context(self) -> VideoCodecContext:
        """A context that has seen nothing."""
        first = self._first
        if first.name not in SELF_DESCRIBED:
            first.flush_buffers()
            return first
        context = CodecContext.create(first.name, "r")
        assert isinstance(context, VideoCodecContext)  # noqa: S101 - for the type checker
        context.extradata = first.extradata
        context.reorder_depth = first.reorder_depth
        return _prepared(context)

    def _decoded(self, frame: VideoFrame, packet: Packet) -> Decoded:
        self.decoded += 1
        if (frame.width, frame.height) != (self.info.width_px, self.info.height_px):
            self.info = SourceInfo(self.info.codec, frame.width, frame.height, self._fps)
        image = partial(self._image, frame)
        pts = packet.pts if frame.pts is None else frame.pts
        # The packet's base: a picture that was held back has none of its own.
        return Decoded(pts, packet.time_base, packet.arrived_s, AvPicture(frame), image)

    def _image(self, frame: VideoFrame) -> Image:
        """BGR, shape (h, w, 3). Rows may be padded: it is the scaler's own memory, not a copy."""
        width, height = self._size.fit(frame.width, frame.height)
        # One thread: the scaler would start one a core for every camera.
        scaled = self._scaler.reformat(frame, width=width, height=height, format="bgr24", threads=1)
        return np.asarray(scaled.to_ndarray(), np.uint8)


def _prepared(context: VideoCodecContext) -> VideoCodecContext:
    context.thread_count = 1
    context.options = {"max_pixels": str(MAX_PIXELS)}
    return context


def _frames(
    context: VideoCodecContext, packet: AvPacket[VideoStream] | None
) -> list[VideoFrame] | None:
    """The pictures that a packet, or the end, completes; None when it is damaged."""
    try:
        frames = context.decode(packet)
    except (av.error.EOFError, av.error.BlockingIOError):
        return []
    except (av.error.FFmpegError, ValueError):
        return None
    return None if any(frame.is_corrupt for frame in frames) else frames
