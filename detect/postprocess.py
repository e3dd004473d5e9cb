"""From raw boxes to the boxes worth keeping. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from detect.detections import Floats, Labels

MAX_CANDIDATES = 300
"""Boxes per frame looked at by the suppression: more are noise, or an attack on our time."""


def nms(xyxy: Floats, score: Floats, label: Labels, iou_limit: float) -> npt.NDArray[np.int64]:
    """Indices kept by greedy non-maximum suppression within each class, best score first.

    `xyxy` (N, 4) in any one unit; a box goes when it overlaps a better one of its class by more
    than `iou_limit`.
    """
    order = np.argsort(-score, kind="stable")[:MAX_CANDIDATES]
    x1, y1, x2, y2 = xyxy[order].astype(np.float64).T
    area = np.clip(x2 - x1, 0, None) * np.clip(y2 - y1, 0, None)
    width = np.clip(np.minimum.outer(x2, x2) - np.maximum.outer(x1, x1), 0, None)
    height = np.clip(np.minimum.outer(y2, y2) - np.maximum.outer(y1, y1), 0, None)
    overlap = width * height
    union = np.add.outer(area, area) - overlap
    same = np.equal.outer(label[order], label[order])
    beats = np.triu((overlap > iou_limit * union) & same, 1)  # the better one comes first
    alive = np.ones(len(order), bool)
    for index in np.flatnonzero(beats.any(axis=1)):
        if alive[index]:
            alive &= ~beats[index]
    return order[alive]
