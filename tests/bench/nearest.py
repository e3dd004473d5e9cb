"""The nearest of many moving units: an index in memory, R*Tree, PostGIS, and a plain scan.

    python -m tests.bench.nearest [--units 100000] [--questions 200] [--seed 1] [--decisions 40]

Units stand all over a city of 25 x 25 km; a hundred have moved before each question (in the stores:
committed). Asked are the nearest 16 available ones. `memory` is `alerts.roads.grid`, `sqlite` and
`postgresql` are `nearest_patrols` of the stores, each with what it takes to read the units found;
PostgreSQL's index is named. Beside them for some of the questions: `scan`, every distance reckoned
in Python over a list that is there already; `sqlite_scan` and `postgresql_scan`, all units read and
then scanned. Every answer must be that of the scan: `differ` counts where one is not. Milliseconds.

`decision` is `alerts.dispatch.searching.decide` by the straight line, over all units (`all`) and by
the index (`near`), for cities with more and more units: where the second is quicker is what
`alerts.dispatch.nearby.SCANNED` is set by.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from heapq import nsmallest
from itertools import islice
from math import sqrt
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from sqlalchemy import insert

from alerts.alert import PatrolId, Place
from alerts.dispatch.distance import great_circle_m
from alerts.dispatch.searching import decide
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.roads.grid import Grid
from alerts.stores import schema
from alerts.stores.codec import encode
from alerts.stores.moments import to_us
from alerts.stores.nearness import index_of
from alerts.stores.sql import Database
from tests.bench.dispatch import NOW, hardware, spread_ms, timed_ms
from tests.support.postgresql import new_database
from tests.support.records import waiting

SOUTH, WEST, HIGH, WIDE = 43.15, 76.75, 0.225, 0.31
NEAREST = 16
MOVING = 100
SCANS = 10
STORE_SCANS = 3
AT_ONCE = 5_000
TOWNS = (200, 500, 1_000, 2_000, 5_000)
BEFORE = NOW


@dataclass
class City:
    """Where the units are."""

    dice: Random
    units: dict[PatrolId, Position]

    @classmethod
    def of(cls, count: int, seed: int) -> City:
        city = cls(Random(seed), {})
        for number in range(count):
            city.units[PatrolId(f"unit-{number:06d}")] = city.anywhere()
        return city

    def anywhere(self) -> Position:
        lat = SOUTH + self.dice.random() * HIGH
        return Position(lat, WEST + self.dice.random() * WIDE, NOW)

    def moved(self) -> dict[PatrolId, Position]:
        some = self.dice.sample(list(self.units), min(MOVING, len(self.units)))
        moves = {one: self.anywhere() for one in some}
        self.units.update(moves)
        return moves

    def scan(self, at: Position) -> list[str]:
        here = at.latitude, at.longitude
        found = nsmallest(
            NEAREST,
            (
                (great_circle_m(*here, one.latitude, one.longitude), key)
                for key, one in self.units.items()
            ),
        )
        return [key for _, key in found]


def fill(database: Database, city: City) -> None:
    """Straight into the tables."""
    rows = list(city.units.items())
    with database.connections.write() as db:
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            units = [Patrol(key, f"Unit {key}", True, None, None, NOW) for key, _ in some]
            db.execute(
                insert(schema.patrols), [{"id": one.id, "body": encode(one)} for one in units]
            )
            db.execute(
                insert(schema.positions),
                [
                    {
                        "patrol": key,
                        "latitude": at.latitude,
                        "longitude": at.longitude,
                        "at": to_us(at.at),
                        "on_duty": True,
                        "busy": False,
                    }
                    for key, at in some
                ],
            )
    if database.connections.name == "postgresql":
        with database.connections.write() as db:
            db.exec_driver_sql("ANALYZE positions, patrols")


@contextmanager
def stores() -> Iterator[dict[str, Database]]:
    with tempfile.TemporaryDirectory() as folder, new_database() as address:
        made = {
            "sqlite": Database.open(f"sqlite:///{Path(folder) / 'bench.db'}"),
            "postgresql": Database.open(address),
        }
        try:
            yield made
        finally:
            for one in made.values():
                one.close()


def grid_of(city: City) -> Grid[PatrolId]:
    area_m2 = (HIGH * 111_195) * (WIDE * 81_000)
    grid: Grid[PatrolId] = Grid(sqrt(area_m2 * 6 / len(city.units)), SOUTH)
    for key, at in city.units.items():
        grid.put(key, at.latitude, at.longitude)
    return grid


def near(database: Database, at: Position) -> list[str]:
    with database.store.read() as tx:
        return [one.id for one in tx.nearest_patrols(at.latitude, at.longitude, NEAREST, BEFORE)]


def read_and_scan(database: Database, at: Position) -> list[str]:
    with database.store.read() as tx:
        units = [one for one in tx.patrols() if one.on_duty and one.busy_with is None]
    here = at.latitude, at.longitude
    found = nsmallest(
        NEAREST,
        (
            (great_circle_m(*here, one.position.latitude, one.position.longitude), one.id)
            for one in units
            if one.position
        ),
    )
    return [key for _, key in found]


def questions(city: City, bases: dict[str, Database], count: int) -> dict[str, Any]:
    grid = grid_of(city)

    def in_memory(at: Position) -> list[str]:
        return [key for _, key in islice(grid.around(at.latitude, at.longitude), NEAREST)]

    ways: dict[str, tuple[Callable[[Position], list[str]], int]] = {
        "memory": (in_memory, count),
        **{
            name: (lambda at, one=one: near(one, at), count)  # type: ignore[misc]
            for name, one in bases.items()
        },
        **{
            f"{name}_scan": (lambda at, one=one: read_and_scan(one, at), STORE_SCANS)  # type: ignore[misc]
            for name, one in bases.items()
        },
    }
    times: dict[str, list[float]] = {name: [] for name in (*ways, "scan")}
    differ = dict.fromkeys(ways, 0)
    for number in range(count):
        moves = city.moved()
        for key, at in moves.items():
            grid.put(key, at.latitude, at.longitude)
        for one in bases.values():
            with one.store.begin() as tx:
                tx.put_positions(moves)
        place = city.anywhere()
        true: list[str] | None = None
        if number < SCANS:
            took_ms, true = timed_ms(lambda place=place: city.scan(place))
            times["scan"].append(took_ms)
        for name, (ask, most) in ways.items():
            if number < most:
                took_ms, answer = timed_ms(lambda ask=ask, place=place: ask(place))
                times[name].append(took_ms)
                differ[name] += true is not None and answer != true
    found: dict[str, Any] = {name: spread_ms(some) for name, some in times.items()}
    for name in ("memory", *bases):
        found[name]["scan_ratio"] = round(found["scan"]["p50"] / found[name]["p50"], 1)
        found[name]["postgresql_ratio"] = round(found["postgresql"]["p50"] / found[name]["p50"], 2)
    return {**found, "differ": differ}


def decisions(seed: int, count: int, largest: int) -> dict[str, Any]:
    """A whole choice, out of stores with more and more units."""
    found: dict[str, Any] = {}
    for units in sorted({*TOWNS, largest}):
        city = City.of(units, seed)
        with stores() as bases:
            for name, one in bases.items():
                fill(one, city)
                for way, least in (("all", 10**9), ("near", 0)):
                    if way == "all" and units > TOWNS[-1]:
                        continue  # it takes seconds, and is no question any more
                    few = min(count, max(3, 20_000 // units)) if way == "all" else count
                    times = [decision_ms(one, city, least) for _ in range(few)]
                    found.setdefault(f"{units} units", {})[f"{name}_{way}"] = spread_ms(times)
    return found


def decision_ms(database: Database, city: City, scanned: int) -> float:
    at = city.anywhere()
    alert = waiting(1, "high")
    wanted = replace(alert, place=Place("camera", at.latitude, at.longitude), refusals=())
    with patch("alerts.dispatch.nearby.SCANNED", scanned), database.store.read() as tx:
        took_ms, made = timed_ms(lambda: decide(tx, wanted, NOW, Policy(), None))
    assert made.chosen is not None
    return took_ms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--decisions", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found: dict[str, Any] = {
        "hardware": hardware(),
        "python": platform.python_version(),
        "units": options.units,
        "nearest": NEAREST,
    }
    city = City.of(options.units, options.seed)
    with stores() as bases:
        for one in bases.values():
            fill(one, city)
        with bases["postgresql"].connections.read() as db:
            found["postgresql_index"] = index_of(db)
        found |= questions(city, bases, options.questions)
    if options.decisions:
        found["decision"] = decisions(options.seed, options.decisions, options.units)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
