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

    def run(self, batch: npt.NDArray[np.uint8]) -> Sequence[Floats]:
        """Raw outputs for a batch (N, H, W, 3) of BGR pictures. Raises `InferenceFailed`."""
        ...
