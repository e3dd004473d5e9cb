"""What a detector saw in one frame, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Detections:
    """N boxes of one frame, best score first."""

    xyxy: Floats
    """Shape (N, 4), float32, x1 y1 x2 y2 in fractions of the frame, 0 to 1."""
    score: Floats
    """Shape (N,), float32, 0 to 1."""
    label: Labels
    """Shape (N,), int32, index into the model's classes."""

    def __post_init__(self) -> None:
        n = len(self.score)
        if self.xyxy.shape != (n, 4) or self.label.shape != (n,):
            raise ValueError(
                f"shapes do not agree: xyxy {self.xyxy.shape}, score {self.score.shape}, "
                f"label {self.label.shape}"
            )

    def __len__(self) -> int:
        return len(self.score)

    @classmethod
    def none(cls) -> Detections:
        return cls(
            np.empty((0, 4), np.float32), np.empty((0,), np.float32), np.empty((0,), np.int32)
        )
