"""What one frame of one camera shows, for the rules to judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from detect.detections import Detections
from detect.looking.look import WHOLE_FRAME
from detect.track import Box, Track
from ingest.frame import FrameSize, Image, Picture

Luma = npt.NDArray[np.uint8]
BGR_LUMA = np.array([0.114, 0.587, 0.299], np.float32)
"""What blue, green and red give to the luma (ITU-R BT.601)."""
SMALL_PX = 160
"""Longer side of `View.luma`, at most."""


class View:
    """One frame. What is derived from its pixels is made once, when the first rule asks for it."""

    def __init__(
        self,
        t_s: float,
        tracks: Sequence[Track],
        detections: Detections,
        classes: Sequence[str] = (),
        *,
        image: Image | None = None,
        picture: Picture | None = None,
        looked: tuple[Box, ...] = WHOLE_FRAME,
        hidden: Sequence[Track] = (),
        stilled: Callable[[float, Image], Image] | None = None,
    ) -> None:
        self.t_s = t_s
        """Media time in seconds; never goes back."""
        self.tracks = tracks
        """The confirmed tracks, those out of sight too (`Track.unseen_s`), without `hidden`."""
        self.hidden = hidden
        """Tracks of things that are part of the place, or doubtful: they never moved and were never
        detected with certainty (`detect.fixtures`)."""
        self.detections = detections
        """What the detector saw in this frame, in the parts that were looked at."""
        self.classes = classes
        """Names of the detector's classes, by label."""
        self.image = image
        """The frame at the model's size, (h, w, 3) BGR uint8; None where only tracks are known.
        Of a camera that is never shown so: rules of tracks must not need it."""
        self.picture = picture
        """The source picture, for a closer look at a part (`Picture.crop`)."""
        self.looked = looked
        """Where the detector looked, fractions of the frame; the whole frame is `WHOLE_FRAME`."""
        self._stilled = stilled

    @property
    def is_whole(self) -> bool:
        """Whether the detector looked at the whole frame."""
        return self.looked == WHOLE_FRAME

    @cached_property
    def still(self) -> Image | None:
        """`image` with the shaking of the camera and the hunting of its exposure taken out, for
        rules that measure what changes in the picture itself. Boxes of the detector are where
        `image` has them.
        """
        if self.image is None or self._stilled is None:
            return self.image
        return self._stilled(self.t_s, self.image)

    @cached_property
    def luma(self) -> Luma | None:
        """The picture in grey, area-averaged to at most `SMALL_PX` a side: (h, w) uint8."""
        if self.image is None:
            return None
        return _small(self.image)

    def crop(self, xyxy: Box, size: FrameSize) -> Image | None:
        """The part of the source picture under a box (fractions, cut at the frame's edge), scaled
        to exactly `size`: (h, w, 3) BGR uint8. None where there is no picture or no area.
        """
        if self.picture is None:
            return None
        width, height = self.picture.width_px, self.picture.height_px
        x1, y1, x2, y2 = xyxy
        left, top = max(0, int(x1 * width)), max(0, int(y1 * height))
        right, bottom = min(width, round(x2 * width)), min(height, round(y2 * height))
        if right - left < 2 or bottom - top < 2:
            return None
        return self.picture.crop((left, top, right, bottom), size)


def _small(image: Image) -> Luma:
    """Blocks are summed first and weighed then: a third of the time of the other way round."""
    step = max(1, -(-max(image.shape[:2]) // SMALL_PX))
    height, width = (side // step * step for side in image.shape[:2])
    rows = image[0:height:step, :width].astype(np.uint16)
    for offset in range(1, step):
        rows += image[offset:height:step, :width]
    blocks = rows[:, 0::step].astype(np.float32)
    for offset in range(1, step):
        blocks += rows[:, offset::step]
    return np.asarray(blocks @ BGR_LUMA * (1.0 / step**2) + 0.5, np.uint8)
