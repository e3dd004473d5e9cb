"""Measures the ranges that `detect.convert.int8` quantises by, on pictures.

    python -m detect.convert.ranges MODEL.onnx VIDEO > models/<name>/int8.json

`MODEL.onnx` is the prepared graph in full precision. Each picture is looked at as it is, darker,
brighter and at twice the size, so that the ranges hold for other cameras too. A range leaves out
the few values beyond `PERCENTILE`: one stray value would make the steps of all others coarse.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Iterator
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
PERCENTILE = 99.999
MARGIN = 1.1
"""Other scenes go a little beyond what was measured."""
SAMPLED = 200_000
"""Values of a tensor that are looked at, evenly spread: percentiles of all would take minutes."""

Ranges = dict[str, tuple[float, float]]


def measure(model: Path, pictures: Iterable[Image], box: FrameSize = BOX) -> Ranges:
    """Lowest and highest value of every tensor that is to be quantised; pictures fit `box`."""
    graph = onnx.load(model)
    names = quantised_tensors(graph)
    known = {output.name for output in graph.graph.output}
    graph.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in known)
    order = [output.name for output in graph.graph.output]
    with tempfile.TemporaryDirectory() as scratch:
        telling = Path(scratch) / "telling.onnx"
        onnx.save(graph, telling)
        engine = OnnxEngine(telling, threads=1)
    low, high = np.full(len(names), np.inf), np.full(len(names), -np.inf)
    for picture in pictures:
        for view in _views(picture, box):
            values = dict(zip(order, engine.run(view[None]), strict=True))
            edges = np.array([_edges(values[name]) for name in names])
            low, high = np.minimum(low, edges[:, 0]), np.maximum(high, edges[:, 1])
    return {
        name: (round(float(a) * MARGIN, 3), round(float(b) * MARGIN, 3))
        for name, a, b in zip(names, low, high, strict=True)
    }


def _edges(values: npt.NDArray[np.float32]) -> tuple[float, float]:
    sample = values.ravel()[:: max(1, values.size // SAMPLED)]
    low, high = np.percentile(sample, [100 - PERCENTILE, PERCENTILE])
    return float(low), float(high)


def _views(image: Image, box: FrameSize) -> Iterator[npt.NDArray[np.uint8]]:
    height, width = image.shape[:2]
    middle = image[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4]
    for view in (image, middle.repeat(2, axis=0).repeat(2, axis=1)):
        for gain in (0.4, 1.0, 1.6):
            yield _padded(np.clip(view * gain, 0, 255).astype(np.uint8), box)


def _padded(image: Image, box: FrameSize) -> npt.NDArray[np.uint8]:
    picture = np.zeros((box.height_px, box.width_px, 3), np.uint8)
    fits = image[: box.height_px, : box.width_px]
    picture[: fits.shape[0], : fits.shape[1]] = fits
    return picture


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("video")
    options = parser.parse_args()
    frames = open_file(options.video, CameraId("video"), PICTURES_PER_S, BOX)
    found = measure(options.model, (frame.image for frame in frames))
    lines = [f"  {json.dumps(name)}: {json.dumps(within)}" for name, within in found.items()]
    print("{\n" + ",\n".join(lines) + "\n}")
