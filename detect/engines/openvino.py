"""OpenVINO on the processor: full precision or bfloat16.

Nothing is sent anywhere: importing `openvino` imports its conversion tool, which reports the import
to its maker; that tool is kept out, and with it a third of the time that importing takes.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detect.detections import Floats
from detect.engines.base import Precision, one_line, stacked
from detect.errors import InferenceFailed, WrongGraph

sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]
import openvino as ov  # noqa: E402  # after the tool that would report it is out

OV_ERRORS: tuple[type[Exception], ...] = (RuntimeError, ValueError, TypeError)
SIZES_KEPT = 8
"""Sizes of picture whose compiled graphs are kept. One takes a tenth of a second to make and
about 25 MB (NanoDet-g); cameras have few shapes, canvases a few more."""
HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}


@cache
def _core() -> Any:
    """The one runtime of this process, which is never let go of.

    Where a processor has AMX it gives the thread that makes it a stack for signals, frees that with
    itself, and then puts back the stack before it: of two runtimes, the one that was freed first.
    The next signal would end the process.
    """
    return ov.Core()


def offers_bf16() -> bool:
    """Whether this processor multiplies bfloat16 itself; elsewhere it would only be imitated."""
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoEngine:
    """One graph, compiled for each size of picture that comes. Thread-safe.

    A graph compiled for its size is faster than one whose sides are free (an int8 graph by a
    third). Pictures of a batch run one by one: together they take as long, and a picture's numbers
    then do not depend on its neighbours. `threads` work on each picture. Who calls at the same time
    as another has a graph of its own: one that is shared hands its work to threads of its own, and
    on a busy machine those handovers cost as much as the work. With one thread a picture is worked
    on by whoever calls. Raises `WrongGraph` when the file cannot be run.
    """

    batch_frames = 1

    def __init__(self, path: Path, threads: int, precision: Precision = "fp32") -> None:
        self.precision = precision
        self._config = {
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": threads,
            # Pinned threads would fight the decoder's for the same cores.
            "ENABLE_CPU_PINNING": False,
            "PERFORMANCE_HINT": "LATENCY",
        }
        self._core = _core()
        self._file = path.name
        try:
            self._graph = self._core.read_model(path)
        except OV_ERRORS as error:
            raise WrongGraph(f"{path.name} cannot be run: {one_line(str(error))}") from error
        self._sides = self._read_input()
        self._lock = threading.Lock()
        self._ready: OrderedDict[tuple[int, int], _Compiled] = OrderedDict()

    @property
    def name(self) -> str:
        return f"openvino {ov.get_version().split('-')[0]} CPU {self.precision}"

    @property
    def any_size(self) -> bool:
        return self._sides is None

    def run(self, batch: npt.NDArray[np.uint8]) -> Sequence[Floats]:
        height, width = batch.shape[1:3]
        if self._sides not in (None, (height, width)):
            raise InferenceFailed(
                f"inference failed: pictures are {width}x{height}, the graph's size is fixed"
            )
        try:
            return self._compiled(height, width).run(batch)
        except OV_ERRORS as error:
            raise InferenceFailed(f"inference failed: {one_line(str(error))}") from error

    def _compiled(self, height: int, width: int) -> _Compiled:
        with self._lock:
            ready = self._ready.pop((height, width), None)
            if ready is None:
                ready = _Compiled(lambda: self._compile(height, width))
            self._ready[height, width] = ready
            if len(self._ready) > SIZES_KEPT:
                self._ready.popitem(last=False)
        return ready

    def _compile(self, height: int, width: int) -> Any:
        graph = self._graph.clone()
        graph.reshape([1, height, width, 3])
        return self._core.compile_model(graph, "CPU", self._config)

    def _read_input(self) -> tuple[int, int] | None:
        """Height and width of the pictures, None when they are free. Raises `WrongGraph`."""
        inputs = self._graph.inputs
        fits = len(inputs) == 1 and inputs[0].element_type == ov.Type.u8
        shape = inputs[0].partial_shape if fits else None
        if shape is None or len(shape) != 4:
            found = ", ".join(str(one) for one in inputs) or "none"
            raise WrongGraph(f"{self._file}: inputs are {found}, not uint8 (N, H, W, 3)")
        batch, height, width, _ = shape
        if batch.is_static and batch.get_length() != 1:
            raise WrongGraph(
                f"{self._file}: the batch is fixed at {batch.get_length()}; it must be free or 1"
            )
        if height.is_dynamic and width.is_dynamic:
            return None
        return height.get_max_length(), width.get_max_length()


class _Compiled:
    """The graph for pictures of one size, as often as it is wanted at the same time."""

    def __init__(self, compiled: Callable[[], Any]) -> None:
        self._compile = compiled
        self._lock = threading.Lock()
        self._idle: list[_Lane] = []

    def run(self, batch: npt.NDArray[np.uint8]) -> list[Any]:
        with self._lock:
            lane = self._idle.pop() if self._idle else None
        if lane is None:
            model = self._compile()
            lane = _Lane(model.create_infer_request(), _known_outputs(model))
        frames = [np.ascontiguousarray(batch[index : index + 1]) for index in range(len(batch))]
        if lane.outputs is not None:
            outputs = _written_in_place(lane.request, frames, lane.outputs)
        else:
            outputs = stacked([_copied(lane.request, frame) for frame in frames])
        with self._lock:
            self._idle.append(lane)  # the one used last is taken first: its memory is warm
        return outputs


@dataclass(frozen=True, slots=True)
class _Lane:
    """One graph that one thread uses at a time."""

    request: Any
    outputs: list[tuple[tuple[int, ...], Any]] | None
    """Shapes and types, see `_known_outputs`."""


def _known_outputs(model: Any) -> list[tuple[tuple[int, ...], Any]] | None:
    """Shape, without the batch, and type of each output; None when the shapes depend on values."""
    if any(output.partial_shape.is_dynamic for output in model.outputs):
        return None
    return [(tuple(out.shape)[1:], out.element_type.to_dtype()) for out in model.outputs]


def _written_in_place(
    request: Any, frames: list[npt.NDArray[np.uint8]], shapes: list[tuple[tuple[int, ...], Any]]
) -> list[Any]:
    """The engine writes straight into the arrays that are handed out."""
    outputs = [np.empty((len(frames), *shape), kind) for shape, kind in shapes]
    for index, frame in enumerate(frames):
        request.set_input_tensor(ov.Tensor(frame, shared_memory=True))
        for number, output in enumerate(outputs):
            request.set_output_tensor(
                number, ov.Tensor(output[index : index + 1], shared_memory=True)
            )
        request.infer()
    return outputs


def _copied(request: Any, frame: npt.NDArray[np.uint8]) -> list[Any]:
    request.set_input_tensor(ov.Tensor(frame, shared_memory=True))
    request.infer()
    return [np.array(tensor.data) for tensor in request.output_tensors]
