"""One decoded picture that will be analysed, already at the model's size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ingest.camera import CameraId

Image = npt.NDArray[np.uint8]


class Picture(Protocol):
    """The full-resolution picture behind a frame, kept undecoded-to-RGB until somebody asks."""

    @property
    def width_px(self) -> int: ...

    @property
    def height_px(self) -> int: ...

    def crop(self, xyxy: tuple[int, int, int, int], size: FrameSize) -> Image:
        """The part x1 y1 x2 y2 (pixels of the picture), scaled to exactly `size`; BGR, uint8."""
        ...

    def jpeg(self, max_width_px: int = 1280, quality: int = 85) -> bytes:
        """Encode as JPEG, at most `max_width_px` wide. Costs milliseconds: evidence only."""
        ...


@dataclass(frozen=True, slots=True)
class FrameSize:
    """The box that frames are scaled to fit into, aspect ratio kept."""

    width_px: int
    height_px: int

    def fit(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Size (width, height) of a picture scaled to fit this box; both sides at least 1 pixel."""
        scale = min(self.width_px / width_px, self.height_px / height_px)
        return max(1, round(width_px * scale)), max(1, round(height_px * scale))


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame on its way to the detector."""

    camera: CameraId
    seq: int
    """Counts the analysed frames of one camera from 0, without gaps at the source."""
    t_s: float
    """Media time in seconds since the camera's first frame; never goes back."""
    captured_at: datetime
    """UTC time of capture, from the stream's timestamps (see `Timeline`)."""
    received_s: float
    """Monotonic clock in seconds when the packet arrived: latency is measured from here."""
    image: Image
    """BGR, uint8, shape (height, width, 3), scaled to fit the model's input, aspect ratio kept."""
    picture: Picture
    """The source picture at full resolution, for evidence and for a closer look at a part."""
    deadline_s: float = inf
    """Monotonic clock in seconds after which nobody wants it analysed any more."""
