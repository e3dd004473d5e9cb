"""TensorFlow.js graph model to ONNX, with NumPy and onnx alone.

TensorFlow computes NHWC and ONNX NCHW: each convolution, pooling and resize comes to stand between
two transposes, most of which `simplify` cancels. The batch becomes dynamic; the picture's size is
not built into the graph except as the shape its input declares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper

from detect.convert.simplify import LOWEST, simplify
from detect.convert.tfjs_graph import Array, TfGraph, TfNode, read_graph
from detect.convert.tfjs_indexing import INDEXING, INDEXING_FOLDS
from detect.errors import WrongGraph

OPSET = 13
TO_NCHW = [0, 3, 1, 2]
TO_NHWC = [0, 2, 3, 1]
MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError)
"""What reading an attribute or a constant that is not as it should be raises."""


def convert(model_json: Path) -> ModelProto:
    """The ONNX form of a graph model.

    Raises `WrongGraph` for what is no graph model, and for an operation it does not know.
    """
    return Conversion(read_graph(model_json)).run()


class Conversion:
    """The ONNX graph while it grows."""

    def __init__(self, graph: TfGraph) -> None:
        self._graph = graph
        self._known: dict[str, Array] = dict(graph.weights)
        self._nodes: list[onnx.NodeProto] = []
        self._initial: dict[str, Array] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def run(self) -> ModelProto:
        for node in self._graph.nodes:
            try:
                self._add(node)
            except MALFORMED as error:
                raise WrongGraph(f"{node.op} {node.name} cannot be read: {error!r}") from error
        outputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape[1:]])
            for name, shape in self._graph.outputs.items()
        ]
        initial = [numpy_helper.from_array(value, name) for name, value in self._initial.items()]
        graph = helper.make_graph(self._nodes, "tfjs", self._inputs, outputs, initial)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        try:
            onnx.checker.check_model(model)
            simplify(model)
            onnx.checker.check_model(model)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
            text = " ".join(str(error).split())[:200]
            raise WrongGraph(f"the graph model does not fit together: {text}") from error
        return model

    def _add(self, node: TfNode) -> None:
        if node.op == "Const" or self._fold(node):
            return
        handler = HANDLERS.get(node.op)
        if handler is None:
            raise WrongGraph(f"operation {node.op} of the graph model is not known")
        handler(self, node)

    def _fold(self, node: TfNode) -> bool:
        """Compute a node whose inputs are all constants; True when it was done."""
        if not node.inputs or any(name not in self._known for name in node.inputs):
            return False
        values = [self._known[name] for name in node.inputs]
        if node.op in INDEXING_FOLDS:
            self._known[node.name] = INDEXING_FOLDS[node.op](node, *values)
        elif node.op in FOLDS:
            self._known[node.name] = FOLDS[node.op](*values)
        else:
            raise WrongGraph(f"operation {node.op} on constants is not known")
        return True

    # --- building blocks ---

    def constant(self, name: str) -> Array:
        """A weight by its name. Raises `WrongGraph` when it is computed by the graph."""
        if name not in self._known:
            raise WrongGraph(f"{name} must be a constant")
        return self._known[name]

    def tensor(self, name: str) -> str:
        """A tensor to feed on; weights become initialisers when first used."""
        if name in self._known:
            self._initial[name] = np.ascontiguousarray(self._known[name])
        return name

    def held(self, value: Array, hint: str) -> str:
        self._count += 1
        name = f"{hint}_{self._count}"
        self._initial[name] = np.ascontiguousarray(value)
        return name

    def emit(
        self, op: str, inputs: Sequence[str], output: str | None = None, **attributes: Any
    ) -> str:
        """Add one node; gives the name of its output."""
        self._count += 1
        name = output or f"{op}_{self._count}"
        self._nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def emit_many(self, op: str, inputs: Sequence[str], outputs: list[str], axis: int) -> None:
        self._nodes.append(helper.make_node(op, list(inputs), outputs, axis=axis))

    def add_input(self, name: str, shape: list[int]) -> None:
        self._inputs.append(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape[1:]])
        )

    def nchw(self, name: str) -> str:
        return self.emit("Transpose", [self.tensor(name)], perm=TO_NCHW)

    def nhwc(self, name: str, output: str) -> None:
        self.emit("Transpose", [name], output, perm=TO_NHWC)


def _placeholder(to: Conversion, node: TfNode) -> None:
    dims = node.attributes["shape"]["shape"]["dim"]
    to.add_input(node.name, [int(dim["size"]) for dim in dims])


def _same(onnx_op: str) -> Callable[[Conversion, TfNode], None]:
    def handler(to: Conversion, node: TfNode) -> None:
        to.emit(onnx_op, [to.tensor(name) for name in node.inputs], node.name)

    return handler


def _leaky(to: Conversion, node: TfNode) -> None:
    to.emit("LeakyRelu", [to.tensor(node.inputs[0])], node.name, alpha=node.number("alpha"))


def _transpose(to: Conversion, node: TfNode) -> None:
    order = [int(axis) for axis in to.constant(node.inputs[1])]
    to.emit("Transpose", [to.tensor(node.inputs[0])], node.name, perm=order)


def _concat(to: Conversion, node: TfNode) -> None:
    axis = int(np.ravel(to.constant(node.inputs[-1]))[0])
    to.emit("Concat", [to.tensor(name) for name in node.inputs[:-1]], node.name, axis=axis)


def _pad(to: Conversion, node: TfNode) -> None:
    pads = to.held(to.constant(node.inputs[1]).T.reshape(-1).astype(np.int64), "pads")
    value = float(np.ravel(to.constant(node.inputs[2]))[0]) if node.op == "PadV2" else 0.0
    fill = to.held(np.asarray(max(value, LOWEST), np.float32), "fill")
    to.emit("Pad", [to.tensor(node.inputs[0]), pads, fill], node.name)


def _reshape(to: Conversion, node: TfNode) -> None:
    shape = to.constant(node.inputs[1]).astype(np.int64).copy()
    if shape[0] == 1:
        shape[0] = 0  # keeps whatever batch comes in
        if len(shape) > 1 and (shape >= 0).all():
            shape[-1] = -1  # takes what is left, so that another picture size works
    to.emit("Reshape", [to.tensor(node.inputs[0]), to.held(shape, "shape")], node.name)


def _split(to: Conversion, node: TfNode) -> None:
    sizes = to.constant(node.inputs[1]).astype(np.int64)
    outputs = [node.name, *(f"{node.name}:{index}" for index in range(1, len(sizes)))]
    axis = int(np.ravel(to.constant(node.inputs[2]))[0])
    to.emit_many("Split", [to.tensor(node.inputs[0]), to.held(sizes, "sizes")], outputs, axis)


def _padding(node: TfNode) -> str:
    return "VALID" if node.text("padding") == "VALID" else "SAME_UPPER"


def _max_pool(to: Conversion, node: TfNode) -> None:
    pooled = to.emit(
        "MaxPool",
        [to.nchw(node.inputs[0])],
        kernel_shape=node.integers("ksize")[1:3],
        strides=node.integers("strides")[1:3],
        auto_pad=_padding(node),
    )
    to.nhwc(pooled, node.name)


def _convolution(to: Conversion, node: TfNode) -> None:
    """Plain, depthwise and fused convolutions; the kernel is stored (h, w, in, out)."""
    kernel = to.constant(node.inputs[1])
    height, width, channels, many = kernel.shape
    depthwise = "Depthwise" in node.op
    if depthwise:
        weight = np.transpose(kernel, (2, 3, 0, 1)).reshape(channels * many, 1, height, width)
    else:
        weight = np.transpose(kernel, (3, 2, 0, 1))
    fused = node.texts("fused_ops")
    inputs = [to.nchw(node.inputs[0]), to.held(weight, "kernel")]
    if "BiasAdd" in fused:
        inputs.append(to.held(np.ravel(to.constant(node.inputs[2])), "bias"))
    result = to.emit(
        "Conv",
        inputs,
        group=channels if depthwise else 1,
        kernel_shape=[height, width],
        strides=node.integers("strides")[1:3],
        dilations=node.integers("dilations")[1:3] or [1, 1],
        auto_pad=_padding(node),
    )
    for extra in fused:
        result = _activation(to, extra, result)
    to.nhwc(result, node.name)


def _activation(to: Conversion, name: str, tensor: str) -> str:
    if name == "BiasAdd":
        return tensor
    if name == "Relu":
        return to.emit("Relu", [tensor])
    if name == "Relu6":
        low, high = (to.held(np.array(limit, np.float32), "limit") for limit in (0, 6))
        return to.emit("Clip", [tensor, low, high])
    raise WrongGraph(f"fused operation {name} of the graph model is not known")


def _resize(to: Conversion, node: TfNode) -> None:
    if node.flag("align_corners"):
        raise WrongGraph("resizing with aligned corners is not known")
    mode = "half_pixel" if node.flag("half_pixel_centers") else "asymmetric"
    source = to.nchw(node.inputs[0])
    shape = to.emit("Shape", [source])
    ends = [to.held(np.array([value], np.int64), "end") for value in (0, 2)]
    kept = to.emit("Slice", [shape, *ends])
    size = to.held(to.constant(node.inputs[1]).astype(np.int64), "size")
    wanted = to.emit("Concat", [kept, size], axis=0)
    resized = to.emit(
        "Resize", [source, "", "", wanted], mode="linear", coordinate_transformation_mode=mode
    )
    to.nhwc(resized, node.name)


def _dense(indices: Array, shape: Array, values: Array, default: Array) -> Array:
    dense: Array = np.full(tuple(np.atleast_1d(shape)), default)
    if np.size(indices):
        dense[tuple(np.asarray(indices).reshape(-1, dense.ndim).T)] = values
    return dense


FOLDS: dict[str, Callable[..., Array]] = {
    "Add": np.add,
    "AddV2": np.add,
    "Identity": np.asarray,
    "Mul": np.multiply,
    "Reshape": np.reshape,
    "SparseToDense": _dense,
    "Sub": np.subtract,
}
"""TensorFlow operation -> the same on constants."""

HANDLERS: dict[str, Callable[[Conversion, TfNode], None]] = {
    "Placeholder": _placeholder,
    "Add": _same("Add"),
    "AddV2": _same("Add"),
    "Identity": _same("Identity"),
    "Mul": _same("Mul"),
    "Sigmoid": _same("Sigmoid"),
    "Sub": _same("Sub"),
    "LeakyRelu": _leaky,
    "Transpose": _transpose,
    "ConcatV2": _concat,
    "Pad": _pad,
    "PadV2": _pad,
    "Reshape": _reshape,
    "SplitV": _split,
    "MaxPool": _max_pool,
    "Conv2D": _convolution,
    "_FusedConv2D": _convolution,
    "DepthwiseConv2dNative": _convolution,
    "FusedDepthwiseConv2dNative": _convolution,
    "ResizeBilinear": _resize,
    **INDEXING,
}
"""TensorFlow operation -> what it becomes."""
