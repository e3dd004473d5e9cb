"""People as boxes that walk: made-up detections for trackers and rules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detect.detections import Detections
from detect.track import Track

WIDTH, HEIGHT = 0.06, 0.2
"""Of a person's box, in fractions of the frame."""

Foot = tuple[float, float]


def people(feet: Sequence[Foot], *, height: float = HEIGHT, score: float = 0.8) -> Detections:
    """One sure person (label 0) for each foot."""
    half = WIDTH * height / HEIGHT / 2
    boxes = np.array([[x - half, y - height, x + half, y] for x, y in feet], np.float32)
    return Detections(
        np.clip(boxes.reshape(-1, 4), 0, 1),
        np.full(len(feet), score, np.float32),
        np.zeros(len(feet), np.int32),
    )


def track(identity: int, foot: Foot, *, height: float = HEIGHT, unseen_s: float = 0.0) -> Track:
    x, y = foot
    half = WIDTH * height / HEIGHT / 2
    box = (x - half, y - height, x + half, y)
    return Track(identity, "person", box, 0.8, 1.0, unseen_s)
