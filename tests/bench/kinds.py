"""What each kind of incident costs beside the detector: processor milliseconds a frame.

    .venv/bin/python -m tests.bench.kinds CLIP... [--fps 5] [--kinds fire fight ...]

Every frame is detected once; then each kind judges the same frames by itself, the second stage it
asks for included, on one thread. `p99` and `most` are of single frames. `none` is following alone:
what a camera without any rule pays. One core at 5 frames/s bears 1000 / (5 x mean) cameras of a
kind, were there nothing else.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from api.cli.analyze import load_detector
from detect.detections import Detections
from detect.detector import Detector
from detect.incident import IncidentId
from detect.rules import KINDS
from detect.scene import Scene
from detect.second_stage import SecondStage
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame
from ingest.sources.file import open_file
from tests.support.incidents import NOON

CALIBRATION = {
    "image": [[0.2, 0.9], [0.8, 0.9], [0.65, 0.3], [0.35, 0.3]],
    "metres": [[0, 0], [6, 0], [6, 25], [0, 25]],
}
NEEDS: dict[str, dict[str, Any]] = {
    "line_crossing": {"line": "middle"},
    "wrong_way": {},
    "speeding": {},
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of judging, a frame."""

    mean_ms: float
    p99_ms: float
    most_ms: float
    incidents: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--kinds", nargs="+", choices=sorted(KINDS), default=list(KINDS))
    options = parser.parse_args()
    detector = load_detector("nanodet-g-416", 1)
    for clip in options.clips:
        frames = list(open_file(str(clip), CameraId("clip"), options.fps, detector.size))
        seen = [detector.detect([frame.image])[0] for frame in frames]
        people = np.mean([len(one) for one in seen])
        print(f"{clip.name}: {len(frames)} frames, {people:.1f} detections a frame")
        print(f"{'kind':<18}{'mean':>8}{'p99':>8}{'most':>8}  ms a frame   incidents")
        for kind in ["none", *options.kinds]:
            cost = cost_of(kind, frames, seen, detector)
            print(
                f"{kind:<18}{cost.mean_ms:8.3f}{cost.p99_ms:8.2f}{cost.most_ms:8.2f}"
                f"{cost.incidents:22}",
                flush=True,
            )


def scene_of(kind: str) -> Scene:
    """The kind alone, everywhere in the picture, with its usual parameters."""
    rules = [] if kind == "none" else [{"kind": kind, **NEEDS.get(kind, {})}]
    line = {"name": "middle", "points": [[0.5, 0.0], [0.5, 1.0]]}
    return Scene.parse({"version": 1, "lines": [line], "rules": rules, "calibration": CALIBRATION})


def cost_of(kind: str, frames: list[Frame], seen: list[Detections], detector: Detector) -> Cost:
    """Judge all frames once; the second stage is loaded before, as it is in a node."""
    numbers = count()
    watch = CameraWatch(
        CameraId("clip"),
        scene_of(kind),
        detector.classes,
        detector.ref,
        lambda: IncidentId(str(next(numbers))),
        SecondStage.beside(detector),
    )
    times, changed = [], set()
    for frame, found in zip(frames, seen, strict=True):
        began = time.thread_time()
        for change in watch.see(frame.t_s, NOON, found, frame):
            changed.add(change.id)
        times.append((time.thread_time() - began) * 1e3)
    return Cost(float(np.mean(times)), float(np.percentile(times, 99)), max(times), len(changed))


if __name__ == "__main__":
    main()
