"""Joints of a person in a crop: what goes into the graph and what is read out of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from detect.aids import KEYPOINTS
from detect.catalog import Catalog
from detect.errors import WeightsMissing, WrongGraph
from detect.pose import DEFAULT_POSE, PoseModel

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
    from hashlib import sha256

    here = folder / "models" / "pose" / DEFAULT_POSE
    here.mkdir(parents=True)
    (here / "model.toml").write_text(MANIFEST.format(sha256=sha256(data).hexdigest()), "utf-8")
    (here / "joints.txt").write_text("\n".join(KEYPOINTS), "utf-8")
    (folder / "pose.onnx").write_bytes(data)
    catalog = Catalog(folder / "models", folder / "weights").poses
    catalog.fetch(DEFAULT_POSE, lambda line: None, folder / "pose.onnx")
    return catalog


def test_joints_come_as_x_and_y_in_fractions_of_the_crop(tmp_path: Path) -> None:
    model = PoseModel(installed(tmp_path, drawn()))
    red = np.zeros((192, 192, 3), np.uint8)
    red[..., 2] = 255  # the third channel of BGR

    (pose,) = model.poses([red])

    assert pose.points.shape == (17, 2)
    assert pose.points[0].tolist() == pytest.approx([0.5, 0.25])
    assert pose.score.tolist() == pytest.approx([1.0] * 17)


def test_a_crop_that_is_not_square_is_padded_and_mapped_back(tmp_path: Path) -> None:
    model = PoseModel(installed(tmp_path, drawn()))

    (pose,) = model.poses([np.zeros((96, 192, 3), np.uint8)])

    # The slot's y 0.25 is row 48, where the laid picture of 96 rows begins.
    assert pose.points[0].tolist() == pytest.approx([0.5, 0.0])


def test_a_graph_that_gives_no_joints_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongGraph, match="gave no joints"):
        PoseModel(installed(tmp_path, drawn(joints=12)))


def test_weights_that_are_not_here_are_named(tmp_path: Path) -> None:
    catalog = installed(tmp_path, drawn())
    (tmp_path / "weights" / DEFAULT_POSE / "model.onnx").unlink()

    with pytest.raises(WeightsMissing, match="qalqan models fetch movenet-lightning"):
        PoseModel(catalog)
