"""Small ONNX graphs that stand for detectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def brightness(
    path: Path,
    *,
    batch: int | str = "N",
    size: int = 64,
    rows: int = 84,
    columns: int = 85,
    kind: int = TensorProto.UINT8,
    factor: float = 1.0,
    opset: int = 13,
) -> Path:
    """Write a graph of pictures (N, size, size, 3) to (N, rows, columns), each value the picture's
    mean times `factor`."""
    nodes = [
        helper.make_node("Cast", ["frames"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "factor"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "shape"], ["one"]),
        helper.make_node("Expand", ["one", "full"], ["output"]),
    ]
    values = [
        helper.make_tensor("factor", TensorProto.FLOAT, [], [factor]),
        helper.make_tensor("shape", TensorProto.INT64, [3], [-1, 1, 1]),
        helper.make_tensor("full", TensorProto.INT64, [3], [1, rows, columns]),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("frames", kind, [batch, size, size, 3])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [batch, rows, columns])],
        values,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def constant(path: Path, output: np.ndarray, *, size: int = 64) -> Path:
    """Write a graph that gives `output` (rows, columns) for each picture of a batch."""
    nodes = [
        helper.make_node("Shape", ["frames"], ["shape"], end=1),
        helper.make_node("Concat", ["shape", "ones"], ["full"], axis=0),
        helper.make_node("Expand", ["values", "full"], ["output"]),
    ]
    values = [
        helper.make_tensor("ones", TensorProto.INT64, [2], [1, 1]),
        numpy_helper.from_array(output[None], "values"),
    ]
    graph = helper.make_graph(
        nodes,
        "constant",
        [helper.make_tensor_value_info("frames", TensorProto.UINT8, ["N", size, size, 3])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", *output.shape])],
        values,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def convolution(path: Path, *, channels: int = 9) -> Path:
    """Write a graph of pictures of any size to (N, cells of 8x8, channels): a random detector."""
    rng = np.random.default_rng(0)
    nodes = [
        helper.make_node("Transpose", ["frames"], ["bytes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["bytes"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["pixels", "kernel", "bias"], ["conv"], strides=[8, 8]),
        helper.make_node("LeakyRelu", ["conv"], ["active"], alpha=0.1),
        helper.make_node("Reshape", ["active", "flat"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["output"], perm=[0, 2, 1]),
    ]
    kernel = rng.normal(size=(channels, 3, 8, 8)).astype(np.float32) / 64
    values = [
        numpy_helper.from_array(kernel, "kernel"),
        numpy_helper.from_array(rng.normal(size=channels).astype(np.float32), "bias"),
        numpy_helper.from_array(np.array([0, channels, -1], np.int64), "flat"),
    ]
    graph = helper.make_graph(
        nodes,
        "convolution",
        [helper.make_tensor_value_info("frames", TensorProto.UINT8, ["N", "H", "W", 3])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", "cells", channels])],
        values,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def exported(
    path: Path,
    outputs: dict[str, np.ndarray],
    *,
    size: int = 64,
    scaled: str | None = None,
    nhwc: bool = False,
) -> Path:
    """Write a graph as exporters do: pictures `images` in float32, the named outputs for each.

    With `scaled`, that output is multiplied by the second input `orig_target_sizes` (N, 2), told
    twice. Numbers keep their type.
    """
    inputs = [("images", TensorProto.FLOAT, ["N", size, size, 3] if nhwc else ["N", 3, size, size])]
    nodes = [
        helper.make_node("Shape", ["images"], ["shape"]),
        helper.make_node("Slice", ["shape", "zero", "one"], ["count"]),
    ]
    values = [
        numpy_helper.from_array(np.array([0], np.int64), "zero"),
        numpy_helper.from_array(np.array([1], np.int64), "one"),
    ]
    if scaled is not None:
        inputs.append(("orig_target_sizes", TensorProto.INT64, ["N", 2]))
        values.append(numpy_helper.from_array(np.array([-1, 1, 4], np.int64), "by_four"))
        nodes += [
            helper.make_node("Cast", ["orig_target_sizes"], ["sizes"], to=TensorProto.FLOAT),
            helper.make_node("Concat", ["sizes", "sizes"], ["sides"], axis=1),
            helper.make_node("Reshape", ["sides", "by_four"], ["scale"]),
        ]
    told = []
    for name, value in outputs.items():
        ones = np.ones(value.ndim, np.int64)
        values.append(numpy_helper.from_array(value[None], f"{name}_value"))
        values.append(numpy_helper.from_array(ones, f"{name}_ones"))
        nodes.append(helper.make_node("Concat", ["count", f"{name}_ones"], [f"{name}_as"], axis=0))
        out = f"{name}_each" if name == scaled else name
        nodes.append(helper.make_node("Expand", [f"{name}_value", f"{name}_as"], [out]))
        if name == scaled:
            nodes.append(helper.make_node("Mul", [out, "scale"], [name]))
        kind = helper.np_dtype_to_tensor_dtype(value.dtype)
        told.append(helper.make_tensor_value_info(name, kind, ["N", *value.shape]))
    graph = helper.make_graph(
        nodes, "exported", [helper.make_tensor_value_info(*one) for one in inputs], told, values
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path
