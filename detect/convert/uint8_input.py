"""Puts pre-processing into the graph: uint8 pictures in, normalisation done by the engine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, ValueInfoProto, helper, numpy_helper

from detect.errors import WrongGraph

NAME = "frames"
OPSETS = range(11, 23)
PER_CHANNEL = (1, 3, 1, 1)


def with_uint8_input(
    model: ModelProto,
    mean: Sequence[float],
    std: Sequence[float],
    size: tuple[int, int],
    *,
    any_size: bool = False,
) -> ModelProto:
    """The graph with one input `frames`, uint8 (N, height, width, 3).

    The original takes float32 NCHW, (value - mean) / std per channel; `size` is (width, height).
    A fixed batch of the original stays fixed. `any_size` declares height and width free: right for
    a graph that has its size only in its declarations. Changes `model` and returns it; raises
    `WrongGraph`.
    """
    opset = next((item.version for item in model.opset_import if item.domain in ("", "ai.onnx")), 0)
    if opset not in OPSETS:
        raise WrongGraph(f"opset {opset} is not between {OPSETS[0]} and {OPSETS[-1]}")
    graph = model.graph
    original = _only_input(model)
    width, height = size
    batch = _batch(original, width, height)
    nodes = [
        # Bytes are turned round before they become four times as many.
        helper.make_node("Transpose", [NAME], ["frames_bytes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["frames_bytes"], ["frames_nchw"], to=TensorProto.FLOAT),
    ]
    last = "frames_nchw"
    for op, values, neutral in (("Sub", mean, 0.0), ("Div", std, 1.0)):
        if any(value != neutral for value in values):
            constant, output = f"frames_{op.lower()}_by", f"frames_{op.lower()}"
            array = np.array(values, np.float32).reshape(PER_CHANNEL)
            graph.initializer.append(numpy_helper.from_array(array, constant))
            nodes.append(helper.make_node(op, [last, constant], [output]))
            last = output
    nodes[-1].output[0] = original.name
    nodes.extend(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    graph.input.remove(original)
    if any_size:
        _free_outputs(model)
    sides: list[int | str] = ["height", "width"] if any_size else [height, width]
    graph.input.insert(
        0, helper.make_tensor_value_info(NAME, TensorProto.UINT8, [batch, *sides, 3])
    )
    onnx.checker.check_model(model)
    return model


def _free_outputs(model: ModelProto) -> None:
    """Forget the shapes that were worked out for one size of picture."""
    del model.graph.value_info[:]
    for output in model.graph.output:
        shape = output.type.tensor_type.shape
        for axis, dim in enumerate(shape.dim):
            dim.Clear()
            dim.dim_param = f"{output.name}_{axis}"


def _only_input(model: ModelProto) -> ValueInfoProto:
    """Older exporters list the weights among the inputs; those do not count."""
    weights = {item.name for item in model.graph.initializer}
    inputs = [item for item in model.graph.input if item.name not in weights]
    if len(inputs) != 1:
        raise WrongGraph(f"the graph has {len(inputs)} inputs, not one")
    only: ValueInfoProto = inputs[0]
    if only.type.tensor_type.elem_type != TensorProto.FLOAT:
        raise WrongGraph(f"the graph's input {only.name} is not float32")
    return only


def _batch(value: ValueInfoProto, width: int, height: int) -> str | int:
    """The batch dimension: a number when the graph fixes it, else `N`."""
    dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]  # 0: dynamic
    if len(dims) != 4 or any(
        got not in (0, want) for got, want in zip(dims[1:], (3, height, width), strict=True)
    ):
        raise WrongGraph(f"the graph's input is {dims}, not [N, 3, {height}, {width}]")
    return dims[0] or "N"
