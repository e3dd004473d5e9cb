"""HOTA, MOTA and IDF1 of our tracker and of libraries', on the same detections, at full rate, half
and a quarter of it.

    python -m tests.bench.hota --data DIR [--sequences NAME ...] [--trackers NAME ...]

DIR holds MOTChallenge folders (`tests.bench.mot.sequence`), which the reader brings: nothing is
downloaded and none is part of this project. Every file in a sequence's `det/` is a row of its own;
a sequence without one is seen by the made-up detector of `tests.bench.mot.eye` (`drawn`), with
several seeds. Needs `trackeval`; compares with `trackers` and `norfair` where they are installed:

    uv venv bench && uv pip install --python bench trackeval trackers norfair pydantic

`ms` is what an update takes with 20 people, the least of some passes; it holds on a busy machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from detect.detections import Detections
from tests.bench.mot import eye, peers
from tests.bench.mot.score import Score, Tracked, mean, score
from tests.bench.mot.sequence import Footage, Truth, detections, read
from tests.support.walks import people

STEPS = (1, 2, 4)
"""Full rate, half, a quarter."""
SEEDS = (1, 2, 3)
PEOPLE, COST_FRAMES, COST_FPS, PASSES = 20, 60, 5.0, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of MOTChallenge folders")
    parser.add_argument("--sequences", nargs="+", help="of these alone")
    parser.add_argument("--trackers", nargs="+", help="of these alone")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    known = peers.known()
    names = [name for name in known if not options.trackers or name in options.trackers]
    folders = [
        folder
        for folder in sorted(options.data.iterdir())
        if not options.sequences or folder.name in options.sequences
    ]
    heads = "".join(f"{head:>35}" for head in ("full rate", "half", "a quarter"))
    print(f"{'':18}{heads}\n{'':18}{'  HOTA  AssA  MOTA  IDF1   sw. swap' * len(STEPS)}      ms")
    cost = {name: cost_ms(known[name]) for name in names}
    found: dict[str, list[list[Score]]] = {name: [] for name in names}
    with ProcessPoolExecutor(options.jobs) as pool:
        for kind, rows in results(pool, folders, names):
            print(f"\n{kind}")
            for name, row in rows:
                found[name].append(row)
                print(line(name, row, cost[name]), flush=True)
    print("\nmean of all")
    for name, scored in found.items():
        print(line(name, [mean(column) for column in zip(*scored, strict=True)], cost[name]))


def results(
    pool: ProcessPoolExecutor, folders: Sequence[Path], names: Sequence[str]
) -> Iterator[tuple[str, list[tuple[str, list[Score]]]]]:
    """What is shown, and each tracker's scores at each rate."""
    asked = []
    for folder in folders:
        footage = read(folder)
        kinds = sorted(detections(folder, footage)) or ["drawn"]
        for kind in kinds:
            about = f"{folder.name}, {kind}, {footage.fps:g} frames/s"
            asked.append(
                (about, [(name, pool.submit(rates, folder, kind, name)) for name in names])
            )
    for about, rows in asked:
        yield about, [(name, row.result()) for name, row in rows]


def rates(folder: Path, kind: str, name: str) -> list[Score]:
    """One tracker on one sequence and one kind of detections, at each rate."""
    footage = read(folder)
    if kind == "drawn":
        takes = [eye.seen(footage, seed) for seed in SEEDS]
    else:
        takes = [detections(folder, footage)[kind]]
    begin = peers.known()[name]
    return [
        mean([followed(begin, footage.thinned(step), take[::step]) for take in takes])
        for step in STEPS
    ]


def followed(begin: peers.Begin, footage: Footage, seen: Sequence[Detections]) -> Score:
    follow = begin(footage)
    tracked = [follow(frame, step / footage.fps) for step, frame in enumerate(seen)]
    return score(footage.truth, tracked)


def line(name: str, scores: Sequence[Score], cost: float) -> str:
    cells = "".join(
        f"{one.hota:6.1f}{one.assa:6.1f}{one.mota:6.1f}{one.idf1:6.1f}{one.switches:6.0f}"
        f"{one.swaps:5.0f}"
        for one in scores
    )
    return f"{name:18}{cells}{cost:8.3f}"


def cost_ms(begin: peers.Begin) -> float:
    """Processor milliseconds of an update with `PEOPLE` who walk about, one in ten unseen."""
    rng = np.random.default_rng(1)
    at, speed = rng.uniform(0.1, 0.9, (PEOPLE, 2)), rng.normal(0, 0.04, (PEOPLE, 2))
    frames = []
    for step in range(COST_FRAMES):
        feet = (at + speed * step / COST_FPS + rng.normal(0, 0.002, at.shape)) % 1
        frames.append(people([(x, y) for x, y in feet[rng.random(PEOPLE) < 0.9].tolist()]))
    nobody = [Truth(np.empty(0, np.int64), np.empty((0, 4)))] * COST_FRAMES
    taken = []
    for _ in range(PASSES):
        follow = begin(Footage("", COST_FPS, 1280, 720, nobody))
        began_s = time.process_time()
        tracked: list[Tracked] = [
            follow(frame, step / COST_FPS) for step, frame in enumerate(frames)
        ]
        taken.append((time.process_time() - began_s) / len(tracked))
    return min(taken) * 1000


if __name__ == "__main__":
    main()
