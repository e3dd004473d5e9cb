"""Parts of frames laid out on canvases, and boxes found on a canvas taken back to their frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import numpy.typing as npt

from detect.detections import Detections, Floats, Labels
from detect.looking.look import Region
from detect.looking.packing import GUTTER_PX, Packing, Place
from detect.track import Box
from ingest.frame import Frame, FrameSize, Image

TOUCH_PX = 2.0
"""A box that ends this near to a part's edge is taken as cut by it."""
LEAST_INSIDE = 0.5
"""A box that lies in its part by less than this is of the gutter, not of the part."""
STRETCH_PX = 32
"""Parts are stretched over empty canvas by this much at most on each axis."""

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """A region of one frame in whole pixels, and its size on a canvas."""

    frame: int
    """Which of the frames that are looked at together."""
    region: Region
    source: tuple[int, int, int, int]
    """x1 y1 x2 y2 in pixels of the frame's image, or of its picture when `is_native`."""
    is_native: bool
    xyxy: Box
    """`source` in fractions of the frame: exactly what lies on the canvas."""
    size: FrameSize


def part(frame: Frame, number: int, region: Region, limit: FrameSize) -> Part:
    """The part of `frame` that shows a region, widened to whole pixels.

    At scale 1 the pixels of `frame.image` are taken as they are. A larger scale stops where the
    source has no more pixels, and where the part would outgrow `limit`; so it may end at 1.
    """
    height, width = frame.image.shape[:2]
    wanted = min(region.zoom, frame.picture.width_px / width) if region.zoom > 1 else 1.0
    if wanted > 1:
        x1, y1, x2, y2 = region.xyxy
        room = min(
            limit.width_px / max((x2 - x1) * width + 1, 1),
            limit.height_px / max((y2 - y1) * height + 1, 1),
        )
        wanted = min(wanted, room)
    if wanted <= 1.01:
        source = _pixels(region.xyxy, width, height)
        size = FrameSize(source[2] - source[0], source[3] - source[1])
        return Part(number, region, source, False, _fractions(source, width, height), size)
    full_width, full_height = frame.picture.width_px, frame.picture.height_px
    source = _pixels(region.xyxy, full_width, full_height)
    size = FrameSize(
        _scaled(source[2] - source[0], wanted * width / full_width, limit.width_px),
        _scaled(source[3] - source[1], wanted * height / full_height, limit.height_px),
    )
    return Part(number, region, source, True, _fractions(source, full_width, full_height), size)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Parts and the canvases that they lie on."""

    parts: Sequence[Part]
    packing: Packing

    def compose(self, frames: Sequence[Frame], pad: int) -> list[Image]:
        """The canvases (h, w, 3) BGR uint8, filled with `pad` where nothing lies."""
        canvases = [
            np.full((size.height_px, size.width_px, 3), pad, np.uint8)
            for size in self.packing.canvases
        ]
        for one, place in zip(self.parts, self.packing.places, strict=True):
            frame = frames[one.frame]
            x1, y1, x2, y2 = one.source
            if one.is_native:
                pixels = frame.picture.crop(one.source, one.size)
            else:
                pixels = frame.image[y1:y2, x1:x2]
            bottom, right = place.top_px + one.size.height_px, place.left_px + one.size.width_px
            canvases[place.canvas][place.top_px : bottom, place.left_px : right] = pixels
        return canvases

    def shares(self) -> list[tuple[int, int, float]]:
        """Of each part its frame, its canvas, and what part of the canvas is its own.

        Of one canvas they add up to 1: what is empty is paid for by those who are on it.
        """
        areas = [
            (one.size.width_px + GUTTER_PX) * (one.size.height_px + GUTTER_PX) for one in self.parts
        ]
        sums = [0] * len(self.packing.canvases)
        for place, area in zip(self.packing.places, areas, strict=True):
            sums[place.canvas] += area
        return [
            (one.frame, place.canvas, area / sums[place.canvas])
            for one, place, area in zip(self.parts, self.packing.places, areas, strict=True)
        ]

    def take_back(self, seen: Sequence[Detections]) -> dict[int, Found]:
        """What was seen on each canvas, by frame.

        A box belongs to the part that holds its centre, and is clipped to it. What lies in no
        part, or mostly outside its own (it was seen across a gutter), is no box of any frame; nor
        is what is cut and lies mostly outside the region that was to be looked at.
        """
        by_frame: dict[int, list[Found]] = {one.frame: [] for one in self.parts}
        owner = np.array([one.frame for one in self.parts], np.int64)
        for number, detections in enumerate(seen):
            found, parts = self._on_canvas(detections, number)
            frames = owner[parts]
            for frame in np.unique(frames).tolist():
                by_frame[frame].append(found.where(frames == frame))
        return {frame: joined(several) for frame, several in by_frame.items()}

    def _on_canvas(self, seen: Detections, number: int) -> tuple[Found, Indices]:
        """The boxes of one canvas, and which part showed each."""
        canvas, places = self.packing.canvases[number], self.packing.places
        here = [i for i, place in enumerate(places) if place.canvas == number]
        boxes = seen.xyxy.astype(np.float64) * ([canvas.width_px, canvas.height_px] * 2)
        rects = np.array([_rect(self.parts[i], places[i]) for i in here], np.float64)
        centre = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
        holds = np.logical_and(centre >= rects[None, :, :2], centre < rects[None, :, 2:])
        row, column = np.nonzero(holds.all(axis=2))  # parts do not overlap: at most one a box
        rect, box = rects[column], boxes[row]
        inside = np.hstack(
            [np.maximum(box[:, :2], rect[:, :2]), np.minimum(box[:, 2:], rect[:, 2:])]
        )
        keep = _area(inside) >= LEAST_INSIDE * _area(box)
        row, column, rect, inside = row[keep], column[keep], rect[keep], inside[keep]
        part_of = np.array(here, np.int64)[column]
        parts = [self.parts[i] for i in part_of.tolist()]
        source = np.array([one.xyxy for one in parts], np.float64).reshape(-1, 4)
        xyxy = to_frame(inside, rect[:, :2], rect[:, 2:] - rect[:, :2], source)
        at_edge = np.abs(inside - rect) <= TOUCH_PX
        cut = np.logical_and(at_edge, source != np.array([0.0, 0.0, 1.0, 1.0]))
        found = Found(
            np.clip(xyxy, 0, 1).astype(np.float32),
            seen.score[row],
            seen.label[row],
            cut,
            np.array([one.region.zoom for one in parts], np.float64),
        )
        asked = np.array([one.region.xyxy for one in parts], np.float64).reshape(-1, 4)
        wanted = np.hstack(
            [np.maximum(xyxy[:, :2], asked[:, :2]), np.minimum(xyxy[:, 2:], asked[:, 2:])]
        )
        stays = ~cut.any(axis=1) | (_area(wanted) >= LEAST_INSIDE * _area(xyxy))
        return found.where(stays), part_of[stays]


@dataclass(frozen=True, slots=True)
class Found:
    """N boxes of one frame, taken back from canvases."""

    xyxy: Floats
    """(N, 4) fractions of the frame, clipped to the part that showed the box."""
    score: Floats
    label: Labels
    cut: npt.NDArray[np.bool_]
    """(N, 4) whether the part's edge at x1 y1 x2 y2, not the frame's, cuts the box."""
    zoom: Doubles
    """(N,) scale that was asked for, see `Region.zoom`."""

    def __len__(self) -> int:
        return len(self.score)

    @property
    def is_cut(self) -> npt.NDArray[np.bool_]:
        """(N,) whether any edge cuts the box."""
        return np.asarray(self.cut.any(axis=1), np.bool_)

    @classmethod
    def none(cls) -> Found:
        nothing = Detections.none()
        cut = np.empty((0, 4), np.bool_)
        return cls(nothing.xyxy, nothing.score, nothing.label, cut, np.empty(0))

    def where(self, keep: npt.NDArray[np.bool_] | Indices) -> Found:
        return Found(
            self.xyxy[keep], self.score[keep], self.label[keep], self.cut[keep], self.zoom[keep]
        )


def joined(several: Sequence[Found]) -> Found:
    """All boxes in one."""
    if len(several) < 2:
        return several[0] if several else Found.none()
    return Found(
        np.concatenate([one.xyxy for one in several]),
        np.concatenate([one.score for one in several]),
        np.concatenate([one.label for one in several]),
        np.concatenate([one.cut for one in several]),
        np.concatenate([one.zoom for one in several]),
    )


def stretched(sheet: Sheet, frames: Sequence[Frame]) -> Sheet:
    """The same canvases with less of them empty: parts at scale 1 take in more of their frames.

    What surrounds a thing helps the model to tell it, and empty canvas costs as much as a full one.
    Rectangles keep their corner and grow to the right and down; what they show grows on both
    sides.
    """
    places, sizes = sheet.packing.places, [one.size for one in sheet.parts]
    parts = list(sheet.parts)
    for index, one in enumerate(sheet.parts):
        if one.is_native:
            continue
        place, canvas = places[index], sheet.packing.canvases[places[index].canvas]
        height, width = frames[one.frame].image.shape[:2]
        others = [
            (there.left_px, there.top_px, size.width_px, size.height_px)
            for n, (there, size) in enumerate(zip(places, sizes, strict=True))
            if n != index and there.canvas == place.canvas
        ]
        more_x = _room(place.left_px, place.top_px, one.size, others, canvas.width_px)
        wider = FrameSize(min(one.size.width_px + more_x, width), one.size.height_px)
        turned = [(top, left, tall, wide) for left, top, wide, tall in others]
        lying = FrameSize(wider.height_px, wider.width_px)
        more_y = _room(place.top_px, place.left_px, lying, turned, canvas.height_px)
        sizes[index] = FrameSize(wider.width_px, min(one.size.height_px + more_y, height))
        x1, x2 = _centred(one.source[0], one.source[2], sizes[index].width_px, width)
        y1, y2 = _centred(one.source[1], one.source[3], sizes[index].height_px, height)
        xyxy = _fractions((x1, y1, x2, y2), width, height)
        parts[index] = replace(one, source=(x1, y1, x2, y2), xyxy=xyxy, size=sizes[index])
    return Sheet(parts, sheet.packing)


def _room(
    left: int,
    top: int,
    size: FrameSize,
    others: Sequence[tuple[int, int, int, int]],
    edge: int,
) -> int:
    """How far a rectangle may grow to the right; `others` are left, top, width, height."""
    right, bottom = left + size.width_px, top + size.height_px
    for other_left, other_top, _, tall in others:
        is_beside = other_top < bottom + GUTTER_PX and top < other_top + tall + GUTTER_PX
        if is_beside and other_left >= right:
            edge = min(edge, other_left - GUTTER_PX)
    return max(0, min(edge - right, STRETCH_PX))


def _centred(low: int, high: int, length: int, end: int) -> tuple[int, int]:
    """`low` to `high` grown to `length` on both sides alike, inside 0 to `end`."""
    start = min(max(low - (length - (high - low)) // 2, 0), end - length)
    return start, start + length


def to_frame(boxes: Doubles, left_top: Doubles, size: Doubles, source: Doubles) -> Doubles:
    """Boxes (N, 4) in canvas pixels to fractions of the frame; a row of each a box.

    `left_top` (N, 2) and `size` (N, 2) of the part on the canvas in pixels, `source` (N, 4) in
    fractions of the frame.
    """
    scale = (source[:, 2:] - source[:, :2]) / size
    return (boxes - np.tile(left_top, 2)) * np.tile(scale, 2) + np.tile(source[:, :2], 2)


def to_canvas(boxes: Doubles, left_top: Doubles, size: Doubles, source: Doubles) -> Doubles:
    """The inverse of `to_frame`."""
    scale = (source[:, 2:] - source[:, :2]) / size
    return (boxes - np.tile(source[:, :2], 2)) / np.tile(scale, 2) + np.tile(left_top, 2)


def _rect(one: Part, at: Place) -> tuple[int, int, int, int]:
    """x1 y1 x2 y2 on the canvas."""
    right, bottom = at.left_px + one.size.width_px, at.top_px + one.size.height_px
    return at.left_px, at.top_px, right, bottom


def _area(boxes: Doubles) -> Doubles:
    return np.asarray(np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1), np.float64)


def _pixels(xyxy: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """The whole pixels that a box covers, at least one, inside the picture."""
    x1 = min(max(int(xyxy[0] * width + 1e-6), 0), width - 1)
    y1 = min(max(int(xyxy[1] * height + 1e-6), 0), height - 1)
    x2 = min(max(ceil(xyxy[2] * width - 1e-6), x1 + 1), width)
    y2 = min(max(ceil(xyxy[3] * height - 1e-6), y1 + 1), height)
    return x1, y1, x2, y2


def _fractions(source: tuple[int, int, int, int], width: int, height: int) -> Box:
    x1, y1, x2, y2 = source
    return x1 / width, y1 / height, x2 / width, y2 / height


def _scaled(pixels: int, scale: float, limit: int) -> int:
    return min(max(1, round(pixels * scale)), limit)
