"""Decides whether a quantised model may stand in for full precision. Pure.

The measure is recall: of the boxes that full precision is sure of, on pictures that the ranges were
not measured on, how many are found again. Bounds are Clopper and Pearson's (1934), one-sided, 95 %;
pictures of one clip resemble each other, so they are narrower than they ought to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from detect.detections import Detections
from detect.looking.agreement import SURE, found_again

LEAST_RECALL = 0.97
"""What the lower bound of all boxes together must reach."""
LEAST_SLICE_RECALL = 0.95
"""What each slice with enough boxes must reach."""
LEAST_BOXES = 100
LEAST_SLICE_BOXES = 30
CONFIDENCE = 0.95
SMALL, LARGE = 0.1, 0.3
"""Heights of a box as fractions of the picture's."""
VEHICLES = ("bicycle", "car", "motorcycle", "bus", "train", "truck")


@dataclass(frozen=True, slots=True)
class Slice:
    """Boxes of one kind: how many there were, how many were found again."""

    name: str
    again: int
    of: int

    @property
    def recall(self) -> float:
        return self.again / self.of if self.of else 1.0

    @property
    def at_least(self) -> float:
        """Lower bound of the recall."""
        from scipy.stats import beta  # takes a second to import, which only this needs

        if self.again == 0:
            return 0.0
        return float(beta.ppf(1 - CONFIDENCE, self.again, self.of - self.again + 1))

    def __str__(self) -> str:
        share = f"{self.recall:.4f} (>= {self.at_least:.4f})"
        return f"{self.name:22} {self.again:6} of {self.of:6}  {share}"


def slices(
    wanted: Sequence[Detections], got: Sequence[Detections], classes: Sequence[str]
) -> list[Slice]:
    """All boxes, then by kind and height; those without a box are left out."""
    again: dict[str, list[bool]] = {"all": []}
    for one, other in zip(wanted, got, strict=True):
        found = found_again(one, other)
        sure = one.score >= SURE
        for is_found, xyxy, label in zip(found, one.xyxy[sure], one.label[sure], strict=True):
            for name in _names(xyxy, classes[int(label)]):
                again.setdefault(name, []).append(bool(is_found))
    return [Slice(name, sum(found), len(found)) for name, found in again.items()]


def _names(xyxy: np.ndarray, label: str) -> Iterator[str]:
    height = float(xyxy[3] - xyxy[1])
    size = "small" if height < SMALL else "large" if height >= LARGE else "middling"
    kind = "person" if label == "person" else "vehicle" if label in VEHICLES else "other"
    yield from ("all", kind, f"{kind}, {size}")


def refusal(found: Sequence[Slice]) -> str | None:
    """Why the model may not stand in, or None. `found[0]` is all boxes."""
    whole = found[0]
    if whole.of < LEAST_BOXES:
        return f"only {whole.of} sure boxes to compare, {LEAST_BOXES} are needed: give more clips"
    worst = min(found, key=lambda one: one.recall if one.of >= LEAST_SLICE_BOXES else 1.0)
    if worst.of >= LEAST_SLICE_BOXES and worst.recall < LEAST_SLICE_RECALL:
        return (
            f"{worst.name}: {worst.again} of {worst.of} boxes found again, "
            f"{LEAST_SLICE_RECALL:.0%} are needed"
        )
    if whole.at_least < LEAST_RECALL:
        return (
            f"{whole.again} of {whole.of} boxes found again, so at least {whole.at_least:.3f} "
            f"of them; {LEAST_RECALL} is needed"
        )
    return None
