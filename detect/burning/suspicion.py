"""Evidence over time that a place in the picture is what it was taken for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detect.track import Box

LEAK = 0.5
"""Seconds of evidence that go for each second without any."""
MOST_S = 6.0
"""More evidence than this beyond what is asked for is not kept."""
STEP_S = 1.5
"""A look counts for the time since the one before, this long at most."""
NEAR = 0.5
"""A place is grown by this part of its size on each side to find it again."""
LAG = 0.3
"""Weight of the newest score in the mean."""
STAYS = 0.3
"""Part of the evidence asked for that keeps what is proven so."""
KEPT = 8


@dataclass(slots=True)
class Suspect:
    """A place that may be it."""

    box: Box
    since_s: float
    """When the evidence began."""
    score: float
    """Mean of what the head said, 0 to 1."""
    evidence_s: float = 0.0
    is_proven: bool = False
    best: float = 0.0
    """The highest mean while it was proven: what fades out was no less certain for that."""


class Suspicions:
    """The places of one rule. A score over `sure` is evidence, less is evidence against."""

    def __init__(self, asked_s: float, sure: float) -> None:
        self._asked_s, self._sure = asked_s, sure
        self._suspects: list[Suspect] = []
        self._last_s: float | None = None

    @property
    def any(self) -> bool:
        return bool(self._suspects)

    def update(self, t_s: float, places: Sequence[tuple[Box, float]]) -> list[Suspect]:
        """Boxes (fractions) and scores of now; gives those that are proven, surest first."""
        passed_s = 0.0 if self._last_s is None else min(STEP_S, t_s - self._last_s)
        self._last_s = t_s
        free = list(self._suspects)
        for box, score in places:
            known = next((s for s in free if _meet(_grown(s.box), box)), None)
            if known is not None:
                free.remove(known)
                self._weigh(known, box, score, passed_s)
            elif score >= self._sure:
                self._suspects.append(Suspect(box, t_s, score))
        for suspect in free:
            suspect.evidence_s -= LEAK * passed_s
        self._suspects = [s for s in self._suspects if s.evidence_s >= 0][-KEPT:]
        for suspect in self._suspects:
            suspect.is_proven = self._is_proven(suspect)
        proven = [s for s in self._suspects if s.is_proven]
        for suspect in proven:
            suspect.best = max(suspect.best, suspect.score)
        return sorted(proven, key=lambda suspect: -suspect.best)

    def _is_proven(self, suspect: Suspect) -> bool:
        """Enough evidence, and sure of late; once proven a third of the evidence will do."""
        if suspect.is_proven:
            return suspect.evidence_s >= STAYS * self._asked_s
        return suspect.evidence_s >= self._asked_s and suspect.score >= self._sure

    def _weigh(self, known: Suspect, box: Box, score: float, passed_s: float) -> None:
        known.score += LAG * (score - known.score)
        if score >= self._sure:
            known.box = box
            most_s = self._asked_s + MOST_S
            known.evidence_s = min(most_s, known.evidence_s + passed_s)
        else:
            known.evidence_s -= LEAK * passed_s


def _grown(box: Box) -> Box:
    x1, y1, x2, y2 = box
    width, height = NEAR * (x2 - x1) + 0.02, NEAR * (y2 - y1) + 0.02
    return x1 - width, y1 - height, x2 + width, y2 + height


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def hull(boxes: Sequence[Box]) -> Box:
    """The box round all."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)
