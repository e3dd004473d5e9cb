"""Normalisation inside the graph against NumPy, and inputs that are refused."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
from onnx import ModelProto, TensorProto, helper

from detect.convert.uint8_input import Takes, with_uint8_input
from detect.errors import WrongGraph

WIDTH, HEIGHT = 6, 4
MEAN, STD = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)


def identity(
    *shape: int | str, kind: int = TensorProto.FLOAT, opset: int = 13, inputs: int = 1
) -> ModelProto:
    names = [f"images{index}" for index in range(inputs)]
    graph = helper.make_graph(
        [helper.make_node("Identity", [name], [f"out_{name}"]) for name in names],
        "identity",
        [helper.make_tensor_value_info(name, kind, shape) for name in names],
        [helper.make_tensor_value_info(f"out_{name}", kind, shape) for name in names],
    )
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def wrap(
    model: ModelProto, mean: tuple[float, ...] = MEAN, std: tuple[float, ...] = STD
) -> ModelProto:
    return with_uint8_input(model, Takes(mean, std, (WIDTH, HEIGHT)))


def test_the_same_as_normalising_outside() -> None:
    model = wrap(identity("N", 3, HEIGHT, WIDTH))
    frames = np.random.default_rng(1).integers(0, 256, (2, HEIGHT, WIDTH, 3)).astype(np.uint8)
    (got,) = ort.InferenceSession(model.SerializeToString()).run(None, {"frames": frames})
    wanted = ((frames - np.array(MEAN)) / np.array(STD)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


def test_no_arithmetic_where_none_is_needed() -> None:
    model = wrap(identity("N", 3, HEIGHT, WIDTH), (0.0,) * 3, (1.0,) * 3)
    assert [node.op_type for node in model.graph.node] == ["Transpose", "Cast", "Identity"]
    frames = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint8).reshape(1, HEIGHT, WIDTH, 3)
    (got,) = ort.InferenceSession(model.SerializeToString()).run(None, {"frames": frames})
    assert (got == frames.transpose(0, 3, 1, 2)).all()


@pytest.mark.parametrize(("batch", "kept"), [("N", "N"), ("anything", "N"), (1, 1), (4, 4)])
def test_a_fixed_batch_stays_fixed(batch: int | str, kept: int | str) -> None:
    dim = wrap(identity(batch, 3, HEIGHT, WIDTH)).graph.input[0].type.tensor_type.shape.dim[0]
    assert (dim.dim_value or dim.dim_param) == kept


def test_any_size_frees_what_was_declared_for_one() -> None:
    takes = Takes(MEAN, STD, (WIDTH, HEIGHT))
    model = with_uint8_input(identity("N", 3, HEIGHT, WIDTH), takes, any_size=True)
    session = ort.InferenceSession(model.SerializeToString())
    assert session.get_inputs()[0].shape == ["N", "height", "width", 3]
    frames = np.full((3, 2 * HEIGHT, WIDTH, 3), 9, np.uint8)
    assert session.run(None, {"frames": frames})[0].shape == (3, 3, 2 * HEIGHT, WIDTH)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (identity("N", 3, HEIGHT, WIDTH, opset=10), "opset 10 is not between 11 and 22"),
        (identity("N", 3, WIDTH, HEIGHT), r"input is \[0, 3, 6, 4\], not \[N, 3, 4, 6\]"),
        (identity("N", HEIGHT, WIDTH, 3), "input is"),
        (identity("N", 3), "input is"),
        (identity("N", 3, HEIGHT, WIDTH, kind=TensorProto.INT64), "not float32"),
        (identity("N", 3, HEIGHT, WIDTH, inputs=2), "2 inputs, not one"),
        (ModelProto(), "opset 0"),
    ],
)
def test_what_cannot_be_fed_is_refused(model: ModelProto, said: str) -> None:
    with pytest.raises(WrongGraph, match=said):
        wrap(model)
