"""Heads: read, proven, run."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from detect.errors import InferenceFailed, ManifestError, WeightsMissing, WrongGraph, WrongHash
from detect.heads import Heads


def graph(*, scores: int = 1, outputs: int = 1) -> bytes:
    """A logistic head over three features."""
    weights = numpy_helper.from_array(np.ones((3, scores), np.float32), "w")
    nodes = [helper.make_node("MatMul", ["features", "w"], ["logit"])]
    names = [f"score{index}" for index in range(outputs)]
    nodes += [helper.make_node("Sigmoid", ["logit"], [name]) for name in names]
    made = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", scores]) for name in names],
        [weights],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def put(folder: Path, data: bytes, *, name: str = "fight", inputs: str = "features") -> Heads:
    here = folder / "fight"
    here.mkdir(parents=True)
    (here / "head.onnx").write_bytes(data)
    (here / "head.toml").write_text(
        f'name = "{name}"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
        f'inputs = ["{inputs}"]\noutputs = ["fight"]\nseed = 1\ntrained_on = ["drawn"]\n'
        'date = "2026-11-25"\n[figures]\nauc = 0.9\n',
        "utf-8",
    )
    return Heads(folder)


def test_a_head_gives_a_row_of_scores_a_case(tmp_path: Path) -> None:
    data = graph()
    head = put(tmp_path, data).load("fight")

    scores = head.run({"features": np.array([[0, 0, 0], [9, 9, 9]], np.float64)})

    assert scores.shape == (2, 1)
    assert scores.dtype == np.float32
    assert scores[:, 0].tolist() == pytest.approx([0.5, 1.0], abs=1e-6)
    assert (head.ref.name, head.ref.sha256) == ("fight", hashlib.sha256(data).hexdigest())


def test_a_head_that_was_changed_is_refused_by_name(tmp_path: Path) -> None:
    heads = put(tmp_path, graph())
    path = tmp_path / "fight" / "head.onnx"
    path.write_bytes(path.read_bytes() + b"x")

    with pytest.raises(WrongHash, match=r"fight/head\.onnx"):
        heads.load("fight")


def test_a_head_that_is_not_here_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="there is no head 'fire'"):
        Heads(tmp_path).load("fire")


def test_a_manifest_that_lacks_its_graph_names_the_file(tmp_path: Path) -> None:
    heads = put(tmp_path, graph())
    (tmp_path / "fight" / "head.onnx").unlink()

    with pytest.raises(WeightsMissing, match=r"head\.onnx"):
        heads.load("fight")


def test_what_the_manifest_says_must_fit(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="name: must be the folder's"):
        put(tmp_path / "a", graph(), name="smoke").load("fight")
    with pytest.raises(WrongGraph, match="takes features"):
        put(tmp_path / "b", graph(), inputs="poses").load("fight")
    with pytest.raises(WrongGraph, match="2 outputs"):
        put(tmp_path / "c", graph(outputs=2)).load("fight")
    with pytest.raises(InferenceFailed, match="not a row of 1"):
        put(tmp_path / "d", graph(scores=2)).load("fight").run({"features": np.zeros((1, 3))})
    with pytest.raises(WrongGraph, match="head fight cannot be run"):
        put(tmp_path / "e", b"no graph").load("fight")


def test_what_is_not_given_or_does_not_fit_fails_with_the_heads_name(tmp_path: Path) -> None:
    head = put(tmp_path, graph()).load("fight")

    with pytest.raises(InferenceFailed, match=r"head fight.*features"):
        head.run({"joints": np.zeros((1, 3))})
    with pytest.raises(InferenceFailed, match="head fight"):
        head.run({"features": np.zeros((1, 4))})


def test_every_head_of_this_repository_is_whole_and_small() -> None:
    folder = Path(__file__).resolve().parents[3] / "models" / "heads"
    heads = Heads(folder)

    for name in heads.names():
        heads.load(name)
        assert (folder / name / "card.md").is_file()
    assert sum(path.stat().st_size for path in folder.glob("*/head.onnx")) <= 5e6
