"""The limit beside it: how often a second this store on this disk commits one row, and no more."""

from __future__ import annotations

import os
import time
from pathlib import Path

from sqlalchemy import text

from alerts.stores.engine import Connections

BODY = "x" * 1000


def raw_commits_per_s(address: str, seconds: float = 2.0) -> float:
    """One kilobyte a commit, one after the other, through the product's own connections."""
    connections = Connections(address)
    try:
        with connections.write() as db:
            db.execute(text("DROP TABLE IF EXISTS bench_commits"))
            db.execute(text("CREATE TABLE bench_commits (body TEXT NOT NULL)"))
        insert = text("INSERT INTO bench_commits VALUES (:body)")
        began, count = time.perf_counter(), 0
        while time.perf_counter() < began + seconds:
            with connections.write() as db:
                db.execute(insert, {"body": BODY})
            count += 1
        took_s = time.perf_counter() - began
        with connections.write() as db:
            db.execute(text("DROP TABLE bench_commits"))
    finally:
        connections.close()
    return count / took_s


def fsyncs_per_s(folder: Path, seconds: float = 1.0) -> float:
    """A kilobyte appended and flushed to the disk, one after the other."""
    path = folder / "fsync"
    with path.open("ab", buffering=0) as file:
        began, count = time.perf_counter(), 0
        while time.perf_counter() < began + seconds:
            file.write(BODY.encode())
            os.fdatasync(file.fileno())
            count += 1
        took_s = time.perf_counter() - began
    path.unlink()
    return count / took_s
