"""Which detection is which track: pure functions of boxes.

Boxes are grown before they are compared (buffered IoU: Yang et al., 2022, arXiv:2211.14317), here
by how unsure each track's place is: little for one just seen, much after a long gap, so that
people who went further than their width between two frames still overlap, and a crowd at a high
rate is not confused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp

from detect.detections import Detections
from detect.track import Box
from detect.tracking.followed import Followed

BUFFER = 1.5
"""Boxes are grown by so many standard deviations of the track's place on each side."""
BUFFER_CAP = 0.7
"""In sizes of the box, at most."""
BUFFER_DOWN = 0.5
"""The same up and down, as a part of that sideways: people walk sideways."""
OTHER_CLASS = 0.5
"""What the overlap with a detection of a kindred class is worth (`detect.tracking.kinship`)."""
HEIGHT_POWER = 0.3
"""How much another height counts: likeness falls with this power of the ratio."""
SCORE_POWER = 0.6
"""How much the score of a sure detection counts: a part or a double of somebody scores less."""
LOST = 0.5
"""What the overlap loses until a track that is out of sight is given up: who was seen just now is
likelier to be it."""
LOST_S = 3.0
YOUNG, YOUNG_S = 0.4, 1.0
"""What the overlap with a track that has just begun loses, and the time until it is trusted as an
old one: of two tracks on one thing the older goes on."""

DOUBLE = 0.7
"""Part of the smaller box that must be shared by two detections of one thing."""

Pair = tuple[float, int, int]
"""Minus the likeness (0 to 1), the track's row, the detection's column."""


class Sightings:
    """One frame's detections by plain numbers, from left to right, which leaves few pairs to look
    at in a crowd.
    """

    def __init__(
        self, detections: Detections, unsure: float, sure: float, kin: Sequence[int]
    ) -> None:
        self.boxes: list[list[float]] = detections.xyxy.tolist()
        self.scores: list[float] = detections.score.tolist()
        self.labels: list[int] = detections.label.tolist()
        self.kin = kin
        """Of each class, by label: what may waver to one another has the same number."""
        self.weights = [score**SCORE_POWER if score >= sure else 1.0 for score in self.scores]
        seen = [column for column, score in enumerate(self.scores) if score >= unsure]
        self.from_left = sorted(seen, key=lambda column: self.boxes[column][0])
        self.widest = max((self.boxes[c][2] - self.boxes[c][0] for c in seen), default=0.0)


def pairs(tracks: Sequence[Followed], sightings: Sightings, before_s: float) -> list[Pair]:
    """Tracks and detections that overlap once grown, the likeliest first. Tracks stand where they
    are expected now; the frame before was that of media time `before_s`.
    """
    found: list[Pair] = []
    kin = sightings.kin
    for row, one in enumerate(tracks):
        grown = min(BUFFER_CAP, BUFFER * one.unsure)
        across, down = one.width * (0.5 + grown), one.height * (0.5 + BUFFER_DOWN * grown)
        x1, y1, x2, y2 = one.x - across, one.y - down, one.x + across, one.y + down
        size, trust = 4 * across * down, _trust(one, before_s)
        label, height = one.label, one.height
        furthest = x2 + grown * sightings.widest
        for column in sightings.from_left:
            left, top, right, bottom = sightings.boxes[column]
            if left >= furthest:
                break
            wide, high = right - left, bottom - top
            by_x, by_y = grown * wide, grown * BUFFER_DOWN * high
            common_x = min(x2, right + by_x) - max(x1, left - by_x)
            if common_x <= 0.0:
                continue
            common_y = min(y2, bottom + by_y) - max(y1, top - by_y)
            if common_y <= 0.0:
                continue
            common = common_x * common_y
            union = size + (wide + 2 * by_x) * (high + 2 * by_y) - common
            worth = trust * sightings.weights[column]
            other = sightings.labels[column]
            if other != label:
                if kin[other] != kin[label]:
                    continue
                worth *= OTHER_CLASS
            if high != height:
                worth *= (min(high, height) / max(high, height)) ** HEIGHT_POWER
            found.append((-worth * common / max(union, 1e-12), row, column))
    found.sort()
    return found


def assigned(found: Iterable[Pair]) -> dict[int, int]:
    """The column of each row, the likeliest pairs first (greedy)."""
    columns: dict[int, int] = {}
    taken: set[int] = set()
    for _, row, column in found:
        if row not in columns and column not in taken:
            columns[row] = column
            taken.add(column)
    return columns


def is_double(xyxy: Sequence[float], of: Box) -> bool:
    """Whether a box lies so much within another, or that in it, that both may be of one thing."""
    x1, y1, x2, y2 = xyxy
    left, top, right, bottom = of
    common_x, common_y = min(x2, right) - max(x1, left), min(y2, bottom) - max(y1, top)
    if common_x <= 0.0 or common_y <= 0.0:
        return False
    smaller = min((x2 - x1) * (y2 - y1), (right - left) * (bottom - top))
    return common_x * common_y > DOUBLE * smaller


def _trust(one: Followed, before_s: float) -> float:
    """By how much a track's likeness to a detection counts, 0 to 1."""
    missed_s = max(before_s - one.seen_s, 0.0)
    lost = LOST * min(1.0, missed_s / LOST_S)
    return (1 - lost) * (1 - YOUNG * exp(-(one.seen_s - one.born_s) / YOUNG_S))
