"""Looks at frames of several cameras at once: whole, or parts of them on shared canvases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from detect.detections import Detections, Floats
from detect.looking.canvas import Found, Part, Sheet, joined, part, stretched
from detect.looking.look import Costs, Look, Region, Seen
from detect.looking.packing import pack, padded
from detect.looking.regions import clipped, merged
from detect.manifest import ModelManifest
from detect.postprocess import nms
from detect.track import Box
from ingest.camera import CameraId
from ingest.frame import Frame, FrameSize, Image

ALL: Box = (0.0, 0.0, 1.0, 1.0)
SAME_INSIDE = 0.7
"""A cut box that lies in another box of its class by this much shows the same thing."""
ASK_FROM = 0.45
"""Score from which a cut box is worth a second look: a surer one may begin a track, a less sure one
only prolongs what is followed anyway."""
ANSWERS = 0.3
"""What is seen when a cut box is asked again is the thing itself from this overlap on, as a part of
the smaller of the two boxes."""
GROW_CUT = 1.0
"""How far a region is grown over the edge that cut a box, in sides of that box."""
LEAST_GROWTH_PX = 32.0
CONTEXT_PX = 12.0
"""Left round what is asked again, on the sides that were not cut."""
PARTS_S = 0.0018
"""What planning, cutting out, laying, mapping back and asking again takes a frame beside the model:
where the model is fast, it decides for the whole frame."""
ROUNDS = 3
"""Times that canvases are packed anew because whole frames turned out cheaper."""


class Detects(Protocol):
    """What the eye needs of a detector. Thread-safe."""

    def detect(self, images: Sequence[Image]) -> list[Detections]: ...


Matters = Callable[[CameraId, int], bool]
"""Whether things of this class (its number) matter at this camera."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How the model takes its input; all of it stands in the model's manifest."""

    size: FrameSize
    """Largest input."""
    pad: int
    """Grey value round pictures (`input.pad`)."""
    any_size: bool
    """Takes any multiple of 32 on a side (`input.pad_to` is `stride`), not `size` alone."""
    nms_iou: float

    @classmethod
    def of(cls, manifest: ModelManifest) -> Self:
        given = manifest.input
        size = FrameSize(given.width, given.height)
        return cls(size, given.pad, given.pad_to == "stride", manifest.nms_iou)


@dataclass(slots=True)
class _Sighting:
    """What is known of one frame while it is looked at."""

    whole: Detections | None = None
    found: Found = field(default_factory=Found.none)
    looked: list[Box] = field(default_factory=list)
    canvases: float = 0.0


class PackedEye:
    """See `detect.looking.look.Eye`. Holds no state between calls.

    With `shares` parts of several frames lie on common canvases, else each frame has its own.
    Raises what the detector raises.
    """

    def __init__(
        self,
        detector: Detects,
        costs: Costs,
        sight: Sight,
        *,
        shares: bool = True,
        matters: Matters = lambda camera, label: True,
    ) -> None:
        self._detector = detector
        self._costs = costs
        self._sight = sight
        self._shares = shares
        self._matters = matters

    def see(self, frames: Sequence[Frame], looks: Sequence[Look]) -> list[Seen]:
        """What each frame shows where it is to be looked at; one answer a frame, in order."""
        whole = {i for i, look in enumerate(looks) if look.kind == "full"}
        regions = {i: look.regions for i, look in enumerate(looks) if look.kind == "regions"}
        first = self._look(frames, regions, whole)
        asked = {
            i: boxes
            for i, sighting in first.items()
            if sighting.whole is None and len(boxes := self._cut(frames[i], sighting))
        }
        again = {i: self._wider(frames[i], boxes) for i, boxes in asked.items()}
        second = self._look(frames, again, set()) if again else {}
        for i, boxes in asked.items():
            _answer(first[i], boxes, second[i])
        return [
            self._seen(first.get(i, _Sighting()), len(asked.get(i, ()))) for i in range(len(frames))
        ]

    def _look(
        self, frames: Sequence[Frame], regions: dict[int, tuple[Region, ...]], whole: set[int]
    ) -> dict[int, _Sighting]:
        """Look once at regions and whole frames, in one call of the detector."""
        parts = [
            part(frames[i], i, region, self._sight.size)
            for i, several in regions.items()
            for region in several
        ]
        sheets, dear = self._packed(frames, parts)
        sheets = [stretched(sheet, frames) for sheet in sheets]
        order = sorted(whole | dear)
        images = [frames[i].image for i in order]
        for sheet in sheets:
            images += sheet.compose(frames, self._sight.pad)
        seen = self._detector.detect(images) if images else []
        sightings = {i: _Sighting() for i in (*order, *regions)}
        for i, detections in zip(order, seen[: len(order)], strict=True):
            sightings[i].whole, sightings[i].looked = detections, [ALL]
            sightings[i].canvases = self._areas(self._slot(frames[i]))
        at = len(order)
        for sheet in sheets:
            end = at + len(sheet.packing.canvases)
            self._gather(sightings, sheet, seen[at:end])
            at = end
        return sightings

    def _packed(
        self, frames: Sequence[Frame], parts: Sequence[Part]
    ) -> tuple[list[Sheet], set[int]]:
        """Canvases for the parts, and the frames whose parts cost more than the whole frame.

        Those are taken out, and what is left is packed anew.
        """
        dear: set[int] = set()
        for _ in range(ROUNDS):
            sheets = self._sheets([one for one in parts if one.frame not in dear])
            cost: dict[int, float] = {}
            for sheet in sheets:
                seconds = [self._costs.seconds(1, size) for size in sheet.packing.canvases]
                for i, canvas, share in sheet.shares():
                    cost[i] = cost.get(i, 0.0) + share * seconds[canvas]
            more = {
                i
                for i, s in cost.items()
                if s + PARTS_S >= self._costs.seconds(1, self._slot(frames[i]))
            }
            if not more:
                break
            dear |= more
        else:
            sheets = self._sheets([one for one in parts if one.frame not in dear])
        return sheets, dear

    def _sheets(self, parts: Sequence[Part]) -> list[Sheet]:
        groups = [list(parts)] if parts else []
        if not self._shares:
            groups = [
                [one for one in parts if one.frame == i]
                for i in dict.fromkeys(one.frame for one in parts)
            ]
        size, any_size = self._sight.size, self._sight.any_size
        return [
            Sheet(group, pack([one.size for one in group], size, any_size=any_size))
            for group in groups
        ]

    def _gather(
        self, sightings: dict[int, _Sighting], sheet: Sheet, seen: Sequence[Detections]
    ) -> None:
        for i, found in sheet.take_back(seen).items():
            sightings[i].found = joined([sightings[i].found, found])
        for one, (i, canvas, share) in zip(sheet.parts, sheet.shares(), strict=True):
            sightings[i].looked.append(one.xyxy)
            sightings[i].canvases += share * self._areas(sheet.packing.canvases[canvas])

    def _slot(self, frame: Frame) -> FrameSize:
        """What a whole frame takes of the model."""
        if not self._sight.any_size:
            return self._sight.size
        height, width = frame.image.shape[:2]
        return padded(width, height)

    def _areas(self, size: FrameSize) -> float:
        """In areas of one square input."""
        most = self._sight.size
        return size.width_px * size.height_px / (most.width_px * most.height_px)

    def _cut(self, frame: Frame, sighting: _Sighting) -> Found:
        """The boxes that are to be asked again: cut, sure, and of a class that matters.

        What a neighbour shows whole need not be asked: it is taken out of the sighting.
        """
        found = sighting.found
        if not found.is_cut.any():
            return Found.none()
        inside = within(found.xyxy, found.xyxy) >= SAME_INSIDE
        same = found.label[:, None] == found.label[None, :]
        shown = np.any(inside & same & ~found.is_cut[None, :], axis=1)
        sighting.found = found = found.where(np.logical_not(found.is_cut & shown))
        matter = [self._matters(frame.camera, label) for label in found.label.tolist()]
        is_sure = found.score >= ASK_FROM
        return found.where(found.is_cut & is_sure & np.array(matter, np.bool_))

    def _wider(self, frame: Frame, cut: Found) -> tuple[Region, ...]:
        """Regions that hold the whole of what was cut."""
        height, width = frame.image.shape[:2]
        sides = np.tile(cut.xyxy[:, 2:] - cut.xyxy[:, :2], 2).astype(np.float64)
        pixel = 1 / np.array([width, height] * 2, np.float64)
        by = np.where(
            cut.cut, np.maximum(GROW_CUT * sides, LEAST_GROWTH_PX * pixel), CONTEXT_PX * pixel
        )
        boxes = cut.xyxy + by * np.array([-1.0, -1.0, 1.0, 1.0])
        regions = [
            Region(clipped((x1, y1, x2, y2)), zoom, "again")
            for (x1, y1, x2, y2), zoom in zip(boxes.tolist(), cut.zoom.tolist(), strict=True)
        ]
        return merged(regions, FrameSize(width, height))

    def _seen(self, sighting: _Sighting, asked: int) -> Seen:
        if sighting.whole is not None:
            return Seen(sighting.whole, (ALL,), sighting.canvases, asked)
        found = sighting.found
        keep = nms(found.xyxy, found.score, found.label, self._sight.nms_iou)
        found = found.where(keep)
        inside = np.tril(within(found.xyxy, found.xyxy) >= SAME_INSIDE, -1)  # in a surer one
        same = found.label[:, None] == found.label[None, :]
        found = found.where(np.logical_not(found.is_cut & (inside & same).any(axis=1)))
        detections = Detections(found.xyxy, found.score, found.label)
        return Seen(detections, tuple(sighting.looked), sighting.canvases, asked)


def within(boxes: Floats, others: Floats) -> npt.NDArray[np.float64]:
    """(N, M): by how much of its own area each box lies in each other, 0 to 1."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2, dtype=np.float64)
    own = np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1, dtype=np.float64)
    return np.asarray(shared / np.maximum(own, 1e-12)[:, None], np.float64)


def _answer(sighting: _Sighting, asked: Found, second: _Sighting) -> None:
    """Put what the second look showed in place of the boxes that were asked.

    A cut box that has no answer is dropped: seen with its surroundings it is nothing. Of the rest
    only whole boxes count; what the wider region cuts in its turn was not asked.
    """
    sighting.canvases += second.canvases
    if second.whole is not None:
        sighting.whole, sighting.looked = second.whole, second.looked
        return
    sighting.looked += second.looked
    answers = second.found
    share = np.maximum(within(answers.xyxy, asked.xyxy), within(asked.xyxy, answers.xyxy).T)
    is_answer = np.any(share >= ANSWERS, axis=1)
    answers = answers.where(np.logical_or(is_answer, ~answers.is_cut))
    kept = sighting.found
    is_asked = np.any((kept.xyxy[:, None, :] == asked.xyxy[None, :, :]).all(axis=2), axis=1)
    sighting.found = joined([kept.where(np.logical_not(is_asked)), answers])
