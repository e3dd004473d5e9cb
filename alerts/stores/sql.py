"""The stores over SQL: SQLite by default. SQLAlchemy Core, portable statements."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Table, create_engine, delete, event, func, insert, select
from sqlalchemy import exc as sql_errors
from sqlalchemy import update as sql_update

from alerts.access import Grant
from alerts.alert import Alert, AlertId, FeedEvent, LinkedIncident, PatrolId, State, Step
from alerts.errors import NotFound, StoreUnavailable, VersionConflict
from alerts.patrol import Patrol
from alerts.registry import RegisteredCamera
from alerts.stores import schema
from alerts.stores.codec import decode, encode
from detect.incident import IncidentId
from ingest.camera import CameraId

T = TypeVar("T")

BUSY_S = 5.0


class SqlTransaction:
    """One transaction; see `alerts.ports.Transaction`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def alert(self, alert: AlertId) -> Alert | None:
        rows = self._bodies(Alert, schema.alerts, schema.alerts.c.id == alert)
        return rows[0] if rows else None

    def put_alert(self, alert: Alert) -> None:
        times = [at.timestamp() for at in (alert.answer_by, alert.attention_by) if at]
        closed = alert.state is State.CLOSED
        self._put(
            schema.alerts,
            id=alert.id,
            kind=alert.kind,
            state=alert.state.value,
            due=min(times) if times and not closed else None,
            body=encode(alert),
        )

    def open_alerts(self, kind: str | None = None) -> list[Alert]:
        where = [schema.alerts.c.state != State.CLOSED.value]
        if kind is not None:
            where.append(schema.alerts.c.kind == kind)
        return self._bodies(Alert, schema.alerts, *where, order=schema.alerts.c.id)

    def due_alerts(self, now: datetime) -> list[Alert]:
        table = schema.alerts
        return self._bodies(Alert, table, table.c.due <= now.timestamp(), order=table.c.id)

    def page_alerts(
        self, limit: int, before: AlertId | None = None, states: Sequence[State] = ()
    ) -> list[Alert]:
        table = schema.alerts
        where: list[Any] = [] if before is None else [table.c.id < before]
        if states:
            where.append(table.c.state.in_([state.value for state in states]))
        return self._bodies(Alert, table, *where, order=table.c.id.desc(), limit=limit)

    def add_step(self, step: Step) -> None:
        self._db.execute(insert(schema.steps).values(alert=step.alert, body=encode(step)))

    def steps(self, alert: AlertId) -> list[Step]:
        table = schema.steps
        return self._bodies(Step, table, table.c.alert == alert, order=table.c.seq)

    def incident(self, incident: IncidentId) -> LinkedIncident | None:
        table = schema.incidents
        rows = self._bodies(LinkedIncident, table, table.c.id == incident)
        return rows[0] if rows else None

    def put_incident(self, linked: LinkedIncident) -> None:
        self._put(schema.incidents, id=linked.incident, alert=linked.alert, body=encode(linked))

    def incidents(self, alert: AlertId) -> list[LinkedIncident]:
        table = schema.incidents
        return self._bodies(LinkedIncident, table, table.c.alert == alert, order=table.c.id)

    def patrol(self, patrol: PatrolId) -> Patrol | None:
        rows = self._bodies(Patrol, schema.patrols, schema.patrols.c.id == patrol)
        return rows[0] if rows else None

    def put_patrol(self, patrol: Patrol) -> None:
        self._put(schema.patrols, id=patrol.id, body=encode(patrol))

    def patrols(self) -> list[Patrol]:
        return self._bodies(Patrol, schema.patrols, order=schema.patrols.c.id)

    def publish(self, event: FeedEvent) -> int:
        done = self._db.execute(
            insert(schema.events).values(patrol=event.patrol, body=encode(event))
        )
        key = done.inserted_primary_key
        return int(key[0]) if key else 0

    def events_after(self, seq: int, limit: int, patrol: PatrolId | None = None) -> list[FeedEvent]:
        table = schema.events
        query = (
            select(table.c.seq, table.c.body)
            .where(table.c.seq > seq, table.c.patrol == patrol)
            .order_by(table.c.seq)
            .limit(limit)
        )
        rows = self._db.execute(query)
        return [replace(decode(FeedEvent, body), seq=number) for number, body in rows]

    def last_event_seq(self) -> int:
        return int(self._db.execute(select(func.max(schema.events.c.seq))).scalar() or 0)

    def _put(self, table: Table, **values: Any) -> None:
        done = self._db.execute(
            sql_update(table).where(table.c.id == values["id"]).values(**values)
        )
        if done.rowcount == 0:
            self._db.execute(insert(table).values(**values))

    def _bodies(
        self, kind: type[T], table: Table, *where: Any, order: Any = None, limit: int | None = None
    ) -> list[T]:
        query = select(table.c.body).where(*where).order_by(order).limit(limit)
        return [decode(kind, body) for body in self._db.execute(query).scalars()]


class SqlStore:
    """Transactions over one engine, writers one after another."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A transaction's connection. Database errors become `StoreUnavailable`."""
        with self._lock:
            try:
                with self._engine.begin() as connection:
                    yield connection
            except (sql_errors.OperationalError, sql_errors.InterfaceError) as error:
                reason = " ".join(str(error.orig).split())
                raise StoreUnavailable(f"the database cannot commit now: {reason}") from error

    @contextmanager
    def begin(self) -> Iterator[SqlTransaction]:
        with self.connection() as connection:
            yield SqlTransaction(connection)

    def close(self) -> None:
        self._engine.dispose()


class SqlCameras:
    """`CameraRegistry` over SQL."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def list(self) -> list[RegisteredCamera]:
        table = schema.cameras
        with self._store.connection() as db:
            rows = db.execute(select(table.c.body, table.c.url_sealed).order_by(table.c.id))
            return [_camera(body, sealed) for body, sealed in rows]

    def get(self, camera: CameraId) -> RegisteredCamera | None:
        table = schema.cameras
        query = select(table.c.body, table.c.url_sealed).where(table.c.id == camera)
        with self._store.connection() as db:
            row = db.execute(query).first()
            return _camera(row[0], row[1]) if row else None

    def add(self, camera: RegisteredCamera) -> bool:
        try:
            with self._store.connection() as db:
                db.execute(insert(schema.cameras).values(**_columns(camera)))
        except sql_errors.IntegrityError:
            return False
        return True

    def replace(self, camera: RegisteredCamera, expected_version: int) -> RegisteredCamera:
        table = schema.cameras
        stored = replace(camera, version=expected_version + 1)
        where = (table.c.id == camera.id, table.c.version == expected_version)
        with self._store.connection() as db:
            done = db.execute(sql_update(table).where(*where).values(**_columns(stored)))
            if done.rowcount == 0:
                query = select(table.c.version).where(table.c.id == camera.id)
                version = db.execute(query).scalar()
                if version is None:
                    raise NotFound(f"there is no camera {camera.id}")
                raise VersionConflict(f"camera {camera.id} is at version {version}")
        return stored

    def remove(self, camera: CameraId) -> bool:
        with self._store.connection() as db:
            done = db.execute(delete(schema.cameras).where(schema.cameras.c.id == camera))
            return done.rowcount > 0


class SqlGrants:
    """`GrantStore` over SQL."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def add(self, grant: Grant) -> None:
        with self._store.connection() as db:
            db.execute(
                insert(schema.grants).values(
                    id=grant.id, digest=grant.digest, revoked_at=None, body=encode(grant)
                )
            )

    def by_digest(self, digest: str) -> Grant | None:
        return next(iter(self._read(schema.grants.c.digest == digest)), None)

    def spend(self, digest: str, at: datetime) -> Grant | None:
        grant = self.by_digest(digest)
        if grant is None or not grant.one_time:
            return None
        return grant if self.revoke(grant.id, at) else None

    def revoke(self, grant_id: str, at: datetime) -> bool:
        table = schema.grants
        where = (table.c.id == grant_id, table.c.revoked_at.is_(None))
        with self._store.connection() as db:
            done = db.execute(sql_update(table).where(*where).values(revoked_at=at.isoformat()))
            return done.rowcount > 0

    def list(self) -> list[Grant]:
        return [*self._read()]

    def _read(self, *where: Any) -> Sequence[Grant]:
        table = schema.grants
        query = select(table.c.body, table.c.revoked_at).where(*where).order_by(table.c.id)
        with self._store.connection() as db:
            return [
                replace(
                    decode(Grant, body),
                    revoked_at=datetime.fromisoformat(revoked) if revoked else None,
                )
                for body, revoked in db.execute(query)
            ]


class Database:
    """One database with everything in it, its schema brought up to date."""

    def __init__(self, engine: Engine) -> None:
        self.store = SqlStore(engine)
        self.cameras = SqlCameras(self.store)
        self.grants = SqlGrants(self.store)

    @classmethod
    def open(cls, url: str) -> Database:
        """Connect and run what migrations are missing. Raises `StoreUnavailable`."""
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_immediate)
        database = cls(engine)
        with database.store.connection() as connection:
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        return database

    def ready(self) -> None:
        """Raises `StoreUnavailable` when nothing can be committed."""
        with self.store.connection() as connection:
            connection.execute(delete(schema.alerts).where(schema.alerts.c.id == ""))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, see below
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={int(BUSY_S * 1000)}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: upgrading a read lock later can fail half-way."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _columns(camera: RegisteredCamera) -> dict[str, Any]:
    return {
        "id": camera.id,
        "version": camera.version,
        "url_sealed": camera.url_sealed,
        "body": encode(camera),
    }


def _camera(body: str, sealed: bytes) -> RegisteredCamera:
    return replace(decode(RegisteredCamera, body), url_sealed=sealed)
