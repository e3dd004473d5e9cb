"""What is said to whom, over what, and how far it has come; silences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from alerts.stores.columns import row_number, text_key

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "notifications",
        sa.Column("seq", row_number(), primary_key=True, autoincrement=True),
        sa.Column("id", text_key(160), nullable=False, unique=True),
        sa.Column("alert", text_key(36), nullable=False),
        sa.Column("recipient", text_key(80), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("receipt_by", sa.Float),
        sa.Column("body", sa.Text, nullable=False),
    )
    key = ["alert", "recipient", "attempt"]
    op.create_index("notifications_by_key", "notifications", key, unique=True)
    op.create_index("notifications_by_receipt", "notifications", ["receipt_by"])
    op.create_table(
        "deliveries",
        sa.Column("seq", row_number(), primary_key=True, autoincrement=True),
        sa.Column("id", text_key(240), nullable=False, unique=True),
        sa.Column("alert", text_key(36), nullable=False),
        sa.Column("endpoint", text_key(64), nullable=False),
        sa.Column("slot", sa.Integer, nullable=False),
        sa.Column("due", sa.Float),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_deliveries_alert", "deliveries", ["alert"])
    op.create_index("deliveries_by_due", "deliveries", ["due"])
    op.create_index("deliveries_by_endpoint", "deliveries", ["endpoint", "seq"])
    op.create_table(
        "endpoints",
        sa.Column("id", text_key(64), primary_key=True),
        sa.Column("owner", text_key(80), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_endpoints_owner", "endpoints", ["owner"])
    op.create_table(
        "silences",
        sa.Column("id", text_key(64), primary_key=True),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_silences_until", "silences", ["until"])
