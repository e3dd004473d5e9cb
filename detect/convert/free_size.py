"""Frees a graph of the size that it was exported with, where its operations allow it.

Convolutional detectors work at any size; what ties an exported graph to one are its declarations
and the constants in reshapes that flatten a grid of cells. Whether that was all is not believed
but tried: the freed graph is run at its own size and at another, and in a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnx import ModelProto, numpy_helper
from onnxruntime.capi import onnxruntime_pybind11_state as state

Array = npt.NDArray[Any]
CELL_PX = (8, 16, 32, 64)
"""Sides of a cell of the grids of today's detectors."""
OTHER_PX = 64
"""The other size that is tried is smaller by this much on each side."""
CLOSE = 1e-3


def flatten_any_grid(model: ModelProto, width: int, height: int) -> None:
    """Let reshapes to (batch, channels, cells) take any batch and any number of cells."""
    cells = {(width // px) * (height // px) for px in CELL_PX}
    constants = {item.name: item for item in model.graph.initializer}
    for node in model.graph.node:
        target = constants.get(node.input[1]) if node.op_type == "Reshape" else None
        shape = [] if target is None else numpy_helper.to_array(target).tolist()
        if len(shape) == 3 and shape[0] in (-1, 0, 1) and shape[1] > 0 and shape[2] in {-1, *cells}:
            name = f"{node.output[0]}_shape"
            free = np.array([0, shape[1], -1], np.int64)
            model.graph.initializer.append(numpy_helper.from_array(free, name))
            node.input[1] = name


def forget_shapes(model: ModelProto) -> None:
    """Forget the shapes that were worked out for one size of picture."""
    del model.graph.value_info[:]
    for output in model.graph.output:
        for axis, dim in enumerate(output.type.tensor_type.shape.dim):
            dim.Clear()
            dim.dim_param = f"{output.name}_{axis}"


def freest(make: Callable[[bool, bool], ModelProto], width: int, height: int) -> ModelProto:
    """The prepared graph with as little fixed as it allows; `make(any_size, any_batch)` makes it.

    Tried in turn: size and batch free, size alone, neither.
    """
    fixed = make(False, False)
    picture = np.random.default_rng(0).integers(0, 256, (1, height, width, 3)).astype(np.uint8)
    wanted = _outputs(fixed, picture)
    for any_batch in (True, False):
        free = make(True, any_batch)
        if wanted is not None and _is_free(free, picture, wanted, any_batch):
            return free
    return fixed


def _is_free(model: ModelProto, picture: Array, wanted: list[Array], any_batch: bool) -> bool:
    """Whether the graph gives what it gave, and at another size values as the area has them."""
    smaller = picture[:, : picture.shape[1] - OTHER_PX, : picture.shape[2] - OTHER_PX]
    if not smaller.size or not _alike(_outputs(model, picture), wanted):
        return False
    less = _outputs(model, np.ascontiguousarray(smaller))
    if less is None or any(
        part.size * picture.size != whole.size * smaller.size
        for part, whole in zip(less, wanted, strict=True)
    ):
        return False
    if not any_batch:
        return True
    two = _outputs(model, np.concatenate([picture[:, ::-1], picture]))
    return two is not None and _alike([one[1:] for one in two], wanted)


def _alike(got: list[Array] | None, wanted: list[Array]) -> bool:
    return got is not None and all(
        one.shape == other.shape and np.allclose(one, other, rtol=CLOSE, atol=CLOSE)
        for one, other in zip(got, wanted, strict=True)
    )


def _outputs(model: ModelProto, pictures: Array) -> list[Array] | None:
    """None when the graph cannot be run on these."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = ort.InferenceSession(model.SerializeToString(), options)
        outputs: list[Array] = session.run(None, {session.get_inputs()[0].name: pictures})
    except (state.Fail, state.InvalidGraph, state.InvalidArgument, state.RuntimeException):
        return None
    except (state.NotImplemented, RuntimeError, ValueError):
        return None
    return outputs
