"""A closer look at a place through the second stage: larger, and turned by a quarter either way.

Detectors of this size have seen few people who lie: the same person, turned so that the head is up,
is seen better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detect.aids import Aids
from detect.detections import Detections
from detect.fallen.lying import Posture, aspect, posture
from detect.square import Square, out_of, square, turned_back, turned_by, turned_out
from detect.track import Box
from detect.view import View
from ingest.frame import FrameSize

CROPS = ((224, 2.2), (160, 1.6))
"""Pixels of the square that is looked at, and its side in longer sides of the box: who lies is then
about 100 pixels long, as the detector sees them best, with more or less of what is around."""
POSE_PX = 192
POSE_GROWN = 1.25
ROOM = 0.25
"""Joints may lie this far outside a place's box, of its sides: the box is a guess."""
QUARTERS = (1, 3)
"""Turns of the whole picture to the left."""
WAYS = ((90, 270), (45, 315), (135, 225))
"""Degrees to the left by which a place is looked at turned, two in a look: people lie in every
direction, and are seen when the head is about up."""
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
PARTS: tuple[Box, ...] = (
    WHOLE,
    (0.0, 0.45, 0.55, 1.0),
    (0.45, 0.45, 1.0, 1.0),
    (0.0, 0.0, 0.55, 0.55),
    (0.45, 0.0, 1.0, 0.55),
)
"""What is looked at turned, one after the other: nearest ground first."""
LEANS = frozenset({0, 45, 315})
"""Who is upright in a picture turned by these may stand and lean."""
EXACT = frozenset({90, 270})
"""Turned by these a box stays as tight as it was."""
LIES_ASPECT = 1.1
"""Width by height from which a box lies rather than stands."""
SEEN_IOU = 0.2
SURELY_UP = 0.5
PART = 0.6
"""A box of which so much is in another is a part of it."""

OTHERS = frozenset({"car", "truck", "bus", "train"})
"""Not animals: these detectors take a person who lies for a dog or a horse."""
OTHER_IOU = 0.3

Found = list[tuple[Box, float]]


@dataclass(frozen=True, slots=True)
class Closer:
    """What a closer look at a place showed; boxes in fractions of the frame."""

    wide: tuple[Box, float] | None
    turned: tuple[Box, float] | None
    upright: tuple[Box, float] | None
    posture: Posture | None
    turned_posture: Posture | None = None
    """In the picture turned as `turned` was seen."""
    way: int = 0
    """Degrees to the left by which the picture was turned for `turned`."""
    other: float = 0.0
    """Best score of something that is no person and fills the place."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What to look for among a model's classes."""

    person: int
    others: frozenset[int]
    """Things that may be taken for a person who lies: vehicles."""

    @classmethod
    def of(cls, classes: Sequence[str], person: str) -> Labels | None:
        """None where the model knows no person."""
        if person not in classes:
            return None
        others = frozenset(n for n, name in enumerate(classes) if name in OTHERS)
        return cls(classes.index(person), others)


def look_closer(
    view: View,
    box: Box,
    wide: float,
    aids: Aids,
    labels: Labels,
    turn: int = 0,
    ways: Sequence[int] = WAYS[0],
) -> Closer | None:
    """Look at the place of a box; None where there is no picture or nothing to look with.

    `turn` counts the looks at a place: they take more and less of what is around by turns. `ways`
    are degrees to the left by which the place is turned. Costs
    one run of the detector on a small square where somebody surely stands, else three, and one or
    two of the joints. Raises `InferenceFailed`.
    """
    size_px, grown = CROPS[turn % len(CROPS)]
    part = square(view, box, grown, size_px, wide)
    seen = None if part is None else aids.detect([part.image])
    if part is None or not seen:
        return None
    person = labels.person
    straight = [(part.out(place), score) for place, score in people(seen[0], person)]
    here = [one for one in straight if overlap(one[0], box) >= SEEN_IOU]
    upright = _best([one for one in here if aspect(one[0], wide) < 1 / LIES_ASPECT])
    lying = _best([one for one in here if aspect(one[0], wide) >= LIES_ASPECT])
    other = [score for place, score in others(seen[0], labels) if fills(part.out(place), box)]
    if upright is not None and upright[1] >= SURELY_UP:
        # Who surely stands there settles it: neither turned nor joints would change it.
        return Closer(lying, None, upright, None, other=max(other, default=0.0))
    turned, way = _best_turned(part, box, aids, person, ways)
    seen_at = _best([one for one in (lying, turned if way in EXACT else None) if one is not None])
    where = box if seen_at is None else seen_at[0]
    straight_joints, turned_joints = _postures(view, where, wide, aids, way)
    best_other = max(other, default=0.0)
    return Closer(lying, turned, upright, straight_joints, turned_joints, way, best_other)


def sweep(view: View, wide: float, aids: Aids, person: int, step: int) -> Found:
    """Who is upright in the picture turned by a quarter: boxes of those who may lie.

    One run of the detector. `step` counts: the whole picture turned either way, then its quarters
    at twice the size.
    """
    if view.image is None:
        return []
    quarter, part = QUARTERS[step % 2], PARTS[step // 2 % len(PARTS)]
    height, width = view.image.shape[:2]
    image = view.image if part == WHOLE else view.crop(part, FrameSize(width, height))
    if image is None:
        return []
    seen = aids.detect([np.ascontiguousarray(np.rot90(image, quarter))])
    found = [] if not seen else people(seen[0], person)
    back = [(out_of(part, turned_back(box, quarter)), score) for box, score in found]
    return [one for one in back if aspect(one[0], wide) >= LIES_ASPECT]


def people(seen: Detections, person: int) -> Found:
    """The people among detections."""
    return _chosen(seen, frozenset({person}))


def others(seen: Detections, labels: Labels) -> Found:
    """The things among detections that may be taken for a person who lies."""
    return _chosen(seen, labels.others)


def fills(thing: Box, box: Box) -> bool:
    """Whether a thing is what is at a place, or the place is a part of it."""
    return overlap(thing, box) >= OTHER_IOU or within(box, thing)


def within(box: Box, other: Box) -> bool:
    """Whether most of a box is in another."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    if width <= 0 or height <= 0:
        return False
    return width * height > PART * (box[2] - box[0]) * (box[3] - box[1])


def _chosen(seen: Detections, labels: frozenset[int]) -> Found:
    chosen = np.isin(seen.label, list(labels))
    boxes = [(b[0], b[1], b[2], b[3]) for b in seen.xyxy[chosen].tolist()]
    return list(zip(boxes, seen.score[chosen].tolist(), strict=True))


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / sum(((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)), -common)


def _best_turned(
    part: Square, box: Box, aids: Aids, person: int, ways: Sequence[int]
) -> tuple[tuple[Box, float] | None, int]:
    """Who lies there best, upright in the picture turned, and by how many degrees; 0: nobody."""
    seen = aids.detect([turned_by(part.image, degrees) for degrees in ways]) or []
    best, way = None, 0
    for degrees, found in zip(ways, seen, strict=False):
        for place, score in people(found, person):
            where = part.out(turned_out(place, degrees))
            is_up = place[3] - place[1] >= LIES_ASPECT * (place[2] - place[0])
            if is_up and overlap(where, box) >= SEEN_IOU and (best is None or score > best[1]):
                best, way = (where, score), degrees
    return best, way


def _postures(
    view: View, box: Box, wide: float, aids: Aids, way: int
) -> tuple[Posture | None, Posture | None]:
    """Of who is in the box: in the picture as it is, and turned by `way` where that is enough to
    tell who lies from who leans.
    """
    part = square(view, box, POSE_GROWN, POSE_PX, wide)
    if part is None:
        return None, None
    pictures = [part.image]
    if way not in LEANS:
        pictures.append(turned_by(part.image, way))
    seen = aids.poses(pictures)
    if not seen:
        return None, None
    inside = _roomy(part.into(box))
    turned = None
    if len(seen) > 1:
        turned = posture(seen[1], within=turned_out(inside, 360 - way))
    return posture(seen[0], within=inside), turned


def _roomy(box: Box) -> Box:
    more_x, more_y = ROOM * (box[2] - box[0]), ROOM * (box[3] - box[1])
    return box[0] - more_x, box[1] - more_y, box[2] + more_x, box[3] + more_y


def _best(found: Found) -> tuple[Box, float] | None:
    return max(found, key=lambda one: one[1], default=None)
