"""What rules may ask of models beside the detector's boxes: a port, and one that has nothing.

A second stage runs in the thread that judges, within its turn on the processors: only where a
cheap rule suspects something already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from detect.detections import Detections
from detect.incident import ModelRef
from ingest.frame import Image

Floats = npt.NDArray[np.float32]

KEYPOINTS = (
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow "
    "right_elbow left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle "
    "right_ankle"
).split()


@dataclass(frozen=True, slots=True)
class Pose:
    """The joints of one person in a picture."""

    points: Floats
    """Shape (17, 2), x and y in fractions of the picture that was given, in `KEYPOINTS`' order."""
    score: Floats
    """Shape (17,), 0 to 1."""


class Head(Protocol):
    """A small model of our own that judges what a rule measured. Thread-safe."""

    @property
    def ref(self) -> ModelRef: ...

    def run(self, inputs: Mapping[str, npt.NDArray[np.generic]]) -> Floats:
        """Its scores. Raises `InferenceFailed`."""
        ...


class Aids(Protocol):
    """Models beside the detector. Thread-safe; shared by all cameras."""

    def poses(self, images: Sequence[Image]) -> list[Pose] | None:
        """The pose of the person in each square crop (BGR); None: there is no pose model."""
        ...

    def detect(self, images: Sequence[Image]) -> list[Detections] | None:
        """The detector's answer for pictures of any size that fits it, e.g. turned crops."""
        ...

    def head(self, name: str) -> Head | None:
        """A model of `models/heads`; None: it is not on this machine."""
        ...


class NoAids:
    """Nothing beside the detector."""

    def poses(self, images: Sequence[Image]) -> list[Pose] | None:
        return None

    def detect(self, images: Sequence[Image]) -> list[Detections] | None:
        return None

    def head(self, name: str) -> Head | None:
        return None


NO_AIDS = NoAids()
