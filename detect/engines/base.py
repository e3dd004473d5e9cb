"""What an inference engine is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from detect.detections import Floats

EngineName = Literal["onnxruntime", "openvino"]
Precision = Literal["fp32", "bf16", "int8"]
"""`fp32` is the reference; `bf16` halves the mantissa of every product; `int8` runs the graph whose
convolutions were quantised."""
ENGINES: tuple[str, ...] = get_args(EngineName)
PRECISIONS: tuple[str, ...] = get_args(Precision)


class Engine(Protocol):
    """Runs one graph. Thread-safe; the same batch gives the same numbers each time."""

    @property
    def name(self) -> str:
        """For reports, e.g. `onnxruntime 1.32.0 CPUExecutionProvider fp32`."""
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
        """Raw outputs for a batch (N, H, W, 3) of pictures. Raises `InferenceFailed`.

        The outputs are the caller's own: no later run changes them.
        """
        ...


def one_line(text: str, limit: int = 200) -> str:
    """A message as one line of at most `limit` characters."""
    return " ".join(text.split())[:limit]


def stacked(frames: Sequence[Sequence[npt.NDArray[Any]]]) -> list[npt.NDArray[Any]]:
    """One batch of the outputs of single frames, each (1, ...).

    Where frames have different numbers of rows (a graph that suppresses by itself) the shorter are
    filled up with zeros: boxes of score 0.
    """
    return [_stacked(parts) for parts in zip(*frames, strict=True)]


def _stacked(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    shapes = {part.shape for part in parts}
    if len(shapes) == 1:
        return np.concatenate(parts)
    largest = tuple(max(sides) for sides in zip(*shapes, strict=True))[1:]
    batch = np.zeros((len(parts), *largest), parts[0].dtype)
    for slot, part in zip(batch, parts, strict=True):
        slot[tuple(slice(side) for side in part.shape[1:])] = part[0]
    return batch
