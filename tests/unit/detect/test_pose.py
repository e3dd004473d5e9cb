"""Joints of a person in a crop: what goes into the graph and what is read out of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detect.errors import WeightsMissing, WrongGraph
from detect.pose import DEFAULT_POSE, PoseModel
from tests.support.pose import drawn, installed


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
