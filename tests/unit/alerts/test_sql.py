"""What a database does wrong becomes one clear line, and never half a change."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import exc as sql_errors

from alerts.alert import AlertId, State
from alerts.errors import StoreUnavailable
from alerts.stores import engine as sql_engine
from alerts.stores import schema
from alerts.stores.sql import Database
from tests.support.incidents import NOON, incident
from tests.support.patrols import OPERATOR, Desk
from tests.support.records import alert, event, grant, step

COMPARED = {"compare_type": True, "include_object": schema.is_ours}
OLD = Path(__file__).parent / "database_0001.sql"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "qalqan.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    made = Database.open(f"sqlite:///{path}")
    yield made
    made.store.close()


def unavailable(database: Database, expected: str) -> None:
    """Neither taken in nor half taken in, and one line says why."""
    desk = Desk(store=database.store)
    with pytest.raises(StoreUnavailable) as caught:
        desk.receive(1)
    line = str(caught.value)
    assert expected in line
    assert "\n" not in line
    assert "Traceback" not in line
    assert desk.rings == 0, "nobody is told of what was not committed"


# --- faults while it runs ---


def test_a_full_disk(database: Database) -> None:
    """Pages are refused in the middle of a transaction, as on a disk that fills up."""
    with database.connections.write() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar()
        db.exec_driver_sql(f"PRAGMA max_page_count={pages + 3}")
    taken: list[int] = []

    def take(number: int) -> None:
        with database.store.begin() as tx:
            tx.put_alert(alert(number, why="x" * 500))
            tx.add_step(step(number, alert(number).id))
            tx.publish(event(number))
        taken.append(number)

    with pytest.raises(StoreUnavailable, match="cannot commit now: database or disk is full"):
        [take(number) for number in range(1000)]
    done = len(taken)
    assert done > 0
    with database.store.read() as tx:
        assert len(tx.page_alerts(10_000)) == done
        assert tx.last_event_seq() == done
        assert tx.steps(alert(done).id) == []
    with database.connections.write() as db:
        db.exec_driver_sql("PRAGMA max_page_count=100000")
    with database.store.begin() as tx:
        tx.put_alert(alert(done))
    database.ready()


def test_another_program_holds_the_lock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_engine, "BUSY_S", 0.1)
    database = Database.open(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    unavailable(database, "the database cannot commit now: database is locked")
    with pytest.raises(StoreUnavailable, match="locked"):
        database.ready()
    with database.store.read() as tx:
        assert tx.page_alerts(10) == [], "readers do not mind"
    other.execute("COMMIT")
    other.close()
    assert Desk(store=database.store).receive(1)
    database.store.close()


def test_a_writer_that_does_not_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_engine, "BUSY_S", 0.05)
    with database.store.begin():
        unavailable(database, "cannot commit now: a change takes too long")


def test_an_error_shows_no_stored_value(database: Database) -> None:
    kept = grant(1, name="Aida Nurlanova")
    database.grants.add(kept)
    with pytest.raises(sql_errors.IntegrityError) as refused:
        database.grants.add(kept)
    for secret in (kept.digest, kept.name):
        assert secret not in str(refused.value)


def test_too_many_readers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_engine, "CONNECTIONS", 1)
    monkeypatch.setattr(sql_engine, "BUSY_S", 0.05)
    database = Database.open(f"sqlite:///{path}")
    with database.store.read() as tx:
        assert tx.patrols() == []
        unavailable(database, "the database cannot commit now: all connections are in use")
    database.store.close()


def test_the_file_is_removed(database: Database, path: Path) -> None:
    """SQLite itself would go on writing into the void."""
    desk = Desk(store=database.store)
    kept = desk.receive(1)
    path.rename(path.with_suffix(".away"))
    unavailable(database, "the database file cannot be reached: No such file")
    path.touch()
    unavailable(database, "the database file was replaced while in use")
    path.with_suffix(".away").replace(path)
    assert desk.alert(kept).state is State.ESCALATED
    assert desk.receive(2, kind="abandoned_object")


def test_a_disk_that_may_only_be_read(database: Database) -> None:
    with database.connections.write() as db:
        db.exec_driver_sql("PRAGMA query_only=ON")
    unavailable(database, "the database cannot commit now: attempt to write a readonly database")
    with database.store.read() as tx:
        assert tx.page_alerts(10) == []


def test_a_file_that_is_damaged(path: Path) -> None:
    database = Database.open(f"sqlite:///{path}")
    with database.store.begin() as tx:
        for number in range(200):
            tx.put_alert(alert(number, why="x" * 300))
    database.store.close()
    with path.open("r+b") as file:
        for page in range(2, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(os.urandom(4096))
    with pytest.raises(StoreUnavailable, match="malformed") as caught:
        _all(Database.open(f"sqlite:///{path}"))
    assert "\n" not in str(caught.value)


def _all(database: Database) -> None:
    try:
        with database.store.read() as tx:
            tx.page_alerts(1000)
    finally:
        database.store.close()


# --- faults at the start ---


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_bytes(b"not a database at all " * 300)
    with pytest.raises(StoreUnavailable, match="file is not a database"):
        Database.open(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:////nowhere/at/all/qalqan.db", "unable to open database file"),
        ("sqlite://", "names no file"),
        ("not an address with s3cret", "cannot be used"),
        ("nosuchdb://user:s3cret@host/db", "cannot be used"),
        ("postgresql+pg8000://user:s3cret@host/db", "cannot be used"),
    ],
)
def test_an_address_that_cannot_be_used(url: str, expected: str) -> None:
    with pytest.raises(StoreUnavailable, match=expected) as caught:
        Database.open(url)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_database_of_a_later_version(database: Database, path: Path) -> None:
    with database.connections.write() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnavailable, match="another version of the service") as caught:
        Database.open(f"sqlite:///{path}")
    assert "\n" not in str(caught.value)


# --- the schema ---


def test_the_migrations_make_the_schema(database: Database) -> None:
    with database.connections.write() as db:
        context = MigrationContext.configure(db, opts=COMPARED)
        assert compare_metadata(context, schema.metadata) == []


def test_opening_again_changes_nothing(database: Database, path: Path) -> None:
    kept = Desk(store=database.store).receive(1)
    again = Database.open(f"sqlite:///{path}")
    with again.store.read() as tx:
        assert [one.id for one in tx.page_alerts(10)] == [kept]
    again.store.close()


def test_a_database_of_the_first_version_is_carried_over(path: Path) -> None:
    old = sqlite3.connect(path)
    old.executescript(OLD.read_text("utf-8"))
    bodies = [json.loads(body) for (body,) in old.execute("SELECT body FROM alerts ORDER BY id")]
    old.close()
    database = Database.open(f"sqlite:///{path}")
    desk = Desk(store=database.store, now=NOON)
    alerts = {one.state: one for one in desk.service.page(10)}
    assert len(alerts) == len(bodies) == 4
    accepted = alerts[State.ACCEPTED]
    assert accepted.refused_by == ("unit-a",)
    assert accepted.attention_by is None, "it was silent"
    desk.service.tick()
    assert desk.alert(accepted.id).attention_by is not None
    lost = desk.alert(alerts[State.ESCALATED].id)
    assert lost.waits_for_patrol
    with database.store.read() as tx:
        assert [one.id for one in tx.waiting_alerts(9)] == [lost.id]
    assert desk.alert(alerts[State.CLOSED].id).due is None
    joined = desk.deliver(incident(50, kind="fire", started_at=lost.seen_at))
    assert joined == lost.id, "what is open still takes what belongs to it"
    database.store.close()


# --- the searches have their indexes ---


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT body FROM alerts WHERE due <= 1 ORDER BY due, id LIMIT 9", "alerts_by_due"),
        ("SELECT body FROM alerts WHERE rank IS NOT NULL ORDER BY rank, id LIMIT 9", "by_rank"),
        (
            "SELECT body FROM alerts WHERE kind IN ('a', 'b') AND seen >= 1 AND began <= 2 "
            "AND state != 'closed' AND (camera = 'c' OR latitude BETWEEN 1 AND 2) ORDER BY id",
            "alerts_by_seen",
        ),
        ("SELECT body FROM silences WHERE until > 5 ORDER BY until, id", "ix_silences_until"),
        (
            "SELECT body FROM alerts WHERE state IN ('new', 'escalated') ORDER BY id DESC LIMIT 9",
            "alerts_by_state",
        ),
        (
            "SELECT body FROM events WHERE seq > 5 AND patrol IS NULL ORDER BY seq LIMIT 9",
            "events_by_patrol",
        ),
        (
            "SELECT body FROM verdicts WHERE camera = 'a' AND kind = 'b' AND zone = 'c' "
            "ORDER BY at DESC, alert DESC LIMIT 9",
            "verdicts_by_rule",
        ),
        (
            "SELECT body FROM trust WHERE standing IN ('review', 'flagged') "
            "ORDER BY camera, kind, zone LIMIT 9",
            "trust_by_standing",
        ),
        (
            "SELECT body FROM trust_changes WHERE camera = 'a' AND kind = 'b' AND zone = 'c' "
            "ORDER BY seq",
            "trust_changes_by_rule",
        ),
        ("SELECT body FROM steps WHERE alert = 'a' ORDER BY seq", "ix_steps_alert"),
        ("SELECT body FROM incidents WHERE alert = 'a' ORDER BY id", "ix_incidents_alert"),
    ],
)
def test_a_search_reads_no_whole_table(database: Database, query: str, index: str) -> None:
    with database.store.begin() as tx:
        for number in range(50):
            tx.put_alert(alert(number, state=State.CLOSED))
    with database.connections.read() as db:
        plan = " / ".join(row[-1] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
    assert index in plan
    assert "SCAN" not in plan.replace("SCAN alerts USING INDEX", "")


def test_an_operator_of_the_first_version_may_go_on(path: Path) -> None:
    old = sqlite3.connect(path)
    old.executescript(OLD.read_text("utf-8"))
    (key,) = old.execute("SELECT id FROM alerts WHERE state = 'accepted'").fetchone()
    old.close()
    database = Database.open(f"sqlite:///{path}")
    desk = Desk(store=database.store, now=NOON)
    seen = desk.service.acknowledge(AlertId(key), OPERATOR)
    assert seen.acknowledged_by == str(OPERATOR)
    database.store.close()
