"""What an inference engine is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from detect.detections import Floats


class Engine(Protocol):
    """Runs one graph. Thread-safe."""

    @property
    def name(self) -> str:
        """For reports, e.g. `onnxruntime 1.32.0 CPUExecutionProvider`."""
        ...

    @property
    def batch_frames(self) -> int:
        """Frames that are best run together."""
        ...

    @property
    def any_size(self) -> bool:
        """Whether height and width are free."""
        ...

    def run(self, batch: npt.NDArray[np.uint8]) -> Sequence[Floats]:
        """Raw outputs for a batch (N, H, W, 3) of BGR pictures. Raises `InferenceFailed`."""
        ...
