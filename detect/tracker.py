"""Follows things through the frames of one camera.

ByteTrack's idea (Zhang et al., 2022, arXiv:2110.06864): sure detections are matched first, unsure
ones may only prolong what is known. Motion is a constant-velocity alpha-beta filter over media
time, because frames come 0.1 to 1 s apart; boxes are grown with the gap, so that a person who
moved more than a width at a low rate still overlaps (buffered IoU: Yang et al., 2022,
arXiv:2211.14317).

Each track is plain numbers: with the few that a camera has, that is quicker than arrays with a row
for each. What is counted for every pair of tracks and detections is an array.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, hypot

import numpy as np
import numpy.typing as npt

from detect.detections import Detections
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

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


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

    def _prolong(self, detections: Detections, gap_s: float) -> Iterable[int]:
        """Match tracks to detections, sure ones first; gives the sure ones that match none."""
        is_sure = detections.score >= SURE
        sure = np.flatnonzero(is_sure)
        if not self._followed:
            return sure.tolist()
        unsure = np.flatnonzero(~is_sure & (detections.score >= UNSURE))
        gains = self._gains(detections, min(BUFFER_CAP, BUFFER_PER_S * gap_s))
        rows, columns = greedy(gains[:, sure], MATCH_IOU)
        self._correct(rows, detections, sure[columns])
        if len(unsure) and len(rows) < len(self._followed):
            left = np.delete(np.arange(len(self._followed)), rows)
            more, unsure_columns = greedy(gains[left[:, None], unsure], MATCH_IOU_UNSURE)
            self._correct(left[more], detections, unsure[unsure_columns])
        return np.delete(sure, columns).tolist()

    def _gains(self, detections: Detections, buffer: float) -> Array:
        """What matching each track (N) with each detection (M) is worth: (N, M), 0 to 1."""
        boxes = np.array([one.box for one in self._followed])
        overlap = iou(_grown(boxes, buffer), _grown(detections.xyxy, buffer))
        labels = np.array([one.label for one in self._followed])
        other = labels[:, None] != detections.label
        return np.where(other, overlap * OTHER_CLASS, overlap)

    def _correct(self, rows: Indices, detections: Detections, columns: Indices) -> None:
        """Draw the tracks `rows` to the detections `columns`, pair by pair."""
        boxes = detections.xyxy[columns].tolist()
        scores = detections.score[columns].tolist()
        labels = detections.label[columns].tolist()
        for row, box, score, label in zip(rows.tolist(), boxes, scores, labels, strict=True):
            self._followed[row].correct(box, score, label, self._t_s)

    def _begin(self, detections: Detections, columns: Iterable[int]) -> None:
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
            )
            for one in self._followed
            if one.is_confirmed
        ]


def iou(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> Array:
    """Intersection over union of every pair; (N, 4) and (M, 4) xyxy give (N, M), 0 to 1."""
    a_low, a_high = a.T[:2, :, None], a.T[2:, :, None]
    b_low, b_high = b.T[:2, None], b.T[2:, None]
    overlap = _area(np.maximum(a_low, b_low), np.minimum(a_high, b_high))
    union = _area(a_low, a_high) + _area(b_low, b_high) - overlap
    return np.asarray(overlap / np.maximum(union, 1e-12), np.float64)


def _area(low: npt.NDArray[np.floating], high: npt.NDArray[np.floating]) -> Array:
    """Of rectangles between two corners, x and y first in both; 0 where they are crossed over."""
    width, height = np.maximum(high - low, 0)
    return np.asarray(width * height)


def greedy(gains: Array, least: float) -> tuple[Indices, Indices]:
    """Rows and columns paired by falling gain, each once, no pair below `least`."""
    rows, columns = np.nonzero(gains >= least)
    order = np.argsort(-gains[rows, columns], kind="stable")
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in pairs and column not in taken:
            pairs[row] = column
            taken.add(column)
    return np.array(list(pairs), np.int64), np.array(list(pairs.values()), np.int64)


def _grown(boxes: npt.NDArray[np.floating], by: float) -> Array:
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
