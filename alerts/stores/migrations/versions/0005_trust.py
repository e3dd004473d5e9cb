"""Verdicts, the trust in each camera's rules, its account, and alerts that are in review."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from alerts.stores.columns import row_number, text_key

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables and the column; what is there already is in no review."""
    op.add_column("alerts", sa.Column("review", sa.Boolean))
    op.create_table(
        "verdicts",
        sa.Column("alert", text_key(36), primary_key=True),
        sa.Column("camera", text_key(64), primary_key=True),
        sa.Column("kind", text_key(64), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("verdicts_by_rule", "verdicts", ["camera", "kind", "at"])
    op.create_table(
        "trust",
        sa.Column("camera", text_key(64), primary_key=True),
        sa.Column("kind", text_key(64), primary_key=True),
        sa.Column("standing", text_key(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("trust_by_standing", "trust", ["standing", "camera", "kind"])
    op.create_table(
        "trust_changes",
        sa.Column("seq", row_number(), primary_key=True, autoincrement=True),
        sa.Column("camera", text_key(64), nullable=False),
        sa.Column("kind", text_key(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("trust_changes_by_rule", "trust_changes", ["camera", "kind", "seq"])
