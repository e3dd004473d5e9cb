"""Connections: writers one after another, readers beside them, and errors in one clear line."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy import exc as sql_errors

from alerts.errors import StoreUnavailable

BUSY_S = 5.0
"""How long one waits for the write lock or for a free connection."""
CONNECTIONS = 16


class Connections:
    """The connections to one database. Thread-safe.

    Writers are serialised here, in the one process that writes. So a feed event's number is never
    visible before a lower one, which PostgreSQL's sequences alone would allow.
    """

    def __init__(self, url: str) -> None:
        if url in ("sqlite://", "sqlite:///"):
            raise StoreUnavailable("the database address names no file")
        try:
            self.engine = create_engine(
                url,
                pool_size=CONNECTIONS,
                max_overflow=0,
                pool_timeout=BUSY_S,
                hide_parameters=True,  # names, notes and digests belong in no log
            )
        except (sql_errors.ArgumentError, ImportError) as error:
            # The address may hold a password: it is not repeated.
            raise StoreUnavailable(f"the database address cannot be used: {_why(error)}") from None
        self._writing = threading.Lock()
        options = {"isolation_level": "REPEATABLE READ"}
        if self.engine.dialect.name == "sqlite":
            options = {}
            _Sqlite(self.engine.url.database).attach(self.engine)
        self._writes = self.engine.execution_options(**options)
        self._reads = self.engine.execution_options(qalqan_reads=True, **options)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction's connection. Commits at the end. Raises `StoreUnavailable`."""
        if not self._writing.acquire(timeout=2 * BUSY_S):
            raise StoreUnavailable("the database cannot commit now: a change takes too long")
        try:
            with _clear_errors("commit"), self._writes.begin() as connection:
                yield connection
        finally:
            self._writing.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment. Raises `StoreUnavailable`."""
        with _clear_errors("be read"), self._reads.begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()


class _Sqlite:
    """What SQLite needs to be told, and what it does not notice by itself."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None

    def attach(self, engine: Any) -> None:
        event.listen(engine, "connect", self._connect)
        event.listen(engine, "begin", self._begin)

    def _connect(self, connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says, see below
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={int(BUSY_S * 1000)}",
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


@contextmanager
def _clear_errors(what: str) -> Iterator[None]:
    """A database that fails is `StoreUnavailable`; a statement that is wrong is our own error."""
    try:
        yield
    except (sql_errors.IntegrityError, sql_errors.DataError, sql_errors.ProgrammingError):
        raise
    except sql_errors.TimeoutError as error:
        raise StoreUnavailable(
            f"the database cannot {what} now: all connections are in use"
        ) from error
    except sql_errors.DBAPIError as error:
        raise StoreUnavailable(f"the database cannot {what} now: {_why(error)}") from error


def _why(error: Exception) -> str:
    said = error.orig if isinstance(error, sql_errors.DBAPIError) else error
    return " ".join(str(said).split())
