"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from alerts.stores.columns import row_number, text_key

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        sa.Column("id", text_key(36), primary_key=True),
        sa.Column("kind", text_key(64), nullable=False),
        sa.Column("state", text_key(16), nullable=False),
        sa.Column("due", sa.Float),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("alerts_by_state", "alerts", ["state", "kind"])
    op.create_index("alerts_by_due", "alerts", ["due"])
    for table, key in (
        ("steps", sa.Column("seq", row_number(), primary_key=True, autoincrement=True)),
        ("incidents", sa.Column("id", text_key(64), primary_key=True)),
    ):
        op.create_table(
            table,
            key,
            sa.Column("alert", text_key(36), nullable=False),
            sa.Column("body", sa.Text, nullable=False),
        )
        op.create_index(f"ix_{table}_alert", table, ["alert"])
    op.create_table(
        "patrols",
        sa.Column("id", text_key(36), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("seq", row_number(), primary_key=True, autoincrement=True),
        sa.Column("patrol", text_key(36)),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("events_by_patrol", "events", ["patrol", "seq"])
    op.create_table(
        "cameras",
        sa.Column("id", text_key(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("url_sealed", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "grants",
        sa.Column("id", text_key(64), primary_key=True),
        sa.Column("digest", text_key(64), nullable=False, unique=True),
        sa.Column("revoked_at", text_key(40)),
        sa.Column("body", sa.Text, nullable=False),
    )
