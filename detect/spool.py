"""The node's memory of what it has seen and not yet handed over.

Every change of an incident is committed here first (SQLite, WAL, synchronous=FULL), then delivered
at least once. Only an acknowledgement, which the control side gives after its own commit, removes
it. The spool outlives the process: what was not delivered is delivered by the next one.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detect.errors import SpoolError
from detect.incident import Incident


@dataclass(frozen=True, slots=True)
class Spooled:
    """One undelivered change of an incident."""

    seq: int
    incident: dict[str, Any]
    trace: dict[str, str]
    """RFC 3339 UTC times by stage: captured, inferred, raised, spooled."""


class Spool:
    """A durable queue in one file. Thread-safe. Raises `SpoolError` when it cannot commit."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS spool (seq INTEGER PRIMARY KEY AUTOINCREMENT, "
                "incident TEXT NOT NULL, trace TEXT NOT NULL)"
            )
        except (OSError, sqlite3.Error) as error:
            raise SpoolError(f"cannot open the spool {path}: {error}") from error

    def commit(self, incident: Incident, trace: Mapping[str, str]) -> int:
        """Keep one change; returns its sequence number once it is on disk."""
        with self._lock:
            try:
                cursor = self._db.execute(
                    "INSERT INTO spool (incident, trace) VALUES (?, ?)",
                    (incident.to_json(), json.dumps(dict(trace))),
                )
            except sqlite3.Error as error:
                raise SpoolError(f"cannot keep incident {incident.id}: {error}") from error
            return int(cursor.lastrowid or 0)

    def pending(self, after: int = 0, limit: int = 100) -> list[Spooled]:
        """Undelivered changes with a sequence number above `after`, oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT seq, incident, trace FROM spool WHERE seq > ? ORDER BY seq LIMIT ?",
                (after, limit),
            ).fetchall()
        return [
            Spooled(seq, json.loads(incident), json.loads(trace)) for seq, incident, trace in rows
        ]

    def acknowledge(self, seq: int) -> None:
        """Forget one change: the other side has committed it."""
        with self._lock:
            try:
                self._db.execute("DELETE FROM spool WHERE seq = ?", (seq,))
            except sqlite3.Error as error:
                raise SpoolError(f"cannot clear spool entry {seq}: {error}") from error

    def __len__(self) -> int:
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM spool").fetchone()[0])

    def close(self) -> None:
        with self._lock:
            self._db.close()
