"""What a real PostgreSQL does wrong becomes one clear line, and never a lost commit."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from alerts.alert import AlertId
from alerts.errors import StoreUnavailable
from alerts.stores import schema
from alerts.stores.engine import Connections
from alerts.stores.migrating import migrate
from alerts.stores.sql import Database
from api.cli.main import main
from tests.support.postgresql import OwnServer, new_database, server
from tests.support.records import alert, event
from tests.support.rtsp import wait_until

COMPARED = {"compare_type": True, "include_object": schema.is_ours}


@pytest.fixture
def address() -> Iterator[str]:
    with new_database() as made:
        yield made


@pytest.fixture
def own() -> Iterator[OwnServer]:
    made = OwnServer()
    made.start()
    yield made
    made.remove()


def put(database: Database, number: int) -> None:
    with database.store.begin() as tx:
        tx.put_alert(alert(number))
        tx.publish(event(number))


def waiting_locks(address: str) -> int:
    with psycopg.connect(address) as db:
        row = db.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
        return int(row[0]) if row else 0


def shown(address: str, name: str) -> str:
    """A setting as a new connection has it."""
    with psycopg.connect(address) as db:
        return str(db.execute(f"SHOW {name}").fetchone()[0])  # type: ignore[index]


# --- the schema ---


def test_the_migrations_make_the_schema(address: str) -> None:
    database = Database.open(address)
    with database.connections.write() as db:
        context = MigrationContext.configure(db, opts=COMPARED)
        assert compare_metadata(context, schema.metadata) == []
    database.store.close()


def test_two_that_upgrade_at_once_do_not_collide(address: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: Database.open(address), range(4)))
    for one in made:
        assert one.check().schema.is_current
        one.store.close()


def test_text_is_sorted_by_its_bytes(address: str) -> None:
    database = Database.open(address)
    names = ["b", "a-1", "a2", "B", "a_1", "А", "ә"]
    with database.store.begin() as tx:
        for name in names:
            tx.put_alert(alert(1, id=AlertId(name)))
    with database.store.read() as tx:
        found = [one.id for one in tx.page_alerts(99)]
    assert found == sorted(names, key=lambda name: name.encode(), reverse=True)
    database.store.close()


def test_what_an_older_version_held_is_carried_over(address: str) -> None:
    connections = Connections(address)
    body = {"alert": "a1", "camera": "gate", "kind": "intrusion", "was_real": False}
    with connections.write() as db:
        migrate(db, "0005")
        for row in (
            ("INSERT INTO verdicts VALUES ('a1', 'gate', 'intrusion', 1.5, %s)", body),
            ("INSERT INTO trust VALUES ('gate', 'intrusion', 'trusted', %s)", body),
            ("INSERT INTO trust_changes VALUES (7, 'gate', 'intrusion', %s)", body),
        ):
            db.exec_driver_sql(row[0], (json.dumps(row[1]),))
    connections.close()
    database = Database.open(address)
    with database.connections.write() as db:
        for table in ("verdicts", "trust", "trust_changes"):
            (kept,) = db.exec_driver_sql(f"SELECT zone, body FROM {table}")  # noqa: S608
            assert (kept.zone, json.loads(kept.body)) == ("", {**body, "zone": None})
    database.close()


# --- several processes ---


def test_numbers_of_the_feed_appear_in_order_whoever_writes(address: str) -> None:
    """Two services on one database: nobody who follows the feed skips an event."""
    writers = [Database.open(address) for _ in range(3)]
    reader = Database.open(address)
    ended = threading.Event()
    seen: list[int] = []

    def follow() -> None:
        while not ended.is_set() or not done():
            with reader.store.read() as tx:
                seen.extend(one.seq for one in tx.events_after(seen[-1] if seen else 0, 1000))

    def done() -> bool:
        with reader.store.read() as tx:
            return tx.last_event_seq() == (seen[-1] if seen else 0)

    def write(database: Database) -> list[int]:
        numbers = []
        for number in range(60):
            with database.store.begin() as tx:
                numbers.append(tx.publish(event(number)))
        return numbers

    with ThreadPoolExecutor(4) as pool:
        following = pool.submit(follow)
        written = [one for numbers in pool.map(write, writers) for one in numbers]
        ended.set()
        following.result()
    assert seen == sorted(written)
    for one in (*writers, reader):
        one.store.close()


def test_one_database_has_one_service(own: OwnServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.stores.sql.CLAIM_S", 0.3)
    address = f"{own.address}/postgres"
    one, other = Database.open(address), Database.open(address)
    one.claim()
    with pytest.raises(StoreUnavailable, match="another service works with this database"):
        other.claim()
    put(other, 1)  # commands beside the service may write
    own.kill()
    own.start()
    one.ready()
    with pytest.raises(StoreUnavailable, match="another service"):
        other.claim()
    one.close()
    other.claim()
    other.close()


def test_the_next_service_waits_for_one_that_is_about_to_end(address: str) -> None:
    one, other = Database.open(address), Database.open(address)
    one.claim()
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(other.claim)
        wait_until(lambda: waiting_locks(address) == 1)
        assert not waits.done()
        one.close()
        waits.result(timeout=5)
    other.close()


# --- faults ---


def test_what_was_acknowledged_survives_kill_9(own: OwnServer) -> None:
    database = Database.open(f"{own.address}/postgres")
    acknowledged: list[int] = []
    lines: list[str] = []
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            try:
                put(database, number)
            except StoreUnavailable as error:
                lines.append(str(error))
                ended.wait(0.02)
            else:
                acknowledged.append(number)

    def more() -> None:
        before = len(acknowledged)
        wait_until(lambda: len(acknowledged) > before + 10, 60)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(3):
            more()
            refused = len(lines)
            own.kill()
            wait_until(lambda before=refused: len(lines) > before, 60)  # type: ignore[misc]
            own.start()
        more()
    finally:
        ended.set()
        thread.join()
    with database.store.read() as tx:
        stored = {one.id for one in tx.page_alerts(1_000_000)}
    assert {alert(number).id for number in acknowledged} <= stored
    assert lines, "it was away"
    assert all(line.startswith("the database cannot ") and "\n" not in line for line in lines)
    database.store.close()


def test_after_a_restart_the_first_request_is_served(own: OwnServer) -> None:
    """Connections of before the restart are dead: they are replaced, not shown to people."""
    database = Database.open(f"{own.address}/postgres")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: put(database, number), range(8)))
        own.stop()
        with pytest.raises(StoreUnavailable, match="cannot commit now: connection"):
            database.ready()
        own.start()
        list(pool.map(lambda number: put(database, number), range(8, 16)))
    with database.store.read() as tx:
        assert len(tx.page_alerts(99)) == 16
    database.store.close()


def test_a_writer_elsewhere_that_does_not_end(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.stores.engine.BUSY_S", 0.2)
    one, other = Database.open(address), Database.open(address)
    with one.store.begin() as tx:
        tx.put_alert(alert(1))
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            put(other, 2)
        with other.store.read() as read:
            assert read.page_alerts(9) == [], "readers do not mind, and see nothing half done"
    put(other, 2)
    one.store.close()
    other.store.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://user:s3cret@127.0.0.1:1/db", "connection"),
        ("postgresql://user:s3cret@nowhere.invalid/db", "cannot commit now"),
    ],
)
def test_a_server_that_is_not_there(url: str, expected: str) -> None:
    with pytest.raises(StoreUnavailable, match=expected) as caught:
        Database.open(url)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_is_not_fit(address: str) -> None:
    name = f"latin_{time.time_ns()}"
    with psycopg.connect(f"{server()}/postgres", autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    try:
        with pytest.raises(StoreUnavailable, match="encoded in SQL_ASCII: make one with ENCODING"):
            Database.open(f"{server()}/{name}")
    finally:
        with psycopg.connect(f"{server()}/postgres", autocommit=True) as db:
            db.execute(f"DROP DATABASE {name}")
    with pytest.raises(StoreUnavailable, match="does not exist"):
        Database.open(f"{address}_missing")


def test_somebody_who_may_not(own: OwnServer) -> None:
    with psycopg.connect(f"{own.address}/postgres", autocommit=True) as db:
        db.execute("CREATE ROLE guest LOGIN")
        db.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with pytest.raises(StoreUnavailable, match="does not let us commit: permission denied"):
        Database.open(own.address.replace("qalqan@", "guest@") + "/postgres")


# --- on the command line ---


def test_db_check_and_upgrade(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "check", "--database", address]) == 1
    empty = capsys.readouterr().out
    assert "schema none" in empty
    assert "qalqan db upgrade" in empty
    assert main(["db", "upgrade", "--database", address]) == 0
    assert "postgresql: schema from nothing to" in capsys.readouterr().out
    assert main(["db", "check", "--json", "--database", address]) == 0
    assert '"current": true' in capsys.readouterr().out


def test_db_check_warns_of_a_server_that_forgets(
    own: OwnServer, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"{own.address}/postgres"
    Database.open(address).store.close()
    with psycopg.connect(address, autocommit=True) as db:
        db.execute("ALTER SYSTEM SET fsync = off")
        db.execute("SELECT pg_reload_conf()")
    wait_until(lambda: shown(address, "fsync") == "off", 30)  # the postmaster reads it in its time
    assert main(["db", "check", "--database", address]) == 0
    assert "warning: fsync is off" in capsys.readouterr().out


@pytest.mark.parametrize("address", ["mysql://host/x", "nonsense"])
def test_db_complains_in_one_line(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "check", "--database", address]) == 2
    said = capsys.readouterr().err
    assert said.startswith("qalqan: setting database_url: must begin with")
    assert said.count("\n") == 1


# --- PostGIS ---


def test_a_role_that_may_not_install_postgis_works_without(
    own: OwnServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(f"{own.address}/postgres", autocommit=True) as db:
        db.execute("CREATE ROLE guest LOGIN")
        db.execute("CREATE DATABASE city OWNER guest")
    address = own.address.replace("qalqan@", "guest@") + "/city"
    Database.open(address).close()
    assert main(["db", "check", "--database", address]) == 0
    assert "nearest patrols: by PostgreSQL's own index of points" in capsys.readouterr().out
    with psycopg.connect(f"{own.address}/city", autocommit=True) as db:
        db.execute("CREATE EXTENSION postgis")
    assert main(["db", "upgrade", "--database", address]) == 0
    assert main(["db", "check", "--database", address]) == 0
    assert "nearest patrols: by PostGIS" in capsys.readouterr().out
