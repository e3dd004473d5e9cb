"""Laying a frame into its slot of the batch. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detect.detections import Floats
from ingest.frame import FrameSize, Image


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where the picture lies in the model's input, in pixels."""

    left: int
    top: int
    width: int
    height: int


def to_fractions(xyxy: Floats, frame: npt.NDArray[np.int64], boxes: Sequence[Letterbox]) -> Floats:
    """Boxes (N, 4) in input pixels to fractions of their pictures, clipped to 0..1.

    `frame` (N,) says in which of `boxes` each lies.
    """
    places = np.array([(one.left, one.top, one.width, one.height) for one in boxes], np.float32)
    place = places[frame]
    fractions = (xyxy - np.tile(place[:, :2], 2)) / np.tile(place[:, 2:], 2)
    return np.asarray(np.clip(fractions, 0.0, 1.0), np.float32)


def slot_size(image: Image, size: FrameSize, multiple_px: int | None) -> FrameSize:
    """Size of the slot for a picture that was scaled to fit `size`.

    `size` itself, or with `multiple_px` the next multiple of it on each side: a wide picture is
    then not padded to a square, and the work on the padding is spared.
    """
    if multiple_px is None:
        return size
    height, width = image.shape[:2]
    return FrameSize(
        -(-width // multiple_px) * multiple_px, -(-height // multiple_px) * multiple_px
    )


def lay(image: Image, slot: npt.NDArray[np.uint8], where: str, pad: int) -> Letterbox:
    """Copy `image` (h, w, 3) into `slot` (H, W, 3), padded; `where` is `center` or `top_left`.

    The image must already fit. Raises ValueError when it does not.
    """
    height, width = image.shape[:2]
    slot_height, slot_width = slot.shape[:2]
    if height > slot_height or width > slot_width:
        raise ValueError(f"a picture of {width}x{height} does not fit {slot_width}x{slot_height}")
    center = where == "center"
    top = (slot_height - height) // 2 if center else 0
    left = (slot_width - width) // 2 if center else 0
    if (height, width) != (slot_height, slot_width):
        slot[:] = pad
    slot[top : top + height, left : left + width] = image
    return Letterbox(left, top, width, height)
