"""Lines, boxes, shades and captions, into a picture in place. Pixels; colours are BGR."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, hypot

import numpy as np

from detect.drawing.letters import HEIGHT_PX, written
from ingest.frame import Image

Colour = tuple[int, int, int]
Pixel = tuple[float, float]

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)


def box(
    image: Image, xyxy: tuple[float, float, float, float], colour: Colour, thick_px: int = 2
) -> None:
    """The outline of a box; what lies outside the picture is left out."""
    height, width = image.shape[:2]
    x1, x2 = (min(max(round(x), 0), width) for x in xyxy[0::2])
    y1, y2 = (min(max(round(y), 0), height) for y in xyxy[1::2])
    image[y1 : min(y1 + thick_px, y2), x1:x2] = colour
    image[max(y2 - thick_px, y1) : y2, x1:x2] = colour
    image[y1:y2, x1 : min(x1 + thick_px, x2)] = colour
    image[y1:y2, max(x2 - thick_px, x1) : x2] = colour


def polyline(
    image: Image,
    points: Sequence[Pixel],
    colour: Colour,
    thick_px: int = 2,
    *,
    closed: bool = False,
) -> None:
    """Straight from point to point."""
    ends = [*points, points[0]] if closed and points else list(points)
    for start, end in pairwise(ends):
        _segment(image, start, end, colour, thick_px)


def _segment(image: Image, start: Pixel, end: Pixel, colour: Colour, thick_px: int) -> None:
    height, width = image.shape[:2]
    steps = max(2, ceil(hypot(end[0] - start[0], end[1] - start[1])) + 1)
    xs = np.rint(np.linspace(start[0], end[0], steps)).astype(np.int64)
    ys = np.rint(np.linspace(start[1], end[1], steps)).astype(np.int64)
    spread = np.arange(thick_px) - thick_px // 2
    x = (xs[:, None, None] + spread[None, :, None]).repeat(thick_px, 2).ravel()
    y = (ys[:, None, None] + spread[None, None, :]).repeat(thick_px, 1).ravel()
    within = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    image[y[within], x[within]] = colour


def shade(image: Image, xyxy: tuple[int, int, int, int], strength: float = 0.6) -> None:
    """Darken a part, for letters to stand on."""
    x1, y1, x2, y2 = xyxy
    part = image[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)]
    part[:] = (part * (1 - strength)).astype(np.uint8)


def text(image: Image, at: tuple[int, int], words: str, colour: Colour, scale: int = 1) -> None:
    """Write a line with its upper left corner at a pixel; cut at the picture's edge."""
    height, width = image.shape[:2]
    mask = written(words).repeat(scale, 0).repeat(scale, 1)
    x, y = at
    left, top = max(0, -x), max(0, -y)
    mask = mask[top : max(top, height - y), left : max(left, width - x)]
    y, x = y + top, x + left
    image[y : y + mask.shape[0], x : x + mask.shape[1]][mask] = colour


def caption(
    image: Image, at: tuple[int, int], words: str, ink: Colour, ground: Colour, scale: int = 1
) -> None:
    """A line on a ground of its own, shifted so that it lies within the picture."""
    height, width = image.shape[:2]
    pad = 2 * scale
    across = written(words).shape[1] * scale + 2 * pad
    down = HEIGHT_PX * scale + 2 * pad
    x = min(max(0, at[0]), max(0, width - across))
    y = min(max(0, at[1]), max(0, height - down))
    image[y : y + down, x : x + across] = ground
    text(image, (x + pad, y + pad), words, ink, scale)
