"""Who of many moving units is there soonest: how long the answer takes, beside a plain scan.

    python -m tests.bench.dispatch [--units 100000] [--questions 300] [--seed 1] [--map FILE]

Units stand anywhere on the map and some move before each question. For places drawn on the map
the nearest 16 are asked for, by the straight line (an index of cells) and by road (the index and
its lower bound, streets, contraction hierarchies), and beside it, for some of the questions, by a
plain scan of all units: every distance, and every way by the same hierarchies. Answers must be
those of the scan; `differ` counts where they are not. `decision` is `choose` as the service calls
it, over a list of patrols, with its account. Milliseconds; they hold on an idle machine.

The map is var/map/streets.geojson, or made of var/map/Helsinki.osm.pbf as the demo makes it; with
neither, a drawn city. Which street a unit is near is looked up when it moves. Python's collector is
told that the units stay. `updates_per_s` is what an index takes in of new positions.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import merge, nsmallest
from itertools import islice
from math import sqrt
from pathlib import Path
from random import Random
from typing import Any

from alerts.alert import PatrolId, Place
from alerts.assign import LINE, SLACK_S, choose
from alerts.dispatch.distance import great_circle_m
from alerts.dispatch.journeys import Least
from alerts.dispatch.soonest import asked_soonest
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.roads.graph import RoadGraph, read_graph
from alerts.roads.grid import Grid
from alerts.roads.journeys import RoadJourneys
from tests.support.streets import drawn_city, written

MAP = Path("var/map/streets.geojson")
EXTRACT = Path("var/map/Helsinki.osm.pbf")
NEAREST = 16
IN_A_CELL = 6
OFF_STREETS_CELL_M = 40.0
"""They are fewer, and farther away."""
MOVING = 100
"""Units that have moved before each question."""
SCANS = 20
"""Questions that are answered by a scan too."""
PATROLS = (200, 2_000, 10_000)
NOBODY = -1
NOW = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = Policy()

Answer = list[tuple[float, int]]
"""(Metres or seconds, the unit), the least first."""


@dataclass
class Field:
    """A city full of units."""

    graph: RoadGraph
    dice: Random
    expected: int
    """Units that will be there; the cells are made for so many."""
    units: dict[int, Position] = field(default_factory=dict)
    grid: Grid[int] = field(init=False)
    off_streets: Grid[int] = field(init=False)
    """Those of them who are measured by the straight line."""
    roads: RoadJourneys = field(init=False)

    def __post_init__(self) -> None:
        south, north = min(self.graph.latitudes), max(self.graph.latitudes)
        west, east = min(self.graph.longitudes), max(self.graph.longitudes)
        area_m2 = great_circle_m(south, west, north, west) * great_circle_m(
            south, west, south, east
        )
        cell_m = max(1.0, sqrt(area_m2 * IN_A_CELL / self.expected))
        self.grid, self.off_streets = Grid(cell_m, south), Grid(OFF_STREETS_CELL_M, south)
        self.roads = RoadJourneys(self.graph)

    def anywhere(self) -> Position:
        """On the map; some in courtyards, none beyond its edges."""
        lat = self.dice.uniform(min(self.graph.latitudes), max(self.graph.latitudes))
        lon = self.dice.uniform(min(self.graph.longitudes), max(self.graph.longitudes))
        return Position(lat, lon, NOW)

    def move(self, unit: int) -> None:
        position = self.anywhere()
        self.units[unit] = position
        self.grid.put(unit, position.latitude, position.longitude)
        spot = Place("unit", position.latitude, position.longitude)
        if self.roads.least(spot, POLICY).near_m == 0:  # no street is near
            self.off_streets.put(unit, position.latitude, position.longitude)
        elif unit in self.off_streets:
            self.off_streets.remove(unit)

    def place(self) -> Place:
        at = self.anywhere()
        return Place("camera", at.latitude, at.longitude)

    # --- the answers ---

    def near_line(self, place: Place) -> Answer:
        return list(islice(self.grid.around(place.latitude, place.longitude), NEAREST))

    def near_line_scanned(self, place: Place) -> Answer:
        at = place.latitude, place.longitude
        return nsmallest(
            NEAREST,
            (
                (great_circle_m(*at, one.latitude, one.longitude), unit)
                for unit, one in self.units.items()
            ),
        )

    def near_road(self, place: Place) -> Answer:
        least = self.roads.least(place, POLICY)
        asked: list[int] = []

        def ahead() -> Iterator[tuple[float, int]]:
            # By the end of the road, and who is far from streets by the place itself.
            roads = self.grid.around(least.latitude, least.longitude)
            by_road = ((least.by_road_s(apart_m), unit) for apart_m, unit in roads)
            seen = {NOBODY}
            for least_s, unit in merge(by_road, self._by_line(place, least)):
                if unit not in seen:
                    seen.add(unit)
                    yield least_s - SLACK_S, unit

        def ask(some: Any) -> list[float]:
            asked.extend(some)
            return self._seconds(place, some)

        costs = asked_soonest(NEAREST, ahead(), ask)
        return nsmallest(NEAREST, zip(costs, asked, strict=True))

    def _by_line(self, place: Place, least: Least) -> Iterator[tuple[float, int]]:
        """Who is far from streets. They are looked for only when their turn can have come."""
        yield max(0.0, least.near_m - least.last_m) / least.line_mps, NOBODY
        for apart_m, unit in self.off_streets.around(place.latitude, place.longitude):
            yield apart_m / least.line_mps, unit

    def near_road_scanned(self, place: Place) -> Answer:
        every = list(self.units)
        return nsmallest(NEAREST, zip(self._seconds(place, every), every, strict=True))

    def _seconds(self, place: Place, some: list[int]) -> list[float]:
        positions = [self.units[one] for one in some]
        ways = self.roads.seconds_to(place, positions, POLICY)
        lines = LINE.seconds_to(place, positions, POLICY)
        both = zip(ways, lines, strict=True)
        return [(line_s or 0.0) if way_s is None else way_s for way_s, line_s in both]


def timed_ms(ask: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    answer = ask()
    return 1000 * (time.perf_counter() - begun), answer


def spread_ms(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return {"p50": round(ordered[len(ordered) // 2], 3), "p99": round(p99, 3), "n": len(ordered)}


def questions(city: Field, count: int) -> dict[str, Any]:
    """The nearest by line and by road, and some of both by a scan."""
    ways = {
        "line": (city.near_line, city.near_line_scanned),
        "road": (city.near_road, city.near_road_scanned),
    }
    times: dict[str, list[float]] = {name: [] for way in ways for name in (way, f"{way}_scan")}
    differ = dict.fromkeys(ways, 0)
    units = list(city.units)
    for number in range(count):
        for unit in city.dice.sample(units, min(MOVING, len(units))):
            city.move(unit)
        place = city.place()
        for way, (fast, scan) in ways.items():
            took_ms, answer = timed_ms(lambda fast=fast, place=place: fast(place))
            times[way].append(took_ms)
            if number < SCANS:
                took_ms, true = timed_ms(lambda scan=scan, place=place: scan(place))
                times[f"{way}_scan"].append(took_ms)
                differ[way] += answer != true
    found: dict[str, Any] = {name: spread_ms(some) for name, some in times.items()}
    for way in ways:
        found[f"{way}_ratio"] = round(found[f"{way}_scan"]["p50"] / found[way]["p50"], 1)
    return {**found, "differ": differ}


def decisions(city: Field, count: int) -> dict[str, Any]:
    """`choose` over patrols as they come out of the store."""
    found = {}
    for units in PATROLS:
        patrols = [
            Patrol(PatrolId(f"unit-{n:06d}"), f"Unit {n}", True, city.anywhere(), None, NOW)
            for n in range(units)
        ]
        times, account = [], ""
        for _ in range(max(10, min(count, 100_000 // units))):
            place = city.place()
            took_ms, made = timed_ms(
                lambda place=place, all_=patrols: choose(place, all_, NOW, POLICY, None, city.roads)
            )
            times.append(took_ms)
            account = json.dumps(made.to_dict())
        found[f"{units} patrols"] = {**spread_ms(times), "account_kb": round(len(account) / 1000)}
    return found


def city_map(chosen: Path | None) -> tuple[str, RoadGraph]:
    """The map that is asked for, or the demo's, or a drawn one."""
    if chosen or MAP.is_file():
        path = chosen or MAP
        return str(path), read_graph(path)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "streets.geojson"
        if EXTRACT.is_file():
            from api.demo.extract import read  # osmium, of the demo alone

            return str(EXTRACT), read_graph(written(made, read(EXTRACT)))
        return "drawn, 25 blocks each way", read_graph(written(made, drawn_city(25, 1)))


def hardware() -> dict[str, Any]:
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    load = os.getloadavg()[0]
    return {"processor": model, "cores": os.cpu_count(), "load": round(load, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--map", type=Path)
    options = parser.parse_args()
    name, graph = city_map(options.map)
    build_ms, city = timed_ms(lambda: Field(graph, Random(options.seed), options.units))
    chosen = decisions(city, options.questions)
    fill_ms, _ = timed_ms(lambda: [city.move(unit) for unit in range(options.units)])
    gc.collect()
    gc.freeze()
    found = {
        "hardware": hardware(),
        "python": platform.python_version(),
        "map": {"of": name, "nodes": len(graph.latitudes), "arcs": len(graph.tails)},
        "units": options.units,
        "nearest": NEAREST,
        "build_ms": round(build_ms, 1),
        "updates_per_s": round(1000 * options.units / fill_ms),
        **questions(city, options.questions),
        "decision": chosen,
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
