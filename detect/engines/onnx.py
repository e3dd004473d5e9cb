"""ONNX Runtime, on the best provider that this machine has."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as state

from detect.detections import Floats
from detect.engines.base import Precision, stacked
from detect.engines.bound import BATCHES, FixedBatches
from detect.errors import InferenceFailed, WrongGraph

ORT_ERRORS: tuple[type[Exception], ...] = (
    state.EngineError,
    state.EPFail,
    state.Fail,
    state.InvalidArgument,
    state.InvalidGraph,
    state.InvalidProtobuf,
    state.NoModel,
    state.NoSuchFile,
    state.NotImplemented,
    state.RuntimeException,
    RuntimeError,
    ValueError,
)
"""What the runtime raises; its own errors share no base class."""

CPU = "CPUExecutionProvider"
BATCH_ON_CPU = 1
"""A processor runs two frames in twice the time of one, and the first would wait for the second."""
BATCH_ON_ACCELERATOR = BATCHES[-1]
ACCELERATORS = ("TensorrtExecutionProvider", "CUDAExecutionProvider")
PREFERENCE = (
    ("TensorrtExecutionProvider", "an NVIDIA GPU with TensorRT is there"),
    ("CUDAExecutionProvider", "an NVIDIA GPU is there"),
    ("OpenVINOExecutionProvider", "OpenVINO is installed"),
    (CPU, "the runtime has no accelerator"),
)
NOISE = re.compile(
    r"^\[ONNXRuntimeError\] : \d+ : \w+ : |Load model (from )?\S+ failed[:.] ?"
    r"|/onnxruntime_src/\S+:\d+ .+?\) (?=[A-Z])"
)
SHOWN = 200
"""Characters of the runtime's message that a person is shown."""


def wanted_providers(available: Collection[str]) -> list[str]:
    """The providers to ask for, best first; those this version does not know are left out."""
    return [name for name, _ in PREFERENCE if name in available] or [CPU]


def reason_for(provider: str, wanted: Sequence[str]) -> str:
    """Why inference runs on `provider`, when `wanted` were asked for."""
    if provider != wanted[0]:
        return f"{wanted[0]} is installed but could not be started"
    return dict(PREFERENCE)[provider]


class OnnxEngine:
    """One session. Raises `WrongGraph` when the file cannot be run. Thread-safe.

    `precision` says what the graph is, for reports. An int8 graph is for processors alone.
    """

    def __init__(self, path: Path, threads: int, precision: Precision = "fp32") -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Spinning threads take the cores that decoding needs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        wanted = wanted_providers(ort.get_available_providers())
        if precision == "int8":
            wanted = [CPU]
        self.precision = precision
        try:
            self._session = ort.InferenceSession(
                str(path), options, providers=[_told(name, path.parent) for name in wanted]
            )
        except ORT_ERRORS as error:
            raise WrongGraph(f"{path.name} cannot be run: {_one_line(error)}") from error
        self._input, self._fixed_batch, self.any_size = self._read_input(path)
        self.provider: str = self._session.get_providers()[0]
        self.reason = reason_for(self.provider, wanted)
        self._batches: FixedBatches | None = None
        if self.provider in ACCELERATORS and not self._fixed_batch:
            allocate = ort.OrtValue.ortvalue_from_shape_and_type
            self._batches = FixedBatches(self._session, self._input, "cuda", allocate)

    @property
    def name(self) -> str:
        return f"onnxruntime {ort.__version__} {self.provider} {self.precision}"

    @property
    def batch_frames(self) -> int:
        """Frames that are best run together: more than one only where that gains time."""
        return BATCH_ON_CPU if self._batches is None else BATCH_ON_ACCELERATOR

    def run(self, batch: npt.NDArray[np.uint8]) -> Sequence[Floats]:
        """Raw outputs for a batch (N, H, W, 3) of pictures. Raises `InferenceFailed`.

        Without an accelerator, or where the graph fixes the batch at one, picture by picture: a
        picture's numbers then do not depend on its neighbours.
        """
        try:
            if self._batches is not None:
                return self._batches.run(batch)
            singles = [self._run(batch[index : index + 1]) for index in range(len(batch))]
        except ORT_ERRORS as error:
            raise InferenceFailed(f"inference failed: {_one_line(error)}") from error
        return singles[0] if len(singles) == 1 else stacked(singles)

    def _run(self, batch: npt.NDArray[np.uint8]) -> list[Any]:
        outputs: list[Any] = self._session.run(None, {self._input: batch})
        return outputs

    def _read_input(self, path: Path) -> tuple[str, bool, bool]:
        """The input's name, whether its batch is fixed at one, and whether its sides are free."""
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(uint8)" or len(inputs[0].shape) != 4:
            found = ", ".join(f"{i.name} {i.type} {i.shape}" for i in inputs) or "none"
            raise WrongGraph(f"{path.name}: inputs are {found}, not uint8 (N, H, W, 3)")
        batch, height, width, _ = inputs[0].shape
        if isinstance(batch, int) and batch != 1:
            raise WrongGraph(f"{path.name}: the batch is fixed at {batch}; it must be free or 1")
        any_size = not isinstance(height, int) and not isinstance(width, int)
        return str(inputs[0].name), batch == 1, any_size


def _told(provider: str, folder: Path) -> str | tuple[str, dict[str, str]]:
    """A provider with its options: what TensorRT builds in minutes is kept beside the weights."""
    if provider != "TensorrtExecutionProvider":
        return provider
    kept = {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(folder / "tensorrt")}
    return provider, kept


def _one_line(error: Exception) -> str:
    """The runtime's message without its own codes, paths and function signatures."""
    return NOISE.sub("", " ".join(str(error).split()))[:SHOWN]
