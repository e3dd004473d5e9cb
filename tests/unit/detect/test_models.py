"""Models: each way a model can be wrong is one clear line; the real one sees the people."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from api.home import manifests, weights
from detect.catalog import Catalog
from detect.detector import Detector
from detect.engines.onnx import OnnxEngine
from detect.errors import ManifestError, ModelError, WeightsMissing, WrongGraph, WrongHash
from detect.overlap import iou
from ingest.camera import CameraId
from ingest.sources.file import open_file
from tests.support.assets import catalog, clip

NAME = "nanodet-g-416"


def tiny_graph(path: Path, *, opset: int = 13, size: int = 416, cells: int = 7) -> str:
    """A graph of the right input whose output has `cells` rows of 85 equal numbers, 0 to 1."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Div", ["mean", "full_scale"], ["fraction"]),
        helper.make_node("Reshape", ["fraction", "shape"], ["one"]),
        helper.make_node("Expand", ["one", "full"], ["output"]),
    ]
    values = [
        helper.make_tensor("full_scale", TensorProto.FLOAT, [], [255.0]),
        helper.make_tensor("shape", TensorProto.INT64, [3], [-1, 1, 1]),
        helper.make_tensor("full", TensorProto.INT64, [3], [1, cells, 85]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 3, size, size])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", cells, 85])],
        values,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    from hashlib import sha256

    return sha256(path.read_bytes()).hexdigest()


def yolox_with(tmp_path: Path, sha256: str) -> Catalog:
    folder = tmp_path / "models"
    shutil.copytree(manifests(), folder, dirs_exist_ok=True)
    manifest = folder / "yolox-nano" / "model.toml"
    text = manifest.read_text()
    old = next(line for line in text.splitlines() if line.startswith("sha256"))
    manifest.write_text(text.replace(old, f'sha256 = "{sha256}"'))
    return Catalog(folder, tmp_path / "weights")


def fetch(tmp_path: Path, **kind: int) -> Catalog:
    path = tmp_path / "tiny.onnx"
    models = yolox_with(tmp_path, tiny_graph(path, **kind))
    models.fetch("yolox-nano", lambda line: None, path)
    return models


def test_a_wrong_hash_is_refused(tmp_path: Path) -> None:
    models = yolox_with(tmp_path, "0" * 64)
    tiny_graph(tmp_path / "tiny.onnx")
    with pytest.raises(WrongHash, match="the manifest names"):
        models.fetch("yolox-nano", lambda line: None, tmp_path / "tiny.onnx")
    with pytest.raises(WeightsMissing, match="qalqan models fetch"):
        models.check("yolox-nano")


def test_a_wrong_opset_input_or_output_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongGraph, match="opset 9"):
        fetch(tmp_path, opset=9)
    with pytest.raises(WrongGraph, match="input is"):
        fetch(tmp_path, size=320)
    models = fetch(tmp_path, cells=7)
    with pytest.raises(WrongGraph, match="outputs are"):
        Detector.load(models, "yolox-nano", threads=1)


def test_a_graph_of_the_right_shape_loads_and_runs(tmp_path: Path) -> None:
    detector = Detector.load(fetch(tmp_path, cells=3549), "yolox-nano", threads=1)
    images = [np.zeros((312, 416, 3), np.uint8), np.zeros((416, 100, 3), np.uint8)]
    assert len(detector.detect(images)) == 2


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    models = fetch(tmp_path, cells=3549)
    graph = models.check("yolox-nano")
    graph.write_bytes(graph.read_bytes()[:-10])
    with pytest.raises(WrongHash, match="damaged"):
        Detector.load(models, "yolox-nano", threads=1)


def test_what_is_not_onnx_is_refused(tmp_path: Path) -> None:
    from hashlib import sha256

    path = tmp_path / "text.onnx"
    path.write_bytes(b"hello, this is no graph")
    models = yolox_with(tmp_path, sha256(path.read_bytes()).hexdigest())
    with pytest.raises(ModelError):
        models.fetch("yolox-nano", lambda line: None, path)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('decoder = "yolox"', "", "decoder"),
        ("min_score = 0.25", "min_score = 2.0", "min_score"),
        ("width = 416", "width = 0", "input.width"),
        ('letterbox = "top_left"', 'letterbox = "middle"', "input.letterbox"),
        ("[input]", "[inputs]", "input"),
        ('name = "yolox-nano"', "name = ", "not TOML"),
        ('file = "../coco.txt"', 'file = "../none.txt"', "cannot be read"),
    ],
)
def test_a_wrong_manifest_names_the_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    models = yolox_with(tmp_path, "0" * 64)
    path = tmp_path / "models" / "yolox-nano" / "model.toml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ManifestError, match=named):
        models.manifest("yolox-nano")


def test_every_manifest_of_this_repository_is_right() -> None:
    models = catalog()
    assert NAME in models.names()
    for name in models.names():
        manifest = models.manifest(name)
        assert manifest.name == name
        assert len(manifest.classes) == 80
        assert (manifests() / name / "card.md").is_file()
    stamp = json.loads((weights() / NAME / "stamp.json").read_text())
    assert stamp["source"] == models.manifest(NAME).source.sha256


@pytest.mark.model
def test_the_default_model_sees_the_people_of_the_clip() -> None:
    detector = Detector.load(catalog(), NAME, threads=1)
    frames = open_file(str(clip()), CameraId("clip"), 1.0, detector.size)
    people = []
    for frame, _ in zip(frames, range(6), strict=False):
        (seen,) = detector.detect([frame.image])
        assert ((seen.xyxy >= 0) & (seen.xyxy <= 1)).all()
        assert (np.diff(seen.score) <= 0).all()
        people.append(int((seen.label == 0).sum()))
    assert all(2 <= count <= 15 for count in people), people


@pytest.mark.model
def test_a_fitted_slot_sees_what_the_square_sees() -> None:
    """Of the sure boxes in the square letterbox hardly any is missed, and they lie the same."""
    fitted = Detector.load(catalog(), NAME, threads=1)
    manifest = catalog().manifest(NAME)
    whole = manifest.input.model_copy(update={"pad_to": "size"})
    engine = OnnxEngine(catalog().check(NAME), threads=1)
    square = Detector(replace(manifest, input=whole), engine, fitted.ref.sha256)
    found, overlaps = 0, []
    for frame in islice(open_file(str(clip()), CameraId("clip"), 0.25, fitted.size), 12):
        (got,), (wanted,) = fitted.detect([frame.image]), square.detect([frame.image])
        sure = wanted.score >= 0.45
        best = iou(wanted.xyxy[sure], got.xyxy).max(axis=1)
        found += int((best > 0.5).sum())
        overlaps += best.tolist()
    assert len(overlaps) > 50
    assert found >= 0.97 * len(overlaps)
    assert np.median(overlaps) > 0.95


@pytest.mark.model
def test_pictures_of_different_shapes_come_back_in_their_order() -> None:
    detector = Detector.load(catalog(), NAME, threads=1)
    frame = next(iter(open_file(str(clip()), CameraId("clip"), 1.0, detector.size)))
    wide, tall = frame.image, np.ascontiguousarray(frame.image[:, 100:250])
    together = detector.detect([wide, tall, wide])
    alone = [detector.detect([image])[0] for image in (wide, tall, wide)]
    for got, wanted in zip(together, alone, strict=True):
        np.testing.assert_allclose(got.xyxy, wanted.xyxy, atol=1e-4)
        assert got.label.tolist() == wanted.label.tolist()
    assert detector.detect([]) == []


@pytest.mark.model
def test_integers_see_what_full_precision_sees() -> None:
    """Nearly every sure box of either is found by the other, and they lie the same."""
    prepared = catalog().prepared(NAME)
    manifest = catalog().manifest(NAME)
    assert prepared.int8 is not None
    engines = [OnnxEngine(path, threads=1) for path in (prepared.graph, prepared.int8)]
    full, int8 = (Detector(manifest, engine, "0") for engine in engines)
    found, overlaps = 0, []
    for frame in islice(open_file(str(clip()), CameraId("clip"), 0.25, full.size), 16):
        (one,), (other,) = full.detect([frame.image]), int8.detect([frame.image])
        for wanted, got in ((one, other), (other, one)):
            best = iou(wanted.xyxy[wanted.score >= 0.45], got.xyxy).max(axis=1)
            found += int((best > 0.5).sum())
            overlaps += best.tolist()
    assert len(overlaps) > 150
    assert found >= 0.97 * len(overlaps)
    assert np.median(overlaps) > 0.95


def test_damaged_integers_are_refused(tmp_path: Path) -> None:
    there = weights() / NAME
    shutil.copytree(there, tmp_path / NAME)
    path = tmp_path / NAME / "model.int8.onnx"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WrongHash, match="damaged"):
        Catalog(manifests(), tmp_path).prepared(NAME)
    path.unlink()
    with pytest.raises(WeightsMissing):
        Catalog(manifests(), tmp_path).prepared(NAME)


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ("{", "Invalid JSON"),
        ('{"a": [1]}', "a"),
        ('{"a": [1, null]}', "a.1"),
        ("[]", "int8.json: Input should be an object"),
        (None, "cannot be read"),
    ],
)
def test_wrong_ranges_are_a_wrong_manifest(tmp_path: Path, ranges: str | None, said: str) -> None:
    shutil.copytree(manifests(), tmp_path / "models")
    path = tmp_path / "models" / NAME / "int8.json"
    path.unlink() if ranges is None else path.write_text(ranges)
    with pytest.raises(ManifestError, match=said):
        Catalog(tmp_path / "models", tmp_path).manifest(NAME)
