"""A camera may have a substream: its address, sealed like the other, has a column of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; cameras that are there have no substream."""
    op.add_column("cameras", sa.Column("substream_sealed", sa.LargeBinary))
