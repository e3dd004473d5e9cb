"""Grouping searches by place: an alert's camera and latitude stand in columns of their own."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from alerts.stores.columns import text_key

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns and fill them."""
    op.add_column("alerts", sa.Column("camera", text_key(64)))
    op.add_column("alerts", sa.Column("latitude", sa.Float))
    table = sa.table("alerts", *(sa.column(name) for name in ("id", "body", "camera", "latitude")))
    db = op.get_bind()
    for key, body in db.execute(sa.select(table.c.id, table.c.body)).all():
        alert = json.loads(body)
        place = alert["place"]
        values = {"camera": alert["camera"], "latitude": place and place["latitude"]}
        db.execute(sa.update(table).where(table.c.id == key).values(**values))
