"""A part of a picture, converted alone, is what the same part of the whole is."""

from __future__ import annotations

import functools

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from ingest.frame import FrameSize, Image
from ingest.sources.picture import PLANAR, AvPicture

FORMATS = [*sorted(PLANAR), "nv12", "bgr24", "yuv420p10le"]


@functools.cache
def picture(width: int, height: int, pixels: str) -> VideoFrame:
    """Smooth colours with some edges, as scenes have."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    channels = (
        128 + 100 * np.sin(x / 17) * np.cos(y / 23),
        128 + 90 * np.sin(x / 31 + y / 19),
        np.where((x // 24 + y // 20) % 2 > 0, 60, 190) + 20 * np.sin(y / 9),
    )
    image = np.clip(np.stack(channels, -1), 0, 255).astype(np.uint8)
    return av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format=pixels)


def naive(frame: VideoFrame, xyxy: tuple[int, int, int, int], size: FrameSize) -> Image:
    """Convert everything, cut, scale."""
    x1, y1, x2, y2 = xyxy
    part = np.ascontiguousarray(frame.to_ndarray(format="bgr24")[y1:y2, x1:x2])
    scaled = av.VideoFrame.from_ndarray(part, format="bgr24").reformat(
        size.width_px, size.height_px
    )
    return np.asarray(scaled.to_ndarray(), np.uint8)


sides = st.integers(1, 90)


@given(
    dimensions=st.sampled_from([(160, 120), (161, 121), (64, 90)]),
    pixels=st.sampled_from(FORMATS),
    corner=st.tuples(st.integers(0, 63), st.integers(0, 89)),
    part=st.tuples(sides, sides),
    size=st.tuples(sides, sides),
)
def test_a_part_is_what_it_is_in_the_whole(
    dimensions: tuple[int, int],
    pixels: str,
    corner: tuple[int, int],
    part: tuple[int, int],
    size: tuple[int, int],
) -> None:
    frame = picture(*dimensions, pixels)
    x1, y1 = corner
    xyxy = (x1, y1, min(x1 + part[0], dimensions[0]), min(y1 + part[1], dimensions[1]))
    out = FrameSize(*size)
    image = AvPicture(frame).crop(xyxy, out)
    assert image.shape == (out.height_px, out.width_px, 3)
    assert image.dtype == np.uint8
    least = min(xyxy[2] - xyxy[0], xyxy[3] - xyxy[1], *size)
    if least >= 8:  # else a pair of pixels shares all its colour
        expected = naive(frame, xyxy, out)
        # The fewer pixels, the more of them lie at an edge of the colours.
        assert np.abs(image.astype(np.int16) - expected).mean() < (6 if least >= 16 else 9)


def test_exact_pixels_where_nothing_is_scaled() -> None:
    frame = picture(160, 120, "yuv420p")
    for xyxy in ((10, 20, 74, 84), (11, 21, 74, 84), (0, 0, 160, 120)):
        x1, y1, x2, y2 = xyxy
        image = AvPicture(frame).crop(xyxy, FrameSize(x2 - x1, y2 - y1))
        difference = np.abs(
            image.astype(np.int16) - naive(frame, xyxy, FrameSize(x2 - x1, y2 - y1))
        )
        assert difference.mean() < 1.5, xyxy


@pytest.mark.parametrize("xyxy", [(0, 0, 0, 9), (9, 9, 5, 12), (-1, 0, 4, 4), (0, 0, 161, 9)])
def test_what_is_no_part_is_refused(xyxy: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="no part"):
        AvPicture(picture(160, 120, "yuv420p")).crop(xyxy, FrameSize(8, 8))


@pytest.mark.parametrize("xyxy", [(2155, 13, 6810, 14), (0, 0, 8192, 1), (7, 0, 8, 16)])
@pytest.mark.parametrize("pixels", ["gray", "yuv420p", "yuvj444p", "gbrp"])
def test_no_shape_of_a_part_or_of_its_place_is_refused(
    pixels: str, xyxy: tuple[int, int, int, int]
) -> None:
    """Some shapes are too thin for the scaler, and one camera's must not end all looking."""
    one = AvPicture(picture(8192, 16, pixels))
    for width, height in [(36, 42), (1, 190), (190, 1), (416, 416)]:
        assert one.crop(xyxy, FrameSize(width, height)).shape == (height, width, 3)


def test_what_the_scaler_refuses_is_scaled_by_the_nearest_pixels() -> None:
    image = np.zeros((16, 8192, 3), np.uint8)
    image[13, 2155:4482] = 200
    one = AvPicture(av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="gray"))
    found = one.crop((2155, 13, 6810, 14), FrameSize(36, 42))
    assert found[:, :17].min() > 150
    assert found[:, 19:].max() < 50
