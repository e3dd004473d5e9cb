"""How far two ways of looking at the same pictures see the same. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from detect.detections import Detections
from detect.overlap import iou

SURE = 0.45
"""Score from which a box counts: those below come and go with the smallest change."""
SAME_IOU = 0.5


class Found(NamedTuple):
    """Sure boxes found again, of how many."""

    again: int
    of: int

    @property
    def share(self) -> float:
        return self.again / self.of if self.of else 1.0


def found_again(wanted: Detections, got: Detections) -> np.ndarray:
    """For each sure box of `wanted`, whether `got` has one of its class at its place: bool (N,)."""
    sure = wanted.score >= SURE
    if not len(got) or not sure.any():
        return np.zeros(int(sure.sum()), bool)
    overlaps = iou(wanted.xyxy[sure], got.xyxy)
    same = wanted.label[sure][:, None] == got.label[None]
    return np.asarray(((overlaps >= SAME_IOU) & same).any(axis=1))


def agreement(wanted: Iterable[Detections], got: Iterable[Detections]) -> Found:
    """Sure boxes of either side that the other has too."""
    again = of = 0
    for one, other in zip(wanted, got, strict=True):
        for found in (found_again(one, other), found_again(other, one)):
            again += int(found.sum())
            of += len(found)
    return Found(again, of)
