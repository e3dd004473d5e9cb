"""Who lies: what the detector still sees of them, and what the rule makes of it.

    .venv/bin/python -m tests.bench.person_down looks [--many 24]
    .venv/bin/python -m tests.bench.person_down rule [--many 12] [--model nanodet-g-416]
    .venv/bin/python -m tests.bench.person_down clips FILE...

`looks`: share of drawn people who lie that the detector sees (IoU 0.3, any score it gives) in the
whole frame, in the frame turned by a quarter, and in a closer look, by size. `rule`: drawn falls
found, and alarms for ordinary acts. `clips`: what the rule says of real files, with what the second
stage cost. Deterministic for a seed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage

from detect.aids import Aids, Head, Pose
from detect.closer import Labels, look_closer, overlap, people, sweep
from detect.detections import Detections
from detect.detector import Detector
from detect.incident import Incident, IncidentId
from detect.scene import Scene as Rules
from detect.second_stage import SecondStage
from detect.view import View
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame, FrameSize, Image
from ingest.sources.file import open_file
from tests.support.assets import catalog
from tests.support.falls import DOWN, ORDINARY, Box, Maker, Scene, scenes
from tests.support.incidents import NOON
from tests.support.scenery import ArrayPicture, nearest

FPS = 5.0
STOCK = Path("var/bench")
RULES = Rules.model_validate({"version": 1, "rules": [{"kind": "person_down", "seconds": 3}]})
SEEN_IOU = 0.3


class Counted(Aids):
    """The second stage, counted; in processor time, for machines are shared."""

    def __init__(self, inner: Aids) -> None:
        self._inner = inner
        self.runs: Counter[str] = Counter()
        self.seconds = 0.0

    def poses(self, images: Sequence[Image]) -> list[Pose] | None:
        began = time.thread_time()
        found = self._inner.poses(images)
        self._count("joints", len(images), began)
        return found

    def detect(self, images: Sequence[Image]) -> list[Detections] | None:
        began = time.thread_time()
        found = self._inner.detect(images)
        self._count("crops", len(images), began)
        return found

    def head(self, name: str) -> Head | None:
        return self._inner.head(name)

    def _count(self, what: str, many: int, began: float) -> None:
        self.runs[what] += many
        self.seconds += time.thread_time() - began


def frame_of(image: Image, t_s: float, size: FrameSize) -> Frame:
    """A frame whose picture is the image."""
    width, height = size.fit(image.shape[1], image.shape[0])
    step = max(1, round(image.shape[1] / width))
    soft = ndimage.uniform_filter(image, (step, step, 0)) if step > 1 else image
    small = nearest(soft, width, height)
    return Frame(CameraId("a"), round(t_s * FPS), t_s, NOON, 0.0, small, ArrayPicture(image))


def drawn(maker: Maker, scene: Scene, size: FrameSize) -> Iterator[tuple[Frame, Box | None]]:
    for t_s, image, box in maker.images(scene, FPS):
        yield frame_of(image, t_s, size), box


def judged(frames: Iterable[Frame], detector: Detector, aids: Aids) -> list[Incident]:
    """The incidents of the frames, each as it stood at its end."""
    numbers = itertools.count()
    watch = CameraWatch(
        CameraId("a"),
        RULES,
        detector.classes,
        detector.ref,
        lambda: IncidentId(str(next(numbers))),
        aids,
    )
    known: dict[str, Incident] = {}
    for frame in frames:
        seen = detector.detect([frame.image])[0]
        for one in watch.see(frame.t_s, frame.captured_at, seen, frame):
            known[one.id] = one
    for one in watch.finish():
        known[one.id] = one
    return list(known.values())


def looks(detector: Detector, aids: Aids, maker: Maker, many: int) -> None:
    """By size: the share of those who lie that each way of looking sees."""
    labels = Labels.of(detector.classes, "person")
    assert labels is not None
    person = labels.person
    seen: dict[float, Counter[str]] = defaultdict(Counter)
    for scene in scenes("lies", many, seed=2):
        frame, box = next(drawn(maker, scene, detector.size))
        if box is None:
            continue
        view = View(0.0, [], Detections.none(), detector.classes, image=frame.image,
                    picture=frame.picture)  # fmt: skip
        wide = frame.image.shape[1] / frame.image.shape[0]
        count = seen[scene.height]
        whole = people(detector.detect([frame.image])[0], person)
        turned = [one for step in (0, 1) for one in sweep(view, wide, aids, person, step)]
        closer = look_closer(view, box, wide, aids, labels)
        assert closer is not None
        count["of"] += 1
        count["whole"] += _sees(whole, box)
        count["turned"] += _sees(turned, box)
        parts = [one for step in range(2, 10) for one in sweep(view, wide, aids, person, step)]
        count["parts turned"] += _sees(parts, box)
        count["closer"] += closer.wide is not None
        count["closer turned"] += closer.turned is not None
        count["flat torso"] += closer.posture is not None and closer.posture.torso_deg > 45
    for height, count in sorted(seen.items()):
        print(json.dumps({"height": height, **count}))


def _sees(found: Sequence[tuple[Box, float]], box: Box) -> bool:
    return any(overlap(one, box) >= SEEN_IOU for one, _ in found)


def rule(detector: Detector, aids: Counted, maker: Maker, many: int) -> None:
    """By act: scenes in which the rule spoke, and how long after the fall."""
    for act in (*DOWN, *ORDINARY):
        spoke, delays = Counter[float](), []
        for scene in scenes(act, many, seed=3):
            found = judged((f for f, _ in drawn(maker, scene, detector.size)), detector, aids)
            if found:
                spoke[scene.height] += 1
                began = 0.0 if act == "lies" else scene.at_s
                delays.append(min(one.detected_s for one in found) - began)
        print(
            json.dumps(
                {
                    "act": act,
                    "spoke": spoke.total(),
                    "of": many,
                    "by_height": dict(sorted(spoke.items())),
                    "delay_s": round(float(np.median(delays)), 1) if delays else None,
                }
            ),
            flush=True,
        )


def clips(detector: Detector, aids: Counted, files: Sequence[str]) -> None:
    for file in files:
        aids.runs.clear()
        aids.seconds, last_s = 0.0, 0.0

        def timed(source: str = file) -> Iterator[Frame]:
            nonlocal last_s
            for frame in open_file(source, CameraId("a"), FPS, detector.size):
                last_s = frame.t_s
                yield frame

        found = judged(timed(), detector, aids)
        said = [
            {"start_s": round(one.start_s, 1), "detected_s": round(one.detected_s, 1),
             "score": round(one.score, 2), "why": one.why}
            for one in found
        ]  # fmt: skip
        cost = {"ms_a_second": round(1e3 * aids.seconds / max(last_s, 1.0), 1), **aids.runs}
        print(
            json.dumps({"file": Path(file).name, "found": said, "second_stage": cost}), flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("looks", "rule", "clips"))
    parser.add_argument("files", nargs="*")
    parser.add_argument("--many", type=int, default=12)
    parser.add_argument("--model", default="nanodet-g-416")
    args = parser.parse_args()
    detector = Detector.load(catalog(), args.model, threads=1)
    aids = Counted(SecondStage.of(detector, catalog()))
    if args.what == "clips":
        clips(detector, aids, args.files)
    elif args.what == "looks":
        looks(detector, aids, Maker(STOCK), args.many)
    else:
        rule(detector, aids, Maker(STOCK), args.many)


if __name__ == "__main__":
    main()
