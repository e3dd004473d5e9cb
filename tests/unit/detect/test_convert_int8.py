"""Convolutions in integers: what changes, what does not, and by how much."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from detect.convert.int8 import quantised_tensors, with_int8_convolutions
from detect.errors import WrongGraph

RNG = np.random.default_rng(5)
RANGES = {"x": (-3.0, 3.0), "a": (-12.0, 12.0), "b": (-2.0, 12.0), "c": (-40.0, 40.0)}


def two_convolutions_and_a_head() -> ModelProto:
    """x -> conv a -> leaky b -> conv c -> leaky d -> conv y, which no activation follows."""

    def weights(name: str, *shape: int) -> list[TensorProto]:
        kernel = RNG.normal(size=shape).astype(np.float32) / 2
        return [
            numpy_helper.from_array(kernel, f"{name}_kernel"),
            numpy_helper.from_array(RNG.normal(size=shape[0]).astype(np.float32), f"{name}_bias"),
        ]

    def conv(source: str, name: str, pads: int) -> onnx.NodeProto:
        inputs = [source, f"{name}_kernel", f"{name}_bias"]
        return helper.make_node("Conv", inputs, [name], pads=[pads] * 4)

    nodes = [
        conv("x", "a", 1),
        helper.make_node("LeakyRelu", ["a"], ["b"], alpha=0.1),
        conv("b", "c", 1),
        helper.make_node("LeakyRelu", ["c"], ["d"], alpha=0.1),
        conv("d", "y", 0),
    ]
    initial = [*weights("a", 4, 3, 3, 3), *weights("c", 5, 4, 3, 3), *weights("y", 2, 5, 1, 1)]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, "h", "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2, "h", "w"])],
        initial,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def run(model: ModelProto, x: np.ndarray) -> np.ndarray:
    onnx.checker.check_model(model)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x})[0])


def test_nearly_the_same_numbers_from_integers() -> None:
    model = two_convolutions_and_a_head()
    x = np.clip(RNG.normal(size=(2, 3, 12, 9)), -3, 3).astype(np.float32)
    wanted = run(model, x)
    got = run(with_int8_convolutions(model, RANGES), x)
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() < 0.05 * np.abs(wanted).max()
    assert np.corrcoef(got.ravel(), wanted.ravel())[0, 1] > 0.999


def test_only_convolutions_before_activations_change() -> None:
    model = two_convolutions_and_a_head()
    assert quantised_tensors(model) == ["x", "a", "b", "c"]
    with_int8_convolutions(model, RANGES)
    kinds = {item.name: item.data_type for item in model.graph.initializer}
    assert kinds["a_kernel_bytes"] == kinds["c_kernel_bytes"] == TensorProto.INT8
    assert kinds["a_bias_bytes"] == TensorProto.INT32
    assert kinds["y_kernel"] == TensorProto.FLOAT
    assert "a_kernel" not in kinds
    assert Counter(node.op_type for node in model.graph.node)["Conv"] == 3


def test_weights_leave_a_bit_free() -> None:
    model = with_int8_convolutions(two_convolutions_and_a_head(), RANGES)
    (kernel,) = [
        numpy_helper.to_array(item)
        for item in model.graph.initializer
        if item.name == "c_kernel_bytes"
    ]
    assert np.abs(kernel.astype(int)).max() == 63


def test_what_leaves_its_range_is_cut_off() -> None:
    model = with_int8_convolutions(two_convolutions_and_a_head(), RANGES)
    x = np.full((1, 3, 4, 4), 3, np.float32)
    np.testing.assert_array_equal(run(model, x), run(model, x * 100))


def test_ranges_of_another_graph_are_refused() -> None:
    with pytest.raises(WrongGraph, match="the int8 ranges lack c"):
        with_int8_convolutions(
            two_convolutions_and_a_head(), {k: v for k, v in RANGES.items() if k != "c"}
        )


def test_the_same_bytes_each_time() -> None:
    model = two_convolutions_and_a_head()
    copies = [ModelProto.FromString(model.SerializeToString()) for _ in range(2)]
    one, other = (
        with_int8_convolutions(copy, RANGES).SerializeToString(deterministic=True)
        for copy in copies
    )
    assert one == other
