"""Frames whose pictures are plain arrays, with coloured things, and an eye for those things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from detect.detections import Detections
from ingest.camera import CameraId
from ingest.frame import Frame, FrameSize, Image
from tests.support.incidents import NOON

Box = tuple[float, float, float, float]
GROUND = 10
LEAST_PX = 3


@dataclass(frozen=True)
class ArrayPicture:
    """A picture that lies in an array (h, w, 3) BGR; scaled by the nearest pixel."""

    array: Image

    @property
    def width_px(self) -> int:
        return self.array.shape[1]

    @property
    def height_px(self) -> int:
        return self.array.shape[0]

    def crop(self, xyxy: tuple[int, int, int, int], size: FrameSize) -> Image:
        x1, y1, x2, y2 = xyxy
        return nearest(self.array[y1:y2, x1:x2], size.width_px, size.height_px)

    def jpeg(self, max_width_px: int = 1280, quality: int = 85) -> bytes:
        raise NotImplementedError


def nearest(image: Image, width: int, height: int) -> Image:
    rows = ((np.arange(height) + 0.5) * image.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * image.shape[1] / width).astype(int)
    return image[rows][:, columns]


def picture_frame(
    source: tuple[int, int],
    limit: FrameSize,
    things: Sequence[tuple[Box, int]] = (),
    *,
    camera: str = "a",
    seq: int = 0,
    fps: float = 5.0,
) -> Frame:
    """A frame of a `source` (width, height) picture; each thing is a box filled with its value.

    A thing's value, above 100, is its own: that is how `SeesValues` knows it again.
    """
    width, height = source
    array = np.full((height, width, 3), GROUND, np.uint8)
    for (x1, y1, x2, y2), value in things:
        rows = slice(round(y1 * height), round(y2 * height))
        array[rows, round(x1 * width) : round(x2 * width)] = value
    fitted = limit.fit(width, height)
    image = nearest(array, *fitted)
    return Frame(CameraId(camera), seq, seq / fps, NOON, 0.0, image, ArrayPicture(array))


@dataclass
class SeesValues:
    """A detector to whom each value above 100 is a thing: each patch of it, 3 pixels wide
    and high at least. Class 0, but 1 for odd values. Keeps what it was shown.
    """

    shown: list[list[Image]] = field(default_factory=list)

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        self.shown.append([image.copy() for image in images])
        return [self._one(image) for image in images]

    @staticmethod
    def _one(image: Image) -> Detections:
        height, width = image.shape[:2]
        boxes, labels = [], []
        for value in sorted({int(v) for v in np.unique(image[..., 0]) if v > 100 and v != 114}):
            for ys, xs in ndimage.find_objects(ndimage.label(image[..., 0] == value)[0]):
                if min(ys.stop - ys.start, xs.stop - xs.start) >= LEAST_PX:
                    boxes.append(
                        (xs.start / width, ys.start / height, xs.stop / width, ys.stop / height)
                    )
                    labels.append(value % 2)
        return Detections(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.full(len(boxes), 0.9, np.float32),
            np.array(labels, np.int32),
        )
