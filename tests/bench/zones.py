"""Zone and line rules on many places drawn by chance over recorded or made-up detections.

    python -m tests.bench.zones --data DIR [--sequences NAME ...] [--fps 5 3 1] [--places 20]
        [--seed 1] [--jobs 1] [--tell]

DIR holds MOTChallenge folders as for `tests.bench.hota`. Where people have not marked a clip, what
`qalqan analyze CLIP --exact --fps 60 --mot gt/gt.txt` writes does. Polygons and lines are laid
where people walk; the truth is what the smoothed ways of those who were marked do there
(`tests.bench.mot.walks`), the rules see the detections at some rates. Recall has its
Clopper-Pearson interval, false alarms an hour of one rule the exact Poisson one. `again` are
alarms of a happening that was told already. Places over one sequence share its people: the
intervals are narrower than independent places would make them.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from math import cos, pi, sin
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from detect.detections import Detections
from detect.errors import SceneError
from detect.evaluation.report import told_rate, told_share
from detect.geometry import Point, distance
from detect.guard.bounds import Rate, Share
from detect.incident import Incident, IncidentId, ModelRef
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from tests.bench.mot import eye
from tests.bench.mot.sequence import PERSON, Footage, detections, read
from tests.bench.mot.walks import Crossing, Spell, Walk, crossings, stays, walks
from tests.support.incidents import NOON

SECONDS = {"intrusion": (1.0, 2.0), "loitering": (5.0, 10.0, 15.0)}
SIZE = (0.6, 2.5)
"""Of a place, from its middle, in heights of who walks there."""
FLAT = 0.7
"""Its height beside its width: ground is seen at a slant."""
ASIDE = 0.2
"""How far beside somebody's foot a place's middle is, in its size (standard deviation)."""
SLACK_S, LATE_S = 1.5, 5.0
CROSSED_S = (-1.0, 3.5)
"""A crossing is told so long after it."""
NEAR = 1.5
"""And no farther than this from who crossed, in heights."""
MAYBE_APART = 0.5
"""One that may be a crossing is taken for the alarm's when it is nearer than a sure one by this."""


@dataclass
class Tally:
    """Of one kind at one rate."""

    events: int = 0
    found: int = 0
    again: int = 0
    false: int = 0
    hours: float = 0.0
    delays_s: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was missed and what was false."""

    def add(self, other: Tally) -> None:
        self.events += other.events
        self.found += other.found
        self.again += other.again
        self.false += other.false
        self.hours += other.hours
        self.delays_s += other.delays_s
        self.notes += other.notes


Tallies = dict[tuple[str, float], Tally]
"""By kind and frames a second."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of MOTChallenge folders")
    parser.add_argument("--sequences", nargs="+", help="of these alone")
    parser.add_argument("--fps", type=float, nargs="+", default=[5.0, 3.0, 1.0])
    parser.add_argument("--places", type=int, default=20, help="polygons and lines a sequence")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--tell", action="store_true", help="what was missed, false or doubled")
    options = parser.parse_args()
    asked = [
        (folder, kind, options.places, options.seed, tuple(options.fps))
        for folder in sorted(options.data.iterdir())
        if not options.sequences or folder.name in options.sequences
        for kind in sorted(detections(folder, read(folder))) or ["drawn"]
    ]
    total: Tallies = defaultdict(Tally)
    with ProcessPoolExecutor(options.jobs) as pool:
        for (folder, kind, *_), found in zip(asked, pool.map(_judged, asked), strict=True):
            print(f"\n{folder.name}, {kind}")
            show(found, tell=options.tell)
            for key, tally in found.items():
                total[key].add(tally)
    print("\nall")
    show(total, tell=False)


def show(found: Tallies, *, tell: bool) -> None:
    for (kind, fps), one in sorted(found.items(), key=lambda item: (item[0][0], -item[0][1])):
        delay = f"{median(one.delays_s):5.1f} s" if one.delays_s else "      -"
        share, rate = Share(one.found, one.events), Rate(one.false, one.hours)
        print(
            f"{kind:14}{fps:4g} fps {one.found:5} of {one.events:<5}{told_share(share):>20}"
            f"{delay}{one.again:5} again{one.false:5} false in {one.hours:5.2f} h"
            f"{told_rate(rate):>18} an hour",
            flush=True,
        )
        for note in one.notes if tell else ():
            print(f"    {note}")


def _judged(asked: tuple[Path, str, int, int, tuple[float, ...]]) -> Tallies:
    folder, kind, places, seed, rates = asked
    footage = read(folder)
    seen = eye.seen(footage, seed) if kind == "drawn" else detections(folder, footage)[kind]
    return judged(footage, seen, places=places, seed=seed, rates=rates)


def judged(
    footage: Footage, seen: Sequence[Detections], *, places: int, seed: int, rates: Iterable[float]
) -> Tallies:
    """The same places at each rate."""
    people = walks(footage)
    rng = np.random.default_rng([seed, len(seen)])
    scene = drawn(people, rng, places)
    parsed = Scene.parse(scene)
    found: Tallies = defaultdict(Tally)
    for fps in rates:
        incidents = raised(parsed, seen, footage.fps, fps)
        hours = len(seen) / footage.fps / 3600
        for rule in scene["rules"]:
            where = rule.get("zone") or rule["line"]
            of = [one for one in incidents if one.kind == rule["kind"] and one.zone == where]
            found[rule["kind"], fps].add(tally(rule, scene, people, of, hours))
    return found


def drawn(people: Sequence[Walk], rng: np.random.Generator, places: int) -> dict[str, Any]:
    """A scene with polygons and lines where people walk, a rule of each kind on each."""
    scene: dict[str, Any] = {"version": 1, "zones": [], "lines": [], "rules": []}
    while len(scene["lines"]) < places:
        one = _place(people, rng, len(scene["lines"]))
        try:
            Scene.parse(one)
        except SceneError:  # cut off at the frame's edge it may be no polygon
            continue
        for key in ("zones", "lines", "rules"):
            scene[key] += one[key]
    return scene


def _place(people: Sequence[Walk], rng: np.random.Generator, number: int) -> dict[str, Any]:
    """One polygon and one line, each of about the size of who walks there."""
    walk = people[rng.integers(len(people))]
    row = int(rng.integers(len(walk.t_s)))
    size = float(walk.height[row]) * rng.uniform(*SIZE)
    x, y = (walk.foot[row] + rng.normal(0, ASIDE * size, 2)).tolist()
    corners = int(rng.integers(4, 8))
    angles = (np.arange(corners) + rng.uniform(0.1, 0.9, corners)) * 2 * pi / corners
    polygon = [
        _within(x + size * part * cos(angle), y + FLAT * size * part * sin(angle))
        for angle, part in zip(angles, rng.uniform(0.6, 1.0, corners), strict=True)
    ]
    turn = rng.uniform(0, 2 * pi)
    ends = [
        _within(x + sign * size * cos(turn), y + sign * FLAT * size * sin(turn)) for sign in (-1, 1)
    ]
    rules: list[dict[str, Any]] = [
        {"kind": kind, "zone": f"zone-{number}", "seconds": float(rng.choice(choice))}
        for kind, choice in SECONDS.items()
    ]
    rules.append({"kind": "line_crossing", "line": f"line-{number}"})
    return {
        "version": 1,
        "zones": [{"name": f"zone-{number}", "polygon": polygon}],
        "lines": [{"name": f"line-{number}", "points": ends}],
        "rules": rules,
    }


def _within(x: float, y: float) -> list[float]:
    return [min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)]


def raised(scene: Scene, seen: Sequence[Detections], seen_fps: float, fps: float) -> list[Incident]:
    """The incidents of a scene, as they ended, from detections at a lower rate."""
    ids = map(str, count())
    watch = CameraWatch(
        CameraId("c"), scene, (PERSON,), ModelRef("m", "0"), lambda: IncidentId(next(ids))
    )
    steps = sorted({round(k * seen_fps / fps) for k in range(int(len(seen) * fps / seen_fps) + 1)})
    last: dict[str, Incident] = {}
    for step in (step for step in steps if step < len(seen)):
        for one in watch.see(step / seen_fps, NOON, seen[step]):
            last[one.id] = one
    for one in watch.finish():
        last[one.id] = one
    return sorted(last.values(), key=lambda one: one.detected_s)


def tally(
    rule: dict[str, Any],
    scene: dict[str, Any],
    people: Sequence[Walk],
    incidents: Sequence[Incident],
    hours: float,
) -> Tally:
    """One rule's incidents against what people did."""
    if rule["kind"] == "line_crossing":
        line = next(one for one in scene["lines"] if one["name"] == rule["line"])
        start, end = (tuple(point) for point in line["points"])
        return _crossed(crossings(people, start, end), incidents, hours)
    zone = next(one for one in scene["zones"] if one["name"] == rule["zone"])
    polygon = [tuple(point) for point in zone["polygon"]]
    sure, maybe = stays(people, polygon, rule["seconds"])
    return _stayed(sure, maybe, incidents, hours)


def _stayed(
    sure: Sequence[Spell],
    maybe: Sequence[Spell],
    incidents: Sequence[Incident],
    hours: float,
) -> Tally:
    one = Tally(events=len(sure), hours=hours)
    for spell in sure:
        here = [i for i in incidents if _overlap(i, spell) and i.detected_s < spell.end_s + LATE_S]
        one.found += bool(here)
        if not here:
            one.notes.append(f"missed {spell.start_s:.1f} to {spell.end_s:.1f} s")
            continue
        inside = [i for i in here if spell.start_s <= i.detected_s <= spell.end_s]
        one.again += max(0, len(inside) - 1)
        one.notes += [f"again {i.zone} {i.detected_s:.1f} s" for i in inside[1:]]
        if here[0].detected_s >= spell.start_s - SLACK_S:
            one.delays_s.append(here[0].detected_s - spell.start_s)
    for incident in incidents:
        if not any(_overlap(incident, spell) for spell in (*sure, *maybe)):
            one.false += 1
            one.notes.append(f"false {incident.zone} {incident.detected_s:.1f} s: {incident.why}")
    return one


def _overlap(incident: Incident, spell: Spell) -> bool:
    end_s = max(incident.detected_s, incident.end_s or 0.0)
    return incident.start_s <= spell.end_s + SLACK_S and end_s >= spell.start_s - SLACK_S


def _crossed(over: Sequence[Crossing], incidents: Sequence[Incident], hours: float) -> Tally:
    one = Tally(events=sum(c.is_sure for c in over), hours=hours)
    open_ = list(over)
    for incident in incidents:
        fits = [c for c in open_ if _fits(incident, c)]
        if fits:
            best = min(fits, key=lambda c: _apart(incident, c) + (0 if c.is_sure else MAYBE_APART))
            open_.remove(best)
            one.found += best.is_sure
            if best.is_sure:
                one.delays_s.append(incident.detected_s - best.t_s)
        elif any(_fits(incident, c) for c in over):
            one.again += 1
            one.notes.append(f"again {incident.zone} {incident.detected_s:.1f} s")
        else:
            one.false += 1
            one.notes.append(f"false {incident.zone} {incident.detected_s:.1f} s: {incident.why}")
    one.notes += [f"missed {c.t_s:.1f} s" for c in open_ if c.is_sure]
    return one


def _fits(incident: Incident, crossing: Crossing) -> bool:
    late_s = incident.detected_s - crossing.t_s
    to_right = "left to right" in incident.why
    if not CROSSED_S[0] <= late_s <= CROSSED_S[1] or to_right != crossing.to_right:
        return False
    return _apart(incident, crossing) <= NEAR


def _apart(incident: Incident, crossing: Crossing) -> float:
    """From where the alarm shows somebody to where who crossed is then, in heights."""
    walk = crossing.walk
    row = int(np.abs(walk.t_s - incident.detected_s).argmin())
    x1, _, x2, y2 = incident.boxes[0].xyxy
    foot: Point = (float(walk.foot[row, 0]), float(walk.foot[row, 1]))
    return distance(((x1 + x2) / 2, y2), foot) / float(walk.height[row])


if __name__ == "__main__":
    main()
