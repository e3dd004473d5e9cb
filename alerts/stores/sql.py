"""The stores over SQL: SQLite by default. SQLAlchemy Core, schema by Alembic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, delete

from alerts.errors import StoreUnavailable
from alerts.stores import schema
from alerts.stores.engine import Connections
from alerts.stores.registers import SqlCameras, SqlGrants
from alerts.stores.transaction import SqlTransaction


class SqlStore:
    """`Store` over SQL."""

    def __init__(self, connections: Connections) -> None:
        self._db = connections

    @contextmanager
    def begin(self) -> Iterator[SqlTransaction]:
        with self._db.write() as connection:
            yield SqlTransaction(connection)

    @contextmanager
    def read(self) -> Iterator[SqlTransaction]:
        with self._db.read() as connection:
            yield SqlTransaction(connection)

    def close(self) -> None:
        self._db.close()


class Database:
    """One database with everything in it, its schema brought up to date."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.store = SqlStore(connections)
        self.cameras = SqlCameras(connections)
        self.grants = SqlGrants(connections)

    @classmethod
    def open(cls, url: str) -> Database:
        """Connect and run what migrations are missing. Raises `StoreUnavailable`."""
        connections = Connections(url)
        try:
            with connections.write() as connection:
                _migrate(connection)
        except BaseException:
            connections.close()
            raise
        return cls(connections)

    def ready(self) -> None:
        """Raises `StoreUnavailable` when nothing can be committed."""
        with self.connections.write() as connection:
            connection.execute(delete(schema.alerts).where(schema.alerts.c.id == ""))


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreUnavailable(
            f"the database was made by another version of the service: {error}"
        ) from error
