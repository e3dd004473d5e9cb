"""Quantising a small model: kept only when it loses nothing and wins time; else nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

import api.cli.models
import detect.quantise
from api.cli.main import main
from detect.catalog import Catalog, Prepared
from detect.convert.int8 import quantised_tensors
from detect.manifest import ModelManifest
from detect.quantise import Refused, int8_graph, quantise, slower, split
from ingest.frame import FrameSize, Image
from tests.support.models import CELLS, CLASSES, NAME, SIZE, install

PERSON = [4.0, 4.0, 2.0, 2.0, 0.9, 0.9, 0.0, 0.0, 0.0]
SILU = "Sigmoid"


def graph(path: Path, *, sees: bool = True, activation: str = "LeakyRelu") -> Path:
    """A convolution whose values nobody needs, and a person in every picture (or none)."""
    rng = np.random.default_rng(0)
    rows = np.zeros((1, CELLS, 5 + len(CLASSES)), np.float32)
    if sees:
        rows[0, 0] = PERSON
    active = [helper.make_node(activation, ["conv"], ["active"])]
    if activation == SILU:
        active = [
            helper.make_node("Sigmoid", ["conv"], ["gate"]),
            helper.make_node("Mul", ["conv", "gate"], ["active"]),
        ]
    nodes = [
        helper.make_node("Transpose", ["frames"], ["bytes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["bytes"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["pixels", "kernel", "bias"], ["conv"], strides=[8, 8]),
        *active,
        helper.make_node("ReduceMean", ["active"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Reshape", ["zero", "shape"], ["each"]),
        helper.make_node("Add", ["rows", "each"], ["output"]),
    ]
    values = [
        numpy_helper.from_array(rng.normal(size=(4, 3, 8, 8)).astype(np.float32) / 64, "kernel"),
        numpy_helper.from_array(np.zeros(4, np.float32), "bias"),
        numpy_helper.from_array(np.float32(0), "nothing"),
        numpy_helper.from_array(np.array([-1, 1, 1], np.int64), "shape"),
        numpy_helper.from_array(rows, "rows"),
    ]
    made = helper.make_graph(
        nodes,
        "sees",
        [helper.make_tensor_value_info("frames", TensorProto.UINT8, ["N", SIZE, SIZE, 3])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", *rows.shape[1:]])],
        values,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed model, a clip of noise, and a machine on which integers are faster."""
    install(tmp_path, graph=graph)

    def images(clip: str, box: FrameSize) -> Iterator[Image]:
        count = int(Path(clip).name)
        rng = np.random.default_rng(count)
        for _ in range(count):
            yield rng.integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)

    monkeypatch.setattr(detect.quantise, "_images", images)
    monkeypatch.setattr(detect.quantise, "slower", lambda manifest, prepared: None)
    monkeypatch.setattr(api.cli.models, "manifests", lambda: tmp_path / "models")
    monkeypatch.setattr(api.cli.models, "weights", lambda: tmp_path / "weights")
    return tmp_path


def catalog(here: Path) -> Catalog:
    return Catalog(here / "models", here / "weights")


def quantize(clip: Path) -> int | None:
    clip.touch()
    return main(["models", "quantize", NAME, "--calibrate", str(clip)])


def test_what_loses_nothing_is_kept(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = catalog(here).prepared(NAME)
    assert before.int8 is None
    assert quantize(here / "220") in (0, None)
    told = capfd.readouterr().err
    assert "person, large             110 of    110" in told
    after = catalog(here).prepared(NAME)
    assert after.int8 is not None
    assert (after.int8.parent / "int8.json").is_file()
    assert after.sha256s[0] == before.sha256s[0]
    assert len(after.sha256s) == 2
    kinds = {item.data_type for item in onnx.load(after.int8).graph.initializer}
    assert TensorProto.INT8 in kinds


def test_what_loses_boxes_is_refused(
    here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    blind = graph(here / "blind.onnx", sees=False).read_bytes()
    monkeypatch.setattr(detect.quantise, "int8_graph", lambda path, ranges: blind)
    assert quantize(here / "220") == 1
    assert "0 of 110 boxes found again" in capfd.readouterr().err
    assert catalog(here).prepared(NAME).int8 is None
    assert not (here / "weights" / NAME / "model.int8.onnx").exists()


def test_what_wins_no_time_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(manifest: ModelManifest, prepared: Prepared) -> str:
        return "onnxruntime int8 takes 9 ms a frame, openvino bf16 3"

    monkeypatch.setattr(detect.quantise, "slower", slow)
    with pytest.raises(Refused, match="stays as it is: onnxruntime int8 takes 9 ms"):
        quantise(catalog(here), NAME, ["220"], lambda line: None)
    assert catalog(here).prepared(NAME).int8 is None


def test_too_little_to_judge_by_is_refused(here: Path) -> None:
    with pytest.raises(Refused, match="give more clips"):
        quantise(catalog(here), NAME, ["20"], lambda line: None)
    with pytest.raises(Refused, match="too short"):
        quantise(catalog(here), NAME, ["1"], lambda line: None)


def test_ranges_are_not_judged_on_their_own_pictures(here: Path) -> None:
    parts = split(["220", "30"], FrameSize(SIZE, SIZE))
    own = {picture.tobytes() for picture in parts.calibration}
    assert (len(parts.calibration), len(parts.held_out)) == (37 + 15, 110 + 15)
    assert not own & {picture.tobytes() for picture in parts.held_out}


def test_a_race_of_the_real_engines_gives_a_reason_or_none(tmp_path: Path) -> None:
    install(tmp_path, graph=graph)
    models = catalog(tmp_path)
    prepared = models.prepared(NAME)
    ranges = dict.fromkeys(quantised_tensors(onnx.load(prepared.graph)), (-300.0, 300.0))
    path = tmp_path / "int8.onnx"
    path.write_bytes(int8_graph(prepared.graph, ranges))
    trial = Prepared(prepared.graph, prepared.source_sha256, path, prepared.sha256s)
    why = slower(models.manifest(NAME), trial)
    assert why is None or "ms a frame" in why


@pytest.mark.parametrize("activation", ["LeakyRelu", "Relu", "HardSwish", SILU])
def test_activations_that_are_known(tmp_path: Path, activation: str) -> None:
    model = onnx.load(graph(tmp_path / "m.onnx", activation=activation))
    assert quantised_tensors(model) == ["pixels", "conv"]


def test_a_sigmoid_alone_gives_scores_and_is_left(tmp_path: Path) -> None:
    model: ModelProto = onnx.load(graph(tmp_path / "m.onnx", activation="Tanh"))
    assert quantised_tensors(model) == []
