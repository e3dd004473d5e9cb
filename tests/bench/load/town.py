"""The town of the load bench: cameras far apart, units on duty, and a token for every client."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from alerts.access import Role
from alerts.alert import PatrolId, Place
from alerts.patrol import Patrol, Position
from alerts.registry import RegisteredCamera
from alerts.stores import schema
from alerts.stores.codec import encode
from alerts.stores.sql import Database
from api.auth.tokens import TOKEN, new_grant
from detect.ids import uuid7
from ingest.camera import CameraId

APART_DEGREES = 0.003
"""More than 300 m north to south: nothing joins what happens at the next camera."""
COLUMNS = 80
SOUTH, WEST = 60.0, 24.0


@dataclass(frozen=True)
class Town:
    """Who is in it."""

    cameras: tuple[str, ...]
    admin: str
    """A token."""
    operators: tuple[str, ...]
    patrols: tuple[tuple[str, str], ...]
    """Unit and token."""
    places: tuple[tuple[float, float], ...] = ()
    """Where each of them stands."""


@contextmanager
def database(address: str) -> Iterator[Database]:
    opened = Database.open(address)
    try:
        yield opened
    finally:
        opened.close()


def build(address: str, cameras: int, operators: int, patrols: int) -> Town:
    """Put a town into a database that nobody serves from yet."""
    now = datetime.now(UTC)
    names = tuple(f"camera-{number:05}" for number in range(cameras))
    lots = random.Random(5)
    units: list[tuple[str, str]] = []
    on_duty: list[Patrol] = []
    with database(address) as opened, opened.connections.write() as db:
        for number, name in enumerate(names):
            latitude, longitude = _place(number)
            camera = RegisteredCamera(
                id=CameraId(name),
                place=Place(f"Crossing {number}", latitude, longitude),
                url_sealed=b"",
                url_hidden="rtsp://127.0.0.1/none",
                pinned_address="127.0.0.1",
                fps=5,
                enabled=False,  # what it would see is made up by the bench's node
                created_at=now,
            )
            body = encode(camera)
            db.execute(insert(schema.cameras).values(id=name, version=1, url_sealed=b"", body=body))
        for number in range(patrols):
            latitude, longitude = _place(lots.randrange(cameras))
            unit = PatrolId(uuid7(now))
            at = Position(latitude + 0.001, longitude, now)
            patrol = Patrol(unit, f"Unit {number}", True, at, None, now)
            on_duty.append(patrol)
            units.append((unit, _grant(db, Role.PATROL, patrol.name, now, unit)))
        admin = _grant(db, Role.ADMIN, "bench", now)
        tokens = [_grant(db, Role.OPERATOR, f"Desk {n}", now) for n in range(operators)]
    with database(address) as opened, opened.store.begin() as tx:
        for patrol in on_duty:
            tx.put_patrol(patrol)
    places = tuple(
        (unit.position.latitude, unit.position.longitude) for unit in on_duty if unit.position
    )
    return Town(names, admin, tuple(tokens), tuple(units), places)


def _place(number: int) -> tuple[float, float]:
    row, column = divmod(number, COLUMNS)
    return SOUTH + row * APART_DEGREES, WEST + column * 2 * APART_DEGREES


def _grant(db: object, role: Role, name: str, now: datetime, unit: PatrolId | None = None) -> str:
    secret, grant = new_grant(TOKEN, role, name, now, unit)
    values = {"id": grant.id, "digest": grant.digest, "revoked_at": None, "body": encode(grant)}
    db.execute(insert(schema.grants).values(**values))  # type: ignore[attr-defined]
    return secret


def served_folder(folder: Path) -> Path:
    """The folder of the service's state."""
    home = folder / "data"
    home.mkdir(parents=True, exist_ok=True)
    return home
