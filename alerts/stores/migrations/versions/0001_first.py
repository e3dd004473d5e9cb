"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due", sa.Float),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("alerts_by_state", "alerts", ["state", "kind"])
    op.create_index("alerts_by_due", "alerts", ["due"])
    for table, key in (
        ("steps", sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True)),
        ("incidents", sa.Column("id", sa.String(64), primary_key=True)),
    ):
        op.create_table(
            table,
            key,
            sa.Column("alert", sa.String(36), nullable=False),
            sa.Column("body", sa.Text, nullable=False),
        )
        op.create_index(f"ix_{table}_alert", table, ["alert"])
    op.create_table(
        "patrols",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("patrol", sa.String(36)),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("events_by_patrol", "events", ["patrol", "seq"])
    op.create_table(
        "cameras",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("url_sealed", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("revoked_at", sa.String(40)),
        sa.Column("body", sa.Text, nullable=False),
    )
