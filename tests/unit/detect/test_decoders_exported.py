"""Layouts of other families: graphs as their exporters write them, prepared, run and read.

Each graph sees a car at (16, 8)-(48, 40) of a picture of 64x64 pixels, and something unsure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detect.catalog import Catalog
from detect.decoders import DECODERS
from detect.detector import Detector
from detect.errors import InferenceFailed, WrongGraph
from tests.support.graphs import exported
from tests.support.models import CLASSES, MANIFEST, NAME, SIZE

CAR = CLASSES.index("car")
BOX = np.array([16, 8, 48, 40]) / SIZE
OTHER = np.array([0, 0, 8, 8]) / SIZE
CENTRED = [[0.5, 0.375, 0.5, 0.5], [0.1, 0.1, 0.1, 0.1]]


@dataclass
class Layout:
    """The outputs of a family, by name, and what its manifest says."""

    decoder: str
    outputs: dict[str, Any]
    scores: str
    """The output that holds the scores."""
    labels: str | None = None
    manifest: str = ""
    input: str = ""
    graph: dict[str, Any] = field(default_factory=dict)

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: np.array(value) for name, value in self.outputs.items()}


def floats(rows: Any) -> np.ndarray:
    return np.array(rows, np.float32)


def layouts() -> dict[str, Layout]:
    return {**transformers(), **suppressed(), **priors()}


def transformers() -> dict[str, Layout]:
    return {
        "D-FINE": Layout(
            "detr",
            {
                "labels": np.array([CAR, 0]),
                "boxes": floats([BOX, OTHER]),
                "scores": floats([0.8, 0.1]),
            },
            scores="scores",
            labels="labels",
            input='sizes = "orig_target_sizes"',
            graph={"scaled": "boxes"},
        ),
        "RF-DETR": Layout(
            "rfdetr",
            {"dets": floats(CENTRED), "labels": floats([[-5, np.log(4), -5, -5], [-5] * 4])},
            scores="labels",
        ),
    }


def suppressed() -> dict[str, Layout]:
    return {
        "RTMDet": Layout(
            "rtmdet",
            {
                "dets": floats([[*(BOX * SIZE), 0.8], [*(OTHER * SIZE), 0.1]]),
                "labels": np.array([CAR, 0]),
            },
            scores="dets",
            labels="labels",
        ),
        "SSD of TensorFlow": Layout(
            "ssd",
            {
                "detection_boxes": floats([BOX[[1, 0, 3, 2]], OTHER]),
                "detection_classes": floats([CAR + 1, 1]),
                "detection_scores": floats([0.8, 0.1]),
                "num_detections": floats(2),
            },
            scores="detection_scores",
            labels="detection_classes",
            manifest='outputs = ["detection_boxes", "detection_classes", "detection_scores"]',
            graph={"nhwc": True},
        ),
    }


def priors() -> dict[str, Layout]:
    return {
        "SSD priors": Layout(
            "ssd-priors",
            {
                "scores": floats([[0.1, 0, 0.8, 0.1, 0], [0.9, 0.1, 0, 0, 0]]),
                "boxes": floats([BOX, OTHER]),
            },
            scores="scores",
        ),
    }


names = pytest.mark.parametrize("name", layouts())
wrong_scores = pytest.mark.parametrize(
    ("name", "score"),
    [
        (name, score)
        for name, layout in layouts().items()
        for score in (float("nan"), 1.5, -0.5)
        if layout.decoder != "rfdetr" or np.isnan(score)  # every other number is a logit
    ],
)


def installed(folder: Path, layout: Layout, outputs: dict[str, np.ndarray]) -> Catalog:
    path = exported(folder / "exported.onnx", outputs, **layout.graph)
    models = folder / "models" / NAME
    models.mkdir(parents=True)
    text = MANIFEST.replace('"yolox"', f'"{layout.decoder}"\n{layout.manifest}')
    text = text.replace("0" * 64, sha256(path.read_bytes()).hexdigest())
    text = text.replace("[classes]", f"{layout.input}\n[classes]")
    if layout.graph.get("nhwc"):
        text = text.replace('"nchw"', '"nhwc"')
    (models / "model.toml").write_text(text)
    (models / "classes.txt").write_text("\n".join(CLASSES))
    catalog = Catalog(folder / "models", folder / "weights")
    catalog.fetch(NAME, lambda line: None, path)
    return catalog


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@names
def test_the_car_is_seen(tmp_path: Path, name: str, engine: str) -> None:
    layout = layouts()[name]
    catalog = installed(tmp_path, layout, layout.arrays())
    detector = Detector.load(catalog, NAME, threads=1, engine=engine, precision="fp32")
    seen = detector.detect([np.zeros((SIZE, SIZE, 3), np.uint8)] * 3)
    for one in seen:
        np.testing.assert_allclose(one.xyxy, [[0.25, 0.125, 0.75, 0.625]], atol=1e-6)
        assert one.score.tolist() == [pytest.approx(0.8, abs=1e-6)]
        assert one.label.tolist() == [CAR]


@wrong_scores
def test_scores_that_are_none_are_refused(tmp_path: Path, name: str, score: float) -> None:
    layout = layouts()[name]
    outputs = layout.arrays()
    wrong = outputs[layout.scores]
    (wrong if wrong.ndim == 1 else wrong[:, -1])[0] = score
    with pytest.raises(WrongGraph, match=r"not 0 to 1|not finite"):
        Detector.load(installed(tmp_path, layout, outputs), NAME, threads=1, engine="onnxruntime")


@wrong_scores
def test_scores_that_turn_wrong_are_a_failure(name: str, score: float) -> None:
    layout = layouts()[name]
    outputs = layout.arrays()
    wrong = outputs[layout.scores]
    (wrong if wrong.ndim == 1 else wrong[:, -1])[0] = score
    outputs.pop("num_detections", None)
    decoder = DECODERS[layout.decoder](SIZE, SIZE, len(CLASSES))
    with pytest.raises(InferenceFailed, match="not 0 to 1"):
        decoder.decode([value[None] for value in outputs.values()], 0.25)


@names
def test_boxes_that_are_not_finite_are_refused(tmp_path: Path, name: str) -> None:
    layout = layouts()[name]
    outputs = layout.arrays()
    boxes = next(value for value in outputs.values() if value.shape[-1:] in ((4,), (5,)))
    boxes[0, 0] = np.nan
    with pytest.raises(WrongGraph, match="not finite"):
        Detector.load(installed(tmp_path, layout, outputs), NAME, threads=1, engine="onnxruntime")


@pytest.mark.parametrize("name", [name for name, one in layouts().items() if one.labels])
@pytest.mark.parametrize("label", [-3, 99])
def test_a_class_that_is_none_is_refused(tmp_path: Path, name: str, label: int) -> None:
    layout = layouts()[name]
    assert layout.labels is not None
    outputs = layout.arrays()
    outputs[layout.labels][0] = label
    with pytest.raises(WrongGraph, match="not among its 4"):
        Detector.load(installed(tmp_path, layout, outputs), NAME, threads=1, engine="onnxruntime")


@names
def test_outputs_of_other_shapes_are_refused(tmp_path: Path, name: str) -> None:
    layout = layouts()[name]
    outputs = layout.arrays()
    wrong = next(key for key, value in outputs.items() if value.ndim == 2)
    outputs[wrong] = np.concatenate([outputs[wrong]] * 2, axis=1)
    with pytest.raises(WrongGraph, match=r"outputs are|cannot be run"):
        Detector.load(installed(tmp_path, layout, outputs), NAME, threads=1, engine="onnxruntime")


@names
def test_shapes_are_told_apart(name: str) -> None:
    layout = layouts()[name]
    decoder = DECODERS[layout.decoder](SIZE, SIZE, len(CLASSES))
    shapes = [value.shape for value in layout.arrays().values() if value.ndim]
    assert decoder.check(shapes) is None
    for wrong in (
        [],
        [()],
        shapes[:-1],
        [*shapes, (7,)],
        [(3, *shape[1:]) for shape in shapes[:1]],
    ):
        assert decoder.check(wrong) is not None


def test_an_output_that_is_not_there_is_named(tmp_path: Path) -> None:
    layout = layouts()["RTMDet"]
    layout.manifest = 'outputs = ["dets", "masks"]'
    with pytest.raises(WrongGraph, match="no output masks, only dets, labels"):
        installed(tmp_path, layout, layout.arrays())


def test_a_second_input_that_is_not_there_is_named(tmp_path: Path) -> None:
    layout = layouts()["RTMDet"]
    layout.input = 'sizes = "orig_target_sizes"'
    with pytest.raises(WrongGraph, match="no input orig_target_sizes"):
        installed(tmp_path, layout, layout.arrays())
