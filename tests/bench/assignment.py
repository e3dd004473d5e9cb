"""Many alerts that wait and many patrols: how long it takes to decide who goes where.

    python -m tests.bench.assignment [--alerts 500] [--units 2000] [--rounds 5] [--seed 1]
                                     [--map FILE]

Prints, for one machine in one run, in milliseconds:

- `line` and `road`: `alerts.dispatch.joint.together` as the rounds call it, costs and all, by
  the straight line and over the streets; `assigned` of it is the pairing alone
  (`scipy.optimize`), `cpu` what the processor has worked, which others on the machine do not
  lengthen as much.
- `greedy`: the same alerts one after the other, the gravest and oldest first, each the nearest
  that is left; its total of seconds beside that of the joint decision is the baseline.

Alerts are of three severities and have waited up to two minutes. The map is that of
`tests.bench.dispatch`. Milliseconds hold on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from alerts.alert import AlertId, PatrolId, Place
from alerts.assign import travel_s
from alerts.dispatch.costs import Waiting
from alerts.dispatch.joint import together
from alerts.dispatch.journeys import Journeys
from alerts.dispatch.needs import NO_NEEDS
from alerts.dispatch.pairing import Costs
from alerts.patrol import Patrol, Position
from alerts.roads.graph import RoadGraph
from alerts.roads.journeys import RoadJourneys
from api.pairing import LinearSum
from tests.bench.dispatch import NOW, POLICY, city_map, hardware

SEVERITIES = ("critical", "high", "medium")


@dataclass
class Timed:
    """The pairing, and how long it took in all."""

    took_s: float = 0.0
    name: str = LinearSum.name
    _pairing: LinearSum = field(default_factory=LinearSum)

    def pairs(self, costs: Costs) -> list[int | None]:
        begun = time.perf_counter()
        found = self._pairing.pairs(costs)
        self.took_s += time.perf_counter() - begun
        return found


def scene(
    graph: RoadGraph, alerts: int, units: int, dice: Random
) -> tuple[list[Waiting], list[Patrol]]:
    def anywhere() -> tuple[float, float]:
        latitudes, longitudes = graph.latitudes, graph.longitudes
        return (
            dice.uniform(min(latitudes), max(latitudes)),
            dice.uniform(min(longitudes), max(longitudes)),
        )

    waiting = [
        Waiting(
            AlertId(f"a{number:05d}"),
            dice.choice(SEVERITIES),
            Place("camera", *anywhere()),
            dice.uniform(0, 120),
            {},
            NO_NEEDS,
            POLICY,
        )
        for number in range(alerts)
    ]
    patrols = [
        Patrol(
            PatrolId(f"u{number:05d}"),
            f"Unit {number}",
            True,
            Position(*anywhere(), NOW - timedelta(seconds=dice.uniform(0, 30))),
            None,
            NOW,
        )
        for number in range(units)
    ]
    return waiting, patrols


def cost_s(one: Waiting, patrol: Patrol, roads: Journeys | None) -> float:
    assert one.place is not None
    assert patrol.position is not None
    ((time_s, _),) = travel_s(one.place, [patrol.position], one.policy, roads)
    return time_s + (NOW - patrol.position.at).total_seconds()


def greedy_s(waiting: list[Waiting], patrols: list[Patrol], roads: Journeys | None) -> float:
    """The total when each takes the nearest that is left."""
    left = {one.id: one for one in patrols if one.position is not None}
    total = 0.0
    order = sorted(waiting, key=lambda one: (SEVERITIES.index(one.severity), -one.waited_s))
    for one in order:
        assert one.place is not None
        if not left:
            break
        units = list(left.values())
        positions = [unit.position for unit in units if unit.position is not None]
        times = travel_s(one.place, positions, one.policy, roads)
        costs = [
            (time_s + (NOW - where.at).total_seconds(), unit.id)
            for (time_s, _), where, unit in zip(times, positions, units, strict=True)
        ]
        least, taken = min(costs)
        total += least
        del left[taken]
    return total


def measured(
    waiting: list[Waiting], patrols: list[Patrol], roads: Journeys | None, rounds: int
) -> dict[str, Any]:
    by_id = {one.id: one for one in patrols}
    all_ms, cpu_ms, pairing_ms = [], [], []
    total = 0.0
    for _ in range(rounds):
        pairing = Timed()
        begun, worked = time.perf_counter(), time.process_time()
        joint = together(waiting, patrols, NOW, pairing, roads)
        all_ms.append(1000 * (time.perf_counter() - begun))
        cpu_ms.append(1000 * (time.process_time() - worked))
        pairing_ms.append(1000 * pairing.took_s)
        total = sum(
            cost_s(one, by_id[joint.pairs[one.alert]], roads)
            for one in waiting
            if one.alert in joint.pairs
        )
    begun = time.perf_counter()
    greedy = greedy_s(waiting, patrols, roads)
    greedy_ms = 1000 * (time.perf_counter() - begun)
    return {
        "sent": len(joint.pairs),
        "all_ms": round(statistics.median(all_ms), 1),
        "cpu_ms": round(statistics.median(cpu_ms), 1),
        "assigned_ms": round(statistics.median(pairing_ms), 1),
        "total_s": round(total, 1),
        "greedy_ms": round(greedy_ms, 1),
        "greedy_total_s": round(greedy, 1),
        "saves": round(1 - total / greedy, 4) if greedy else 0.0,
        "stored_kb": round(len(json.dumps(joint.to_dict())) / 1000, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alerts", type=int, default=500)
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--map", type=Path, default=None)
    given = parser.parse_args()
    of, graph = city_map(given.map)
    waiting, patrols = scene(graph, given.alerts, given.units, Random(given.seed))
    found = {
        "hardware": hardware(),
        "python": platform.python_version(),
        "map": {"of": of, "nodes": len(graph.latitudes)},
        "alerts": given.alerts,
        "units": given.units,
        "line": measured(waiting, patrols, None, given.rounds),
        "road": measured(waiting, patrols, RoadJourneys(graph), given.rounds),
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
