"""How incidents are grouped into alerts, on drawn happenings: `python -m tests.bench.grouping`.

A city of cameras on a grid, two to four looking at the same corner. Happenings of several sorts are
drawn by seed: a fight seen by some cameras, with a crowd and somebody who lies there afterwards; a
collision; a fire; an intruder; each with its offsets in time and place. Beside them stand single
happenings of other kinds, and happenings near each other that have nothing to do with each other.
What belongs together is known. Counted are, over all pairs of incidents of which one could think
that they belong together (near in time and place), those wrongly split and wrongly joined, and the
alerts that hold more than one happening. The intake of the service does the grouping.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from random import Random

from alerts.alert import AlertId, Place
from alerts.assign import distance_m
from alerts.intake import take_in
from alerts.policy import Policy
from alerts.stores.memory import MemoryStore
from detect.incident import Incident, IncidentId
from ingest.camera import CameraId
from tests.support.incidents import NOON, incident

GRID_M, DEGREE_M = 220.0, 111_195.0
"""Between street corners; two to four cameras look at each corner, up to 60 m from it."""
NEAR_S, NEAR_M = 180.0, 250.0
"""Pairs farther apart than this nobody would think to join: they are not counted."""

SEVERITY = {
    "fight": "critical", "crowd": "high", "person_down": "critical", "collision": "critical",
    "stopped_vehicle": "medium", "fire": "critical", "smoke": "critical", "intrusion": "high",
    "loitering": "medium", "camera_tamper": "high", "abandoned_object": "high",
    "line_crossing": "medium", "wrong_way": "high", "speeding": "medium",
}  # fmt: skip
SORTS: dict[str, tuple[tuple[str, float, float], ...]] = {
    "brawl": (("fight", 0, 1.0), ("crowd", 15, 0.7), ("person_down", 25, 0.6)),
    "crash": (("collision", 0, 1.0), ("stopped_vehicle", 20, 0.8), ("person_down", 15, 0.4)),
    "blaze": (("smoke", 0, 1.0), ("fire", 20, 0.7)),
    "intruder": (("loitering", 0, 0.7), ("intrusion", 20, 1.0)),
    "tamper": (("camera_tamper", 0, 1.0),),
    "bag": (("abandoned_object", 0, 1.0),),
    "crossing": (("line_crossing", 0, 1.0),),
    "racer": (("speeding", 0, 1.0), ("wrong_way", 5, 0.2)),
    "gathering": (("crowd", 0, 1.0),),
    "fall": (("person_down", 0, 1.0),),
}
"""What a happening looks like: kinds, when each is seen after the first, and how likely it is."""
OF_ONE_CAMERA = frozenset({"intruder", "tamper", "crossing"})


@dataclass(frozen=True)
class Seen:
    """An incident and the happening that it is of."""

    incident: Incident
    happening: int
    place: Place


def drawn(happenings: int, hours: float, corners: int, dice: Random) -> list[Seen]:
    """Happenings at drawn times and corners, as their cameras tell of them, in order of time."""
    cameras = {
        corner: [_camera(corner, number, corners, dice) for number in range(dice.randint(2, 4))]
        for corner in range(corners**2)
    }
    found: list[Seen] = []
    for happening in range(happenings):
        sort = dice.choice([*SORTS])
        at = NOON + timedelta(seconds=dice.uniform(0, hours * 3600))
        views = cameras[dice.randrange(corners**2)]
        found += _told(happening, sort, at, views, dice)
    found.sort(key=lambda one: one.incident.detected_at)
    named = enumerate(found)
    return [
        replace(one, incident=replace(one.incident, id=IncidentId(f"i-{n}"))) for n, one in named
    ]


def _camera(corner: int, number: int, corners: int, dice: Random) -> tuple[CameraId, Place]:
    north, east = divmod(corner, corners)
    latitude = 60.17 + (north * GRID_M + dice.uniform(-42, 42)) / DEGREE_M
    longitude = 24.94 + (east * GRID_M + dice.uniform(-42, 42)) / (DEGREE_M * 0.4975)
    name = f"c-{corner}-{number}"
    return CameraId(name), Place(name, latitude, longitude)


def _told(
    happening: int, sort: str, at: datetime, views: list[tuple[CameraId, Place]], dice: Random
) -> Iterator[Seen]:
    one = sort in OF_ONE_CAMERA
    seeing = dice.sample(views, 1 if one else dice.randint(1, len(views)))
    for kind, later_s, chance in SORTS[sort]:
        if dice.random() >= chance:
            continue
        for camera, place in seeing:
            if camera != seeing[0][0] and dice.random() < 0.35:
                continue
            begun = at + timedelta(seconds=later_s * dice.uniform(0.4, 2.2) + dice.uniform(0, 8))
            lasted = timedelta(seconds=dice.uniform(3, 45))
            told = incident(
                0,
                kind=kind,
                severity=SEVERITY[kind],
                camera=camera,
                zone="lawn" if one else None,
                started_at=begun,
                detected_at=begun + timedelta(seconds=2),
                ended_at=begun + lasted,
                end_s=lasted.total_seconds(),
                boxes=(),
            )
            yield Seen(told, happening, place)


def grouped(seen: list[Seen], policy: Policy) -> list[AlertId]:
    """The alert of each, by the intake of the service."""
    store, alerts = MemoryStore(), []
    with store.begin() as tx:
        for one in seen:
            now = one.incident.detected_at
            alerts.append(take_in(tx, one.incident, {}, one.place, now, policy)[0])
    return alerts


def judged(seen: list[Seen], alerts: list[AlertId]) -> Counter[str]:
    """Pairs that are near each other: joined and split, rightly and wrongly."""
    counts: Counter[str] = Counter()
    for (one, of_one), (other, of_other) in combinations(zip(seen, alerts, strict=True), 2):
        apart_s = (other.incident.started_at - one.incident.started_at).total_seconds()
        if abs(apart_s) > NEAR_S or distance_m(one.place, other.place) > NEAR_M:
            continue
        together = one.happening == other.happening
        joined = of_one == of_other
        counts[
            f"{'joined' if joined else 'split'}_{'right' if together == joined else 'wrong'}"
        ] += 1
    return counts


def holding_several(seen: list[Seen], alerts: list[AlertId]) -> int:
    """Alerts that hold incidents of more than one happening."""
    inside: dict[AlertId, set[int]] = {}
    for one, alert in zip(seen, alerts, strict=True):
        inside.setdefault(alert, set()).add(one.happening)
    return sum(len(happenings) > 1 for happenings in inside.values())


def main() -> None:
    """Print the errors of the grouping by families, and of that of one kind alone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--happenings", type=int, default=400)
    parser.add_argument("--hours", type=float, default=8)
    parser.add_argument("--corners", type=int, default=6, help="Streets of the grid, each way.")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    plain = replace(Policy(), auto_dispatch_severities=())
    ways = {
        "one kind": replace(plain, group_families=(), group_zone_families=()),
        "families": plain,
    }
    rows = []
    for name, policy in ways.items():
        total: Counter[str] = Counter()
        incidents = alerts = happenings = mixed = 0
        for seed in asked.seeds:
            seen = drawn(asked.happenings, asked.hours, asked.corners, Random(seed))
            found = grouped(seen, policy)
            total += judged(seen, found)
            mixed += holding_several(seen, found)
            incidents += len(seen)
            alerts += len(set(found))
            happenings += len({one.happening for one in seen})
        same = total["joined_right"] + total["split_wrong"]
        others = total["split_right"] + total["joined_wrong"]
        rows.append(
            {
                "grouping": name,
                "incidents": incidents,
                "happenings": happenings,
                "alerts": alerts,
                "alerts_of_several_happenings": mixed,
                "alerts_per_happening": round(alerts / happenings, 3),
                "pairs_of_one": same,
                "wrongly_split": round(total["split_wrong"] / same, 4),
                "pairs_of_others": others,
                "wrongly_joined": round(total["joined_wrong"] / max(1, others), 4),
            }
        )
    for row in rows:
        if asked.json:
            print(json.dumps(row))
        else:
            print("  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
