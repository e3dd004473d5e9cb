"""Square parts of a frame, turned by any angle, and boxes on the way there and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians, sin

import numpy as np
import numpy.typing as npt

from detect.track import Box
from detect.view import View
from ingest.frame import FrameSize, Image

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Square:
    """A square part of the frame, laid into a square picture (black where it reaches outside)."""

    image: Image
    box: Box
    """The part, fractions of the frame; may reach outside."""

    def out(self, box: Box) -> Box:
        """From fractions of the picture to those of the frame."""
        return out_of(self.box, box)

    def into(self, box: Box) -> Box:
        """From fractions of the frame to those of the picture."""
        x1, y1, x2, y2 = self.box
        w, h = x2 - x1, y2 - y1
        return (box[0] - x1) / w, (box[1] - y1) / h, (box[2] - x1) / w, (box[3] - y1) / h


def square(view: View, box: Box, grown: float, size_px: int, wide: float) -> Square | None:
    """The square around a box, `grown` times its longer side; None where there is no picture."""
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = max((box[2] - box[0]) * wide, box[3] - box[1]) * grown / 2
    part = (cx - half / wide, cy - half, cx + half / wide, cy + half)
    inside = max(part[0], 0.0), max(part[1], 0.0), min(part[2], 1.0), min(part[3], 1.0)
    if inside[2] <= inside[0] or inside[3] <= inside[1]:
        return None
    left, top, right, bottom = (
        round((inside[0] - part[0]) / (part[2] - part[0]) * size_px),
        round((inside[1] - part[1]) / (part[3] - part[1]) * size_px),
        round((inside[2] - part[0]) / (part[2] - part[0]) * size_px),
        round((inside[3] - part[1]) / (part[3] - part[1]) * size_px),
    )
    if right - left < 2 or bottom - top < 2:
        return None
    crop = view.crop(inside, FrameSize(right - left, bottom - top))
    if crop is None:
        return None
    image = np.zeros((size_px, size_px, 3), np.uint8)
    image[top:bottom, left:right] = crop
    return Square(image, part)


def turned_back(box: Box, quarter: int) -> Box:
    """A box of the picture turned by `np.rot90(picture, quarter)`, in the picture itself."""
    x1, y1, x2, y2 = box
    for _ in range(quarter % 4):
        x1, y1, x2, y2 = 1 - y2, x1, 1 - y1, x2
    return x1, y1, x2, y2


def turned_by(image: Image, degrees: int) -> Image:
    """A square picture turned to the left about its middle; black where nothing is known."""
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(image, degrees // 90))
    rows, columns = _sources(image.shape[0], degrees)
    bordered = np.pad(image, ((0, 1), (0, 1), (0, 0)))
    return np.asarray(bordered[rows, columns])


def turned_out(box: Box, degrees: int) -> Box:
    """The bounds, in a square picture, of a box of that picture turned to the left; fractions."""
    cosine, sine = cos(radians(degrees)), sin(radians(degrees))
    corners = [(x - 0.5, y - 0.5) for x in (box[0], box[2]) for y in (box[1], box[3])]
    xs = [0.5 + x * cosine - y * sine for x, y in corners]
    ys = [0.5 + x * sine + y * cosine for x, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


@lru_cache(maxsize=16)
def _sources(size: int, degrees: int) -> tuple[Indices, Indices]:
    """For each pixel of the turned picture where it comes from; `size`: from nowhere."""
    cosine, sine = cos(radians(degrees)), sin(radians(degrees))
    along = np.arange(size) + 0.5 - size / 2
    x, y = along[None, :], along[:, None]
    columns = np.floor(x * cosine - y * sine + size / 2).astype(np.intp)
    rows = np.floor(x * sine + y * cosine + size / 2).astype(np.intp)
    is_out = (rows < 0) | (rows >= size) | (columns < 0) | (columns >= size)
    return np.where(is_out, size, rows), np.where(is_out, size, columns)


def out_of(part: Box, box: Box) -> Box:
    """From fractions of a part of the frame to those of the frame."""
    x1, y1, x2, y2 = part
    w, h = x2 - x1, y2 - y1
    return x1 + box[0] * w, y1 + box[1] * h, x1 + box[2] * w, y1 + box[3] * h
