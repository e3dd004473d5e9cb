"""Exact simplifications of a converted graph: the same numbers from fewer operations.

The engine's own optimiser does not get there: it looks for paddings before it has cancelled the
transposes that stand between them and their convolutions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import GraphProto, ModelProto, NodeProto, helper, numpy_helper

Array = npt.NDArray[Any]

TO_NHWC = [0, 2, 3, 1]
LOWEST = -65504.0
"""Stands for minus infinity: the lowest half-precision number, so that the graph stays finite."""
FUSED_FILL = {"Conv": 0.0, "MaxPool": LOWEST}
"""Operation -> the fill it can do by itself."""


def simplify(model: ModelProto) -> ModelProto:
    """Cancel transposes, fuse biases and paddings, resize by factors instead of to a size.

    Changes `model` and returns it.
    """
    fuse_biases(model.graph)
    cancel_transposes(model.graph)
    fuse_pads(model.graph)
    resize_by_factor(model)
    _drop_unused(model.graph)
    return model


def fuse_biases(graph: GraphProto) -> None:
    """Give a convolution the bias that is added behind the transpose after it."""
    made_by, constants = _producers(graph), _constants(graph)
    readers = Counter(name for node in graph.node for name in node.input)
    readers.update(output.name for output in graph.output)
    for node in list(graph.node):
        turned = made_by.get(node.input[0]) if node.op_type == "Add" else None
        conv = made_by.get(turned.input[0]) if turned is not None else None
        if turned is None or conv is None or (conv.op_type, len(conv.input)) != ("Conv", 2):
            continue
        bias = constants.get(node.input[1])
        alone = readers[conv.output[0]] == readers[turned.output[0]] == 1
        if not alone or bias is None or _attribute(turned, "perm") != TO_NHWC or bias.ndim != 1:
            continue
        conv.input.append(node.input[1])
        turned.output[0] = node.output[0]
        graph.node.remove(node)


def cancel_transposes(graph: GraphProto) -> None:
    """Where one transpose undoes the one before it, read what stood before both."""
    made_by = _producers(graph)
    for node in graph.node:
        for index, name in enumerate(node.input):
            second = made_by.get(name)
            first = made_by.get(second.input[0]) if second is not None else None
            if second is None or first is None:
                continue
            if second.op_type == first.op_type == "Transpose":
                inner, outer = _attribute(first, "perm"), _attribute(second, "perm")
                if [inner[axis] for axis in outer] == list(range(len(outer))):
                    node.input[index] = first.input[0]
    _drop_unused(graph)


def fuse_pads(graph: GraphProto) -> None:
    """Give a convolution or a max-pool the rows and columns that a node before it pads with.

    A convolution pads with zeros of its own, a max-pool with what is lower than any value.
    """
    made_by, constants = _producers(graph), _constants(graph)
    for node in graph.node:
        pad = made_by.get(node.input[0]) if node.op_type in FUSED_FILL else None
        if pad is None or pad.op_type != "Pad" or _attribute(node, "auto_pad") != b"VALID":
            continue
        sides = _spatial_sides(pad, constants, FUSED_FILL[node.op_type])
        if sides is not None:
            node.input[0] = pad.input[0]
            _remove_attribute(node, "auto_pad")
            node.attribute.append(helper.make_attribute("pads", sides))
    _drop_unused(graph)


def resize_by_factor(model: ModelProto) -> None:
    """Replace a fixed target size by its ratio to the source, so that other input sizes work."""
    inferred = onnx.shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*inferred.value_info, *inferred.input)
    }
    graph = model.graph
    made_by, constants = _producers(graph), _constants(graph)
    for node in graph.node:
        if node.op_type != "Resize" or len(node.input) < 4:
            continue
        wanted = _target_size(made_by.get(node.input[3]), constants)
        source = shapes.get(node.input[0], [])[2:]
        if wanted is None or len(source) != len(wanted) or 0 in source:
            continue
        factors = np.array(
            [1, 1, *(to / fro for to, fro in zip(wanted, source, strict=True))], np.float32
        )
        name = f"{node.output[0]}_factors"
        graph.initializer.append(numpy_helper.from_array(factors, name))
        sized = [node.input[0], "", name]
        del node.input[:]
        node.input.extend(sized)


def _target_size(concat: NodeProto | None, constants: Mapping[str, Array]) -> list[int] | None:
    """Height and width where a size is put together of a batch, channels and these constants."""
    if concat is None or concat.op_type != "Concat" or concat.input[-1] not in constants:
        return None
    return [int(value) for value in constants[concat.input[-1]]]


def _spatial_sides(pad: NodeProto, constants: Mapping[str, Array], fill: float) -> list[int] | None:
    """`[top, left, bottom, right]` if only rows and columns are padded, with `fill`, else None."""
    amounts = constants.get(pad.input[1])
    filled = constants.get(pad.input[2]) if len(pad.input) > 2 else np.zeros(())
    if amounts is None or len(amounts) != 8 or filled is None or filled.item() != fill:
        return None
    begin, end = amounts[:4].tolist(), amounts[4:].tolist()
    if any(begin[:2]) or any(end[:2]) or min(begin + end) < 0:
        return None
    return [*begin[2:], *end[2:]]


def _drop_unused(graph: GraphProto) -> None:
    """Remove nodes and constants that nothing reads any more."""
    read = Counter(name for node in graph.node for name in node.input)
    read.update(output.name for output in graph.output)
    for node in reversed(graph.node):  # consumers come after producers
        if not any(read[name] for name in node.output):
            read.subtract(node.input)
            graph.node.remove(node)
    for constant in list(graph.initializer):
        if not read[constant.name]:
            graph.initializer.remove(constant)


def _producers(graph: GraphProto) -> dict[str, NodeProto]:
    return {name: node for node in graph.node for name in node.output}


def _constants(graph: GraphProto) -> dict[str, Array]:
    return {item.name: numpy_helper.to_array(item) for item in graph.initializer}


def _attribute(node: NodeProto, name: str) -> Any:
    found = next((item for item in node.attribute if item.name == name), None)
    return None if found is None else helper.get_attribute_value(found)


def _remove_attribute(node: NodeProto, name: str) -> None:
    node.attribute.remove(next(item for item in node.attribute if item.name == name))
