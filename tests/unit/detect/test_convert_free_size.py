"""Freeing a graph of its size: what works at another is freed, what does not stays as it was."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from detect.convert.free_size import flatten_any_grid, freest
from detect.convert.uint8_input import Takes, with_uint8_input

SIDE = 128
TAKES = Takes((0.0,) * 3, (1.0,) * 3, (SIDE, SIDE))
CELLS = (SIDE // 8) ** 2


def detector(batch: int | str, flat: list[int], *, mixes: bool = False) -> ModelProto:
    """Convolution to cells of 8x8 pixels, flattened by a constant shape, cells last to rows."""
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(5, 3, 8, 8)).astype(np.float32) / 64
    nodes = [
        helper.make_node("Conv", ["images", "kernel"], ["conv"], strides=[8, 8]),
        helper.make_node("Reshape", ["conv", "flat"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["output"], perm=[0, 2, 1]),
    ]
    values = [
        numpy_helper.from_array(kernel, "kernel"),
        numpy_helper.from_array(np.array(flat, np.int64), "flat"),
    ]
    if mixes:  # a number for every cell of one size, as decoded grids are
        grid = rng.normal(size=(1, CELLS, 5)).astype(np.float32)
        values.append(numpy_helper.from_array(grid, "grid"))
        nodes[-1].output[0] = "raw"
        nodes.append(helper.make_node("Add", ["raw", "grid"], ["output"]))
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [batch, CELLS, 5])],
        values,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def freed(model: ModelProto) -> ort.InferenceSession:
    def make(any_size: bool, any_batch: bool) -> ModelProto:
        copy = ModelProto()
        copy.CopyFrom(model)
        if any_size:
            flatten_any_grid(copy, SIDE, SIDE)
        return with_uint8_input(copy, TAKES, any_size=any_size, any_batch=any_batch)

    return ort.InferenceSession(freest(make, SIDE, SIDE).SerializeToString())


@pytest.mark.parametrize(
    ("batch", "flat"),
    [("N", [0, 5, -1]), ("N", [-1, 5, CELLS]), (1, [1, 5, CELLS]), (1, [1, 5, -1])],
)
def test_what_only_its_constants_tie_is_freed(batch: int | str, flat: list[int]) -> None:
    session = freed(detector(batch, flat))
    (given,) = session.get_inputs()
    assert not any(isinstance(side, int) for side in given.shape[:3])
    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 256, (2, 64, SIDE, 3)).astype(np.uint8)
    (wide,) = session.run(None, {"frames": pictures})
    assert wide.shape == (2, CELLS // 2, 5)
    square = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    square[0, :64] = pictures[1]
    (whole,) = session.run(None, {"frames": square})
    np.testing.assert_allclose(whole[0, : CELLS // 2], wide[1], rtol=1e-4, atol=1e-3)


def test_what_works_at_one_size_alone_keeps_it() -> None:
    session = freed(detector("N", [0, 5, -1], mixes=True))
    assert session.get_inputs()[0].shape == ["N", SIDE, SIDE, 3]
    assert session.run(None, {"frames": np.zeros((2, SIDE, SIDE, 3), np.uint8)})[0].shape[0] == 2


def test_other_reshapes_are_left_alone() -> None:
    model = detector("N", [0, 5, 7])
    flatten_any_grid(model, SIDE, SIDE)
    assert model.graph.node[1].input[1] == "flat"
