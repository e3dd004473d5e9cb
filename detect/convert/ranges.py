"""Measures the ranges that `detect.convert.int8` quantises by, on pictures of a video.

    python -m detect.convert.ranges MODEL.onnx VIDEO > models/<name>/int8.json

`MODEL.onnx` is the prepared graph in full precision. Each picture is looked at as it is, darker,
brighter and at twice the size, so that the ranges hold for other cameras too.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx

from detect.convert.int8 import quantised_tensors
from detect.engines.onnx import OnnxEngine
from ingest.camera import CameraId
from ingest.frame import FrameSize, Image
from ingest.sources.file import open_file

BOX = FrameSize(416, 416)
PICTURES_PER_S = 0.5
MARGIN = 1.1
"""Other scenes go a little beyond what was measured."""


def measure(model: Path, video: str) -> dict[str, tuple[float, float]]:
    """Lowest and highest value of every tensor that is to be quantised."""
    graph = onnx.load(model)
    names = quantised_tensors(graph)
    graph.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    with tempfile.TemporaryDirectory() as scratch:
        telling = Path(scratch) / "telling.onnx"
        onnx.save(graph, telling)
        engine = OnnxEngine(telling, threads=1)
    low, high = np.full(len(names), np.inf), np.full(len(names), -np.inf)
    for picture in _pictures(video):
        values = engine.run(picture[None])[-len(names) :]
        low = np.minimum(low, [value.min() for value in values])
        high = np.maximum(high, [value.max() for value in values])
    return {
        name: (round(float(a) * MARGIN, 3), round(float(b) * MARGIN, 3))
        for name, a, b in zip(names, low, high, strict=True)
    }


def _pictures(video: str) -> Iterator[npt.NDArray[np.uint8]]:
    for frame in open_file(video, CameraId("video"), PICTURES_PER_S, BOX):
        image = frame.image
        height, width = image.shape[:2]
        middle = image[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4]
        for view in (image, middle.repeat(2, axis=0).repeat(2, axis=1)):
            for gain in (0.4, 1.0, 1.6):
                yield _padded(np.clip(view * gain, 0, 255).astype(np.uint8))


def _padded(image: Image) -> npt.NDArray[np.uint8]:
    picture = np.zeros((BOX.height_px, BOX.width_px, 3), np.uint8)
    picture[: image.shape[0], : image.shape[1]] = image
    return picture


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("video")
    options = parser.parse_args()
    found = measure(options.model, options.video)
    lines = [f"  {json.dumps(name)}: {json.dumps(within)}" for name, within in found.items()]
    print("{\n" + ",\n".join(lines) + "\n}")
