"""Puts pre-processing into the graph: uint8 pictures in, normalisation done by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from detect.convert.free_size import forget_shapes
from detect.errors import WrongGraph

NAME = "frames"
OPSETS = range(11, 23)
BGR_TO_RGB = (2, 1, 0)


@dataclass(frozen=True, slots=True)
class Takes:
    """What a graph takes: (value - mean) / std a channel, in the order of its channels."""

    mean: Sequence[float]
    std: Sequence[float]
    size: tuple[int, int]
    """Width and height."""
    layout: str = "nchw"
    """Or `nhwc`."""
    channels: str = "bgr"
    """Or `rgb`."""
    sizes: str | None = None
    """A second input (N, 2) that is told width and height of the pictures."""
    outputs: Sequence[str] = ()
    """Those that are wanted, in their order; all as they are without names."""


def with_uint8_input(
    model: ModelProto, takes: Takes, *, any_size: bool = False, any_batch: bool = False
) -> ModelProto:
    """The graph with one input `frames`, uint8 (N, height, width, 3) BGR.

    A fixed batch of the original stays fixed, unless `any_batch` declares it free; `any_size`
    declares height and width free. Both are right for a graph that has them only in its
    declarations. Changes `model` and returns it; raises `WrongGraph`.
    """
    opset = next((item.version for item in model.opset_import if item.domain in ("", "ai.onnx")), 0)
    if opset not in OPSETS:
        raise WrongGraph(f"opset {opset} is not between {OPSETS[0]} and {OPSETS[-1]}")
    graph = model.graph
    _keep_outputs(graph, takes.outputs)
    original = _pictures(model, takes)
    width, height = takes.size
    batch = _batch(original, takes)
    nodes = _normalising(graph, original, takes)
    if takes.sizes is not None:
        nodes += _telling_sizes(graph, takes)
    nodes.extend(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    graph.input.remove(original)
    if any_size or any_batch:
        forget_shapes(model)
    sides: list[int | str] = ["height", "width"] if any_size else [height, width]
    frames = ["N" if any_batch else batch, *sides, 3]
    graph.input.insert(0, helper.make_tensor_value_info(NAME, TensorProto.UINT8, frames))
    onnx.checker.check_model(model)
    return model


def _normalising(graph: onnx.GraphProto, original: ValueInfoProto, takes: Takes) -> list[NodeProto]:
    """From `frames` to the input of the original."""
    steps: list[tuple[str, list[str], dict[str, Any]]] = []
    # Bytes are turned round before they become four times as many.
    if takes.channels == "rgb":
        turned = numpy_helper.from_array(np.array(BGR_TO_RGB, np.int64), "frames_order")
        graph.initializer.append(turned)
        steps.append(("Gather", ["frames_order"], {"axis": 3}))
    if takes.layout == "nchw":
        steps.append(("Transpose", [], {"perm": [0, 3, 1, 2]}))
    if original.type.tensor_type.elem_type == TensorProto.FLOAT:
        steps.append(("Cast", [], {"to": TensorProto.FLOAT}))
    per_channel = (1, 3, 1, 1) if takes.layout == "nchw" else (1, 1, 1, 3)
    for op, values, neutral in (("Sub", takes.mean, 0.0), ("Div", takes.std, 1.0)):
        if any(value != neutral for value in values):
            constant = f"frames_{op.lower()}_by"
            array = np.array(values, np.float32).reshape(per_channel)
            graph.initializer.append(numpy_helper.from_array(array, constant))
            steps.append((op, [constant], {}))
    if not steps:
        steps.append(("Identity", [], {}))
    nodes, last = [], NAME
    for op, others, attributes in steps:
        output = f"frames_{op.lower()}"
        nodes.append(helper.make_node(op, [last, *others], [output], **attributes))
        last = output
    nodes[-1].output[0] = original.name
    return nodes


def _telling_sizes(graph: onnx.GraphProto, takes: Takes) -> list[NodeProto]:
    """Nodes that give the second input: the same size for each picture of the batch."""
    second = next((item for item in graph.input if item.name == takes.sizes), None)
    if second is None:
        raise WrongGraph(f"the graph has no input {takes.sizes}")
    kind = helper.tensor_dtype_to_np_dtype(second.type.tensor_type.elem_type)
    graph.input.remove(second)
    for name, array in (
        ("frames_size", np.array([takes.size], kind)),
        ("frames_two", np.array([2], np.int64)),
        ("frames_from", np.array([0], np.int64)),
        ("frames_to", np.array([1], np.int64)),
    ):
        graph.initializer.append(numpy_helper.from_array(array, name))
    return [
        helper.make_node("Shape", [NAME], ["frames_shape"]),
        helper.make_node("Slice", ["frames_shape", "frames_from", "frames_to"], ["frames_count"]),
        helper.make_node("Concat", ["frames_count", "frames_two"], ["frames_by_two"], axis=0),
        helper.make_node("Expand", ["frames_size", "frames_by_two"], [second.name]),
    ]


def _keep_outputs(graph: onnx.GraphProto, names: Sequence[str]) -> None:
    if not names:
        return
    given = {output.name: output for output in graph.output}
    missing = [name for name in names if name not in given]
    if missing:
        raise WrongGraph(f"the graph has no output {missing[0]}, only {', '.join(sorted(given))}")
    kept = []
    for name in names:
        kept.append(type(given[name])())
        kept[-1].CopyFrom(given[name])
    del graph.output[:]
    graph.output.extend(kept)


def _pictures(model: ModelProto, takes: Takes) -> ValueInfoProto:
    """The input for pictures. Older exporters list the weights among the inputs: not counted."""
    told = {item.name for item in model.graph.initializer} | {takes.sizes}
    inputs = [item for item in model.graph.input if item.name not in told]
    if len(inputs) != 1:
        raise WrongGraph(f"the graph has {len(inputs)} inputs, not one")
    only: ValueInfoProto = inputs[0]
    kind = only.type.tensor_type.elem_type
    plain = not any(takes.mean) and all(value == 1 for value in takes.std)
    if kind == TensorProto.UINT8 and not plain:
        raise WrongGraph(f"the graph's input {only.name} is bytes: mean and std must be 0 and 1")
    if kind not in (TensorProto.FLOAT, TensorProto.UINT8):
        raise WrongGraph(f"the graph's input {only.name} is not float32")
    return only


def _batch(value: ValueInfoProto, takes: Takes) -> str | int:
    """The batch dimension: a number when the graph fixes it, else `N`."""
    width, height = takes.size
    wanted = (3, height, width) if takes.layout == "nchw" else (height, width, 3)
    dims = [dim.dim_value for dim in value.type.tensor_type.shape.dim]  # 0: dynamic
    if len(dims) != 4 or any(
        got not in (0, want) for got, want in zip(dims[1:], wanted, strict=True)
    ):
        raise WrongGraph(f"the graph's input is {dims}, not [N, {', '.join(map(str, wanted))}]")
    return dims[0] or "N"
