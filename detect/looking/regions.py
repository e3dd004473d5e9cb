"""Which parts of a frame are worth looking at, and which of them are cheaper as one. Pure.

Boxes and regions are fractions of the frame; `size` is that of the frame's image in pixels, the
scale of the full-frame pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from detect.looking.look import LiveTrack, Region
from detect.looking.packing import GUTTER_PX
from detect.track import Box
from ingest.frame import FrameSize

CONTEXT_PX = 16.0
"""Left round whatever is looked at, in pixels of the canvas: a detector needs some ground round a
thing to tell it."""
CONTEXT_PART = 0.15
"""The same, as a part of the thing's size."""
UNSURE_PER_S = 0.5
"""A prediction is off by this part of the thing's size after a second."""
UNSURE_CAP = 0.5
"""By how much of its size a region is grown at most because its thing was not seen lately."""
SPEED_PART = 0.5
"""The part of the way since the last frame by which a prediction may be off."""
MERGE_SLACK = 1.2
"""Two regions become one when that costs up to this many times as much: one is seen better."""


def round_track(track: LiveTrack, gap_s: float, size: FrameSize, zoom: float = 1.0) -> Region:
    """Where to look for a thing that is followed, `gap_s` after the frame before."""
    x1, y1, x2, y2 = track.xyxy
    unsure = min(UNSURE_CAP, UNSURE_PER_S * (gap_s + track.unseen_s))
    way = SPEED_PART * track.speed * (gap_s + min(track.unseen_s, 1.0))
    part = CONTEXT_PART + unsure
    by_x = CONTEXT_PX / zoom / size.width_px + part * (x2 - x1) + way
    by_y = CONTEXT_PX / zoom / size.height_px + part * (y2 - y1) + way
    return Region(clipped((x1 - by_x, y1 - by_y, x2 + by_x, y2 + by_y)), zoom, "track")


def round_motion(box: Box, size: FrameSize, zoom: float = 1.0) -> Region:
    """Where to look for what moves."""
    return Region(grown(box, CONTEXT_PX / zoom, CONTEXT_PART, size), zoom)


def grown(box: Box, by_px: float, part: float, size: FrameSize) -> Box:
    """The box with `by_px` pixels and `part` of its side added on each side, inside the frame."""
    x1, y1, x2, y2 = box
    by_x = by_px / size.width_px + part * (x2 - x1)
    by_y = by_px / size.height_px + part * (y2 - y1)
    return clipped((x1 - by_x, y1 - by_y, x2 + by_x, y2 + by_y))


def clipped(box: Box) -> Box:
    """What of the box lies inside the frame; empty boxes may come of it."""
    x1, y1, x2, y2 = (min(max(value, 0.0), 1.0) for value in box)
    return x1, y1, x2, y2


def overlap(a: Box, b: Box) -> float:
    """Area that two boxes share, as a part of the frame."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0


def area(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def cost_px(regions: Iterable[Region], size: FrameSize) -> float:
    """Pixels of canvas that regions take, gutters included, if nothing else were wasted."""
    return sum(_cost(region.xyxy, region.zoom, size) for region in regions)


def merged(regions: Sequence[Region], size: FrameSize) -> tuple[Region, ...]:
    """The same places in fewer regions, wherever one costs about as little as two."""
    left = sorted(regions, key=lambda region: (region.xyxy, region.zoom))
    done: list[tuple[Region, float]] = []
    while left:
        one = left.pop()
        cost, at = _cost(one.xyxy, one.zoom, size), 0
        while at < len(done):
            other, other_cost = done[at]
            both, zoom = _round(one.xyxy, other.xyxy), max(one.zoom, other.zoom)
            both_cost = _cost(both, zoom, size)
            if both_cost <= MERGE_SLACK * (cost + other_cost):
                del done[at]
                one, cost = Region(both, zoom, _why(one, other)), both_cost
                at = 0  # what was passed over may fit the larger one
            else:
                at += 1
        done.append((one, cost))
    return tuple(region for region, _ in reversed(done))


def unzoomed(regions: Iterable[Region]) -> tuple[Region, ...]:
    """The same regions at the scale of the full-frame pass."""
    return tuple(replace(region, zoom=1.0) for region in regions)


def _cost(box: Box, zoom: float, size: FrameSize) -> float:
    width = (box[2] - box[0]) * size.width_px * zoom + GUTTER_PX
    return width * ((box[3] - box[1]) * size.height_px * zoom + GUTTER_PX)


def _round(a: Box, b: Box) -> Box:
    """The box round two boxes."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _why(a: Region, b: Region) -> Literal["motion", "track", "zone", "again"]:
    """What is followed counts most: it must not be shed."""
    if a.why == b.why:
        return a.why
    return "track" if "track" in (a.why, b.why) else "motion"
