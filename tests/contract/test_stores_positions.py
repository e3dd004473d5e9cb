"""Where units are, and who of them is nearest: the same in every store, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from alerts.alert import AlertId, PatrolId
from alerts.dispatch.distance import great_circle_m
from alerts.patrol import Patrol, Position, Presence
from alerts.ports import Store
from alerts.stores.nearness import IN_SPACE, POINTS, in_space
from alerts.stores.sql import Database
from tests.support.incidents import NOON
from tests.support.postgresql import emptied_database
from tests.support.records import unit
from tests.support.stores import ADAPTERS, Stores

BEFORE = NOON - timedelta(seconds=300)
BUSY = AlertId("alert-1")


@contextmanager
def _points(_folder: Path) -> Iterator[Stores]:
    """PostgreSQL where there is no PostGIS to be had."""
    with patch("alerts.stores.nearness._has_postgis", return_value=False):
        database = Database.open(emptied_database("without PostGIS"))
    try:
        yield Stores(database.store, database.cameras, database.grants)
    finally:
        database.close()


EVERY = {**ADAPTERS, "points": _points}


@pytest.fixture(params=EVERY)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with EVERY[request.param](tmp_path) as made:
        yield made.store


def put(store: Store, *units: Patrol) -> None:
    with store.begin() as tx:
        for one in units:
            tx.put_patrol(one)


def at(lat: float, lon: float, number: int, **changes: object) -> Patrol:
    return unit(number, position=Position(lat, lon, NOON), **changes)


def nearest(store: Store, lat: float, lon: float, limit: int, **more: bool) -> list[str]:
    with store.read() as tx:
        return [one.id for one in tx.nearest_patrols(lat, lon, limit, BEFORE, **more)]


def by_scan(store: Store, lat: float, lon: float, limit: int) -> list[str]:
    with store.read() as tx:
        units = [one for one in tx.patrols() if one.on_duty and one.busy_with is None]
    found = sorted(
        (great_circle_m(lat, lon, one.position.latitude, one.position.longitude), one.id)
        for one in units
        if one.position is not None and one.position.at >= BEFORE
    )
    return [key for _, key in found[:limit]]


# --- who is nearest ---


def test_only_units_that_can_be_sent_are_near(store: Store) -> None:
    old = Position(60.0, 25.0, BEFORE - timedelta(microseconds=1))
    put(
        store,
        at(60.3, 25, 1),
        at(60.0, 25, 2, on_duty=False),
        at(60.1, 25, 3, busy_with=BUSY),
        unit(4, position=None),
        unit(5, position=old),
        unit(6, position=replace(old, at=BEFORE, latitude=60.2)),
    )
    assert nearest(store, 60, 25, 9) == ["unit-6", "unit-1"]
    assert nearest(store, 60, 25, 9, busy=True) == ["unit-3"]
    assert nearest(store, 60, 25, 1) == ["unit-6"]
    assert nearest(store, 60, 25, 0) == []
    with store.read() as tx:
        assert tx.patrols_counted(BEFORE) == {
            Presence.AVAILABLE: 2,
            Presence.OFF_DUTY: 1,
            Presence.BUSY: 1,
            Presence.UNKNOWN: 1,
            Presence.OLD: 1,
        }
        assert tx.nearest_patrols(60, 25, 1, BEFORE)[0] == unit(
            6, position=replace(old, at=BEFORE, latitude=60.2)
        ), "whole units, as they are read otherwise"


def test_the_index_follows_what_units_do(store: Store) -> None:
    put(store, at(60.1, 25, 1), at(60.2, 25, 2))
    assert nearest(store, 60, 25, 1) == ["unit-1"]
    with store.begin() as tx:
        tx.put_positions({PatrolId("unit-2"): Position(60.0, 25.0, NOON)})
        assert tx.nearest_patrols(60, 25, 1, BEFORE)[0].id == "unit-2", "what it wrote itself"
    assert nearest(store, 60, 25, 9) == ["unit-2", "unit-1"]
    put(store, at(60.0, 25, 2, on_duty=False))
    assert nearest(store, 60, 25, 9) == ["unit-1"]
    put(store, at(60.0, 25, 2, busy_with=BUSY), at(60.3, 25, 1))
    assert nearest(store, 60, 25, 9) == ["unit-1"]
    put(store, at(60.0, 25, 2))
    assert nearest(store, 60, 25, 9) == ["unit-2", "unit-1"]
    put(store, unit(2, position=None))
    assert nearest(store, 60, 25, 9) == ["unit-1"]


def test_equals_come_by_id_however_many_they_are(store: Store) -> None:
    """A garage full of units, all at one spot, and two that are as far on either side."""
    put(store, *(at(60, 25, n) for n in range(120)), at(60, 24.9, 901), at(60, 25.1, 900))
    ids = sorted(f"unit-{n}" for n in range(120))
    assert nearest(store, 60.01, 25, 16) == ids[:16]
    assert nearest(store, 60, 25, 122) == [*ids, *by_scan(store, 60, 25, 122)[120:]]
    assert by_scan(store, 60, 25, 999) == nearest(store, 60, 25, 999)


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(0.0, 180.0), (0.0, -180.0), (51.0, 179.999), (-16.8, -179.99), (90, 0), (-90, 77), (89.9, 5)],
)
def test_the_edges_of_the_map_are_no_edges_of_the_earth(
    store: Store, lat: float, lon: float
) -> None:
    dice, units = Random(7), []
    for number in range(300):
        spread = (0.001, 0.1, 5.0)[number % 3]
        there = max(-90.0, min(90.0, lat + dice.uniform(-spread, spread)))
        around = (lon + dice.uniform(-3 * spread, 3 * spread) + 540) % 360 - 180
        units.append(at(there, around, number))
    units += [at(lat, lon, 500), at(lat, -lon, 501), at(-lat, lon, 502)]
    put(store, *units)
    for limit in (1, 16, 290, 400):
        assert nearest(store, lat, lon, limit) == by_scan(store, lat, lon, limit)


def test_dense_and_sparse_places_by_turns(store: Store) -> None:
    """Half the units in one street, the rest all over the earth; asked for here and there."""
    dice = Random(3)
    put(
        store,
        *(at(43.2 + dice.gauss(0, 1e-4), 76.9 + dice.gauss(0, 1e-4), n) for n in range(300)),
        *(at(dice.uniform(-90, 90), dice.uniform(-180, 180), n) for n in range(300, 600)),
    )
    for _ in range(12):
        for lat, lon in ((43.2, 76.9), (dice.uniform(-90, 90), dice.uniform(-180, 180))):
            limit = dice.choice((1, 5, 40))
            assert nearest(store, lat, lon, limit) == by_scan(store, lat, lon, limit)
    assert nearest(store, 43.3, 76.9, 7) == by_scan(store, 43.3, 76.9, 7), "beside the crowd"


# --- positions ---


def test_positions_are_read_and_written_apart_from_the_rest(store: Store) -> None:
    put(store, unit(1), unit(2, position=None, version=7))
    ids = [PatrolId(f"unit-{n}") for n in (1, 2, 3)]
    fine = Position(-33.123456789012345, 151.98765432109876, NOON + timedelta(microseconds=1))
    with store.begin() as tx:
        assert tx.positions(ids) == {ids[0]: unit(1).position, ids[1]: None}
        tx.put_positions({ids[1]: fine})
        tx.put_positions({})
        assert tx.positions([]) == {}
    with store.read() as tx:
        assert tx.patrol(ids[1]) == unit(2, position=fine, version=7), "exactly as it was said"
        assert tx.patrol(ids[0]) == unit(1)


def test_thousands_at_once(store: Store) -> None:
    many = [unit(n, position=None) for n in range(1200)]
    put(store, *many)
    fixes = {one.id: Position(60 + n / 1e5, 25, NOON) for n, one in enumerate(many)}
    with store.begin() as tx:
        tx.put_positions(fixes)
    with store.read() as tx:
        assert tx.positions([one.id for one in many]) == fixes
    assert nearest(store, 60, 25, 3) == ["unit-0", "unit-1", "unit-2"]


def test_what_raises_moves_nobody(store: Store) -> None:
    put(store, at(60.1, 25, 1), at(60.2, 25, 2))

    def change() -> None:
        with store.begin() as tx:
            tx.put_positions({PatrolId("unit-2"): Position(60.0, 25.0, NOON)})
            raise KeyError

    with pytest.raises(KeyError):
        change()
    assert nearest(store, 60, 25, 9) == ["unit-1", "unit-2"]


# --- the indexes are used ---


@pytest.mark.parametrize(
    ("adapter", "index", "query"),
    [
        (
            "postgresql",
            IN_SPACE,
            f"ORDER BY {in_space('latitude', 'longitude')} <<->> {in_space('60', '25')} LIMIT 9",
        ),
        ("points", POINTS, "AND point(longitude, latitude) <@ box(point(24, 59), point(26, 61))"),
    ],
)
def test_postgresql_goes_through_its_index(
    tmp_path: Path, adapter: str, index: str, query: str
) -> None:
    with EVERY[adapter](tmp_path) as made:
        put(made.store, *(at(60 + n / 1e4, 25, n) for n in range(900)))
        with made.store.begin() as tx:
            db = tx._db  # type: ignore[attr-defined]
            db.exec_driver_sql("SET LOCAL enable_seqscan = off")
            asked = f"SELECT patrol FROM positions WHERE on_duty {query}"  # noqa: S608 - a constant
            plan = db.exec_driver_sql(f"EXPLAIN {asked}")
            assert index in "\n".join(row[0] for row in plan)
