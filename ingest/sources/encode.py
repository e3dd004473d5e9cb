"""Make camera-like video: what the demo's and the tests' virtual cameras serve."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np

from ingest.errors import StreamUnreadable
from ingest.frame import Image

VideoCodec = Literal["h264", "h265"]
Crop = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the source picture."""


def encode_clip(
    source: Path,
    out: Path,
    *,
    width: int,
    height: int,
    fps: float,
    codec: VideoCodec = "h264",
    start_s: float = 0.0,
    seconds: float | None = None,
    crop: Crop | None = None,
    gop_s: float = 1.0,
) -> int:
    """Encode part of a video file as a raw Annex-B stream (`.h264` or `.h265`) as cameras do.

    A key frame every `gop_s`, no B-frames, no look-ahead, one slice a picture, parameter sets with
    every key frame. `fps` is the rate of the result: source pictures are repeated or left out
    so that playing speed stays true. Returns how many pictures were written. The file appears
    under its name only when it is complete. Raises `StreamUnreadable`.
    """
    images = _at_rate(_decoded(source, start_s, seconds, crop), fps)
    return encode_images(images, out, width=width, height=height, fps=fps, codec=codec, gop_s=gop_s)


def encode_images(
    images: Iterator[Image],
    out: Path,
    *,
    width: int,
    height: int,
    fps: float,
    codec: VideoCodec = "h264",
    gop_s: float = 1.0,
) -> int:
    """Encode BGR images (any size, uint8) like `encode_clip`. Returns how many were written."""
    encoder = _encoder(width, height, Fraction(fps).limit_denominator(1000), codec, gop_s)
    scaler = av.video.reformatter.VideoReformatter()
    unfinished = out.with_name(out.name + ".part")
    written = 0
    with unfinished.open("wb") as file:
        for image in images:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
            frame = scaler.reformat(
                picture, width=width, height=height, format="yuv420p", threads=1
            )
            frame.pts = written
            frame.time_base = encoder.time_base
            for packet in encoder.encode(frame):
                file.write(bytes(packet))
            written += 1
        for packet in encoder.encode(None):
            file.write(bytes(packet))
    if written == 0:
        unfinished.unlink()
        raise StreamUnreadable("the video to encode holds no pictures in the asked range")
    unfinished.replace(out)
    return written


def _encoder(
    width: int, height: int, rate: Fraction, codec: VideoCodec, gop_s: float
) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264" if codec == "h264" else "libx265", "w")
    assert isinstance(encoder, av.VideoCodecContext)  # noqa: S101 - narrows the library's type
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuv420p"
    encoder.framerate = rate
    encoder.time_base = 1 / rate
    encoder.thread_count = 1
    encoder.max_b_frames = 0
    gop = max(1, round(rate * Fraction(gop_s)))
    encoder.gop_size = gop
    if codec == "h264":
        encoder.options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "profile": "baseline",
            "crf": "23",
            "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:sliced-threads=0:slices=1",
        }
    else:
        encoder.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "crf": "26",
            "x265-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:repeat-headers=1"
            ":pools=none:frame-threads=1:log-level=none",
        }
    return encoder


def _decoded(
    source: Path, start_s: float, seconds: float | None, crop: Crop | None
) -> Iterator[tuple[float, Image]]:
    """Source pictures in the range with their time in seconds from its start."""
    try:
        with av.open(f"file:{source}", options={"protocol_whitelist": "file"}) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            origin: float | None = None
            for frame in container.decode(stream):
                origin = frame.time if origin is None else origin
                t_s = frame.time - origin - start_s
                if seconds is not None and t_s >= seconds:
                    return
                if t_s > -0.0005:
                    yield (
                        t_s,
                        _cropped(
                            frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False), crop
                        ),
                    )
    except (av.FFmpegError, IndexError):
        raise StreamUnreadable(f"{source.name} cannot be read as video") from None


def _cropped(image: Image, crop: Crop | None) -> Image:
    if crop is None:
        return image
    height, width = image.shape[:2]
    left, top, right, bottom = crop
    return image[
        round(top * height) : round(bottom * height), round(left * width) : round(right * width)
    ]


def _at_rate(pictures: Iterator[tuple[float, Image]], fps: float) -> Iterator[Image]:
    """Hold each picture until the next one's time, so that the result plays at true speed."""
    count = 0
    held: Image | None = None
    for t_s, image in pictures:
        while held is not None and count / fps < t_s - 0.0005:
            yield held
            count += 1
        held = image
    if held is not None:
        yield held
