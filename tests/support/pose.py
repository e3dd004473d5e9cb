"""A drawn model of joints, installed as a real one is."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from detect.aids import KEYPOINTS
from detect.catalog import Catalog
from detect.pose import DEFAULT_POSE

MANIFEST = """
name = "movenet-lightning"
licence = "ours"
decoder = "movenet"
min_score = 0.2
[source]
url = "https://example.org/pose.onnx"
format = "onnx"
sha256 = "{sha256}"
[input]
width = 192
height = 192
layout = "nhwc"
channels = "rgb"
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
letterbox = "center"
pad = 0
[classes]
file = "joints.txt"
"""


def drawn(joints: int = 17) -> bytes:
    """Says of every joint: y 0.25, x 0.5, and as its score the mean red of the picture / 255."""
    rows = np.tile(np.array([0.25, 0.5, 0.0], np.float32), (joints, 1))[None, None]
    scale = np.zeros((1, 1, 1, 3), np.float32)
    scale[..., 2] = 1 / 255
    held = {
        "rows": rows,
        "scale": scale,
        "first": np.array([0], np.int64),
    }
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1, 2], keepdims=1),
        helper.make_node("Gather", ["mean", "first"], ["red"], axis=3),
        helper.make_node("Mul", ["red", "scale"], ["score"]),
        helper.make_node("Add", ["rows", "score"], ["joints"]),
    ]
    graph = helper.make_graph(
        nodes,
        "pose",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 192, 192, 3])],
        [helper.make_tensor_value_info("joints", TensorProto.FLOAT, ["N", 1, joints, 3])],
        [numpy_helper.from_array(value, name) for name, value in held.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


def installed(folder: Path, data: bytes) -> Catalog:
    here = folder / "models" / "pose" / DEFAULT_POSE
    here.mkdir(parents=True)
    (here / "model.toml").write_text(MANIFEST.format(sha256=sha256(data).hexdigest()), "utf-8")
    (here / "joints.txt").write_text("\n".join(KEYPOINTS), "utf-8")
    (folder / "pose.onnx").write_bytes(data)
    catalog = Catalog(folder / "models", folder / "weights").poses
    catalog.fetch(DEFAULT_POSE, lambda line: None, folder / "pose.onnx")
    return catalog
