"""Connections: writers one after another, readers beside them, and errors in one clear line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy import exc as sql_errors

from alerts.errors import StoreUnavailable
from alerts.stores.fence import Fence
from alerts.stores.postgresql import Postgresql
from alerts.stores.sqlite import Sqlite

BUSY_S = 5.0
"""How long one waits for the write lock or for a free connection."""
CONNECTIONS = 16
NOT_ALLOWED = "42501"
"""SQLSTATE of a missing privilege."""


class Connections:
    """The connections to one database. Thread-safe.

    Writers wait for each other here, before the database makes them wait: a queue in memory costs
    no connection.
    """

    def __init__(self, url: str) -> None:
        self.engine, dialect = _engine(url)
        dialect.attach(self.engine)
        self.fence = Fence()
        self._writing = threading.Lock()
        self._writes = self.engine.execution_options(**dialect.writes)
        self._reads = self.engine.execution_options(qalqan_reads=True, **dialect.reads)

    @property
    def name(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction's connection. Commits at the end.

        Raises `StoreUnavailable`, also for a service that another has taken over from.
        """
        if not self._writing.acquire(timeout=2 * BUSY_S):
            raise StoreUnavailable("the database cannot commit now: a change takes too long")
        try:
            with clear_errors("commit"), self._writes.begin() as connection:
                self.fence.check(connection)
                yield connection
        finally:
            self._writing.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment. Raises `StoreUnavailable`."""
        with clear_errors("be read"), self._reads.begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def _engine(address: str) -> tuple[Engine, Sqlite | Postgresql]:
    """An engine that has not connected yet. Raises `StoreUnavailable`."""
    try:
        url = make_url(address)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() == "postgresql":
            server = Postgresql(BUSY_S)
            dialect: Sqlite | Postgresql = server
            more: dict[str, Any] = {"connect_args": server.connecting(), "pool_pre_ping": True}
        elif not url.database:
            raise StoreUnavailable("the database address names no file")
        else:
            dialect, more = Sqlite(url.database, BUSY_S), {}
        engine = create_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=BUSY_S,
            hide_parameters=True,  # names, notes and digests belong in no log
            **more,
        )
    except (sql_errors.ArgumentError, ImportError) as error:
        # The address may hold a password: it is not repeated.
        raise StoreUnavailable(f"the database address cannot be used: {_why(error)}") from None
    return engine, dialect


@contextmanager
def clear_errors(what: str) -> Iterator[None]:
    """A database that fails is `StoreUnavailable`; a statement that is wrong is our own error."""
    try:
        yield
    except sql_errors.ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != NOT_ALLOWED:
            raise
        raise StoreUnavailable(f"the database does not let us {what}: {_why(error)}") from error
    except (sql_errors.IntegrityError, sql_errors.DataError):
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
