"""Simplified graphs give the same numbers, and what is not the same is left alone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from detect.convert.simplify import simplify

RNG = np.random.default_rng(5)


def model_of(nodes: list[NodeProto], output: str, **constants: np.ndarray) -> ModelProto:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2, 6, 6])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["a", "b", "c", "d"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opset = [helper.make_opsetid("", 13)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


def kinds(model: ModelProto) -> Counter[str]:
    return Counter(node.op_type for node in model.graph.node)


def same_numbers(model: ModelProto) -> ModelProto:
    """Simplify, and prove that the numbers are the same."""
    before = ort.InferenceSession(model.SerializeToString())
    simplify(model)
    onnx.checker.check_model(model)
    after = ort.InferenceSession(model.SerializeToString())
    x = RNG.normal(size=(2, 2, 6, 6)).astype(np.float32)
    for got, wanted in zip(after.run(None, {"x": x}), before.run(None, {"x": x}), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)
    return model


def pad_and_conv(amounts: list[int], fill: float, auto_pad: str = "VALID") -> ModelProto:
    channels = 2 + amounts[1] + amounts[5]
    return model_of(
        [
            helper.make_node("Pad", ["x", "amounts", "fill"], ["padded"]),
            helper.make_node("Conv", ["padded", "k"], ["y"], auto_pad=auto_pad),
        ],
        "y",
        amounts=np.array(amounts, np.int64),
        fill=np.array(fill, np.float32),
        k=RNG.normal(size=(3, channels, 3, 3)).astype(np.float32),
    )


def test_zeros_around_the_picture_move_into_the_convolution() -> None:
    model = same_numbers(pad_and_conv([0, 0, 1, 2, 0, 0, 3, 0], 0.0))
    assert kinds(model) == {"Conv": 1}
    assert {item.name for item in model.graph.initializer} == {"k"}


@pytest.mark.parametrize(
    "model",
    [
        pad_and_conv([0, 0, 1, 1, 0, 0, 1, 1], 1.0),
        pad_and_conv([0, 1, 1, 1, 0, 0, 1, 1], 0.0),
        pad_and_conv([0, 0, -1, 1, 0, 0, 1, 1], 0.0),
        pad_and_conv([0, 0, 1, 1, 0, 0, 1, 1], 0.0, "SAME_UPPER"),
    ],
    ids=["not zero", "channels", "cropping", "more padding"],
)
def test_other_paddings_stay(model: ModelProto) -> None:
    assert kinds(same_numbers(model)) == {"Pad": 1, "Conv": 1}


def test_a_padding_that_others_read_stays_for_them() -> None:
    model = pad_and_conv([0, 0, 1, 1, 0, 0, 1, 1], 0.0)
    model.graph.node.append(helper.make_node("Sigmoid", ["padded"], ["z"]))
    model.graph.output.append(
        helper.make_tensor_value_info("z", TensorProto.FLOAT, ["a", "b", "c", "d"])
    )
    assert kinds(same_numbers(model)) == {"Pad": 1, "Conv": 1, "Sigmoid": 1}


@pytest.mark.parametrize(
    ("second", "left"),
    [([0, 3, 1, 2], {"Sigmoid": 1}), ([0, 2, 3, 1], {"Transpose": 2, "Sigmoid": 1})],
)
def test_only_a_transpose_that_undoes_another_goes(second: list[int], left: dict[str, int]) -> None:
    nodes = [
        helper.make_node("Transpose", ["x"], ["a"], perm=[0, 2, 3, 1]),
        helper.make_node("Transpose", ["a"], ["b"], perm=second),
        helper.make_node("Sigmoid", ["b"], ["y"]),
    ]
    assert kinds(same_numbers(model_of(nodes, "y"))) == left


def test_transposes_that_are_outputs_stay() -> None:
    nodes = [
        helper.make_node("Transpose", ["x"], ["a"], perm=[0, 2, 3, 1]),
        helper.make_node("Transpose", ["a"], ["y"], perm=[0, 3, 1, 2]),
    ]
    assert kinds(same_numbers(model_of(nodes, "y"))) == {"Transpose": 2}


def resized(target: np.ndarray, source: str = "x") -> ModelProto:
    nodes = [
        helper.make_node("Shape", [source], ["shape"]),
        helper.make_node("Slice", ["shape", "zero", "two"], ["kept"]),
        helper.make_node("Concat", ["kept", "size"], ["wanted"], axis=0),
        helper.make_node(
            "Resize",
            [source, "", "", "wanted"],
            ["y"],
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        ),
    ]
    ends = {"zero": np.array([0], np.int64), "two": np.array([2], np.int64)}
    return model_of(nodes, "y", size=target, **ends)


def test_a_resize_to_a_size_becomes_one_by_a_factor() -> None:
    model = same_numbers(resized(np.array([12, 9], np.int64)))
    assert kinds(model) == {"Resize": 1}
    (factors,) = [numpy_helper.to_array(item) for item in model.graph.initializer]
    assert factors.tolist() == [1, 1, 2, 1.5]


def conv_and_add(perm: list[int], bias: np.ndarray) -> ModelProto:
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["c"], kernel_shape=[1, 1]),
        helper.make_node("Transpose", ["c"], ["t"], perm=perm),
        helper.make_node("Add", ["t", "bias"], ["y"]),
    ]
    kernel = RNG.normal(size=(5, 2, 1, 1)).astype(np.float32)
    return model_of(nodes, "y", k=kernel, bias=bias)


def test_a_bias_behind_a_transpose_moves_into_the_convolution() -> None:
    bias = RNG.normal(size=5).astype(np.float32)
    assert kinds(same_numbers(conv_and_add([0, 2, 3, 1], bias))) == {"Conv": 1, "Transpose": 1}


@pytest.mark.parametrize(
    ("perm", "shape"), [([0, 3, 2, 1], (5,)), ([0, 2, 3, 1], (1, 1, 1, 5)), ([0, 2, 3, 1], ())]
)
def test_what_may_be_no_bias_stays(perm: list[int], shape: tuple[int, ...]) -> None:
    bias = RNG.normal(size=shape).astype(np.float32)
    assert kinds(same_numbers(conv_and_add(perm, bias)))["Add"] == 1
