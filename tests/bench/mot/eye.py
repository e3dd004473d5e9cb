"""What a small detector would see of people whose truth is known: for sequences without pictures.

Its figures are those of YOLOX-nano and NanoDet-g on the opencv-doc clip, whose truth is that of
PETS09-S2L1: who stands free is found 98 times in 100, who is hidden to a half about 60 times, to
four fifths 20; a side is off by 16 % of the width (6 % of the height), and by about the same half
a second later; who is missed once is missed again; a false one or two a frame come at the same
places again and again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from detect.detections import Detections
from tests.bench.mot.score import overlaps
from tests.bench.mot.sequence import Boxes, Footage, people

FREE, FOUND = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0), (0.03, 0.15, 0.4, 0.66, 0.85, 0.92, 0.98)
"""How often somebody is found of whom this part can be seen."""
SCORE = (0.38, 0.42, 0.5, 0.58, 0.64, 0.7, 0.74)
SCORE_NOISE = 0.1
SIDE_NOISE = (0.16, 0.06, 0.16, 0.045)
"""Standard deviation of left, top, right, bottom in widths and heights."""
SAME_ERROR_S, SAME_MISS_S = 0.5, 0.35
"""Times in which errors and misses become others."""
HAUNTS, HAUNT_SEEN, HAUNT_SCORE = 4, 0.2, (0.2, 0.6)
STRAY_SEEN = 0.1
SUPPRESSED = 0.6
"""Overlap from which two detections are one."""
GRID = 8


@dataclass
class _Drift:
    """A normal variable that changes slowly, one for each name."""

    rng: np.random.Generator
    stay_s: float
    size: int
    at: dict[int, npt.NDArray[np.float64]] = field(default_factory=dict)

    def next(self, name: int, gap_s: float) -> npt.NDArray[np.float64]:
        fresh = self.rng.normal(size=self.size)
        if name in self.at:
            stays = exp(-gap_s / self.stay_s)
            fresh = stays * self.at[name] + (1 - stays**2) ** 0.5 * fresh
        self.at[name] = fresh
        return fresh


def seen(footage: Footage, seed: int) -> list[Detections]:
    """Detections of every frame; the same for the same seed."""
    rng = np.random.default_rng(seed)
    gap_s = 1 / footage.fps
    errors, misses = _Drift(rng, SAME_ERROR_S, 5), _Drift(rng, SAME_MISS_S, 1)
    usual = np.concatenate([frame.xyxy for frame in footage.truth])
    haunts = usual[rng.integers(0, len(usual), HAUNTS)] + rng.normal(0, 0.05, (HAUNTS, 1))
    found = []
    for frame in footage.truth:
        boxes, scores = [], []
        free = visible(frame.xyxy)
        for person, box, part in zip(frame.id.tolist(), frame.xyxy, free, strict=True):
            error = errors.next(person, gap_s)
            luck = NormalDist().cdf(float(misses.next(person, gap_s)[0]))
            if luck < np.interp(part, FREE, FOUND):
                boxes.append(_jogged(box, error[:4]))
                scores.append(float(np.interp(part, FREE, SCORE) + SCORE_NOISE * error[4]))
        for at in range(HAUNTS):
            if NormalDist().cdf(float(misses.next(-1 - at, gap_s)[0])) < HAUNT_SEEN:
                boxes.append(_jogged(haunts[at], 0.5 * errors.next(-1 - at, gap_s)[:4]))
                scores.append(float(rng.uniform(*HAUNT_SCORE)))
        if rng.random() < STRAY_SEEN:
            boxes.append(_jogged(usual[rng.integers(len(usual))], rng.normal(size=4)))
            scores.append(float(rng.uniform(*HAUNT_SCORE)))
        found.append(_suppressed(people([box.tolist() for box in boxes], scores)))
    return found


def visible(boxes: Boxes) -> npt.NDArray[np.float64]:
    """The part of each box that no box with a lower foot covers, 0 to 1."""
    steps = (np.arange(GRID) + 0.5) / GRID
    parts = np.ones(len(boxes))
    for row, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
        x, y = np.meshgrid(x1 + (x2 - x1) * steps, y1 + (y2 - y1) * steps)
        hidden = np.zeros(x.shape, bool)
        for left, top, right, bottom in boxes[boxes[:, 3] > y2].tolist():
            hidden |= (x > left) & (x < right) & (y > top) & (y < bottom)
        parts[row] = 1 - hidden.mean()
    return parts


def _jogged(box: Boxes, error: npt.NDArray[np.float64]) -> Boxes:
    size = np.tile(box[2:] - box[:2], 2)
    moved = box + error.clip(-2, 2) * SIDE_NOISE * size
    return np.concatenate([np.minimum(moved[:2], moved[2:]), np.maximum(moved[:2], moved[2:])])


def _suppressed(found: Detections) -> Detections:
    """Without those that lie over a better one."""
    boxes = found.xyxy.astype(np.float64)
    common = overlaps(boxes, boxes)
    kept: list[int] = []
    for row in range(len(found)):
        if not kept or common[row, kept].max() < SUPPRESSED:
            kept.append(row)
    return Detections(found.xyxy[kept], found.score[kept], found.label[kept])
