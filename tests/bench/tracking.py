"""What following costs: processor milliseconds a frame at so many people, stage by stage.

    .venv/bin/python -m tests.bench.tracking [--people 1 8 20 60]

`in arrays` is the tracker of `tests.support.tracker_in_arrays`, which gives the same tracks. Each
figure is the least of several passes over the same walks, so that ratios hold on a busy machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from itertools import count

import numpy as np

from detect.detections import Detections
from detect.incident import IncidentId, ModelRef
from detect.looking.pacing import Pacer
from detect.scene import Scene
from detect.tracking.tracker import Tracker
from detect.watch import CameraWatch
from ingest.camera import CameraId
from tests.support.incidents import NOON
from tests.support.tracker_in_arrays import TrackerInArrays
from tests.support.walks import people

FRAMES, GAP_S, PASSES = 50, 0.2, 8
CLASSES = ("person", "car")
Step = Callable[[int], object]
"""Handles the frame of this number."""
SCENE = {
    "version": 1,
    "zones": [{"name": "yard", "polygon": [[0, 0.4], [0.4, 0.5], [0.9, 1], [0, 1]]}],
    "lines": [{"name": "gate", "points": [[0.5, 1], [0.5, 0]]}],
    "rules": [
        {"kind": "intrusion", "zone": "yard"},
        {"kind": "loitering", "zone": "yard"},
        {"kind": "line_crossing", "line": "gate"},
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--people", type=int, nargs="+", default=[0, 1, 8, 20, 60])
    options = parser.parse_args()
    print(
        f"{'people':>6}{'track':>9}{'in arrays':>11}{'live':>9}{'rules':>9}{'pace':>9}  ms a frame"
    )
    for amount in options.people:
        track, arrays, live, rules, pace = costs_ms(walks(amount))
        print(f"{amount:6}{track:9.3f}{arrays:11.3f}{live:9.3f}{rules:9.3f}{pace:9.3f}")


def walks(amount: int) -> list[Detections]:
    """Frames of people who walk about, one in ten unseen."""
    rng = np.random.default_rng(1)
    at, speed = rng.uniform(0.1, 0.9, (amount, 2)), rng.normal(0, 0.04, (amount, 2))
    found = []
    for step in range(FRAMES):
        feet = (at + speed * GAP_S * step + rng.normal(0, 0.002, at.shape)) % 1
        found.append(people([(x, y) for x, y in feet[rng.random(amount) < 0.9].tolist()]))
    return found


def costs_ms(frames: Sequence[Detections]) -> list[float]:
    """Of tracking, tracking in arrays, the live tracks, the rules, and the pace."""
    tracker, lives = Tracker(CLASSES), []
    for step, frame in enumerate(frames):
        tracker.update(frame, step * GAP_S)
        lives.append(tracker.live(step * GAP_S))

    def track() -> Step:
        one = Tracker(CLASSES)
        return lambda step: one.update(frames[step], step * GAP_S)

    def in_arrays() -> Step:
        one = TrackerInArrays(CLASSES)
        return lambda step: one.update(frames[step], step * GAP_S)

    def live() -> Step:
        return lambda step: tracker.live(FRAMES * GAP_S)

    def watch() -> Step:
        one = watched()
        return lambda step: one.see(step * GAP_S, NOON, frames[step])

    def pace() -> Step:
        one = Pacer(Scene.parse(SCENE))
        return lambda step: one.decide(step * GAP_S, lives[step])

    tracked, arrays, lived, seen, paced = map(least_ms, (track, in_arrays, live, watch, pace))
    return [tracked, arrays, lived, max(0.0, seen - tracked), paced]


def watched() -> CameraWatch:
    ids = map(str, count())
    return CameraWatch(
        CameraId("c"),
        Scene.parse(SCENE),
        CLASSES,
        ModelRef("m", "0"),
        lambda: IncidentId(next(ids)),
    )


def least_ms(begin: Callable[[], Step]) -> float:
    """Processor milliseconds a step in the quickest of some passes, each begun anew."""
    found = []
    for _ in range(PASSES):
        step = begin()
        began_s = time.process_time()
        for number in range(FRAMES):
            step(number)
        found.append(time.process_time() - began_s)
    return min(found) / FRAMES * 1000


if __name__ == "__main__":
    main()
