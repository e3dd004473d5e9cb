"""A decoded picture at full resolution, as evidence needs it."""

from __future__ import annotations

import io
from typing import Any

import av
import av.error
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from ingest.frame import FrameSize, Image

PLANAR = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"})
"""One byte a sample, a plane a component: what cameras send."""


class AvPicture:
    """A decoded picture, still in the camera's YUV; made into JPEG only when somebody asks.

    It keeps its decoded memory (1.5 bytes a pixel) alive as long as it lives.
    """

    __slots__ = ("frame",)

    def __init__(self, frame: VideoFrame) -> None:
        self.frame = frame

    @property
    def width_px(self) -> int:
        return self.frame.width

    @property
    def height_px(self) -> int:
        return self.frame.height

    def crop(self, xyxy: tuple[int, int, int, int], size: FrameSize) -> Image:
        """The part x1 y1 x2 y2 (pixels of the picture), scaled to exactly `size`; BGR, uint8.

        Only that part is converted; whatever its shape and whatever `size`. Raises ValueError when
        it is empty or not within the picture.
        """
        x1, y1, x2, y2 = xyxy
        if not (0 <= x1 < x2 <= self.width_px and 0 <= y1 < y2 <= self.height_px):
            raise ValueError(f"{xyxy} is no part of {self.width_px}x{self.height_px} pixels")
        left, top = x1 & ~1, y1 & ~1  # chroma is shared by two pixels each way
        right, bottom = min(x2 + 1 & ~1, self.width_px), min(y2 + 1 & ~1, self.height_px)
        part = _part(self.frame, left, top, right, bottom)
        if (left, top, right, bottom) != xyxy:
            whole = part.to_ndarray(format="bgr24", threads=1)
            part = _of_image(whole[y1 - top : y2 - top, x1 - left : x2 - left])
        try:
            scaled = part.reformat(
                width=size.width_px, height=size.height_px, format="bgr24", threads=1
            )
        except av.error.FFmpegError:  # the scaler refuses what is very thin
            return _nearest(np.asarray(part.to_ndarray(format="bgr24", threads=1), np.uint8), size)
        return np.asarray(scaled.to_ndarray(), np.uint8)

    def jpeg(self, max_width_px: int = 1280, quality: int = 85) -> bytes:
        """Encode as JPEG, at most `max_width_px` wide; `quality` 1 to 100."""
        width = max(2, min(self.width_px, max_width_px) & ~1)
        height = max(2, round(self.height_px * width / self.width_px) & ~1)
        picture = self.frame.reformat(
            width=width, height=height, format="yuvj420p", dst_color_range="JPEG", threads=1
        )
        picture.pts = 0
        buffer = io.BytesIO()
        with av.open(buffer, "w", format="image2pipe") as out:
            stream = out.add_stream("mjpeg", rate=1)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
            stream.codec_context.color_range = 2
            stream.codec_context.thread_count = 1
            scale = max(1, round(31 - quality * 0.3))
            stream.codec_context.options = {"qmin": str(scale), "qmax": str(scale)}
            out.mux(stream.encode(picture))
            out.mux(stream.encode(None))
        return buffer.getvalue()


def _part(frame: VideoFrame, left: int, top: int, right: int, bottom: int) -> VideoFrame:
    """A copy of the part, in the frame's own format where that is simple, else in BGR."""
    if frame.format.name not in PLANAR:
        whole = frame.to_ndarray(format="bgr24", threads=1)
        return _of_image(whole[top:bottom, left:right])
    part = VideoFrame(right - left, bottom - top, frame.format.name)
    part.colorspace, part.color_range = frame.colorspace, frame.color_range
    for source, target in zip(frame.planes, part.planes, strict=True):
        shift_x = source.width < frame.width
        shift_y = source.height < frame.height
        rows, into = _rows(source), _rows(target)
        x, y = left >> shift_x, top >> shift_y
        into[:, : target.width] = rows[y : y + target.height, x : x + target.width]
    return part


def _nearest(image: Image, size: FrameSize) -> Image:
    """Scaled by taking the nearest pixels."""
    rows = np.arange(size.height_px) * image.shape[0] // size.height_px
    columns = np.arange(size.width_px) * image.shape[1] // size.width_px
    return np.ascontiguousarray(image[rows[:, None], columns])


def _of_image(image: NDArray[Any]) -> VideoFrame:
    return VideoFrame.from_ndarray(np.ascontiguousarray(image, np.uint8), format="bgr24")


def _rows(plane: VideoPlane) -> Image:
    """The plane's own memory, padding included: shape (height, line size)."""
    flat = np.frombuffer(memoryview(plane), np.uint8)
    return flat[: plane.height * plane.line_size].reshape(plane.height, plane.line_size)
