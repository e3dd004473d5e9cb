"""Follows things through the frames of one camera.

ByteTrack's idea (Zhang et al., 2022, arXiv:2110.06864): sure detections are matched first, unsure
ones may only prolong what is known. Motion is a constant-velocity alpha-beta filter over media
time, because frames come 0.1 to 1 s apart; boxes are grown with the gap, so that a person who
moved more than a width at a low rate still overlaps (buffered IoU: Yang et al., 2022,
arXiv:2211.14317).

All is plain numbers: with the few tracks that a camera has, that is quicker than arrays with a row
for each. Detections from left to right leave few pairs to look at in a crowd.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, hypot

import numpy as np
import numpy.typing as npt

from detect.detections import Detections, Floats
from detect.look import LiveTrack
from detect.track import Box, Track

SURE = 0.45
"""A detection this certain may begin a track."""
UNSURE = 0.25
"""A detection at least this certain may prolong one."""
MATCH_IOU = 0.15
MATCH_IOU_UNSURE = 0.3
OTHER_CLASS = 0.5
"""What the overlap with a detection of another class is worth: a class may waver."""
BUFFER_PER_S = 0.5
BUFFER_CAP = 0.4
"""Boxes are grown by this part of their size on each side, at most."""
CONFIRM_HITS = 2
KEEP_S = 1.5
KEEP_TENTATIVE_S = 0.5
KEEP_FRAMES = 1.5
"""A track outlives a frame without it, however far apart frames are."""
POSITION_GAIN = 0.7
VELOCITY_LEARNT_S = 0.5
"""Time in which a speed is learnt: near frames say little of it, frames far apart nearly all."""
COAST_S = 1.0
"""Time in which a thing that is out of sight comes to rest."""
SHORTEST_S = 0.1
"""Frames nearer in time than this say little of speed."""


@dataclass(slots=True)
class _Followed:
    """One track, tentative or confirmed."""

    id: int
    box: Box
    """Filtered; may reach out of the frame."""
    velocity: tuple[float, float]
    """Of the centre, fractions of the frame a second."""
    score: float
    label: int
    votes: dict[int, float]
    """Sum of scores by label."""
    born_s: float
    seen_s: float
    hits: int = 1

    @property
    def is_confirmed(self) -> bool:
        return self.hits >= CONFIRM_HITS

    def moved(self, from_s: float, gap_s: float) -> Box:
        """The box of media time `from_s`, `gap_s` later; what is out of sight comes to rest."""
        coasted_s = gap_s * exp(-max(from_s - self.seen_s, 0.0) / COAST_S)
        dx, dy = self.velocity[0] * coasted_s, self.velocity[1] * coasted_s
        x1, y1, x2, y2 = self.box
        return x1 + dx, y1 + dy, x2 + dx, y2 + dy

    def grown(self, by: float) -> Box:
        """The box with `by` of its width and height added on each side."""
        x1, y1, x2, y2 = self.box
        width, height = (x2 - x1) * by, (y2 - y1) * by
        return x1 - width, y1 - height, x2 + width, y2 + height

    def correct(self, box: Sequence[float], score: float, label: int, t_s: float) -> None:
        """Draw it to a detection of media time `t_s`."""
        x1, y1, x2, y2 = self.box
        ex1, ey1, ex2, ey2 = box[0] - x1, box[1] - y1, box[2] - x2, box[3] - y2
        self.box = (
            x1 + POSITION_GAIN * ex1,
            y1 + POSITION_GAIN * ey1,
            x2 + POSITION_GAIN * ex2,
            y2 + POSITION_GAIN * ey2,
        )
        # The centre moves; size changes are noise more often than motion.
        since_s = max(t_s - self.seen_s, SHORTEST_S)
        gain = 1.0 if self.hits == 1 else 1 - exp(-since_s / VELOCITY_LEARNT_S)
        vx, vy = self.velocity
        self.velocity = (
            vx + gain * ((ex1 + ex2) / 2) / since_s,
            vy + gain * ((ey1 + ey2) / 2) / since_s,
        )
        self.score = score
        self.votes[label] = self.votes.get(label, 0.0) + score
        if label != self.label:
            self.label = max(sorted(self.votes), key=self.votes.__getitem__)
        self.seen_s = t_s
        self.hits += 1


class Tracker:
    """The tracks of one camera; shares nothing with another.

    `classes` are the names behind the labels of the detections.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = tuple(classes)
        self._next_id = 1
        self._t_s = 0.0
        self._followed: list[_Followed] = []

    def reset(self) -> None:
        """Forget every track; ids go on counting."""
        self._followed = []

    def update(self, detections: Detections, t_s: float) -> list[Track]:
        """Take one frame's detections at media time `t_s`; gives the confirmed tracks."""
        gap_s = max(0.0, t_s - self._t_s)
        self._t_s = t_s
        for one in self._followed:
            one.box = one.moved(t_s - gap_s, gap_s)
        fresh = self._prolong(detections, gap_s)
        self._drop(gap_s)
        self._begin(detections, fresh)
        return self._confirmed()

    def live(self, t_s: float) -> list[LiveTrack]:
        """Every track, tentative ones too, where it is expected at media time `t_s`."""
        gap_s = max(0.0, t_s - self._t_s)
        return [
            LiveTrack(
                id=one.id,
                label=self._classes[one.label],
                xyxy=_within(one.moved(self._t_s, gap_s)),
                is_confirmed=one.is_confirmed,
                unseen_s=t_s - one.seen_s,
                speed=hypot(*one.velocity),
            )
            for one in self._followed
        ]

    def _prolong(self, detections: Detections, gap_s: float) -> list[int]:
        """Match tracks to detections, sure ones first; gives the sure ones that match none."""
        is_sure = (detections.score >= SURE).tolist()
        matched: dict[int, int] = {}
        taken: set[int] = set()
        pairs = self._pairs(detections, min(BUFFER_CAP, BUFFER_PER_S * gap_s))
        for sure, least in ((True, MATCH_IOU), (False, MATCH_IOU_UNSURE)):
            for loss, row, column in pairs:
                is_good = is_sure[column] is sure and -loss >= least
                if is_good and row not in matched and column not in taken:
                    matched[row] = column
                    taken.add(column)
        boxes, scores = detections.xyxy.tolist(), detections.score.tolist()
        labels = detections.label.tolist()
        for row, column in matched.items():
            one = self._followed[row]
            one.correct(boxes[column], scores[column], labels[column], self._t_s)
        return [column for column, sure in enumerate(is_sure) if sure and column not in taken]

    def _pairs(self, detections: Detections, buffer: float) -> list[tuple[float, int, int]]:
        """Tracks and detections that may match, best first: minus the overlap of their grown
        boxes, the track's row, the detection's column.
        """
        if not self._followed:
            return []
        seen = np.flatnonzero(detections.score >= UNSURE)
        edges = _grown(detections.xyxy[seen], buffer).T.tolist()
        from_left = sorted(zip(*edges, seen.tolist(), detections.label[seen].tolist(), strict=True))
        pairs = []
        for row, one in enumerate(self._followed):
            x1, y1, x2, y2 = one.grown(buffer)
            area = (x2 - x1) * (y2 - y1)
            for left, top, right, bottom, column, label in from_left:
                if left >= x2:
                    break
                if right > x1 and top < y2 and bottom > y1:
                    common = (min(x2, right) - max(x1, left)) * (min(y2, bottom) - max(y1, top))
                    union = area + (right - left) * (bottom - top) - common
                    worth = 1.0 if label == one.label else OTHER_CLASS
                    pairs.append((-common / max(union, 1e-12) * worth, row, column))
        return sorted(pairs)

    def _begin(self, detections: Detections, columns: Sequence[int]) -> None:
        for column in columns:
            x1, y1, x2, y2 = detections.xyxy[column].tolist()
            score, label = float(detections.score[column]), int(detections.label[column])
            self._followed.append(
                _Followed(
                    id=self._next_id,
                    box=(x1, y1, x2, y2),
                    velocity=(0.0, 0.0),
                    score=score,
                    label=label,
                    votes={label: score},
                    born_s=self._t_s,
                    seen_s=self._t_s,
                )
            )
            self._next_id += 1

    def _drop(self, gap_s: float) -> None:
        """Forget what was out of sight for too long."""
        least_s = KEEP_FRAMES * gap_s
        sure_s, tentative_s = max(KEEP_S, least_s), max(KEEP_TENTATIVE_S, least_s)
        self._followed = [
            one
            for one in self._followed
            if self._t_s - one.seen_s <= (sure_s if one.is_confirmed else tentative_s)
        ]

    def _confirmed(self) -> list[Track]:
        return [
            Track(
                id=one.id,
                label=self._classes[one.label],
                xyxy=_within(one.box),
                score=one.score,
                age_s=self._t_s - one.born_s,
                unseen_s=self._t_s - one.seen_s,
                velocity=one.velocity,
            )
            for one in self._followed
            if one.is_confirmed
        ]


def _grown(boxes: Floats, by: float) -> npt.NDArray[np.float64]:
    """Boxes with `by` of their width and height added on each side."""
    size = (boxes[:, 2:] - boxes[:, :2]) * by
    outwards = np.concatenate([-size, size], axis=1, dtype=np.float64)
    return np.asarray(boxes + outwards, np.float64)


def _within(box: Box) -> Box:
    """The part of a box that is in the frame."""
    x1, y1, x2, y2 = box
    if 0.0 <= x1 <= 1.0 and 0.0 <= y1 <= 1.0 and 0.0 <= x2 <= 1.0 and 0.0 <= y2 <= 1.0:
        return box  # nearly all are
    return _clamped(x1), _clamped(y1), _clamped(x2), _clamped(y2)


def _clamped(value: float) -> float:
    return min(max(value, 0.0), 1.0)
