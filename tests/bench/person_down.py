"""Who lies: what the detector still sees of them, and what the rule makes of it.

    .venv/bin/python -m tests.bench.person_down looks [--many 24]
    .venv/bin/python -m tests.bench.person_down rule [--part judge] [--many 8] [--seed 21]
        [--acts fall,lies] [--hard night] [--out LOOKS.jsonl] --clips DIR
    .venv/bin/python -m tests.bench.person_down real [--names fi119,nofi048] [--out ...] --clips DIR
    .venv/bin/python -m tests.bench.person_down clips FILE...

`looks`: share of drawn people who lie that the detector sees (IoU 0.3, any score it gives) in the
whole frame, in the frame turned by a quarter, and in a closer look, by size. `rule`: drawn falls
found, and alarms for ordinary acts; of the part `judge` on places and people that no weight was
fitted on; made harder with `--hard`. `real`: the labelled clips of two seconds in DIR, played to
and fro. `clips`: what the rule says of real files, with what the second stage cost. `--out` keeps
what was seen for `python -m detect.training.person_down`. Deterministic for a seed.
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

from detect.aids import Aids, Head, Pose
from detect.detections import Detections
from detect.detector import Detector
from detect.evaluation.hard import CASES, Change, random
from detect.fallen.closer import Labels, look_closer, overlap, people, sweep
from detect.guard.bounds import Share
from detect.incident import Incident, IncidentId
from detect.second_stage import SecondStage
from detect.training.lying_looks import Watched, write
from detect.view import View
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame, Image
from ingest.sources.file import open_file
from tests.bench.down_looks import RULES, Gatherer
from tests.bench.down_scenes import FPS, Remembered, drawn_scenes, frame_of
from tests.support.assets import catalog
from tests.support.falls import DOWN, ORDINARY, Act, Box, Maker, scenes

STOCK = Path("var/bench")
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
        _, image, box = next(maker.images(scene, FPS))
        frame = frame_of(image, 0.0, detector.size)
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


def told(scenes: Iterable[Watched]) -> None:
    """By act: scenes in which the rule spoke, with bounds, by size, and how long after."""
    acts: dict[str, list[Watched]] = defaultdict(list)
    watched_s, false = 0.0, 0
    for scene in scenes:
        acts[scene.name.split("-")[0]].append(scene)
        watched_s += scene.seconds
        false += bool(scene.alarms_s) and not scene.lies
        if bool(scene.alarms_s) != scene.lies:
            print(json.dumps({"wrong": scene.name, "alarms_s": scene.alarms_s[:1]}), flush=True)
    lying = [one for act in DOWN for one in acts.get(act, [])]
    for name, some in (*acts.items(), ("who lies", lying)):
        if some:
            print(json.dumps({"of": name, **_counted(some)}), flush=True)
    print(json.dumps({"false": false, "minutes": round(watched_s / 60, 1)}))


def _counted(scenes: Sequence[Watched]) -> dict[str, object]:
    spoke = [scene for scene in scenes if scene.alarms_s]
    share = Share(len(spoke), len(scenes))
    sizes: dict[str, list[bool]] = defaultdict(list)
    for scene in scenes:
        sizes[scene.name.split("@")[0].split("-")[-1]].append(bool(scene.alarms_s))
    delays = [scene.alarms_s[0] - scene.due_s for scene in spoke]
    return {
        "spoke": f"{len(spoke)}/{len(scenes)}",
        "bounds": [round(share.low(), 2), round(share.high(), 2)],
        "by_height": {size: f"{sum(said)}/{len(said)}" for size, said in sorted(sizes.items())},
        "delay_s": round(float(np.median(delays)), 1) if delays else None,
    }


def _harder(name: str, numbers: Iterator[int]) -> Change:
    return CASES[name].make(random(next(numbers), name))


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
    parser.add_argument("what", choices=("looks", "rule", "real", "clips"))
    parser.add_argument("files", nargs="*")
    parser.add_argument("--many", type=int, default=8)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--part", choices=("fit", "judge"), default="judge")
    parser.add_argument("--acts", type=lambda text: text.split(","), default=[*DOWN, *ORDINARY])
    parser.add_argument("--hard", choices=[c.name for c in CASES.values() if not c.tampers])
    parser.add_argument("--names", type=lambda text: frozenset(text.split(",")))
    parser.add_argument("--clips", type=Path, default=Path("clips"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--model", default="nanodet-g-416")
    args = parser.parse_args()
    detector = Detector.load(catalog(), args.model, threads=1)
    aids = SecondStage.of(detector, catalog())
    if args.what == "clips":
        clips(detector, Counted(aids), args.files)
    elif args.what == "looks":
        looks(detector, aids, Maker(STOCK), args.many)
    else:
        watched = _watched(args, Gatherer(detector, Remembered(aids), args.clips))
        told(watched if args.out is None else write(args.out, watched))


def _watched(args: argparse.Namespace, gatherer: Gatherer) -> Iterator[Watched]:
    if args.what == "real":
        return gatherer.real(args.names or frozenset())
    acts: list[Act] = args.acts
    numbers = itertools.count(args.seed)
    harder = None if args.hard is None else lambda: _harder(args.hard, numbers)
    some = drawn_scenes(acts, args.many, args.seed, args.part)
    return gatherer.drawn(Maker(STOCK), some, args.part, harder)


if __name__ == "__main__":
    main()
