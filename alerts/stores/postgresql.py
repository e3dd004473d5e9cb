"""What PostgreSQL needs to be told, so that it keeps the promises that SQLite keeps by itself."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy import exc as sql_errors

from alerts.errors import StoreUnavailable

OLDEST = 130000
"""As `server_version_num` says it: 13."""
WRITERS = 0x71616C71616E
"""The advisory lock of whoever writes; the number has no meaning beyond being ours."""
SERVICE = WRITERS + 1
"""The advisory lock of the one service that works with the database."""
KEEPALIVE_S = 3
LOCK_NOT_AVAILABLE = "55P03"
"""SQLSTATE of a lock that was waited for in vain."""


class Postgresql:
    """Writers one after another, in every process that uses the database; durable commits.

    A writer first takes a lock that ends with its transaction, after the commit can be seen. So a
    feed event's number is never visible before a lower one, which sequences alone would allow, and
    what a writer has read stays true until it commits. Its statements each see the latest state
    (READ COMMITTED): a snapshot of before the lock would be of before the last writer's commit.
    """

    writes = {"isolation_level": "READ COMMITTED"}  # noqa: RUF012 - read only
    reads = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}  # noqa: RUF012

    def __init__(self, busy_s: float) -> None:
        self._busy_ms = int(busy_s * 1000)

    def connecting(self) -> dict[str, Any]:
        """For libpq. A server that is gone is noticed within seconds, a stuck lock given up."""
        settings = {
            "synchronous_commit": "on",
            "lock_timeout": self._busy_ms,
            "statement_timeout": 4 * self._busy_ms,
            "idle_in_transaction_session_timeout": 12 * self._busy_ms,
            "timezone": "UTC",
        }
        return {
            "application_name": "qalqan",
            "client_encoding": "utf8",
            "connect_timeout": max(2, self._busy_ms // 1000),
            "keepalives": 1,
            "keepalives_idle": KEEPALIVE_S,
            "keepalives_interval": KEEPALIVE_S,
            "keepalives_count": 2,
            "tcp_user_timeout": 2 * self._busy_ms,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        }

    def attach(self, engine: Engine) -> None:
        event.listen(engine, "begin", self._begin)

    def _begin(self, connection: Connection) -> None:
        if not connection.get_execution_options().get("qalqan_reads", False):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


class Claim:
    """One database has one service: two would watch every camera twice and send two patrols.

    A lock of a connection that is kept for it; it ends with its process, however that dies, and is
    taken anew when the server was away. Thread-safe.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT", qalqan_reads=True)
        self._connection: Connection | None = None
        self._taking = threading.Lock()

    def take(self, wait_s: float = 0.0) -> None:
        """Take it within `wait_s` or see that it is held. Raises `StoreUnavailable`, `DBAPIError`.

        A service that was killed may hold it for a moment longer.
        """
        with self._taking:
            if not self._held(wait_s):
                raise StoreUnavailable("another service works with this database: stop it first")

    def release(self) -> None:
        with self._taking:
            self._drop()

    def _held(self, wait_s: float) -> bool:
        if self._connection is not None:
            try:
                self._connection.exec_driver_sql("SELECT 1")
                return True
            except sql_errors.DBAPIError:
                self._drop()  # the server was away, and with it the lock
        self._connection = self._engine.connect()
        try:
            # The server waits, in its queue; 0 would be for ever.
            wait_ms = max(1, round(1000 * wait_s))
            self._connection.exec_driver_sql(f"SET lock_timeout = {wait_ms}")
            self._connection.exec_driver_sql(f"SELECT pg_advisory_lock({SERVICE})")
        except sql_errors.DBAPIError as error:
            self._drop()
            if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
                return False
            raise
        return True

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()  # back in the pool it would keep the lock
            self._connection.close()
            self._connection = None


def refuse_unfit(connection: Connection) -> None:
    """Raises `StoreUnavailable` for a server that cannot keep what it is given."""
    version = int(_shown(connection, "server_version_num"))
    if version < OLDEST:
        raise StoreUnavailable(f"PostgreSQL 13 or newer is needed, this is {version // 10000}")
    encoding = _shown(connection, "server_encoding")
    if encoding != "UTF8":
        raise StoreUnavailable(
            f"the database is encoded in {encoding}: make one with ENCODING 'UTF8'"
        )


def doubts(connection: Connection) -> list[str]:
    """Settings of the server with which acknowledged alerts can get lost, one line each."""
    found = [
        f"{name} is off: a power cut can lose or tear what was acknowledged"
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if _shown(connection, name) == "off"
    ]
    if connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar():
        found.append("the server is a standby: nothing can be committed")
    return found


def _shown(connection: Connection, name: str) -> str:
    return str(connection.exec_driver_sql(f"SHOW {name}").scalar())
