"""Frames without a picture, for what only schedules them."""

from __future__ import annotations

from math import inf

import numpy as np

from ingest.camera import CameraId
from ingest.frame import Frame
from tests.support.incidents import NOON


def frame(camera: str, seq: int = 0, deadline_s: float = inf) -> Frame:
    """A black frame; five a second of media time."""
    image = np.zeros((1, 1, 3), np.uint8)
    return Frame(CameraId(camera), seq, seq / 5, NOON, 0.0, image, None, deadline_s)  # type: ignore[arg-type]
