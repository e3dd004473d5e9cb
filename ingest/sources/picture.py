"""A decoded picture at full resolution, as evidence needs it."""

from __future__ import annotations

import io

import av
import numpy as np
from av.video.frame import VideoFrame

from ingest.frame import FrameSize, Image


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
        """The part x1 y1 x2 y2 (pixels of the picture), scaled to exactly `size`; BGR, uint8."""
        whole: Image = np.asarray(self.frame.to_ndarray(format="bgr24"), np.uint8)
        x1, y1, x2, y2 = xyxy
        part = VideoFrame.from_ndarray(whole[y1:y2, x1:x2].copy(), format="bgr24")
        scaled = part.reformat(width=size.width_px, height=size.height_px, threads=1)
        return np.asarray(scaled.to_ndarray(format="bgr24"), np.uint8)

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
