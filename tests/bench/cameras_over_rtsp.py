"""How many cameras exact mode watches over real RTSP, and how far that is from the limit.

    .venv/bin/python -m tests.bench.cameras_over_rtsp --find [--scene medium] [--fps 5]
    .venv/bin/python -m tests.bench.cameras_over_rtsp --cameras 8 [--fps-source 10 --clip FILE]

Runs `qalqan bench limits` on the very video that is served, in the same run. The limit is what all
cores could do if they did nothing but decode every picture and look at the scheduled ones; the
server's own processor time is shown apart, for it shares the machine here, and the limit is given
without it as well. `--find` searches for the most cameras that are sustained (as the race against
peers judges it) and measures the latency at 90 % of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.memory import contestant
from tests.bench.peers.__main__ import processor, say, told
from tests.bench.peers.field import FPS, RECIPES, Course, course, course_of
from tests.bench.peers.runner import Conditions, network, run
from tests.bench.peers.search import most_sustained

QALQAN = Path(sys.executable).with_name("qalqan")
LOADED = 0.9
"""Part of the sustained cameras at which the latency counts."""


def main() -> int:
    options = parse()
    what = served(options)
    say("limits: decoding alone, inference alone")
    limits = bench_limits(what, options)
    cpus = tuple(sorted(os.sched_getaffinity(0)))
    conditions = Conditions(what, network(options.model), options.fps, cpus, options.settle)
    who = contestant("exact", options.options)

    def tried(cameras: int, seconds: float, kind: str) -> dict[str, Any]:
        result = run(who, cameras, seconds, conditions)
        say(f"{told(result)} ({kind})")
        return {**result, "kind": kind}

    found: dict[str, Any] = {"limits": limits, "machine": processor(), "scene": what.name}
    if options.find:
        found |= searched(tried, limits, options)
    else:
        found["run"] = tried(options.cameras, options.seconds, "asked")
        found |= distance(found["run"], limits, options)
    print(json.dumps(found, indent=1))
    if options.json:
        options.json.write_text(json.dumps(found) + "\n", "utf-8")
    return 0 if found["run"]["sustained"] else 1


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--find", action="store_true", help="the most cameras, by itself")
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--fps-source", type=float, default=FPS, help="of a --clip")
    parser.add_argument("--scene", default="medium", choices=RECIPES)
    parser.add_argument("--clip", type=Path, help="another video, made 720p at --fps-source")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--probe", type=float, default=10.0, help="seconds of a searching run")
    parser.add_argument("--settle", type=float, default=4.0)
    parser.add_argument("--model", default="nanodet-g-416")
    parser.add_argument("--options", type=json.loads, default={}, help="engine, precision (JSON)")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def served(options: argparse.Namespace) -> Course:
    """A made scene, or the clip as 720p H.264."""
    if options.clip is None:
        if options.fps_source != FPS:
            sys.exit(f"the scenes have {FPS:g} pictures a second: give a --clip")
        return course(options.scene)
    return course_of(options.clip, options.fps_source)


def searched(
    tried: Callable[[int, float, str], dict[str, Any]],
    limits: dict[str, Any],
    options: argparse.Namespace,
) -> dict[str, Any]:
    """The most cameras, their part of the limit, and the latency a little below."""
    runs: list[dict[str, Any]] = []

    def keeps_up(cameras: int, seconds: float, kind: str) -> bool:
        runs.append(tried(cameras, seconds, kind))
        return bool(runs[-1]["sustained"])

    guess = round(most_at_the_limit(limits, options, limits["cores"]) * LOADED)
    most = most_sustained(
        guess,
        lambda cameras: keeps_up(cameras, options.probe, "probe"),
        lambda cameras: keeps_up(cameras, options.seconds, "confirm"),
    )
    if not most:
        return {"sustained_cameras": 0, "run": runs[-1]}
    confirmed = runs[-1]
    loaded = tried(max(1, round(most * LOADED)), options.seconds, "90 % of that")
    return {
        "sustained_cameras": most,
        "run": confirmed,
        **distance(confirmed, limits, options),
        "p99_ms_at_90_percent": loaded.get("p99_ms"),
        "at_90_percent": loaded,
    }


def distance(
    result: dict[str, Any], limits: dict[str, Any], options: argparse.Namespace
) -> dict[str, float]:
    """Cameras that the cores could carry at most, and the part of that which was sustained."""
    cores = float(limits["cores"])
    left = cores - result.get("sender_cores", 0.0)
    most, most_left = (most_at_the_limit(limits, options, n) for n in (cores, left))
    return {
        "cameras_at_the_limit": round(most, 2),
        "part_of_the_limit": round(result["cameras"] / most, 3),
        "cameras_at_the_limit_beside_the_sender": round(most_left, 2),
        "part_of_the_limit_beside_the_sender": round(result["cameras"] / most_left, 3),
    }


def most_at_the_limit(limits: dict[str, Any], options: argparse.Namespace, cores: float) -> float:
    decode_ms = options.fps_source * limits["decode_ms_per_frame"]
    return cores * 1000 / (decode_ms + options.fps * limits["inference_ms_per_frame"])


def bench_limits(what: Course, options: argparse.Namespace) -> dict[str, Any]:
    """What `qalqan bench limits` says of the video."""
    arguments = ["bench", "limits", "--source", str(what.file), "--model", options.model, "--json"]
    for name in ("engine", "precision"):
        if name in options.options:
            arguments += [f"--{name}", options.options[name]]
    done = subprocess.run([QALQAN, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    sys.exit(main())
