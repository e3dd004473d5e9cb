"""How well the kinds of traffic do on simulated traffic, and on recorded detections.

    .venv/bin/python -m tests.bench.traffic [--places 10] [--hours 2] [--fps 5] [--poor] [--first 0]
    .venv/bin/python -m tests.bench.traffic --detections FILE.jsonl...

Events that are in the middle of the picture for at least three seconds count. Recall with its
Wilson interval of 95 %, false alarms an hour with the exact Poisson one. `FILE.jsonl` holds what
`qalqan analyze --detections` writes; every incident of these kinds on it is printed. `--first`
chooses other places than those the rules were tuned on. Simulated detections tremble and fail at
least as much as measured ones (`tests.support.traffic_eye`), yet the crashes are made up: figures
compare versions of a rule, and do not promise anything of a street.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable
from itertools import count
from math import cos, sin, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from detect.detections import Detections
from detect.errors import SceneError
from detect.incident import Incident, IncidentId, ModelRef
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from tests.support.incidents import NOON
from tests.support.traffic import CLASSES, LANE_M, Street
from tests.support.traffic_events import EVENTS, Staged
from tests.support.traffic_eye import GOOD, POOR, Eye, film

KINDS = ("collision", "stopped_vehicle", "wrong_way", "speeding")
OF_EVENT = {"breakdown": "stopped_vehicle", "wrong_way": "wrong_way", "fast": "speeding"}
LIMIT_KMH = 70.0
"""Ordinary traffic of the simulation wishes at most 54 km/h, `fast` drives 97."""
PLACE_S = 300.0
EVENT_S = 80.0
LATE_S = 40.0
SEEN_S = 3.0

Frames = Iterable[tuple[float, Detections]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--places", type=int, default=10, help="of each event")
    parser.add_argument("--hours", type=float, default=2.0, help="of traffic without an event")
    parser.add_argument("--first", type=int, default=0, help="seed of the first place")
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--poor", action="store_true", help="a detector that sees badly")
    parser.add_argument("--detections", nargs="+", type=Path, default=[])
    options = parser.parse_args()
    if options.detections:
        for path in options.detections:
            recorded(path)
        return
    eye = POOR if options.poor else GOOD
    for event in EVENTS:
        print(recall(event, _seeds(options), options.fps, eye), flush=True)
    print(quiet(options.hours, options.fps, eye, options.first))


def _seeds(options: argparse.Namespace) -> range:
    return range(options.first, options.first + options.places)


def recall(event: str, places: Iterable[int], fps: float, eye: Eye) -> str:
    """One line: how many of an event were found."""
    kind = OF_EVENT.get(event, "collision")
    found, delays = [], []
    for seed in places:
        street = Staged(seed, event)
        scene = scene_of([kind], street)
        incidents = watched(scene, film(street, EVENT_S, fps, eye))
        at_s = street.happened_s
        if scene is None or at_s is None or street.seen_s < SEEN_S or at_s > EVENT_S - 15:
            continue
        hits = [i.detected_s - at_s for i in incidents if -2 <= i.detected_s - at_s <= LATE_S]
        found.append(bool(hits))
        delays += [min(hits)] if hits else []
    low, high = wilson(sum(found), len(found))
    delay = f"{np.median(delays):.1f} s" if delays else "-"
    return (
        f"{event:<12} {kind:<16} found {sum(found):3} of {len(found):3}  "
        f"({low:.2f} to {high:.2f})  delay {delay}"
    )


def quiet(hours: float, fps: float, eye: Eye, first: int = 0) -> str:
    """A line a kind: what was raised where nothing happened."""
    raised: dict[str, int] = defaultdict(int)
    for seed in range(round(hours * 3600 / PLACE_S)):
        street = Street(1000 + first + seed)
        for incident in watched(scene_of(list(KINDS), street), film(street, PLACE_S, fps, eye)):
            raised[incident.kind] += 1
    lines = []
    for kind in KINDS:
        low, high = poisson(raised[kind])
        lines.append(
            f"{kind:<16} {raised[kind]:3} false in {hours:.1f} h: {raised[kind] / hours:.2f} an "
            f"hour ({low / hours:.2f} to {high / hours:.2f})"
        )
    return "\n".join(lines)


def recorded(path: Path) -> None:
    """Every incident of these kinds on recorded detections, without a zone."""
    frames = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    classes = sorted({box["label"] for frame in frames for box in frame["boxes"]})
    seen = [(frame["t_s"], _detections(frame["boxes"], classes)) for frame in frames]
    kinds = ["crowd", "collision", "stopped_vehicle", "wrong_way"]
    incidents = watched(scene_of(kinds, None), seen, classes)
    print(f"{path.name}: {len(frames)} frames, {len(incidents)} incidents")
    for incident in incidents:
        print(f"  {incident.detected_s:7.1f} s {incident.kind}: {incident.why}")


def scene_of(kinds: list[str], street: Street | None) -> Scene | None:
    """The kinds over the whole frame. Where something is staged, a stopped vehicle has a zone, and
    a wrong way its lanes and their heading.
    """
    rules: list[dict[str, Any]] = [{"kind": kind} for kind in kinds]
    data: dict[str, Any] = {"version": 1, "rules": rules}
    for rule in rules:
        if rule["kind"] == "speeding":
            rule["limit_kmh"] = LIMIT_KMH
            image, metres = ([], []) if street is None else street.ground()
            data["calibration"] = {"image": image, "metres": metres}
        if isinstance(street, Staged) and rule["kind"] == "stopped_vehicle":
            rule["zone"] = "all"
            data["zones"] = [{"name": "all", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}]
        if isinstance(street, Staged) and rule["kind"] == "wrong_way":
            rule |= {"zone": "lanes", "heading": _right_way(street)}
            data["zones"] = [{"name": "lanes", "polygon": _lanes(street)}]
    try:
        return Scene.parse(data)
    except SceneError:
        if kinds == list(KINDS):  # too little ground in view for a calibration
            return scene_of(kinds[:-1], street)
        return None


def _right_way(street: Street) -> list[float]:
    """How the first lane goes in the picture, about its middle."""
    (ax, ay), (bx, by) = (street.camera.see(*street.place(0, s), 0.0)[:2] for s in (78.0, 82.0))
    return [bx - ax, by - ay]


def _lanes(street: Street) -> list[list[float]]:
    """The two lanes of that heading in the picture, as a person would draw them."""
    heading = street.lanes[0].heading
    corners = []
    for s, aside in [(62, -0.4), (80, -0.4), (98, -0.4), (98, 1.4), (80, 1.4), (62, 1.4)]:
        x, y = street.place(0, float(s))
        x, y = x - aside * LANE_M * sin(heading), y + aside * LANE_M * cos(heading)
        u, v, _ = street.camera.see(x, y, 0.0)
        corners.append([min(1.0, max(0.0, u)), min(1.0, max(0.0, v))])
    return corners


def watched(
    scene: Scene | None, frames: Frames, classes: Iterable[str] = CLASSES
) -> list[Incident]:
    """Incidents as they were first raised."""
    numbers = count()
    opened: dict[str, Incident] = {}
    if scene is None:
        return []
    model = ModelRef("simulated", "0" * 64)
    watch = CameraWatch(
        CameraId("c"), scene, tuple(classes), model, lambda: IncidentId(str(next(numbers)))
    )
    for t_s, detections in frames:
        for incident in watch.see(t_s, NOON, detections):
            opened.setdefault(incident.id, incident)
    return list(opened.values())


def _detections(boxes: list[dict[str, Any]], classes: list[str]) -> Detections:
    return Detections(
        np.array([box["xyxy"] for box in boxes], np.float32).reshape(-1, 4),
        np.array([box["score"] for box in boxes], np.float32),
        np.array([classes.index(box["label"]) for box in boxes], np.int32),
    )


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Bounds of a share."""
    if trials == 0:
        return 0.0, 1.0
    share, spread = hits / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson(events: int, draws: int = 200_000) -> tuple[float, float]:
    """Bounds of an expected number, from the gamma quantiles of Garwood (1936), drawn."""
    rng = np.random.default_rng(0)
    low = 0.0 if events == 0 else float(np.quantile(rng.gamma(events, size=draws), 0.025))
    return low, float(np.quantile(rng.gamma(events + 1, size=draws), 0.975))


if __name__ == "__main__":
    main()
