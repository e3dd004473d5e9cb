"""How the cost grows with the number of cameras, on a simulated clock.

    .venv/bin/python -m tests.bench.scale [--counts 4,8,16,32,64] [--scene medium] [--usual]

Processor time of the whole core by cameras, a line through it, and how far the cost of a further
camera is from that of the first ones. Every count is run `--rounds` times, in turn, and the
cheapest counts: other work on the machine only ever adds.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from api.cli.analyze import load_detector
from detect.detector import Detector
from detect.mode import EXACT, USUAL
from detect.scene import Scene
from tests.bench.paced import Outcome, Paced
from tests.bench.peers.field import RECIPES, course
from tests.bench.peers.ours import SCENE

WARM_UP_S = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--counts", default="4,8,16,32,64", help="cameras, by commas")
    parser.add_argument("--scene", default="medium", choices=RECIPES)
    parser.add_argument("--seconds", type=float, default=4.0, help="media time of each run")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--model", default="nanodet-g-416")
    parser.add_argument("--usual", action="store_true", help="the usual mode instead of exact")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    counts = [int(count) for count in options.counts.split(",")]
    detector, video = load_detector(options.model, 1), course(options.scene).file
    best: dict[int, Outcome] = {}
    for round_ in range(options.rounds):
        for count in counts if round_ % 2 == 0 else reversed(counts):
            outcome = play(video, count, detector, options)
            say(f"{count} cameras: {outcome.per_camera_second_ms:.1f} ms a camera-second")
            if count not in best or outcome.cpu_s < best[count].cpu_s:
                best[count] = outcome
    found = {"mode": "usual" if options.usual else "exact", "scene": options.scene, **fit(best)}
    print(json.dumps(found, indent=1))
    if options.json:
        options.json.write_text(json.dumps(found) + "\n", "utf-8")
    return 0


def play(video: Path, cameras: int, detector: Detector, options: argparse.Namespace) -> Outcome:
    mode = USUAL.without(["shed"]) if options.usual else EXACT
    paced = Paced(
        video, cameras, detector, mode, Scene.parse(SCENE), fps=options.fps, economy="always"
    )
    try:
        paced.run(WARM_UP_S)
        return paced.run(options.seconds)
    finally:
        paced.close()


def fit(best: dict[int, Outcome]) -> dict[str, Any]:
    """A line through processor time a second of media time, by cameras."""
    cameras = np.array(sorted(best), float)
    ms = np.array([best[int(n)].per_camera_second_ms * n for n in cameras])
    slope, start = np.polyfit(cameras, ms, 1)
    error = ms - (slope * cameras + start)
    each = ms / cameras
    return {
        "ms_per_camera_second": {
            int(n): round(float(c), 2) for n, c in zip(cameras, each, strict=True)
        },
        "ms_per_frame": {n: round(one.per_frame_ms, 2) for n, one in sorted(best.items())},
        "canvases_per_frame": {
            n: round(one.canvases / max(1, one.frames), 3) for n, one in sorted(best.items())
        },
        "slope_ms": round(float(slope), 2),
        "r_squared": round(float(1 - (error**2).sum() / ((ms - ms.mean()) ** 2).sum()), 5),
        "slope_against_first_percent": round(float(slope / each[0] - 1) * 100, 2),
        "last_against_first_percent": round(float(each[-1] / each[0] - 1) * 100, 2),
    }


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
