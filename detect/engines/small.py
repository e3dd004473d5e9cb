"""A small graph beside the detector (a head, the joints of a person), on one thread.

Some microseconds to some milliseconds a run: an accelerator's way there and back would cost more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from detect.engines.base import one_line
from detect.engines.onnx import CPU, NOISE, ORT_ERRORS
from detect.errors import InferenceFailed, WrongGraph

TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}
"""Types of inputs that are known."""


class SmallGraph:
    """One session on the processor. Thread-safe; the same inputs give the same numbers.

    `name` is for messages. Raises `WrongGraph` when the bytes cannot be run.
    """

    def __init__(self, name: str, graph: bytes) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._name = name
        try:
            self._session = ort.InferenceSession(graph, options, providers=[CPU])
        except ORT_ERRORS as error:
            raise WrongGraph(f"{name} cannot be run: {_told(error)}") from error
        given = self._session.get_inputs()
        unknown = next((one for one in given if one.type not in TYPES), None)
        if unknown is not None:
            raise WrongGraph(f"{name}: input {unknown.name} is {unknown.type}")
        self._types = {str(one.name): TYPES[one.type] for one in given}
        self.inputs = tuple(self._types)
        """Names, in the graph's order."""
        self.outputs = tuple(str(one.name) for one in self._session.get_outputs())

    def run(self, inputs: Mapping[str, npt.NDArray[np.generic]]) -> list[npt.NDArray[Any]]:
        """The outputs in the graph's order, the caller's own. Raises `InferenceFailed`."""
        try:
            fed = {
                name: np.ascontiguousarray(inputs[name], kind) for name, kind in self._types.items()
            }
            outputs: list[npt.NDArray[Any]] = self._session.run(None, fed)
        except KeyError as error:
            raise InferenceFailed(f"{self._name}: input {error} was not given") from error
        except ORT_ERRORS as error:
            raise InferenceFailed(f"{self._name}: inference failed: {_told(error)}") from error
        return outputs


def _told(error: Exception) -> str:
    return one_line(NOISE.sub("", one_line(str(error), 2000)))
