"""What each saving of the inference costs in boxes: square, padded to the stride, bf16, int8.

    .venv/bin/python -m tests.bench.precision [--model NAME] [CLIP...]

Padding is compared with the square, each engine and precision with full precision on ONNX Runtime:
how many of its sure boxes are found again (same class, overlap of at least half), and the
processor time of a frame on one thread. Without a clip:
opencv-doc's, which the int8 ranges were taken from; give others to judge by. Boxes near the limit
of sureness come and go with the padding, furniture more than people: hence the count of people.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from detect.detections import Detections
from detect.detector import Detector
from detect.engines.base import PRECISIONS
from detect.engines.build import build, candidates
from detect.engines.onnx import OnnxEngine
from detect.errors import WrongGraph
from detect.overlap import iou
from detect.tracking.tracker import SURE
from ingest.camera import CameraId
from ingest.frame import Image
from ingest.sources.file import open_file
from tests.support.assets import catalog, clip

MODEL = "nanodet-g-416"
FRAMES_A_SECOND = 1.0
SAME_IOU = 0.5


def ways(model: str) -> dict[str, Detector]:
    """The detectors, from the plainest to those that save most."""
    manifest, prepared = catalog().manifest(model), catalog().prepared(model)
    square = replace(manifest, input=manifest.input.model_copy(update={"pad_to": "size"}))
    full, sha256 = OnnxEngine(prepared.graph, 1), prepared.source_sha256
    found = {
        "full, square": Detector(square, full, sha256),
        "full, padded to the stride": Detector(manifest, full, sha256),
    }
    for way in candidates(PRECISIONS):
        if way.precision == "fp32" and way.engine == "onnxruntime":
            continue
        try:
            engine = build(way, prepared.graph, prepared.int8, 1)
        except WrongGraph:
            continue
        found[str(way)] = Detector(manifest, engine, sha256)
    return found


def look(detector: Detector, images: list[Image]) -> tuple[list[Detections], float]:
    """Detections of each picture, and the median processor time of one in milliseconds."""
    seen, times_ms = [], []
    detector.detect(images[:1])
    for image in images:
        started = time.process_time()
        seen += detector.detect([image])
        times_ms.append((time.process_time() - started) * 1000)
    return seen, float(np.median(times_ms))


def found_again(before: list[Detections], after: list[Detections]) -> tuple[int, int]:
    """How many sure boxes of `before` have their like in `after`, and how many there are."""
    again = count = 0
    for old, new in zip(before, after, strict=True):
        sure = old.score >= SURE
        alike = old.label[sure][:, None] == new.label[None, :]
        overlap = np.where(alike, iou(old.xyxy[sure], new.xyxy), 0.0)
        again += int((overlap.max(axis=1, initial=0.0) >= SAME_IOU).sum())
        count += int(sure.sum())
    return again, count


def sure_people(seen: list[Detections], detector: Detector) -> int:
    person = detector.classes.index("person")
    return sum(int(((one.label == person) & (one.score >= SURE)).sum()) for one in seen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", nargs="*", type=Path, default=[clip()])
    parser.add_argument("--model", default=MODEL)
    options = parser.parse_args()
    detectors = ways(options.model)
    size = next(iter(detectors.values())).size
    images = [
        frame.image
        for path in options.clips
        for frame in open_file(str(path), CameraId("clip"), FRAMES_A_SECOND, size)
    ]
    before: list[Detections] | None = None
    for name, detector in detectors.items():
        seen, ms = look(detector, images)
        line: dict[str, object] = {"way": name, "frames": len(images), "ms_per_frame": round(ms, 1)}
        line["sure_people"] = sure_people(seen, detector)
        if before is None:
            before = seen
        else:
            again, count = found_again(before, seen)
            line |= {"sure_boxes_before": count, "found_again": again}
        print(json.dumps(line), flush=True)
        if name == "full, padded to the stride":
            before = seen


if __name__ == "__main__":
    main()
