"""The tracker written in the most direct way, an array with a row a track for everything: slower
than `detect.tracking.tracker` where there are few tracks, and what that must agree with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from detect.detections import Detections
from detect.tracking import association as alike
from detect.tracking import followed as motion
from detect.tracking import tracker as known
from detect.tracking.kinship import kin_of

Row = tuple[int, int, float, float, float, float, float, float, float]
"""Id, label, box, score, age and time out of sight in seconds, of a confirmed track."""
Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
COLUMNS = {"box": 4, "velocity": 2, "variance": 3, "votes": 0}
"""Box: centre and size. Variance: of the place, of the speed, and of both, in sizes²."""
NAMES = ("id", "hits", "score", "born_s", "seen_s", "evidence", *COLUMNS)


class TrackerInArrays:
    """The confirmed tracks of each frame, as `detect.tracking.tracker.Tracker` gives them."""

    def __init__(self, names: Sequence[str]) -> None:
        classes = len(names)
        self.kin = np.array(kin_of(names))
        self._born = 0
        self._t_s = 0.0
        self.id, self.hits = np.empty(0, np.int64), np.empty(0, np.int64)
        self.box, self.velocity = np.empty((0, 4)), np.empty((0, 2))
        self.variance, self.votes = np.empty((0, 3)), np.empty((0, classes))
        self.score, self.born_s, self.seen_s = np.empty(0), np.empty(0), np.empty(0)
        self.evidence = np.empty(0)

    def update(self, seen: Detections, t_s: float) -> list[Row]:
        gap_s, self._t_s = max(0.0, t_s - self._t_s), t_s
        self._advance(t_s - gap_s, gap_s)
        sure = np.flatnonzero(seen.score >= known.SURE)
        unsure = np.flatnonzero((seen.score < known.SURE) & (seen.score >= known.UNSURE))
        likeness = self._likeness(seen, t_s - gap_s)
        left = np.arange(len(self.id))
        left, new, first = _matched(likeness, left, sure, known.MATCH)
        _, _, second = _matched(likeness, left, unsure, known.MATCH_UNSURE)
        pairs = np.concatenate([first, second], axis=1)
        self._correct(pairs[0], seen, pairs[1])
        self._drop(gap_s)
        self._begin(seen, new)
        return self._rows()

    @property
    def is_confirmed(self) -> npt.NDArray[np.bool_]:
        return (self.hits >= known.CONFIRM_HITS) & (self.evidence >= known.CONFIRM_EVIDENCE)

    @property
    def label(self) -> Indices:
        return self.votes.argmax(axis=1)

    def moved(self, from_s: float, gap_s: float) -> Array:
        """Centre and size, `gap_s` after `from_s`."""
        coasting = np.exp(-np.maximum(from_s - self.seen_s, 0) / motion.COAST_S)
        way = self.velocity * (gap_s * coasting)[:, None]
        return self.box + np.hstack([way, np.zeros_like(way)])

    def _advance(self, from_s: float, gap_s: float) -> None:
        self.box = self.moved(from_s, gap_s)
        lasts = np.exp(-gap_s / motion.SPEED_LASTS_S)
        place, speed, both = self.variance.T
        renewed = lasts**2 * speed + (1 - lasts**2) * motion.SPEED**2
        self.variance = np.stack(
            [
                place + gap_s * (2 * both + gap_s * speed),
                renewed,
                lasts * (both + gap_s * speed),
            ],
            axis=1,
        )

    def _likeness(self, seen: Detections, before_s: float) -> Array:
        """Of every track and detection, 0 to 1."""
        by = np.minimum(alike.BUFFER_CAP, alike.BUFFER * np.sqrt(self.variance[:, 0]))
        mine, theirs = corners(self.box)[:, None], seen.xyxy.astype(np.float64)[None]
        sides = by[:, None, None] * np.array([1, alike.BUFFER_DOWN])
        overlap = overlaps(grown(mine, sides), grown(theirs, sides))
        mine_high, theirs_high = self.box[:, 3][:, None], theirs[:, :, 3] - theirs[:, :, 1]
        highest = np.maximum(np.maximum(mine_high, theirs_high), 1e-300)
        ratio = np.where(
            mine_high == theirs_high, 1.0, np.minimum(mine_high, theirs_high) / highest
        )
        score = seen.score.astype(np.float64)
        weight = np.where(score >= known.SURE, score**alike.SCORE_POWER, 1.0)
        other = self.label[:, None] != seen.label[None, :]
        lost = alike.LOST * np.clip((before_s - self.seen_s) / alike.LOST_S, 0, 1)
        young = alike.YOUNG * np.exp(-(self.seen_s - self.born_s) / alike.YOUNG_S)
        trust = ((1 - lost) * (1 - young))[:, None] * weight * ratio**alike.HEIGHT_POWER
        strange = self.kin[self.label][:, None] != self.kin[seen.label][None, :]
        worth = np.where(strange, 0.0, np.where(other, trust * alike.OTHER_CLASS, trust))
        return np.asarray(overlap * worth)

    def _correct(self, rows: Indices, seen: Detections, columns: Indices) -> None:
        xyxy = seen.xyxy[columns].astype(np.float64)
        size = xyxy[:, 2:] - xyxy[:, :2]
        off = (xyxy[:, :2] + xyxy[:, 2:]) / 2 - self.box[rows, :2]
        place, speed, both = self.variance[rows].T
        total = place + noise(self._t_s - self.seen_s[rows])
        gain, speed_gain = place / total, both / total
        self.box[rows, :2] += gain[:, None] * off
        self.velocity[rows] += speed_gain[:, None] * off
        kept = [place * (1 - gain), speed - speed_gain * both, both * (1 - gain)]
        self.variance[rows] = np.stack(kept, axis=1)
        self.hits[rows] += 1
        learnt = 1 - np.exp((self.seen_s[rows] - self._t_s) / motion.SIZE_LASTS_S)
        believed = np.maximum(learnt, 1 / self.hits[rows])[:, None]
        self.box[rows, 2:] += believed * (size - self.box[rows, 2:])
        self.score[rows] = seen.score[columns]
        self.evidence[rows] += np.maximum(seen.score[columns] - np.float64(motion.CERTAIN), 0)
        self.votes[rows, seen.label[columns]] += seen.score[columns]
        self.seen_s[rows] = self._t_s

    def _drop(self, gap_s: float) -> None:
        is_old = self.seen_s - self.born_s >= known.STILL_AGE_S
        is_slow = (np.abs(self.velocity) <= known.STILL * self.box[:, 2:]).all(axis=1)
        sure_s = np.where(is_old & is_slow, known.KEEP_STILL_S, known.KEEP_S)
        patience_s = np.where(self.is_confirmed, sure_s, known.KEEP_TENTATIVE_S)
        keep = self._t_s - self.seen_s <= np.maximum(patience_s, known.KEEP_FRAMES * gap_s)
        for name in NAMES:
            setattr(self, name, getattr(self, name)[keep])

    def _begin(self, seen: Detections, columns: Indices) -> None:
        just = self.seen_s == self._t_s
        boxes, labels = corners(self.box[just]), self.label[just]
        begun = []
        for column in columns:
            xyxy, label = seen.xyxy[column].astype(np.float64), seen.label[column]
            if not ((labels == label) & (shared(boxes, xyxy) > alike.DOUBLE)).any():
                begun.append(column)
                boxes, labels = np.vstack([boxes, xyxy]), np.append(labels, label)
        columns = np.array(begun, np.int64)
        n, xyxy = len(columns), seen.xyxy[columns].astype(np.float64)
        score = seen.score[columns].astype(np.float64)
        votes = np.zeros((n, self.votes.shape[1]))
        votes[np.arange(n), seen.label[columns]] = score
        place = noise(np.full(n, motion.SAME_NOISE_S))
        box = np.hstack([(xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]])
        fresh = {
            "id": self._born + 1 + np.arange(n),
            "hits": np.ones(n, np.int64),
            "score": score,
            "born_s": np.full(n, self._t_s),
            "seen_s": np.full(n, self._t_s),
            "evidence": np.maximum(score - motion.CERTAIN, 0),
            "box": box,
            "velocity": np.zeros((n, 2)),
            "variance": np.stack([place, np.full(n, motion.SPEED**2), np.zeros(n)], axis=1),
            "votes": votes,
        }
        for name in NAMES:
            setattr(self, name, np.concatenate([getattr(self, name), fresh[name]]))
        self._born += n

    def _rows(self) -> list[Row]:
        boxes, label = np.clip(corners(self.box), 0, 1), self.label
        times = np.stack([self.score, self._t_s - self.born_s, self._t_s - self.seen_s], axis=1)
        return [
            (int(self.id[row]), int(label[row]), *boxes[row].tolist(), *times[row].tolist())
            for row in np.flatnonzero(self.is_confirmed)
        ]


def _matched(
    likeness: Array, rows: Indices, columns: Indices, least: float
) -> tuple[Indices, Indices, Indices]:
    """The rows and the columns that are left, and the pairs, the likeliest taken first."""
    gains = likeness[np.ix_(rows, columns)]
    taken: list[tuple[int, int]] = []
    while gains.size and gains.max() >= least:
        row, column = np.unravel_index(gains.argmax(), gains.shape)
        taken.append((int(row), int(column)))
        gains[row], gains[:, column] = -1, -1
    at = np.array(taken, np.int64).reshape(-1, 2).T
    pairs = np.stack([rows[at[0]], columns[at[1]]])
    return np.delete(rows, at[0]), np.delete(columns, at[1]), pairs


def noise(since_s: Array) -> Array:
    later = np.maximum(since_s, motion.SHORTEST_S)
    return np.asarray(motion.NOISE**2 * (1 + motion.SAME_NOISE_S / later))


def corners(box: Array) -> Array:
    """x1 y1 x2 y2 of boxes that are centre and size."""
    return np.hstack([box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2])


def shared(a: Array, b: Array) -> Array:
    """The part of the smaller of two boxes that both have."""
    common = intersection(a, b)
    smaller = np.minimum(_area(a), _area(b))
    return np.asarray(np.where(common > 0, common / np.maximum(smaller, 1e-300), 0.0))


def overlaps(a: Array, b: Array) -> Array:
    """Intersection over union."""
    common = intersection(a, b)
    return np.asarray(common / np.maximum(_area(a) + _area(b) - common, 1e-12))


def intersection(a: Array, b: Array) -> Array:
    low, high = np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])
    return np.asarray(np.prod(np.clip(high - low, 0, None), axis=-1))


def _area(box: Array) -> Array:
    return np.asarray(np.prod(np.clip(box[..., 2:] - box[..., :2], 0, None), axis=-1))


def grown(boxes: Array, by: Array) -> Array:
    """Boxes with `by` (across, down) of their width and height added on each side."""
    size = boxes[..., 2:] - boxes[..., :2]
    outwards = np.concatenate([-size * by, size * by], axis=-1)
    return np.asarray(boxes + outwards, np.float64)
