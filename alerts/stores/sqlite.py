"""What SQLite needs to be told, and what it does not notice by itself."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import Connection, Engine, event

from alerts.errors import StoreUnavailable


class Sqlite:
    """One file: durable, one writer, readers beside it."""

    writes: dict[str, Any] = {}  # noqa: RUF012 - read only
    reads: dict[str, Any] = {}  # noqa: RUF012 - read only

    def __init__(self, path: str | None, busy_s: float) -> None:
        self._path = path
        self._busy_s = busy_s
        self._identity: tuple[int, int] | None = None

    def attach(self, engine: Engine) -> None:
        event.listen(engine, "connect", self._connect)
        event.listen(engine, "begin", self._begin)

    def _connect(self, connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says, see below
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={int(self._busy_s * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def _begin(self, connection: Connection) -> None:
        """A writer takes the write lock at once: upgrading a read lock later can fail half-way."""
        self._same_file()
        reads = connection.get_execution_options().get("qalqan_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    def _same_file(self) -> None:
        """SQLite goes on writing into a deleted file: all would be acknowledged and lost."""
        if not self._path:
            return
        try:
            found = os.stat(self._path)
        except OSError as error:
            raise StoreUnavailable(
                f"the database file cannot be reached: {error.strerror}"
            ) from error
        identity = (found.st_dev, found.st_ino)
        if self._identity is None:
            self._identity = identity
        elif self._identity != identity:
            raise StoreUnavailable(
                "the database file was replaced while in use; restart the service"
            )
