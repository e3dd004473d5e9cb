"""What grouping, waiting and paging search by, and the fields that alerts have gained."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SEVERITIES = ("critical", "high", "medium", "low")


def upgrade() -> None:
    """Add the columns, carry the alerts over, make the indexes."""
    op.add_column("alerts", sa.Column("began", sa.Float))
    op.add_column("alerts", sa.Column("seen", sa.Float))
    op.add_column("alerts", sa.Column("rank", sa.Integer))
    table = sa.table(
        "alerts",
        *(sa.column(name) for name in ("id", "body", "began", "seen", "rank")),
    )
    db = op.get_bind()
    for key, body in db.execute(sa.select(table.c.id, table.c.body)).all():
        alert = carried(json.loads(body))
        began, seen = (
            datetime.fromisoformat(alert[name]).timestamp() for name in ("began_at", "seen_at")
        )
        waits = alert["state"] == "escalated" and alert["seeking_since"]
        values = {
            "body": json.dumps(alert, ensure_ascii=False),
            "began": began,
            "seen": seen,
            "rank": SEVERITIES.index(alert["severity"]) if waits else None,
        }
        db.execute(sa.update(table).where(table.c.id == key).values(**values))
    op.drop_index("alerts_by_state", "alerts")
    op.create_index("alerts_by_state", "alerts", ["state", "id"])
    op.create_index("alerts_by_seen", "alerts", ["kind", "seen"])
    op.create_index("alerts_by_rank", "alerts", ["rank", "id"])


def carried(alert: dict[str, Any]) -> dict[str, Any]:
    """An alert of version 0001 with today's fields. The next round gives it its deadlines."""
    at = alert["updated_at"]
    urgent = alert["severity"] in ("critical", "high")
    sought = alert["state"] == "dispatched" or (alert["state"] == "escalated" and urgent)
    refusals = [
        {"patrol": patrol, "at": at, "reason": "has declined or not answered"}
        for patrol in alert.pop("refused_by", ())
    ]
    return {
        **alert,
        "since": at,
        "began_at": alert["opened_at"],
        "seen_at": at,
        "overdue_since": None,
        "seeking_since": at if sought else None,
        "refusals": refusals,
    }
