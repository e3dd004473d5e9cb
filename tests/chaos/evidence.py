"""What is judged: what everybody noted, and the database as it stands when all is quiet.

Read with plain SQL and JSON, not with the code that is under test.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos import history
from tests.chaos.history import Entry

Row = dict[str, Any]


@dataclass
class Evidence:
    """Of one run."""

    journal: list[Entry] = field(default_factory=list)
    """Of the node: `intend`, `spooled`, `acked`, each with the incident's `id`."""
    history: list[Entry] = field(default_factory=list)
    """Of patrols, operators, receivers of messages and the chaos itself."""
    alerts: dict[str, Row] = field(default_factory=dict)
    steps: dict[str, list[Row]] = field(default_factory=dict)
    """By alert, in the order in which they were committed."""
    incidents: dict[str, Row] = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)
    """The feed: `seq`, `type`, `alert`, `patrol` (None: operators'), `data`."""
    notifications: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    """By alert: seconds that each stage of its way took, as the API shows them to people."""
    spooled_still: list[str] = field(default_factory=list)
    """Incidents that wait at the node at the end."""
    rejected: list[str] = field(default_factory=list)
    """Incidents that control has laid aside."""


def load(address: str, home: Path, out: Path) -> Evidence:
    """After the run. `address`: the database's; `home`: the service's folder."""
    with connected(address) as rows:
        bodies = {table: [(row[0], json.loads(row[1])) for row in rows(sql)] for table, sql in SQL}
    steps: dict[str, list[Row]] = defaultdict(list)
    for _, body in bodies["steps"]:
        steps[body["alert"]].append(body)
    with sqlite3.connect(f"file:{home / 'spool.db'}?mode=ro", uri=True) as spool:
        waiting = [row[0] for row in spool.execute("SELECT id FROM changes")]
    return Evidence(
        journal=_entries(out / "node.jsonl"),
        history=_entries(out / "history.jsonl"),
        alerts=dict(bodies["alerts"]),
        steps=dict(steps),
        incidents=dict(bodies["incidents"]),
        events=[{**body, "seq": seq} for seq, body in bodies["events"]],
        notifications=[body for _, body in bodies["notifications"]],
        deliveries=[body for _, body in bodies["deliveries"]],
        stages={one["alert"]: one["took"] for one in _entries(out / "stages.jsonl")},
        spooled_still=waiting,
        rejected=[one["incident"]["id"] for one in _entries(home / "rejected.jsonl")],
    )


SQL = (
    ("alerts", "SELECT id, body FROM alerts"),
    ("steps", "SELECT seq, body FROM steps ORDER BY seq"),
    ("incidents", "SELECT id, body FROM incidents"),
    ("events", "SELECT seq, body FROM events ORDER BY seq"),
    ("notifications", "SELECT seq, body FROM notifications ORDER BY seq"),
    ("deliveries", "SELECT seq, body FROM deliveries ORDER BY seq"),
)


def open_alerts(address: str) -> list[Row]:
    """Those that are not closed now. Raises the database's errors while it is away."""
    with connected(address) as rows:
        found = rows("SELECT id, body FROM alerts WHERE state <> 'closed'")
        return [json.loads(body) for _, body in found]


def deliveries_due(address: str) -> int:
    """How many messages are still to be sent."""
    with connected(address) as rows:
        (count,) = rows("SELECT count(*) FROM deliveries WHERE due IS NOT NULL")[0]
        return int(count)


def is_loud(alert: Row) -> bool:
    """Somebody is told of it until somebody takes it."""
    return alert["state"] == "escalated" or alert["overdue_since"] is not None


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """A function from a query to its rows."""
    if address.startswith("sqlite:///"):
        with contextlib.closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as file:
            yield lambda sql: file.execute(sql).fetchall()
    else:
        with psycopg.connect(address, connect_timeout=5) as server:
            yield lambda sql: server.execute(sql).fetchall()


def _entries(path: Path) -> list[Entry]:
    return list(history.read(path)) if path.exists() else []
