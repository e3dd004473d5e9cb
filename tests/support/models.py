"""An installation of one small model, right or wrong in one way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from detect.catalog import PREPARED_FORMAT
from detect.obtain import sha256_of
from tests.support.graphs import brightness

NAME = "small"
SOURCE = "0" * 64
"""Hash of the file that the weights are said to come from."""
SIZE = 64
CELLS = 84
"""Of the grids of strides 8, 16 and 32 in 64x64 pixels."""
CLASSES = ("person", "car", "dog", "cup")
MANIFEST = f"""
name = "{NAME}"
licence = "none"
decoder = "yolox"
min_score = 0.25
nms_iou = 0.6
[source]
url = "https://models.example/small.onnx"
format = "onnx"
sha256 = "{SOURCE}"
[input]
width = {SIZE}
height = {SIZE}
layout = "nchw"
channels = "bgr"
mean = [0.0, 0.0, 0.0]
std = [1.0, 1.0, 1.0]
letterbox = "top_left"
pad = 114
[classes]
file = "classes.txt"
"""


def install(folder: Path, graph: Callable[[Path], Path] | None = None, **wrong: Any) -> None:
    """Write `folder/models/small` and its prepared weights.

    `graph` writes the graph; without it `brightness` does, with `wrong` instead of what is right.
    """
    models, weights = folder / "models" / NAME, folder / "weights" / NAME
    models.mkdir(parents=True)
    weights.mkdir(parents=True)
    (models / "model.toml").write_text(MANIFEST)
    (models / "classes.txt").write_text("\n".join(CLASSES))
    right = {"size": SIZE, "rows": CELLS, "columns": 5 + len(CLASSES), "factor": 1 / 255}
    path = weights / "model.onnx"
    if graph is None:
        brightness(path, **{**right, **wrong})
    else:
        graph(path)
    stamp = {"source": SOURCE, "format": PREPARED_FORMAT, "graph": sha256_of(path.read_bytes())}
    (weights / "stamp.json").write_text(json.dumps(stamp))
