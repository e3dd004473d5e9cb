"""From raw boxes to the boxes worth keeping. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detect.detections import Floats, Labels

MAX_CANDIDATES = 300
"""Boxes per frame looked at by the suppression: more are noise, or an attack on our time."""
FEW = 128
"""Up to so many boxes every pair is looked at: fewer steps, if more pairs."""
Indices = npt.NDArray[np.int64]


def nms(
    xyxy: Floats, score: Floats, label: Labels, iou_limit: float, frame: Indices | None = None
) -> Indices:
    """Indices kept by greedy non-maximum suppression within each class of each frame.

    `xyxy` (N, 4) in any one unit; `frame` (N,) says whose box it is (one frame without it). A box
    goes when it overlaps a better one of its class and frame by more than `iou_limit`. The kept
    come frame by frame, best score first.
    """
    if not len(score):
        return np.empty(0, np.int64)
    if frame is None:
        frame = np.zeros(len(score), np.int64)
    order = np.lexsort((-score, frame))  # stable: of equal scores the first comes first
    if len(order) > MAX_CANDIDATES:
        order = order[_place(frame[order]) < MAX_CANDIDATES]
    better, worse = _pairs(frame[order], label[order])
    beats = _overlap_more(xyxy[order].astype(np.float64), better, worse, iou_limit)
    better, worse = better[beats], worse[beats]
    # A box stays when none that stays beats it. Each turn settles at least the next box of every
    # chain of overlaps, so this ends, and in what the greedy order gives.
    alive = np.ones(len(order), bool)
    while True:
        still = np.ones(len(order), bool)
        still[worse[alive[better]]] = False
        if np.array_equal(still, alive):
            return np.asarray(order[alive], np.int64)
        alive = still


def _place(group: npt.NDArray[np.integer]) -> Indices:
    """Each element's place in its group, from 0; equal groups stand together."""
    starts = np.flatnonzero(np.diff(group, prepend=group[:1] - 1))
    counts = np.diff(starts, append=len(group))
    return np.arange(len(group)) - np.repeat(starts, counts)


def _pairs(frame: Indices, label: Labels) -> tuple[Indices, Indices]:
    """All pairs of one frame and class, (better, worse); the best of a frame comes first."""
    if len(frame) <= FEW:
        of_one = (frame[:, None] == frame) & (label[:, None] == label)
        return np.nonzero(np.triu(of_one, 1))  # type: ignore[return-value]
    by_group = np.lexsort((label, frame))
    group = np.stack([frame[by_group], label[by_group].astype(np.int64)])
    starts = np.flatnonzero(np.diff(group, axis=1, prepend=group[:, :1] - 1).any(axis=0))
    ends = np.repeat(np.append(starts[1:], len(by_group)), np.diff(starts, append=len(by_group)))
    after = ends - np.arange(len(by_group)) - 1  # how many of its group follow each
    first = np.repeat(np.arange(len(by_group)), after)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(after) - after, after)
    return by_group[first], by_group[second]


def _overlap_more(
    xyxy: npt.NDArray[np.float64], one: Indices, other: Indices, iou_limit: float
) -> npt.NDArray[np.bool_]:
    x1, y1, x2, y2 = xyxy.T
    area = np.clip(x2 - x1, 0, None) * np.clip(y2 - y1, 0, None)
    width = np.minimum(x2[one], x2[other]) - np.maximum(x1[one], x1[other])
    height = np.minimum(y2[one], y2[other]) - np.maximum(y1[one], y1[other])
    overlap = np.clip(width, 0, None) * np.clip(height, 0, None)
    return np.asarray(overlap > iou_limit * (area[one] + area[other] - overlap))
