"""Convolutions in 8-bit integers: on a processor three quarters of the time, or half.

Values are quantised by fixed ranges that were measured once (`detect.convert.ranges`): what leaves
a range is cut off. Only convolutions that an activation follows are changed; those that give scores
and box sides keep their precision. Weights take 7 of the 8
bits, because processors without VNNI add two products in 16 bits. The form is ONNX's
`DequantizeLinear`, `Conv`, `QuantizeLinear`, which the engine runs as one integer convolution
(Jacob et al., 2018, arXiv:1712.05877).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, ModelProto, NodeProto, helper, numpy_helper

from detect.errors import WrongGraph

Ranges = Mapping[str, tuple[float, float]]
"""Tensor -> its lowest and highest value."""
LEVELS = 255
WEIGHT_PEAK = 63
ACTIVATIONS = {"Clip", "HardSwish", "LeakyRelu", "Relu"}


def with_int8_convolutions(model: ModelProto, ranges: Ranges) -> ModelProto:
    """Quantise the convolutions. Changes `model` and returns it.

    Raises `WrongGraph` when `ranges` lacks a tensor: they belong to another graph.
    """
    graph = model.graph
    missing = [name for name in quantised_tensors(model) if name not in ranges]
    if missing:
        raise WrongGraph(f"the int8 ranges lack {missing[0]}: they belong to another graph")
    conversion = _Conversion(graph, ranges)
    nodes = list(graph.node)
    del graph.node[:]
    changed = {node.output[0] for node in _convolutions(nodes)}
    for node in nodes:
        if node.output and node.output[0] in changed:
            conversion.convolution(node)
        else:
            graph.node.append(node)
    return model


def quantised_tensors(model: ModelProto) -> list[str]:
    """The tensors whose ranges are needed: what goes into and comes out of the convolutions."""
    names: dict[str, None] = {}
    for node in _convolutions(list(model.graph.node)):
        names |= {node.input[0]: None, node.output[0]: None}
    return list(names)


def _convolutions(nodes: list[NodeProto]) -> list[NodeProto]:
    """Those that feed an activation alone and have a bias."""
    readers: dict[str, list[NodeProto]] = {}
    for node in nodes:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    return [
        node
        for node in nodes
        if node.op_type == "Conv"
        and len(node.input) == 3
        and _is_activated(node.output[0], readers)
    ]


def _is_activated(name: str, readers: Mapping[str, list[NodeProto]]) -> bool:
    """Whether an activation is all that reads a tensor: one operation, or x * sigmoid(x)."""
    by_kind = {node.op_type: node for node in readers.get(name, [])}
    if set(by_kind) == {"Sigmoid", "Mul"}:
        gate = by_kind["Sigmoid"].output[0]
        return set(by_kind["Mul"].input) == {name, gate} and len(readers[gate]) == 1
    return len(by_kind) == 1 and set(by_kind) <= ACTIVATIONS


class _Conversion:
    """The graph while its convolutions change."""

    def __init__(self, graph: GraphProto, ranges: Ranges) -> None:
        self._graph = graph
        self._ranges = ranges
        self._weights = {item.name: item for item in graph.initializer}
        self._quantised: dict[str, tuple[str, np.float32]] = {}

    def convolution(self, node: NodeProto) -> None:
        """Append the convolution between quantised inputs and a quantised output."""
        source, scale = self._requantised(node.input[0])
        kernel, kernel_scale = self._kernel(node.input[1])
        bias = self._bias(node.input[2], scale * kernel_scale)
        result = node.output[0]
        exact = f"{result}_exact"
        node.input[:] = [source, kernel, bias]
        node.output[0] = exact
        self._graph.node.append(node)
        self._through_bytes(exact, result, self._ranges[result])

    def _requantised(self, name: str) -> tuple[str, np.float32]:
        if name not in self._quantised:
            scale = self._through_bytes(name, f"{name}_int8", self._ranges[name])
            self._quantised[name] = f"{name}_int8", scale
        return self._quantised[name]

    def _through_bytes(self, name: str, out: str, within: tuple[float, float]) -> np.float32:
        """Round a tensor to the 256 values of a byte; gives the step between them."""
        low, high = min(within[0], 0.0), max(within[1], 0.0)  # zero itself must be exact
        scale = np.float32(max(high - low, 1e-6) / LEVELS)
        zero = np.uint8(np.clip(np.rint(-low / scale), 0, LEVELS))
        step, offset = self._hold(f"{out}_step", scale), self._hold(f"{out}_zero", zero)
        self._add("QuantizeLinear", [name, step, offset], f"{out}_bytes")
        self._add("DequantizeLinear", [f"{out}_bytes", step, offset], out)
        return scale

    def _kernel(self, name: str) -> tuple[str, npt.NDArray[np.float32]]:
        """The kernel as bytes, a step for each output channel."""
        weight = numpy_helper.to_array(self._weights[name])
        peak = np.maximum(np.abs(weight).max(axis=(1, 2, 3)), 1e-8)
        scale = (peak / WEIGHT_PEAK).astype(np.float32)
        rounded = np.rint(weight / scale[:, None, None, None]).astype(np.int8)
        return self._held_bytes(name, rounded, scale), scale

    def _bias(self, name: str, scale: npt.NDArray[np.float32]) -> str:
        bias = numpy_helper.to_array(self._weights[name])
        return self._held_bytes(name, np.rint(bias / scale).astype(np.int32), scale)

    def _held_bytes(
        self, name: str, value: npt.NDArray[Any], scale: npt.NDArray[np.float32]
    ) -> str:
        self._graph.initializer.remove(self._weights[name])
        whole = self._hold(f"{name}_bytes", value)
        step = self._hold(f"{name}_step", scale)
        zero = self._hold(f"{name}_zero", np.zeros(len(scale), value.dtype))
        self._add("DequantizeLinear", [whole, step, zero], name, axis=0)
        return name

    def _hold(self, name: str, value: Any) -> str:
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _add(self, op: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self._graph.node.append(helper.make_node(op, inputs, [output], **attributes))
