"""The node's memory of what it has seen and not yet handed over.

Every change of an incident is committed here first (SQLite, WAL, synchronous=FULL), then delivered
at least once. Only an acknowledgement, which the control side gives after its own commit, removes
it. The spool outlives the process: what was not delivered is delivered by the next one, and what
was still happening when a process died is ended by the next one, for nobody else can know of it.

A change holds the whole incident. So a change that waits for its delivery is replaced by the next
of the same incident: however long the control side is away, the spool grows by happenings only.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from detect.errors import SpoolError
from detect.hold import Hold
from detect.incident import Incident, IncidentFormatError

log = logging.getLogger(__name__)

BUSY_S = 2.0
"""How long another connection (a backup, a look from outside) may keep the file busy."""
HELD_S = 5.0
"""How long a predecessor may take to let go: its control process is gone, so it is ending."""
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS changes (seq INTEGER PRIMARY KEY AUTOINCREMENT, "
    "id TEXT NOT NULL, incident TEXT NOT NULL, trace TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS changes_by_id ON changes (id)",
    "CREATE TABLE IF NOT EXISTS happening (id TEXT PRIMARY KEY, incident TEXT NOT NULL)",
)


@dataclass(frozen=True, slots=True)
class Spooled:
    """One undelivered change of an incident."""

    seq: int
    incident: dict[str, Any]
    trace: dict[str, str]
    """RFC 3339 UTC times by stage: captured, inferred, raised, spooled."""


class Spool:
    """A durable queue in one file, used by one process at a time. Thread-safe.

    Raises `SpoolError` when it cannot commit or read. A file that is no database any longer is set
    aside under another name: the cameras must be watched all the same. The control side lets one
    control process run at a time, so a holder that hangs is an orphan and is killed.
    """

    def __init__(self, path: Path, held_s: float = HELD_S) -> None:
        self._lock = threading.RLock()
        self._waiting = 0
        self._handed = 0
        """Changes up to this one have been handed out and are not replaced any longer."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._hold = Hold.take(path.with_name(f"{path.name}.lock"), held_s, evict=True)
            try:
                self._db = _open(path)
            except sqlite3.DatabaseError as error:
                if not _is_ruined(error):
                    raise
                _set_aside(path, error)
                self._db = _open(path)
            (self._waiting,) = self._db.execute("SELECT count(*) FROM changes").fetchone()
        except (OSError, sqlite3.Error) as error:
            raise SpoolError(f"cannot open the spool {path}: {error}") from error

    def commit(self, incident: Incident, trace: Mapping[str, str]) -> int:
        """Keep one change; returns its sequence number once it is on disk."""
        text = incident.to_json()
        with self._lock:
            seq, is_new = self._keep(incident, text, json.dumps(dict(trace)))
            self._waiting += is_new
        return seq

    def _keep(self, incident: Incident, text: str, trace: str) -> tuple[int, bool]:
        """The change's number, and whether it waits beside those that waited before."""
        with self._transaction(f"keep incident {incident.id}") as db:
            if incident.is_open:
                db.execute("INSERT OR REPLACE INTO happening VALUES (?, ?)", (incident.id, text))
            else:
                db.execute("DELETE FROM happening WHERE id = ?", (incident.id,))
            waiting = db.execute(
                "SELECT max(seq) FROM changes WHERE id = ? AND seq > ?",
                (incident.id, self._handed),
            ).fetchone()[0]
            if waiting is not None:
                db.execute("UPDATE changes SET incident = ? WHERE seq = ?", (text, waiting))
                return int(waiting), False
            cursor = db.execute(
                "INSERT INTO changes (id, incident, trace) VALUES (?, ?, ?)",
                (incident.id, text, trace),
            )
            return int(cursor.lastrowid or 0), True

    def interrupted(self) -> list[Incident]:
        """What a process that is gone left open, ended as of when it was last seen.

        Called before the first `commit`. Each is to be committed: until then it counts as open.
        """
        with self._transaction("read what was happening", "BEGIN") as db:
            rows = db.execute("SELECT id, incident FROM happening ORDER BY id").fetchall()
        ended = []
        for identity, text in rows:
            try:
                left = Incident.from_dict(json.loads(text))
            except (IncidentFormatError, ValueError) as error:
                log.error("incident %s was left open and cannot be read: %s", identity, error)
            else:
                ended.append(_interrupted(left))
        return ended

    def pending(self, after: int = 0, limit: int = 100) -> list[Spooled]:
        """Undelivered changes with a sequence number above `after`, oldest first."""
        with self._transaction("read what waits", "BEGIN") as db:
            rows = db.execute(
                "SELECT seq, incident, trace FROM changes WHERE seq > ? ORDER BY seq LIMIT ?",
                (after, limit),
            ).fetchall()
            if rows:
                self._handed = max(self._handed, rows[-1][0])
        return [
            Spooled(seq, json.loads(incident), json.loads(trace)) for seq, incident, trace in rows
        ]

    def acknowledge(self, *seqs: int) -> None:
        """Forget changes, in one commit: the other side has committed them."""
        with self._lock:
            with self._transaction(f"clear {len(seqs)} entries") as db:
                rows = [(seq,) for seq in seqs]
                gone = db.executemany("DELETE FROM changes WHERE seq = ?", rows).rowcount
            self._waiting -= gone

    def __len__(self) -> int:
        """Undelivered changes. Counted along: asking waits for no disk."""
        return self._waiting

    def close(self) -> None:
        """Let go of the file. What is asked of the spool afterwards raises `SpoolError`."""
        with self._lock:
            self._db.close()
            self._hold.release()

    @contextmanager
    def _transaction(
        self, purpose: str, begin: str = "BEGIN IMMEDIATE"
    ) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute(begin)
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                finally:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise SpoolError(f"the spool cannot {purpose}: {error}") from error


def _interrupted(incident: Incident) -> Incident:
    """An open incident, ended when it was last seen."""
    last_s = max((box.t_s for box in incident.boxes), default=incident.detected_s)
    ended_at = incident.detected_at + timedelta(seconds=last_s - incident.detected_s)
    return replace(incident, ended_at=ended_at, end_s=last_s)


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        for statement in SCHEMA:
            db.execute(statement)
        (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error:
        db.close()
        raise
    if said != "ok":
        db.close()
        raise sqlite3.DatabaseError(said)
    return db


def _is_ruined(error: sqlite3.DatabaseError) -> bool:
    """Whether the file itself is broken, not the disk full or the file busy."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _set_aside(path: Path, error: sqlite3.DatabaseError) -> None:
    aside = path.with_name(f"{path.name}.ruined-{int(time.time())}")
    log.critical(
        "the spool %s is ruined (%s): kept as %s, a fresh one is begun; incidents that were not "
        "delivered may be in it",
        path,
        error,
        aside.name,
    )
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            os.replace(part, aside.with_name(aside.name + suffix))
