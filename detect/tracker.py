"""Follows things through the frames of one camera.

ByteTrack's idea (Zhang et al., 2022, arXiv:2110.06864): sure detections are matched first, unsure
ones may only prolong what is known. Motion is a constant-velocity alpha-beta filter over media
time, because frames come 0.1 to 1 s apart; boxes are grown with the gap, so that a person who
moved more than a width at a low rate still overlaps (buffered IoU: Yang et al., 2022,
arXiv:2211.14317).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from detect.detections import Detections
from detect.track import Track

SURE = 0.45
"""A detection this certain may begin a track."""
UNSURE = 0.25
"""A detection at least this certain may prolong one."""
MATCH_IOU = 0.15
MATCH_IOU_UNSURE = 0.3
BUFFER_PER_S = 0.5
BUFFER_CAP = 0.4
CONFIRM_HITS = 2
KEEP_S = 1.5
KEEP_TENTATIVE_S = 0.5
POSITION_GAIN = 0.7
VELOCITY_GAIN = 0.3
SPEED_MEMORY_S = 1.0

Array = npt.NDArray[np.float64]


class Tracker:
    """The tracks of one camera; shares nothing with another.

    `classes` are the names behind the labels of the detections.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = tuple(classes)
        self._next_id = 1
        self._t_s = 0.0
        self._clear()

    def reset(self) -> None:
        """Forget every track; ids go on counting."""
        self._clear()

    def update(self, detections: Detections, t_s: float) -> list[Track]:
        """Take one frame's detections at media time `t_s`; gives the confirmed tracks."""
        gap_s = max(0.0, t_s - self._t_s)
        self._t_s = t_s
        self._predict(gap_s)
        free = np.arange(len(self._ids))
        sure = np.flatnonzero(detections.score >= SURE)
        unsure = np.flatnonzero((detections.score < SURE) & (detections.score >= UNSURE))
        buffer = min(BUFFER_CAP, BUFFER_PER_S * gap_s)
        free, left = self._match(detections, free, sure, MATCH_IOU, buffer, gap_s)
        free, _ = self._match(detections, free, unsure, MATCH_IOU_UNSURE, buffer, gap_s)
        self._begin(detections, left)
        self._drop()
        return self._confirmed()

    def _clear(self) -> None:
        self._ids = np.empty(0, np.int64)
        self._box: Array = np.empty((0, 4))
        self._velocity: Array = np.empty((0, 4))
        self._score: Array = np.empty(0)
        self._label = np.empty(0, np.int64)
        self._votes: Array = np.empty((0, len(self._classes)))
        self._born_s: Array = np.empty(0)
        self._seen_s: Array = np.empty(0)
        self._hits = np.empty(0, np.int64)

    def _predict(self, gap_s: float) -> None:
        coasting = np.exp(-(self._t_s - self._seen_s) / SPEED_MEMORY_S)[:, None]
        self._box = self._box + self._velocity * gap_s * coasting

    def _match(
        self,
        detections: Detections,
        rows: npt.NDArray[np.int64],
        columns: npt.NDArray[np.int64],
        least: float,
        buffer: float,
        gap_s: float,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Match tracks `rows` to detections `columns`; gives the unmatched of both."""
        if not len(rows) or not len(columns):
            return rows, columns
        overlap = iou(_grown(self._box[rows], buffer), _grown(detections.xyxy[columns], buffer))
        other_class = self._label[rows][:, None] != detections.label[columns][None, :]
        overlap = np.where(other_class, overlap * 0.5, overlap)
        pairs = greedy(overlap, least)
        for row, column in pairs:
            self._correct(int(rows[row]), detections, int(columns[column]), gap_s)
        used_rows, used_columns = [p[0] for p in pairs], [p[1] for p in pairs]
        return np.delete(rows, used_rows), np.delete(columns, used_columns)

    def _correct(self, row: int, detections: Detections, column: int, gap_s: float) -> None:
        since_s = max(self._t_s - self._seen_s[row], 1e-3)
        error = detections.xyxy[column] - self._box[row]
        self._box[row] += POSITION_GAIN * error
        gain = 1.0 if self._hits[row] == 1 else VELOCITY_GAIN
        moved = self._velocity[row] + gain * error / since_s
        # The centre moves; size changes are noise more often than motion.
        shift = np.array([moved[0] + moved[2], moved[1] + moved[3]] * 2) / 2
        self._velocity[row] = shift
        score = float(detections.score[column])
        self._score[row] = score
        self._votes[row, detections.label[column]] += score
        self._label[row] = int(np.argmax(self._votes[row]))
        self._seen_s[row] = self._t_s
        self._hits[row] += 1

    def _begin(self, detections: Detections, columns: npt.NDArray[np.int64]) -> None:
        n = len(columns)
        if not n:
            return
        votes = np.zeros((n, len(self._classes)))
        votes[np.arange(n), detections.label[columns]] = detections.score[columns]
        now = np.full(n, self._t_s)
        self._ids = np.append(self._ids, np.arange(self._next_id, self._next_id + n))
        self._next_id += n
        self._box = np.vstack([self._box, detections.xyxy[columns]])
        self._velocity = np.vstack([self._velocity, np.zeros((n, 4))])
        self._score = np.append(self._score, detections.score[columns])
        self._label = np.append(self._label, detections.label[columns])
        self._votes = np.vstack([self._votes, votes])
        self._born_s = np.append(self._born_s, now)
        self._seen_s = np.append(self._seen_s, now)
        self._hits = np.append(self._hits, np.ones(n, np.int64))

    def _drop(self) -> None:
        patience = np.where(self._hits >= CONFIRM_HITS, KEEP_S, KEEP_TENTATIVE_S)
        keep = self._t_s - self._seen_s <= patience
        if keep.all():
            return
        for name in "_ids _box _velocity _score _label _votes _born_s _seen_s _hits".split():
            setattr(self, name, getattr(self, name)[keep])

    def _confirmed(self) -> list[Track]:
        tracks = []
        for row in np.flatnonzero(self._hits >= CONFIRM_HITS):
            x1, y1, x2, y2 = (float(v) for v in np.clip(self._box[row], 0.0, 1.0))
            tracks.append(
                Track(
                    id=int(self._ids[row]),
                    label=self._classes[self._label[row]],
                    xyxy=(x1, y1, x2, y2),
                    score=float(self._score[row]),
                    age_s=self._t_s - float(self._born_s[row]),
                    unseen_s=self._t_s - float(self._seen_s[row]),
                )
            )
        return tracks


def iou(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> Array:
    """Intersection over union of every pair; (N, 4) and (M, 4) xyxy give (N, M), 0 to 1."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    overlap = np.prod(np.clip(bottom_right - top_left, 0, None), axis=2)
    area_a = np.prod(np.clip(a[:, 2:] - a[:, :2], 0, None), axis=1)
    area_b = np.prod(np.clip(b[:, 2:] - b[:, :2], 0, None), axis=1)
    union = area_a[:, None] + area_b[None, :] - overlap
    return np.asarray(overlap / np.maximum(union, 1e-12), np.float64)


def greedy(gains: Array, least: float) -> list[tuple[int, int]]:
    """Pairs (row, column) by falling gain, each row and column once, none below `least`."""
    rows, columns = np.nonzero(gains >= least)
    order = np.argsort(-gains[rows, columns], kind="stable")
    taken_rows: set[int] = set()
    taken_columns: set[int] = set()
    pairs = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in taken_rows and column not in taken_columns:
            taken_rows.add(row)
            taken_columns.add(column)
            pairs.append((row, column))
    return pairs


def _grown(boxes: npt.NDArray[np.floating], by: float) -> Array:
    """Boxes with `by` of their width and height added on each side."""
    size = np.tile(boxes[:, 2:] - boxes[:, :2], (1, 2)) * by
    return np.asarray(boxes + size * np.array([-1.0, -1.0, 1.0, 1.0]), np.float64)
