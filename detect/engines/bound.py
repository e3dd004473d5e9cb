"""Batches of a few fixed sizes whose memory stays on the accelerator.

An accelerator prepares itself anew for every shape that it has not met: TensorRT builds an engine,
cuDNN searches algorithms. So batches are filled up to one of a few sizes, and input and outputs of
each shape keep their place in the device's memory.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

BATCHES = (1, 2, 4, 8)
SHAPES_KEPT = 32
"""Of the device's memory; one of 8 pictures 416x416 takes about 4 MB and its outputs."""

Allocate = Callable[[tuple[int, ...], Any, str, int], Any]
"""Memory for a shape and type on a device: `OrtValue.ortvalue_from_shape_and_type`."""


class FixedBatches:
    """Runs batches through a session by IO binding. Thread-safe: one batch at a time."""

    def __init__(self, session: Any, input_name: str, device: str, allocate: Allocate) -> None:
        self._session = session
        self._input = input_name
        self._device = device
        self._allocate = allocate
        self._outputs = [output.name for output in session.get_outputs()]
        self._lock = threading.Lock()
        self._bindings: OrderedDict[tuple[int, ...], _Binding] = OrderedDict()

    def run(self, batch: npt.NDArray[np.uint8]) -> list[Any]:
        """Outputs of a batch (N, H, W, 3), N from 1; a large one runs in parts."""
        largest = BATCHES[-1]
        with self._lock:
            parts = [
                self._run(batch[start : start + largest]) for start in range(0, len(batch), largest)
            ]
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(part) for part in zip(*parts, strict=True)]

    def _run(self, batch: npt.NDArray[np.uint8]) -> list[Any]:
        frames = next(size for size in BATCHES if size >= len(batch))
        bound = self._bound((frames, *batch.shape[1:]))
        bound.staged[: len(batch)] = batch  # what lies behind is of an earlier batch: not read
        bound.on_device.update_inplace(bound.staged)
        self._session.run_with_iobinding(bound.binding)
        return [output[: len(batch)] for output in bound.binding.copy_outputs_to_cpu()]

    def _bound(self, shape: tuple[int, ...]) -> _Binding:
        bound = self._bindings.pop(shape, None)
        if bound is None:
            value = self._allocate(shape, np.uint8, self._device, 0)
            binding = self._session.io_binding()
            binding.bind_ortvalue_input(self._input, value)
            for name in self._outputs:
                binding.bind_output(name, self._device, 0)
            bound = _Binding(binding, value, np.zeros(shape, np.uint8))
        self._bindings[shape] = bound
        if len(self._bindings) > SHAPES_KEPT:
            self._bindings.popitem(last=False)
        return bound


class _Binding:
    """Of one shape: where the device reads and writes, and where a batch is put together."""

    __slots__ = ("binding", "on_device", "staged")

    def __init__(self, binding: Any, on_device: Any, staged: npt.NDArray[np.uint8]) -> None:
        self.binding = binding
        self.on_device = on_device
        self.staged = staged
