"""Follows things through the frames of one camera.

ByteTrack's idea (Zhang et al., 2022, arXiv:2110.06864): sure detections are matched first, unsure
ones may only prolong what is known. Motion is a constant-velocity alpha-beta filter over media
time, because frames come 0.1 to 1 s apart; boxes are grown with the gap, so that a person who
moved more than a width at a low rate still overlaps (buffered IoU: Yang et al., 2022,
arXiv:2211.14317).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from detect.detections import Detections
from detect.look import LiveTrack
from detect.track import Track

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
    """N tracks, a row each in every array."""

    id: Indices
    box: Array
    """(N, 4) xyxy, filtered."""
    velocity: Array
    """(N, 2) of the centre, fractions of the frame a second."""
    score: Array
    label: Indices
    votes: Array
    """(N, classes) sum of scores."""
    born_s: Array
    seen_s: Array
    hits: Indices

    @classmethod
    def none(cls, classes: int) -> Self:
        return cls(
            id=np.empty(0, np.int64),
            box=np.empty((0, 4)),
            velocity=np.empty((0, 2)),
            score=np.empty(0),
            label=np.empty(0, np.int64),
            votes=np.empty((0, classes)),
            born_s=np.empty(0),
            seen_s=np.empty(0),
            hits=np.empty(0, np.int64),
        )

    def __len__(self) -> int:
        return len(self.id)

    def where(self, keep: npt.NDArray[np.bool_]) -> Self:
        return type(self)(*(getattr(self, field.name)[keep] for field in fields(self)))

    def with_more(self, other: Self) -> Self:
        return type(self)(
            *(
                np.concatenate([getattr(self, field.name), getattr(other, field.name)])
                for field in fields(self)
            )
        )


class Tracker:
    """The tracks of one camera; shares nothing with another.

    `classes` are the names behind the labels of the detections.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = tuple(classes)
        self._next_id = 1
        self._t_s = 0.0
        self._gap_s = 0.0
        self._followed = _Followed.none(len(self._classes))

    def reset(self) -> None:
        """Forget every track; ids go on counting."""
        self._followed = _Followed.none(len(self._classes))

    def update(self, detections: Detections, t_s: float) -> list[Track]:
        """Take one frame's detections at media time `t_s`; gives the confirmed tracks."""
        self._gap_s = max(0.0, t_s - self._t_s)
        self._t_s = t_s
        self._predict()
        tracks = np.arange(len(self._followed))
        sure = np.flatnonzero(detections.score >= SURE)
        unsure = np.flatnonzero((detections.score < SURE) & (detections.score >= UNSURE))
        tracks, new = self._match(detections, tracks, sure, MATCH_IOU)
        self._match(detections, tracks, unsure, MATCH_IOU_UNSURE)
        self._begin(detections, new)
        self._drop()
        return self._confirmed()

    def live(self, t_s: float) -> list[LiveTrack]:
        """Every track, tentative ones too, where it is expected at media time `t_s`."""
        now = self._followed
        boxes = np.clip(self._moved(self._t_s, max(0.0, t_s - self._t_s)), 0.0, 1.0).tolist()
        speeds = np.hypot(*now.velocity.T).tolist()
        return [
            LiveTrack(
                id=int(now.id[row]),
                label=self._classes[now.label[row]],
                xyxy=(x1, y1, x2, y2),
                is_confirmed=bool(now.hits[row] >= CONFIRM_HITS),
                unseen_s=t_s - float(now.seen_s[row]),
                speed=speeds[row],
            )
            for row, (x1, y1, x2, y2) in enumerate(boxes)
        ]

    def _predict(self) -> None:
        """Move every box on."""
        self._followed.box = self._moved(self._t_s - self._gap_s, self._gap_s)

    def _moved(self, from_s: float, gap_s: float) -> Array:
        """The boxes of media time `from_s`, `gap_s` later; what is out of sight comes to rest."""
        now = self._followed
        unseen_s = np.maximum(from_s - now.seen_s, 0)
        step = now.velocity * (gap_s * np.exp(-unseen_s / COAST_S))[:, None]
        return np.asarray(now.box + np.tile(step, (1, 2)), np.float64)

    def _match(
        self, detections: Detections, tracks: Indices, columns: Indices, least: float
    ) -> tuple[Indices, Indices]:
        """Match `tracks` to the detections `columns`; gives the unmatched of both."""
        if not len(tracks) or not len(columns):
            return tracks, columns
        now = self._followed
        buffer = min(BUFFER_CAP, BUFFER_PER_S * self._gap_s)
        overlap = iou(_grown(now.box[tracks], buffer), _grown(detections.xyxy[columns], buffer))
        other = now.label[tracks][:, None] != detections.label[columns][None, :]
        rows, matched = greedy(np.where(other, overlap * OTHER_CLASS, overlap), least)
        self._correct(tracks[rows], detections, columns[matched])
        return np.delete(tracks, rows), np.delete(columns, matched)

    def _correct(self, rows: Indices, detections: Detections, columns: Indices) -> None:
        """Draw the tracks `rows` to the detections `columns`, pair by pair."""
        now = self._followed
        since_s = np.maximum(self._t_s - now.seen_s[rows], SHORTEST_S)[:, None]
        error = detections.xyxy[columns] - now.box[rows]
        now.box[rows] += POSITION_GAIN * error
        # The centre moves; size changes are noise more often than motion.
        moved = (error[:, :2] + error[:, 2:]) / 2
        learnt = 1 - np.exp(-since_s / VELOCITY_LEARNT_S)
        gain = np.where(now.hits[rows, None] == 1, 1.0, learnt)
        now.velocity[rows] += gain * moved / since_s
        now.score[rows] = detections.score[columns]
        now.votes[rows, detections.label[columns]] += detections.score[columns]
        now.label[rows] = now.votes[rows].argmax(axis=1)
        now.seen_s[rows] = self._t_s
        now.hits[rows] += 1

    def _begin(self, detections: Detections, columns: Indices) -> None:
        n = len(columns)
        votes = np.zeros((n, len(self._classes)))
        votes[np.arange(n), detections.label[columns]] = detections.score[columns]
        self._followed = self._followed.with_more(
            _Followed(
                id=np.arange(self._next_id, self._next_id + n),
                box=detections.xyxy[columns].astype(np.float64),
                velocity=np.zeros((n, 2)),
                score=detections.score[columns].astype(np.float64),
                label=detections.label[columns].astype(np.int64),
                votes=votes,
                born_s=np.full(n, self._t_s),
                seen_s=np.full(n, self._t_s),
                hits=np.ones(n, np.int64),
            )
        )
        self._next_id += n

    def _drop(self) -> None:
        now = self._followed
        patience_s = np.where(now.hits >= CONFIRM_HITS, KEEP_S, KEEP_TENTATIVE_S)
        patience_s = np.maximum(patience_s, KEEP_FRAMES * self._gap_s)
        self._followed = now.where(self._t_s - now.seen_s <= patience_s)

    def _confirmed(self) -> list[Track]:
        now = self._followed
        rows = np.flatnonzero(now.hits >= CONFIRM_HITS)
        boxes = np.clip(now.box[rows], 0.0, 1.0).tolist()
        return [
            Track(
                id=int(now.id[row]),
                label=self._classes[now.label[row]],
                xyxy=(x1, y1, x2, y2),
                score=float(now.score[row]),
                age_s=self._t_s - float(now.born_s[row]),
                unseen_s=self._t_s - float(now.seen_s[row]),
            )
            for row, (x1, y1, x2, y2) in zip(rows.tolist(), boxes, strict=True)
        ]


def iou(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> Array:
    """Intersection over union of every pair; (N, 4) and (M, 4) xyxy give (N, M), 0 to 1."""
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    overlap = np.prod(np.clip(bottom_right - top_left, 0, None), axis=2)
    area_a = np.prod(np.clip(a[:, 2:] - a[:, :2], 0, None), axis=1)
    area_b = np.prod(np.clip(b[:, 2:] - b[:, :2], 0, None), axis=1)
    union = area_a[:, None] + area_b[None, :] - overlap
    return np.asarray(overlap / np.maximum(union, 1e-12), np.float64)


def greedy(gains: Array, least: float) -> tuple[Indices, Indices]:
    """Rows and columns paired by falling gain, each once, no pair below `least`."""
    rows, columns = np.nonzero(gains >= least)
    order = np.argsort(-gains[rows, columns], kind="stable")
    free_rows, free_columns = set(rows.tolist()), set(columns.tolist())
    pairs: list[tuple[int, int]] = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row in free_rows and column in free_columns:
            free_rows.remove(row)
            free_columns.remove(column)
            pairs.append((row, column))
    paired = np.array(pairs, np.int64).reshape(-1, 2)
    return paired[:, 0], paired[:, 1]


def _grown(boxes: npt.NDArray[np.floating], by: float) -> Array:
    """Boxes with `by` of their width and height added on each side."""
    size = np.tile(boxes[:, 2:] - boxes[:, :2], (1, 2)) * by
    return np.asarray(boxes + size * np.array([-1.0, -1.0, 1.0, 1.0]), np.float64)
