"""Operations of a TensorFlow.js graph model that pick values by index: what a model of joints needs
to read a joint's place out of its maps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto

from detect.convert.tfjs_graph import Array, TfNode

if TYPE_CHECKING:
    from detect.convert.tfjs import Conversion

TYPES = {
    "DT_FLOAT": TensorProto.FLOAT,
    "DT_INT32": TensorProto.INT32,
    "DT_INT64": TensorProto.INT64,
}
FOLD_TYPES: dict[str, type[np.generic]] = {
    "DT_FLOAT": np.float32,
    "DT_INT32": np.int32,
    "DT_INT64": np.int64,
}


def _kind(node: TfNode, key: str, default: str = "DT_FLOAT") -> str:
    return str(node.attributes.get(key, {"type": default})["type"])


def _axes(to: Conversion, axis: int) -> str:
    return to.held(np.array([axis], np.int64), "axis")


def _cast(to: Conversion, node: TfNode) -> None:
    to.emit("Cast", [to.tensor(node.inputs[0])], node.name, to=TYPES[_kind(node, "DstT")])


def _divide(to: Conversion, node: TfNode) -> None:
    """Also `FloorDiv`, which is the same of integers that are not negative."""
    to.emit("Div", [to.tensor(name) for name in node.inputs], node.name)


def _squared_difference(to: Conversion, node: TfNode) -> None:
    apart = to.emit("Sub", [to.tensor(name) for name in node.inputs])
    to.emit("Mul", [apart, apart], node.name)


def _root(to: Conversion, node: TfNode) -> None:
    to.emit("Sqrt", [to.tensor(node.inputs[0])], node.name)


def _expand(to: Conversion, node: TfNode) -> None:
    axis = int(np.ravel(to.constant(node.inputs[1]))[0])
    to.emit("Unsqueeze", [to.tensor(node.inputs[0]), _axes(to, axis)], node.name)


def _squeeze(to: Conversion, node: TfNode) -> None:
    inputs = [to.tensor(node.inputs[0])]
    axes = node.integers("squeeze_dims")
    if axes:
        inputs.append(to.held(np.array(axes, np.int64), "axes"))
    to.emit("Squeeze", inputs, node.name)


def _axis(node: TfNode) -> int:
    return int(node.attributes.get("axis", {}).get("i", 0))


def _pack(to: Conversion, node: TfNode) -> None:
    axis = _axis(node)
    parts = [to.emit("Unsqueeze", [to.tensor(one), _axes(to, axis)]) for one in node.inputs]
    to.emit("Concat", parts, node.name, axis=axis)


def _unpack(to: Conversion, node: TfNode) -> None:
    axis, count = _axis(node), int(node.attributes["num"]["i"])
    parts = [f"{node.name}#{index}" for index in range(count)]
    to.emit_many("Split", [to.tensor(node.inputs[0])], parts, axis)
    for index, part in enumerate(parts):
        name = node.name if index == 0 else f"{node.name}:{index}"
        to.emit("Squeeze", [part, _axes(to, axis)], name)


def _largest(to: Conversion, node: TfNode) -> None:
    axis = int(np.ravel(to.constant(node.inputs[1]))[0])
    found = to.emit("ArgMax", [to.tensor(node.inputs[0])], axis=axis, keepdims=0)
    to.emit("Cast", [found], node.name, to=TYPES[_kind(node, "output_type", "DT_INT64")])


def _gather(to: Conversion, node: TfNode) -> None:
    where = to.emit("Cast", [to.tensor(node.inputs[1])], to=TensorProto.INT64)
    to.emit("GatherND", [to.tensor(node.inputs[0]), where], node.name)


def _fold_cast(node: TfNode, value: Array) -> Array:
    return value.astype(FOLD_TYPES[_kind(node, "DstT")])


def _fold_expand(node: TfNode, value: Array, axis: Array) -> Array:
    return np.expand_dims(value, int(np.ravel(axis)[0]))


def _fold_pack(node: TfNode, *values: Array) -> Array:
    return np.stack(values, _axis(node))


INDEXING_FOLDS: dict[str, Callable[..., Array]] = {
    "Cast": _fold_cast,
    "ExpandDims": _fold_expand,
    "FloorDiv": lambda node, a, b: a // b,
    "Pack": _fold_pack,
    "RealDiv": lambda node, a, b: a / b,
}
"""TensorFlow operation -> the same on constants; told the node too."""

INDEXING: dict[str, Callable[[Any, TfNode], None]] = {
    "ArgMax": _largest,
    "Cast": _cast,
    "ExpandDims": _expand,
    "FloorDiv": _divide,
    "GatherNd": _gather,
    "Pack": _pack,
    "RealDiv": _divide,
    "Sqrt": _root,
    "SquaredDifference": _squared_difference,
    "Squeeze": _squeeze,
    "Unpack": _unpack,
}
"""TensorFlow operation -> what it becomes."""
