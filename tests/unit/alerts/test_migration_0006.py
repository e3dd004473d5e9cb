"""What was said of a camera and a kind becomes what was said of its zones."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import create_engine

from alerts.alert import Outcome
from alerts.believing.trust import RuleKey, Standing
from alerts.stores import migrating
from alerts.stores.sql import Database
from ingest.camera import CameraId
from tests.support.incidents import incident

GATE = CameraId("north-gate")
AT = "2026-11-24T12:00:00+00:00"


def rule(zone: str | None, kind: str = "intrusion") -> RuleKey:
    return RuleKey(GATE, kind, zone)


def at_0005(path: Path) -> sqlite3.Connection:
    """A database as the release before made it."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = migrating._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
    engine.dispose()
    return sqlite3.connect(path)


def put(db: sqlite3.Connection, table: str, body: dict[str, Any], **columns: Any) -> None:
    names, values = ", ".join((*columns, "body")), (*columns.values(), json.dumps(body))
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)  # noqa: S608


def judged(db: sqlite3.Connection, number: int, *zones: str | None, camera: str = GATE) -> None:
    """An alert with incidents in these zones, closed as false."""
    alert = f"alert-{number}"
    for index, zone in enumerate(zones):
        payload = incident(number, zone=zone, camera=camera).to_dict()
        body = {"incident": f"{alert}-{index}", "alert": alert, "payload": payload, "trace": {}}
        put(db, "incidents", body, id=f"{alert}-{index}", alert=alert)
    said = {"alert": alert, "camera": camera, "kind": "intrusion", "outcome": "false", "at": AT}
    body = {**said, "by": "operator:aigul", "review": False}
    put(db, "verdicts", body, alert=alert, camera=camera, kind="intrusion", at=float(number))


def stood(db: sqlite3.Connection, kind: str, camera: str = GATE) -> None:
    """A rule that a person set aside."""
    own = {"camera": camera, "kind": kind}
    trust = {**own, "severity": "high", "standing": "review", "since": AT, "by": "operator:aigul"}
    body = {**trust, "reason": "шам", "counts_from": None, "version": 2}
    put(db, "trust", body, **own, standing="review")
    change = {**own, "at": AT, "before": "trusted", "after": "review", "by": "operator:aigul"}
    put(db, "trust_changes", {**change, "reason": "шам", "detail": {"a": 1}}, **own)


def test_all_that_was_said_is_kept_by_zone(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    db = at_0005(path)
    judged(db, 1, "lawn")
    judged(db, 2, "lawn", "gate", "lawn")
    judged(db, 3, None)
    judged(db, 4)  # its incidents are gone
    stood(db, "intrusion")
    stood(db, "fire")
    scene = {"rules": [{"kind": "intrusion", "zone": "yard"}, {"kind": "crowd", "zone": "lawn"}]}
    columns = {"id": GATE, "version": 1, "url_sealed": b"x", "substream_sealed": None}
    put(db, "cameras", {"id": GATE, "scene": scene}, **columns)
    db.commit()
    db.close()

    database = Database.open(f"sqlite:///{path}")
    with database.store.read() as tx:
        counts = {zone: len(tx.verdicts(rule(zone), 9)) for zone in ("lawn", "gate", None, "yard")}
        assert counts == {"lawn": 2, "gate": 1, None: 2, "yard": 0}
        (one,) = tx.verdicts(rule("gate"), 9)
        assert (one.zone, one.outcome, one.by) == ("gate", Outcome.FALSE, "operator:aigul")
        for zone in counts:
            trust = tx.rule_trust(rule(zone))
            assert trust is not None, zone
            assert (trust.zone, trust.standing, trust.version) == (zone, Standing.REVIEW, 2)
            (change,) = tx.trust_changes(rule(zone))
            assert (change.zone, change.reason, change.detail) == (zone, "шам", {"a": 1})
        assert tx.rule_trust(rule(None, "fire")) is not None, "that nobody knows a zone of"
        assert len(tx.page_trust(99)) == 5
    with database.store.begin() as tx:
        tx.add_trust_change(change)
    database.store.close()


def test_one_without_trust_is_carried_over_too(tmp_path: Path) -> None:
    at_0005(tmp_path / "old.db").close()
    database = Database.open(f"sqlite:///{tmp_path / 'old.db'}")
    with database.store.read() as tx:
        assert tx.page_trust(9) == []
    database.store.close()
