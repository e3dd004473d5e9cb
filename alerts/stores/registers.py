"""The registers over SQL: cameras, and the grants behind tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, delete, func, insert, select
from sqlalchemy import exc as sql_errors
from sqlalchemy import update as sql_update

from alerts.access import Grant
from alerts.errors import NotFound, VersionConflict
from alerts.registry import RegisteredCamera
from alerts.stores import schema
from alerts.stores.codec import decode, encode
from alerts.stores.engine import Connections
from alerts.stores.statements import KEY, row_by
from ingest.camera import CameraId

ENDED = select(func.count()).where(schema.grants.c.revoked_at.is_not(None))


class SqlCameras:
    """`CameraRegistry` over SQL."""

    def __init__(self, connections: Connections) -> None:
        self._db = connections

    def list(self) -> list[RegisteredCamera]:
        table = schema.cameras
        with self._db.read() as db:
            rows = db.execute(select(*_stored(table)).order_by(table.c.id))
            return [_camera(*row) for row in rows]

    def get(self, camera: CameraId) -> RegisteredCamera | None:
        table = schema.cameras
        query = row_by(table, "id", *_stored(table))
        with self._db.read() as db:
            row = db.execute(query, {KEY: camera}).first()
            return _camera(*row) if row else None

    def add(self, camera: RegisteredCamera) -> bool:
        try:
            with self._db.write() as db:
                db.execute(insert(schema.cameras).values(**_columns(camera)))
        except sql_errors.IntegrityError:
            return False
        return True

    def replace(self, camera: RegisteredCamera, expected_version: int) -> RegisteredCamera:
        table = schema.cameras
        stored = replace(camera, version=expected_version + 1)
        where = (table.c.id == camera.id, table.c.version == expected_version)
        with self._db.write() as db:
            done = db.execute(sql_update(table).where(*where).values(**_columns(stored)))
            if done.rowcount == 0:
                query = select(table.c.version).where(table.c.id == camera.id)
                version = db.execute(query).scalar()
                if version is None:
                    raise NotFound(f"there is no camera {camera.id}")
                raise VersionConflict(f"camera {camera.id} is at version {version}")
        return stored

    def remove(self, camera: CameraId) -> bool:
        with self._db.write() as db:
            done = db.execute(delete(schema.cameras).where(schema.cameras.c.id == camera))
            return done.rowcount > 0


class SqlGrants:
    """`GrantStore` over SQL."""

    def __init__(self, connections: Connections) -> None:
        self._db = connections

    def add(self, grant: Grant) -> None:
        with self._db.write() as db:
            db.execute(
                insert(schema.grants).values(
                    id=grant.id, digest=grant.digest, revoked_at=None, body=encode(grant)
                )
            )

    def by_digest(self, digest: str) -> Grant | None:
        table = schema.grants
        query = row_by(table, "digest", table.c.body, table.c.revoked_at)
        with self._db.read() as db:
            row = db.execute(query, {KEY: digest}).first()
            return None if row is None else _grant(*row)

    def spend(self, digest: str, at: datetime) -> Grant | None:
        grant = self.by_digest(digest)
        if grant is None or not grant.one_time:
            return None
        return grant if self.revoke(grant.id, at) else None

    def revoke(self, grant_id: str, at: datetime) -> bool:
        table = schema.grants
        where = (table.c.id == grant_id, table.c.revoked_at.is_(None))
        with self._db.write() as db:
            done = db.execute(sql_update(table).where(*where).values(revoked_at=at.isoformat()))
            return done.rowcount > 0

    def ended_count(self) -> int:
        with self._db.read() as db:
            return int(db.execute(ENDED).scalar() or 0)

    def ended(self) -> frozenset[str]:
        table = schema.grants
        query = select(table.c.id).where(table.c.revoked_at.is_not(None))
        with self._db.read() as db:
            return frozenset(db.execute(query).scalars())

    def list(self) -> list[Grant]:
        return [*self._read()]

    def _read(self, *where: Any) -> Sequence[Grant]:
        table = schema.grants
        query = select(table.c.body, table.c.revoked_at).where(*where).order_by(table.c.id)
        with self._db.read() as db:
            return [_grant(*row) for row in db.execute(query)]


def _grant(body: str, revoked: str | None) -> Grant:
    revoked_at = datetime.fromisoformat(revoked) if revoked else None
    return replace(decode(Grant, body), revoked_at=revoked_at)


def _columns(camera: RegisteredCamera) -> dict[str, Any]:
    return {
        "id": camera.id,
        "version": camera.version,
        "url_sealed": camera.url_sealed,
        "substream_sealed": camera.substream.sealed if camera.substream else None,
        "body": encode(camera),
    }


def _stored(table: Table) -> tuple[Column[Any], ...]:
    return table.c.body, table.c.url_sealed, table.c.substream_sealed


def _camera(body: str, sealed: bytes, substream_sealed: bytes | None) -> RegisteredCamera:
    camera = replace(decode(RegisteredCamera, body), url_sealed=sealed)
    if camera.substream is None or substream_sealed is None:
        return camera
    return replace(camera, substream=replace(camera.substream, sealed=substream_sealed))
