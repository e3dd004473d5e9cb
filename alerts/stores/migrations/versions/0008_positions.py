"""Where units are has a table of its own, with an index over places; who may write has another.

Positions change a hundred times as often as units do. SQLite has its index here; PostgreSQL's
depends on what the server offers (`alerts.stores.nearness`).
"""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from alerts.stores.columns import row_number, text_key
from alerts.stores.moments import to_us

revision = "0008"
down_revision = "0007"

BOXED = (
    "CREATE VIRTUAL TABLE positions_near USING rtree(number, south, north, west, east)",
    """CREATE TRIGGER positions_near_moved
    AFTER UPDATE OF latitude, longitude, on_duty ON positions
    WHEN new.on_duty AND new.latitude IS NOT NULL BEGIN
        INSERT OR REPLACE INTO positions_near
        VALUES (new.number, new.latitude, new.latitude, new.longitude, new.longitude);
    END""",
    """CREATE TRIGGER positions_near_left
    AFTER UPDATE OF latitude, longitude, on_duty ON positions
    WHEN old.on_duty AND NOT (new.on_duty AND new.latitude IS NOT NULL) BEGIN
        DELETE FROM positions_near WHERE number = old.number;
    END""",
    """CREATE TRIGGER positions_near_came AFTER INSERT ON positions
    WHEN new.on_duty AND new.latitude IS NOT NULL BEGIN
        INSERT INTO positions_near
        VALUES (new.number, new.latitude, new.latitude, new.longitude, new.longitude);
    END""",
    """CREATE TRIGGER positions_near_gone AFTER DELETE ON positions BEGIN
        DELETE FROM positions_near WHERE number = old.number;
    END""",
)
"""Units on duty, always in step with the table, whoever writes it."""


def upgrade() -> None:
    """Make the tables; what the units' records say of positions goes there."""
    op.create_table(
        "positions",
        sa.Column("number", row_number(), primary_key=True, autoincrement=True),
        sa.Column("patrol", text_key(36), nullable=False, unique=True),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("at", sa.BigInteger),
        sa.Column("on_duty", sa.Boolean, nullable=False),
        sa.Column("busy", sa.Boolean, nullable=False),
    )
    op.create_table(
        "claims",
        sa.Column("epoch", row_number(), primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Text, nullable=False),
    )
    db = op.get_bind()
    if db.dialect.name == "sqlite":
        for statement in BOXED:
            op.execute(sa.text(statement))
    _carry_over(db)


def _carry_over(db: sa.Connection) -> None:
    patrols = sa.table("patrols", sa.column("id"), sa.column("body"))
    names = ("patrol", "latitude", "longitude", "at", "on_duty", "busy")
    positions = sa.table("positions", *(sa.column(name) for name in names))
    for key, body in db.execute(sa.select(patrols.c.id, patrols.c.body)).all():
        unit = json.loads(body)
        where = unit.pop("position", None) or {}
        at = where.get("at")
        db.execute(
            sa.insert(positions).values(
                patrol=key,
                latitude=where.get("latitude"),
                longitude=where.get("longitude"),
                at=to_us(datetime.fromisoformat(at)) if at else None,
                on_duty=unit["on_duty"],
                busy=unit["busy_with"] is not None,
            )
        )
        kept = json.dumps({**unit, "position": None}, ensure_ascii=False)
        db.execute(sa.update(patrols).where(patrols.c.id == key).values(body=kept))
