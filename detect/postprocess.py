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
    boxes = xyxy[order].astype(np.float64)
    size = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    area = size[:, 0] * size[:, 1]
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    side = np.clip(high - low, 0, None)
    overlap = side[..., 0] * side[..., 1]
    union = np.maximum(area[:, None] + area[None, :] - overlap, 1e-12)
    same = label[order][:, None] == label[order][None, :]
    beats = (overlap / union > iou_limit) & same
    alive = np.ones(len(order), bool)
    for index in range(len(order)):
        if alive[index]:
            alive[index + 1 :] &= ~beats[index, index + 1 :]
    return order[alive]
