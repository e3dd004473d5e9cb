"""The stores over SQL: SQLite by default, PostgreSQL for a city. SQLAlchemy Core, Alembic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete

from alerts.stores import schema
from alerts.stores.engine import Connections, clear_errors
from alerts.stores.fence import TakenOver
from alerts.stores.nearness import index_of, prepare
from alerts.stores.postgresql import Claim, doubts, refuse_unfit
from alerts.stores.registers import SqlCameras, SqlGrants
from alerts.stores.transaction import SqlTransaction

if TYPE_CHECKING:
    from alerts.stores.migrating import Schema


CLAIM_S = 10.0
"""So long a start waits for a service that was just killed."""


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
        self._claimed = False
        self._claim = Claim(connections.engine) if connections.name == "postgresql" else None

    @classmethod
    def open(cls, url: str) -> Database:
        """Connect and run what migrations are missing. Raises `StoreUnavailable`."""
        database = cls(Connections(url))
        try:
            database.upgrade()
        except BaseException:
            database.connections.close()
            raise
        return database

    def upgrade(self) -> Schema:
        """Run what migrations are missing: all or none. Gives what was there before."""
        from alerts.stores.migrating import migrate, schema_of  # a courier's start needs none of it

        with self.connections.write() as connection:
            if self.connections.name == "postgresql":
                refuse_unfit(connection)
            before = schema_of(connection)
            migrate(connection)
            prepare(connection)
        return before

    def check(self) -> Health:
        """Look without changing anything. Raises `StoreUnavailable`."""
        from alerts.stores.migrating import schema_of

        postgresql = self.connections.name == "postgresql"
        with self.connections.read() as connection:
            if postgresql:
                refuse_unfit(connection)
            found = schema_of(connection)
            warnings = doubts(connection) if postgresql else []
            nearest = index_of(connection)
        return Health(self.connections.name, found, tuple(warnings), nearest)

    def claim(self) -> None:
        """Hold other services off until `close`; whoever wrote before no longer may.

        Raises `StoreUnavailable`. A database in a file is held off with its folder.
        """
        if self._claim is not None:
            with clear_errors("be used"):
                self._claim.take(CLAIM_S)
            self._claimed = True
        fence = self.connections.fence
        with self.connections.write() as connection:
            number = fence.advance(connection)
        fence.epoch = number

    @property
    def epoch(self) -> int | None:
        """The number of the claim that is worked under; None: of none."""
        return self.connections.fence.epoch

    def under(self, epoch: int) -> Database:
        """Work for the service with that number, as long as it is the latest.

        For its workers, in processes of their own. Raises `StoreUnavailable` when it is not.
        """
        self.connections.fence.epoch = epoch
        with self.connections.write():
            return self

    def stand_down(self) -> None:
        """Raises `TakenOver` once a change was refused because another has taken over."""
        self.connections.fence.stand_down()

    def close(self) -> None:
        if self._claim is not None:
            self._claim.release()
        self.connections.close()

    def ready(self) -> None:
        """Raises `StoreUnavailable` when nothing can be committed, or others have taken over."""
        if self._claim is not None and self._claimed and not self.connections.fence.is_lost:
            with clear_errors("be used"):
                self._claim.take()
        try:
            with self.connections.write() as connection:
                connection.execute(delete(schema.alerts).where(schema.alerts.c.id == ""))
        except TakenOver:
            if self._claim is not None:  # it belongs to whoever took over
                self._claim.release()
            raise


@dataclass(frozen=True, slots=True)
class Health:
    """What a look at a database has found."""

    name: str
    """`sqlite` or `postgresql`."""
    schema: Schema
    warnings: tuple[str, ...]
    """Why what is acknowledged might get lost, one line each."""
    nearest: str
    """The index that finds the nearest units: `rtree`, `postgis` or `point`."""
