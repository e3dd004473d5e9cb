"""How many cameras each way of watching sustains on this machine, in one run, on the same streams.

    .venv/bin/python -m tests.bench.peers.install
    .venv/bin/python -m tests.bench.peers --scene quiet [--only exact,regions] [--chart race.png]

Real RTSP of 720p25; each contestant is a process of its own on the same processors. N is sustained
when 99 % of the scheduled analyses are done, the queue does not grow, and the 99th percentile from
the *sending* of a picture to its detections is at most 500 ms. Found by short runs, confirmed by a
longer one. The sender shares the machine here: its processor time is reported apart. Results are
kept by scene and contestant; `--resume` goes on with what is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.home import ROOT, home
from tests.bench.peers.field import RECIPES, course
from tests.bench.peers.install import PYTHON as PEERS_PYTHON
from tests.bench.peers.runner import Conditions, Contestant, network, run
from tests.bench.peers.search import most_sustained

OURS = "tests.bench.peers.ours"
CONTESTANTS = (
    Contestant("tutorial", "cv2 + onnxruntime", "tests.bench.peers.tutorial", 8),
    Contestant("streamvision", "InferencePipeline", "tests.bench.peers.streamvision", 8),
    Contestant("openvino", "OpenVINO async", "tests.bench.peers.openvino_async", 16),
    Contestant("exact", "Qalqan, exact", OURS, 22, True, options={"exact": True}),
    Contestant("regions", "Qalqan, usual", OURS, 26, True, True, {"exact": False}),
)
PEERS = tuple(one.name for one in CONTESTANTS if not one.is_ours)


def main() -> int:
    options = parse()
    chosen = [one for one in CONTESTANTS if one.name in options.only.split(",")]
    options.folder.mkdir(parents=True, exist_ok=True)
    for scene in options.scene.split(","):
        race(scene, chosen, options)
    results = collected(options)
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    if options.chart:
        draw(results, options.chart)
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    everybody = ",".join(one.name for one in CONTESTANTS)
    parser.add_argument("--scene", default=",".join(RECIPES), help="some of %(default)s")
    parser.add_argument("--only", default=everybody, help="some of %(default)s")
    parser.add_argument("--model", default="nanodet-g-416")
    parser.add_argument("--fps", type=float, default=5.0, help="analysed pictures a second")
    parser.add_argument("--seconds", type=float, default=25.0, help="of the confirming run")
    parser.add_argument("--probe", type=float, default=10.0, help="seconds of a searching run")
    parser.add_argument("--settle", type=float, default=4.0, help="seconds before each measurement")
    parser.add_argument("--cameras", type=int, help="one run with so many instead of a search")
    parser.add_argument("--cpus", help="processors of every contestant, as 0,1 (default: all)")
    parser.add_argument("--options", type=json.loads, default={}, help="JSON for those chosen")
    parser.add_argument("--folder", type=Path, default=home() / "bench" / "race")
    parser.add_argument("--resume", action="store_true", help="keep results that are there")
    parser.add_argument("--json", type=Path, help="where all results go")
    parser.add_argument("--chart", type=Path, help="PNG of what is in the folder")
    options = parser.parse_args()
    if not PEERS_PYTHON.exists():
        parser.error("the peers are not installed: python -m tests.bench.peers.install")
    return options


def race(scene: str, chosen: list[Contestant], options: argparse.Namespace) -> None:
    """Each contestant on one scene; results are written as they come."""
    cpus = tuple(int(cpu) for cpu in options.cpus.split(",")) if options.cpus else None
    say(f"{scene}: video")
    conditions = Conditions(
        course(scene),
        network(options.model),
        options.fps,
        cpus or tuple(sorted(os.sched_getaffinity(0))),
        options.settle,
    )
    for who in chosen:
        file = options.folder / f"{scene}.{who.name}.json"
        if options.resume and file.exists():
            say(f"{scene} {who.name}: kept from before")
            continue
        who = replace(who, options={**who.options, **options.options})
        found = search(who, conditions, options)
        file.write_text(
            json.dumps({**found, **surroundings(options, conditions)}, indent=1), "utf-8"
        )


def search(who: Contestant, conditions: Conditions, options: argparse.Namespace) -> dict[str, Any]:
    """The most cameras it sustains and the run that confirmed it, or one run as asked."""
    runs: list[dict[str, Any]] = []

    def tried(cameras: int, seconds: float, kind: str) -> bool:
        result = run(who, cameras, seconds, conditions)
        runs.append({**result, "kind": kind})
        say(f"{conditions.course.name} {who.name}: {told(result)} ({kind})")
        return bool(result["sustained"])

    if options.cameras:
        tried(options.cameras, options.seconds, "asked")
        most = options.cameras if runs[0]["sustained"] else 0
    else:
        most = most_sustained(
            who.guess,
            lambda cameras: tried(cameras, options.probe, "probe"),
            lambda cameras: tried(cameras, options.seconds, "confirm"),
        )
    last = runs[-1] if most or options.cameras else {}
    return {
        "contestant": who.name,
        "title": who.title,
        "sustained_cameras": most,
        "run": last,
        "runs": runs,
    }


def surroundings(options: argparse.Namespace, conditions: Conditions) -> dict[str, Any]:
    return {
        "scene": conditions.course.name,
        "model": options.model,
        "fps": options.fps,
        "cpus": list(conditions.cpus),
        "machine": processor(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[0], 2),
    }


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def told(result: dict[str, Any]) -> str:
    """One line about one run."""
    why = "; ".join(result["failures"]) or "sustained"
    if "done" not in result:
        return f"{result['cameras']} cameras: {why}"
    return (
        f"{result['cameras']} cameras: {why}; {result['done']}/{result['scheduled']} done, p50 "
        f"{result['p50_ms']:.0f} p99 {result['p99_ms']:.0f} ms, {result['cpu_cores']:.2f} cores, "
        f"sender {result['sender_cores']:.2f}, arrivals {result['arrivals_seen']}"
        f"/{result['arrivals']}"
    )


def collected(options: argparse.Namespace) -> list[dict[str, Any]]:
    """All results in the folder, in the order of scenes and contestants."""
    files = [
        options.folder / f"{scene}.{who.name}.json" for scene in RECIPES for who in CONTESTANTS
    ]
    return [json.loads(file.read_text("utf-8")) for file in files if file.exists()]


NOTES = (
    "apart: cameras if the sender's processor time were free for the contestant, too",
    "p99: from the sending; of pictures that an idle camera asks for once it wakes, from then; "
    "all: of these, too, from the sending",
    "arrivals: detected within 2 s of coming into view; p50, max: how long it took",
)
COLUMNS = (
    ("done", "done"),
    ("p50_ms", "p50 ms"),
    ("p99_ms", "p99 ms"),
    ("p99_sent_ms", "all"),
    ("analysed_fps", "fps"),
    ("cpu_cores", "cores"),
    ("cpu_ms_per_analysed", "ms/frame"),
    ("cpu_ms_per_camera_second", "ms/cam s"),
    ("rss_mb", "MB"),
    ("sender_cores", "sender"),
)


def table(results: list[dict[str, Any]]) -> str:
    """What was found, with ratios to the best peer of the scene."""
    head = ["scene", "contestant", "cameras", "/ peer", "apart"]
    rows = [[*head, *(title for _, title in COLUMNS), "arrivals", "p50 s", "max s"]]
    for result in results:
        ratio, run_ = ratio_to_best_peer(result, results), result["run"]
        cells = [result["scene"], result["title"], str(result["sustained_cameras"])]
        cells += [f"{ratio:.2f}" if ratio else "-", f"{sender_apart(result):.1f}"]
        cells += [str(run_.get(key, "-")) for key, _ in COLUMNS]
        cells.append(f"{run_.get('arrivals_seen', '-')}/{run_.get('arrivals', '-')}")
        cells += [str(run_.get(key, "-")) for key in ("arrival_p50_s", "arrival_max_s")]
        rows.append(cells)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([*lines, *NOTES])


def ratio_to_best_peer(result: dict[str, Any], results: list[dict[str, Any]]) -> float | None:
    best = max(
        (
            other["sustained_cameras"]
            for other in results
            if other["scene"] == result["scene"] and other["contestant"] in PEERS
        ),
        default=0,
    )
    return result["sustained_cameras"] / best if best else None


def sender_apart(result: dict[str, Any]) -> float:
    """Cameras in proportion, on processors that the sender does not share."""
    cores = len(result["cpus"])
    left = cores - result["run"].get("sender_cores", 0.0)
    return float(result["sustained_cameras"]) * cores / left


def draw(results: list[dict[str, Any]], out: Path) -> None:
    """The chart, by the peers' interpreter, which has matplotlib."""
    for result in results:
        result["ratio"] = ratio_to_best_peer(result, results)
    chart = [str(PEERS_PYTHON), "-m", "tests.bench.peers.chart", str(out.resolve())]
    subprocess.run(chart, input=json.dumps(results), text=True, check=True, cwd=ROOT)


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
