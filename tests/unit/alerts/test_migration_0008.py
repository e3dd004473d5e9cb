"""Where units were before positions had a table of their own is known afterwards, exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.alert import AlertId
from alerts.patrol import Patrol, Position
from alerts.stores.engine import Connections
from alerts.stores.migrating import migrate
from alerts.stores.sql import Database
from tests.support.incidents import NOON
from tests.support.postgresql import new_database
from tests.support.records import unit

UNITS = [
    unit(1),
    unit(2, position=None),
    unit(3, busy_with=AlertId("a1"), version=9),
    unit(4, on_duty=False),
    unit(5, position=Position(-33.123456789012345, 179.99999999, NOON + timedelta(microseconds=7))),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    with new_database() as made:
        yield made


def old_body(one: Patrol) -> str:
    return json.dumps(asdict(one), default=lambda value: value.isoformat(), ensure_ascii=False)


def test_positions_are_carried_over_into_table_and_index(address: str) -> None:
    connections = Connections(address)
    mark = "?" if connections.name == "sqlite" else "%s"
    with connections.write() as db:
        migrate(db, "0007")
        for one in UNITS:
            db.exec_driver_sql(
                f"INSERT INTO patrols VALUES ({mark}, {mark})",  # noqa: S608 - a constant
                (one.id, old_body(one)),
            )
    connections.close()
    database = Database.open(address)
    with database.store.read() as tx:
        assert tx.patrols() == UNITS
        near = [one.id for one in tx.nearest_patrols(-33, -180, 9, NOON)]
        busy = [one.id for one in tx.nearest_patrols(-33, -180, 9, NOON, busy=True)]
    assert (near, busy) == (["unit-5", "unit-1"], ["unit-3"])
    with database.connections.read() as db:
        for (body,) in db.exec_driver_sql("SELECT body FROM patrols"):
            assert json.loads(body)["position"] is None, "in one place only"
    database.close()
