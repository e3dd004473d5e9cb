"""The tracker written in the most direct way, an array with a row a track for everything: slower
than `detect.tracker` where there are few tracks, and what that must agree with.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detect import tracker as known
from detect.detections import Detections

Row = tuple[int, int, float, float, float, float, float, float, float]
"""Id, label, box, score, age and time out of sight in seconds, of a confirmed track."""
Array = npt.NDArray[np.float64]


class TrackerInArrays:
    """The confirmed tracks of each frame, as `detect.tracker.Tracker` gives them."""

    def __init__(self, classes: int) -> None:
        self._born = 0
        self._t_s = 0.0
        self.id, self.hits = np.empty(0, np.int64), np.empty(0, np.int64)
        self.box, self.velocity = np.empty((0, 4)), np.empty((0, 2))
        self.votes = np.empty((0, classes))
        self.score, self.born_s, self.seen_s = np.empty(0), np.empty(0), np.empty(0)

    def update(self, seen: Detections, t_s: float) -> list[Row]:
        gap_s, self._t_s = max(0.0, t_s - self._t_s), t_s
        self.box = self.moved(t_s - gap_s, gap_s)
        sure = np.flatnonzero(seen.score >= known.SURE)
        unsure = np.flatnonzero((seen.score < known.SURE) & (seen.score >= known.UNSURE))
        left = np.arange(len(self.id))
        left, new = self._match(seen, left, sure, known.MATCH_IOU, gap_s)
        self._match(seen, left, unsure, known.MATCH_IOU_UNSURE, gap_s)
        self._begin(seen, new)
        self._drop(gap_s)
        return self._rows()

    def moved(self, from_s: float, gap_s: float) -> Array:
        coasting = np.exp(-np.maximum(from_s - self.seen_s, 0) / known.COAST_S)
        return self.box + np.tile(self.velocity * (gap_s * coasting)[:, None], (1, 2))

    @property
    def label(self) -> npt.NDArray[np.int64]:
        return self.votes.argmax(axis=1)

    def _match(
        self,
        seen: Detections,
        rows: npt.NDArray[np.int64],
        columns: npt.NDArray[np.int64],
        least: float,
        gap_s: float,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        by = min(known.BUFFER_CAP, known.BUFFER_PER_S * gap_s)
        gains = overlaps(grown(self.box[rows], by), grown(seen.xyxy[columns], by))
        other = self.label[rows][:, None] != seen.label[columns][None, :]
        gains = np.where(other, gains * known.OTHER_CLASS, gains)
        taken_rows, taken_columns = [], []
        while gains.size and gains.max() >= least:
            row, column = np.unravel_index(gains.argmax(), gains.shape)
            taken_rows.append(row)
            taken_columns.append(column)
            gains[row], gains[:, column] = -1, -1
        pairs = np.array([taken_rows, taken_columns], np.int64)
        self._correct(rows[pairs[0]], seen, columns[pairs[1]])
        return np.delete(rows, pairs[0]), np.delete(columns, pairs[1])

    def _correct(
        self, rows: npt.NDArray[np.int64], seen: Detections, columns: npt.NDArray[np.int64]
    ) -> None:
        since_s = np.maximum(self._t_s - self.seen_s[rows], known.SHORTEST_S)[:, None]
        error = seen.xyxy[columns] - self.box[rows]
        learnt = 1 - np.exp(-since_s / known.VELOCITY_LEARNT_S)
        gain = np.where(self.hits[rows, None] == 1, 1.0, learnt)
        self.box[rows] += known.POSITION_GAIN * error
        self.velocity[rows] += gain * ((error[:, :2] + error[:, 2:]) / 2) / since_s
        self.score[rows] = seen.score[columns]
        self.votes[rows, seen.label[columns]] += seen.score[columns]
        self.seen_s[rows] = self._t_s
        self.hits[rows] += 1

    def _begin(self, seen: Detections, columns: npt.NDArray[np.int64]) -> None:
        n = len(columns)
        votes = np.zeros((n, self.votes.shape[1]))
        votes[np.arange(n), seen.label[columns]] = seen.score[columns]
        self.id = np.concatenate([self.id, self._born + 1 + np.arange(n)])
        self.box = np.concatenate([self.box, seen.xyxy[columns]])
        self.velocity = np.concatenate([self.velocity, np.zeros((n, 2))])
        self.score = np.concatenate([self.score, seen.score[columns]])
        self.votes = np.concatenate([self.votes, votes])
        self.born_s = np.concatenate([self.born_s, np.full(n, self._t_s)])
        self.seen_s = np.concatenate([self.seen_s, np.full(n, self._t_s)])
        self.hits = np.concatenate([self.hits, np.ones(n, np.int64)])
        self._born += n

    def _drop(self, gap_s: float) -> None:
        is_confirmed = self.hits >= known.CONFIRM_HITS
        patience_s = np.where(is_confirmed, known.KEEP_S, known.KEEP_TENTATIVE_S)
        keep = self._t_s - self.seen_s <= np.maximum(patience_s, known.KEEP_FRAMES * gap_s)
        for name in ("id", "box", "velocity", "score", "votes", "born_s", "seen_s", "hits"):
            setattr(self, name, getattr(self, name)[keep])

    def _rows(self) -> list[Row]:
        boxes, label = np.clip(self.box, 0, 1), self.label
        times = np.stack([self.score, self._t_s - self.born_s, self._t_s - self.seen_s], axis=1)
        return [
            (int(self.id[row]), int(label[row]), *boxes[row].tolist(), *times[row].tolist())
            for row in np.flatnonzero(self.hits >= known.CONFIRM_HITS)
        ]


def overlaps(a: Array, b: Array) -> Array:
    """Intersection over union of every pair."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.prod(np.clip(bottom_right - top_left, 0, None), axis=2)
    area_a = np.prod(np.clip(a[:, 2:] - a[:, :2], 0, None), axis=1)
    area_b = np.prod(np.clip(b[:, 2:] - b[:, :2], 0, None), axis=1)
    return common / np.maximum(area_a[:, None] + area_b[None, :] - common, 1e-12)


def grown(boxes: npt.NDArray[np.floating], by: float) -> Array:
    """Boxes with `by` of their width and height added on each side."""
    size = np.tile(boxes[:, 2:] - boxes[:, :2], (1, 2)) * by
    return np.asarray(boxes + size * np.array([-1.0, -1.0, 1.0, 1.0]), np.float64)
