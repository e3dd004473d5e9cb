"""How many things of some classes are in a place: a count that does not tremble.

Tracks that are sure are counted. Those briefly out of sight too, up to as many as are seen, unless
they vanished at the edge of the frame: they have left. Where most are out of sight at once the
picture has changed, and they are of before. Detectors of this size lose
people in crowds first in score and then altogether, so unsure detections beside the tracks count as
well, up to a part of those that are sure: a row of posters is no crowd.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from detect.geometry import Point, inside
from detect.overlap import iou
from detect.track import Box, Track
from detect.view import View

UNSURE = 0.3
"""A detection at least this certain may be one more."""
SAME_IOU = 0.4
"""A detection that overlaps what is counted already by so much is the same."""
UNSURE_PART = 0.25
"""Unsure ones are counted up to this part of the sure ones."""
EDGE = 0.012
"""A box this near to the left or right edge of the frame, or cut by the lower one, is leaving."""
SMOOTH_S = 2.0
"""A count is the median over so long."""
KEPT_S = 60.0
"""How far back counts are known."""


@dataclass(frozen=True, slots=True)
class Count:
    """At one time."""

    t_s: float
    sure: int
    unsure: int

    @property
    def total(self) -> int:
        return self.sure + min(self.unsure, int(UNSURE_PART * self.sure))


class Headcount:
    """Counts in a polygon (None: the whole frame)."""

    def __init__(self, polygon: Sequence[Point] | None, classes: Collection[str]) -> None:
        self._polygon = polygon
        self._classes = frozenset(classes)
        self._counts: deque[Count] = deque()
        self.tracks: list[Track] = []
        """Those that are sure and in the place now."""

    def reset(self) -> None:
        self._counts.clear()

    def update(self, view: View) -> Count:
        """Count what a frame shows."""
        self.tracks = [
            t for t in view.tracks if self._counts_in(t.label, t.foot) and not _has_left(t)
        ]
        unseen = sum(track.unseen_s > 0 for track in self.tracks)
        sure = min(len(self.tracks), 2 * (len(self.tracks) - unseen))
        count = Count(view.t_s, sure, self._unsure(view))
        self._counts.append(count)
        while view.t_s - self._counts[0].t_s > KEPT_S:
            self._counts.popleft()
        return count

    def level(self, t_s: float, over_s: float = SMOOTH_S) -> float | None:
        """The usual count of the time before `t_s`; None where that was not watched."""
        counts = [c.total for c in self._counts if t_s - over_s <= c.t_s <= t_s]
        began = self._counts[0].t_s if self._counts else t_s
        return float(median(counts)) if counts and began <= t_s - over_s / 2 else None

    def _counts_in(self, label: str, foot: Point) -> bool:
        if label not in self._classes:
            return False
        return self._polygon is None or inside(foot, self._polygon)

    def _unsure(self, view: View) -> int:
        """Detections in the place that are none of the tracks, and doubtful tracks."""
        known: list[Box] = [track.xyxy for track in (*view.tracks, *view.hidden)]
        extra = 0
        for xyxy, score, label in zip(
            view.detections.xyxy.tolist(),
            view.detections.score.tolist(),
            view.detections.label.tolist(),
            strict=True,
        ):
            foot = ((xyxy[0] + xyxy[2]) / 2, xyxy[3])
            if score < UNSURE or label >= len(view.classes):
                continue
            if not self._counts_in(view.classes[label], foot) or _overlaps(xyxy, known):
                continue
            known.append(xyxy)
            extra += 1
        return extra + sum(self._counts_in(track.label, track.foot) for track in view.hidden)


def _has_left(track: Track) -> bool:
    x1, _, x2, y2 = track.xyxy
    return track.unseen_s > 0 and (x1 <= EDGE or x2 >= 1 - EDGE or y2 >= 1.0)


def _overlaps(xyxy: Sequence[float], known: list[Box]) -> bool:
    if not known:
        return False
    return bool(iou(np.array([xyxy]), np.array(known)).max() >= SAME_IOU)
