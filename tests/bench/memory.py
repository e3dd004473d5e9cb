"""Memory of one more 720p camera over real RTSP, all rings included, kept packets apart.

    .venv/bin/python -m tests.bench.memory [--few 4 --many 24] [--scene busy] [--usual]

The resident memory of the same core with few and with many cameras, after the same time; what is
between them, by camera. Packets that are kept so that an idle camera loses nothing are counted by
the core itself. `--options '{"economy": "always"}'` holds idle cameras to key frames.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.bench.peers.__main__ import CONTESTANTS, processor, say, told
from tests.bench.peers.field import RECIPES, course
from tests.bench.peers.runner import Conditions, Contestant, network, run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--few", type=int, default=4)
    parser.add_argument("--many", type=int, default=24)
    parser.add_argument("--scene", default="busy", choices=RECIPES)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--settle", type=float, default=10.0)
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--model", default="nanodet-g-416")
    parser.add_argument("--usual", action="store_true", help="the usual mode instead of exact")
    parser.add_argument("--options", type=json.loads, default={}, help="JSON for the mode")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    who = contestant("regions" if options.usual else "exact", options.options)
    cpus = tuple(sorted(os.sched_getaffinity(0)))
    conditions = Conditions(
        course(options.scene), network(options.model), options.fps, cpus, options.settle
    )
    results = []
    for cameras in (options.few, options.many):
        results.append(run(who, cameras, options.seconds, conditions))
        say(f"{who.name}: {told(results[-1])}")
    if any("rss_mb" not in result for result in results):
        sys.exit("a run failed: " + "; ".join(results[-1]["failures"]))
    found = {"mode": who.name, "scene": options.scene, **by_camera(*results)}
    print(json.dumps({**found, "machine": processor()}, indent=1))
    if options.json:
        options.json.write_text(json.dumps(found) + "\n", "utf-8")
    return 0


def contestant(name: str, more: dict[str, Any]) -> Contestant:
    """One of the race's, with further options."""
    one = next(one for one in CONTESTANTS if one.name == name)
    one.options.update(more)
    return one


def by_camera(few: dict[str, Any], many: dict[str, Any]) -> dict[str, Any]:
    """Megabytes of a further camera."""
    further = many["cameras"] - few["cameras"]
    rss = (many["rss_mb"] - few["rss_mb"]) / further
    kept = (many["kept_mb"] - few["kept_mb"]) / further
    return {
        "cameras": [few["cameras"], many["cameras"]],
        "rss_mb": [few["rss_mb"], many["rss_mb"]],
        "kept_packets_mb": [few["kept_mb"], many["kept_mb"]],
        "mb_per_camera": round(rss, 2),
        "kept_mb_per_camera": round(kept, 2),
        "mb_per_camera_without_packets": round(rss - kept, 2),
        "sustained": [few["sustained"], many["sustained"]],
    }


if __name__ == "__main__":
    sys.exit(main())
