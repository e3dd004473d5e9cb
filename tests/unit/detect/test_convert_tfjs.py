"""The converter against plain NumPy, one small hand-made graph an operation."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from detect.convert.tfjs import convert
from detect.errors import WrongGraph
from tests.support.tfjs import TfModel, integers, text, texts

RNG = np.random.default_rng(7)
Array = np.ndarray


def run(path: Path, x: Array) -> list[Array]:
    model = convert(path)
    session = ort.InferenceSession(model.SerializeToString())
    outputs: list[Array] = session.run(None, {"x": x.astype(np.float32)})
    return outputs


def close(got: Array, wanted: Array) -> None:
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


def conv_nhwc(x: Array, kernel: Array, stride: int = 1) -> Array:
    """Valid convolution by loops: x (n, h, w, in), kernel (h, w, in, out)."""
    kh, kw, _, out = kernel.shape
    rows, columns = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    result = np.zeros((len(x), rows, columns, out))
    for r in range(rows):
        for c in range(columns):
            patch = x[:, r * stride : r * stride + kh, c * stride : c * stride + kw]
            result[:, r, c] = np.tensordot(patch, kernel, axes=3)
    return result


def normal(*shape: int) -> Array:
    return RNG.normal(size=shape).astype(np.float32)


def test_padded_convolution_in_a_frame_of_transposes(tmp_path: Path) -> None:
    """NanoDet's building block: what an ONNX graph looks like after TensorFlow."""
    kernel, bias = normal(3, 3, 2, 4), normal(4)
    pads = np.array([[0, 0], [0, 0], [1, 0], [2, 1]], np.int32)
    m = TfModel(1, 2, 7, 6)
    m.weight("p", pads)
    m.weight("k", kernel)
    m.weight("b", bias)
    m.weight("to", np.array([0, 2, 3, 1], np.int32))
    m.weight("fro", np.array([0, 3, 1, 2], np.int32))
    m.node("Pad", "padded", ["x", "p"])
    m.node("Transpose", "t1", ["padded", "to"])
    m.conv("c", ["t1", "k"], strides=integers(1, 2, 2, 1))
    m.node("Add", "a", ["c", "b"])
    m.node("Transpose", "t2", ["a", "fro"])
    m.node("LeakyRelu", "y", ["t2"], alpha={"f": 0.1})
    path = m.write(tmp_path, {"y": [1, 4, 3, 4]})

    x = normal(3, 2, 7, 6)  # three frames through a graph made for one
    inside = conv_nhwc(np.pad(x, pads).transpose(0, 2, 3, 1), kernel, 2) + bias
    wanted = np.where(inside > 0, inside, 0.1 * inside).transpose(0, 3, 1, 2)
    close(run(path, x)[0], wanted)
    kinds = Counter(node.op_type for node in convert(path).graph.node)
    assert kinds == {"Conv": 1, "LeakyRelu": 1}


def test_max_pool_after_padding_with_minus_infinity(tmp_path: Path) -> None:
    m = TfModel(1, 5, 5, 2)
    m.weight("p", np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32))
    m.weight("v", np.array(-np.inf, np.float32))
    m.node("PadV2", "padded", ["x", "p", "v"])
    m.node(
        "MaxPool",
        "y",
        ["padded"],
        ksize=integers(1, 3, 3, 1),
        strides=integers(1, 2, 2, 1),
        padding=text("VALID"),
    )
    x = normal(1, 5, 5, 2)
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=-np.inf)
    wanted = np.stack(
        [[padded[:, r : r + 3, c : c + 3].max(axis=(1, 2)) for c in (0, 2, 4)] for r in (0, 2, 4)]
    ).transpose(2, 0, 1, 3)
    close(run(m.write(tmp_path, {"y": [1, 3, 3, 2]}), x)[0], wanted)


@pytest.mark.parametrize("op", ["DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"])
def test_depthwise_convolution(tmp_path: Path, op: str) -> None:
    kernel = normal(3, 3, 2, 2)  # two outputs a channel
    m = TfModel(1, 5, 5, 2)
    m.weight("k", kernel)
    m.conv("y", ["x", "k"], op=op)
    x = normal(1, 5, 5, 2)
    parts = [conv_nhwc(x[..., c : c + 1], kernel[:, :, c : c + 1]) for c in range(2)]
    close(run(m.write(tmp_path, {"y": [1, 3, 3, 4]}), x)[0], np.concatenate(parts, axis=3))


def test_fused_convolution_with_same_padding(tmp_path: Path) -> None:
    kernel, bias = normal(3, 3, 2, 3) * 4, normal(3) * 4
    m = TfModel(1, 4, 4, 2)
    m.weight("k", kernel)
    m.weight("b", bias)
    fused = texts("BiasAdd", "Relu6")
    m.conv("y", ["x", "k", "b"], op="_FusedConv2D", padding=text("SAME"), fused_ops=fused)
    x = normal(2, 4, 4, 2)
    inside = conv_nhwc(np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)]), kernel) + bias
    close(run(m.write(tmp_path, {"y": [1, 4, 4, 3]}), x)[0], np.clip(inside, 0, 6))


def half_pixel(x: Array, rows: int, columns: int) -> Array:
    """Bilinear resize (n, h, w, c) with half-pixel centres, by loops."""
    result = np.zeros((len(x), rows, columns, x.shape[3]))
    for r in range(rows):
        for c in range(columns):
            y = min(max((r + 0.5) * x.shape[1] / rows - 0.5, 0), x.shape[1] - 1)
            z = min(max((c + 0.5) * x.shape[2] / columns - 0.5, 0), x.shape[2] - 1)
            top, left = int(y), int(z)
            low, right = min(top + 1, x.shape[1] - 1), min(left + 1, x.shape[2] - 1)
            a, b = y - top, z - left
            result[:, r, c] = (1 - a) * ((1 - b) * x[:, top, left] + b * x[:, top, right]) + a * (
                (1 - b) * x[:, low, left] + b * x[:, low, right]
            )
    return result


def resize_and_flatten(folder: Path) -> Path:
    m = TfModel(1, 3, 2, 2)
    m.weight("size", np.array([6, 4], np.int32))
    m.weight("shape", np.array([1, 24, 2], np.int32))
    m.node("ResizeBilinear", "big", ["x", "size"], half_pixel_centers={"b": True})
    m.weight("order", np.array([0, 3, 1, 2], np.int32))
    m.node("Transpose", "t", ["big", "order"])
    m.weight("flat", np.array([1, 2, 24], np.int32))
    m.node("Reshape", "y", ["t", "flat"])
    return m.write(folder, {"y": [1, 2, 24]})


def test_resize(tmp_path: Path) -> None:
    x = normal(2, 3, 2, 2)
    wanted = half_pixel(x, 6, 4).transpose(0, 3, 1, 2).reshape(2, 2, 24)
    close(run(resize_and_flatten(tmp_path), x)[0], wanted)


def test_another_picture_size_needs_only_another_declared_input(tmp_path: Path) -> None:
    model = convert(resize_and_flatten(tmp_path))
    assert {"Shape", "Slice"}.isdisjoint(node.op_type for node in model.graph.node)
    for dim in model.graph.input[0].type.tensor_type.shape.dim[1:3]:
        dim.ClearField("dim_value")
        dim.dim_param = "any"
    del model.graph.output[0].type.tensor_type.shape.dim[:]
    x = normal(1, 2, 5, 2)
    session = ort.InferenceSession(model.SerializeToString())
    (got,) = session.run(None, {"x": x})
    close(got, half_pixel(x, 4, 10).transpose(0, 3, 1, 2).reshape(1, 2, 40))


def test_split_sigmoid_and_concat(tmp_path: Path) -> None:
    m = TfModel(1, 2, 5)
    m.weight("sizes", np.array([2, 3], np.int32))
    m.weight("axis", np.array(2, np.int32))
    m.node("SplitV", "s", ["x", "sizes", "axis"])
    m.node("Sigmoid", "g", ["s:1"])
    m.node("ConcatV2", "c", ["g", "s", "axis"])
    m.node("Identity", "y", ["c", "^g"])  # a control input is no data
    x = normal(2, 2, 5)
    wanted = np.concatenate([1 / (1 + np.exp(-x[..., 2:])), x[..., :2]], axis=2)
    close(run(m.write(tmp_path, {"y": [1, 2, 5]}), x)[0], wanted)


def test_constants_are_folded_and_weights_dequantised(tmp_path: Path) -> None:
    m = TfModel(1, 4)
    m.weight("at", np.array([[1], [3]], np.int32))
    m.weight("n", np.array([4], np.int32))
    m.weight("v", np.array([2.0, 5.0], np.float32))
    m.weight("z", np.array(0.0, np.float32))
    m.node("SparseToDense", "d", ["at", "n", "v", "z"])
    quantization = {"dtype": "uint8", "scale": 0.5, "min": -1.0}
    m.weight("q", np.array([0, 2, 4, 6], np.uint8), quantization)
    m.weight("h", np.array([1, 2, 3, 4], np.float16), {"dtype": "float16"})
    m.node("AddV2", "dq", ["d", "q"])
    m.node("AddV2", "dqh", ["dq", "h"])
    m.node("AddV2", "y", ["x", "dqh"])
    x = normal(3, 4)
    wanted = x + sum(np.array(part) for part in ([0, 2, 0, 5], [-1, 0, 1, 2], [1, 2, 3, 4]))
    close(run(m.write(tmp_path, {"y": [1, 4]}), x)[0], wanted)


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    path = resize_and_flatten(tmp_path)
    first, second = (convert(path).SerializeToString(deterministic=True) for _ in range(2))
    assert first == second


def unknown_operation(folder: Path) -> Path:
    m = TfModel(1, 4)
    m.node("Softplus", "y", ["x"])
    return m.write(folder, {"y": [1, 4]})


def unknown_fold(folder: Path) -> Path:
    m = TfModel(1, 4)
    m.weight("w", np.ones(4, np.float32))
    m.node("Softplus", "y", ["w"])
    return m.write(folder, {"y": [4]})


def unknown_fused(folder: Path) -> Path:
    m = TfModel(1, 4, 4, 1)
    m.weight("k", normal(1, 1, 1, 1))
    m.conv("y", ["x", "k"], op="_FusedConv2D", fused_ops=texts("Elu"))
    return m.write(folder, {"y": [1, 4, 4, 1]})


def aligned_corners(folder: Path) -> Path:
    m = TfModel(1, 2, 2, 1)
    m.weight("size", np.array([4, 4], np.int32))
    m.node("ResizeBilinear", "y", ["x", "size"], align_corners={"b": True})
    return m.write(folder, {"y": [1, 4, 4, 1]})


def computed_kernel(folder: Path) -> Path:
    m = TfModel(1, 1, 1, 1)
    m.node("Sigmoid", "k", ["x"])
    m.conv("y", ["x", "k"])
    return m.write(folder, {"y": [1, 1, 1, 1]})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (unknown_operation, "operation Softplus"),
        (unknown_fold, "operation Softplus on constants"),
        (unknown_fused, "fused operation Elu"),
        (aligned_corners, "aligned corners"),
        (computed_kernel, "k must be a constant"),
    ],
)
def test_what_is_not_known_is_named(tmp_path: Path, make: Any, said: str) -> None:
    with pytest.raises(WrongGraph, match=said):
        convert(make(tmp_path))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"modelTopology": {"node": [{}]}}', b"[" * 100_000],
)
def test_what_is_no_graph_model_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(content)
    with pytest.raises(WrongGraph, match=r"^m\.json is not a TensorFlow\.js graph model") as caught:
        convert(path)
    assert "\n" not in str(caught.value)


def test_truncated_weights_are_refused(tmp_path: Path) -> None:
    path = resize_and_flatten(tmp_path)
    (tmp_path / "m.bin").write_bytes((tmp_path / "m.bin").read_bytes()[:-1])
    with pytest.raises(WrongGraph, match="not a TensorFlow"):
        convert(path)
    (tmp_path / "m.bin").unlink()
    with pytest.raises(WrongGraph, match="not a TensorFlow"):
        convert(path)


def test_missing_attributes_are_refused(tmp_path: Path) -> None:
    path = resize_and_flatten(tmp_path)
    model = json.loads(path.read_text())
    del model["modelTopology"]["node"][0]["attr"]
    path.write_text(json.dumps(model))
    with pytest.raises(WrongGraph, match="Placeholder x cannot be read"):
        convert(path)


def test_reading_values_where_a_map_is_largest(tmp_path: Path) -> None:
    """What a model of joints does: the place of the largest value, then values at that place."""
    m = TfModel(1, 4, 3, 1)
    m.weight("rows", np.array([1, 12], np.int32))
    m.weight("axis", np.array(1, np.int32))
    m.weight("wide", np.array(3, np.int32))
    m.weight("none", np.array(0, np.int32))
    m.node("Reshape", "flat", ["x", "rows"])
    m.node("ArgMax", "best", ["flat", "axis"], output_type={"type": "DT_INT32"})
    m.node("FloorDiv", "row", ["best", "wide"])
    m.node("Mul", "skipped", ["row", "wide"])
    m.node("Sub", "column", ["best", "skipped"])
    m.node("Pack", "frame", ["none"], axis={"i": "0"})
    m.node("Cast", "whole", ["frame"], SrcT={"type": "DT_INT32"}, DstT={"type": "DT_INT32"})
    m.node("Pack", "where", ["whole", "row", "column"], axis={"i": "1"})
    m.node("GatherNd", "found", ["x", "where"])
    m.node("Cast", "y", ["row"], DstT={"type": "DT_FLOAT"})
    path = m.write(tmp_path, {"found": [1, 1], "y": [1]})

    x = np.zeros((1, 4, 3, 1), np.float32)
    x[0, 2, 1, 0] = 5
    found, row = run(path, x)

    assert found.tolist() == [[5.0]]
    assert row.tolist() == [2.0]


def test_taking_apart_and_measuring(tmp_path: Path) -> None:
    m = TfModel(1, 2, 3)
    m.weight("last", np.array(2, np.int32))
    m.weight("four", np.array(4.0, np.float32))
    m.weight("two", np.array(2.0, np.float32))
    m.node("RealDiv", "half", ["four", "two"])
    m.node("Unpack", "row", ["x"], axis={"i": "1"}, num={"i": "2"})
    m.node("SquaredDifference", "apart", ["row", "row:1"])
    m.node("Sqrt", "away", ["apart"])
    m.node("RealDiv", "scaled", ["away", "half"])
    m.node("ExpandDims", "deep", ["scaled", "last"])
    m.node("Squeeze", "y", ["deep"], squeeze_dims=integers(2))
    path = m.write(tmp_path, {"deep": [1, 3, 1], "y": [1, 3]})

    x = normal(1, 2, 3)
    deep, flat = run(path, x)

    close(flat, np.abs(x[:, 0] - x[:, 1]) / 2)
    close(deep, flat[..., None])
