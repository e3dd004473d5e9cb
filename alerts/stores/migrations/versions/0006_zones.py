"""Trust is that of a rule: a kind in one zone of a camera, no longer of the camera as a whole.

What was said before is said of the zones that its alerts were raised in. A standing is that of
every zone that was judged or that the camera's scene has a rule of that kind for, with its account:
what people decided stays decided.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

from alerts.stores.columns import row_number, text_key

revision = "0006"
down_revision = "0005"

Zones = dict[tuple[str, str], set[str]]
"""By camera and kind; the whole frame is empty."""


def upgrade() -> None:
    """Make the tables anew and carry over what they hold."""
    db = op.get_bind()
    kept = {name: list(db.execute(_all(name)).mappings()) for name in ("verdicts", "trust")}
    kept["trust_changes"] = list(
        db.execute(_all("trust_changes").order_by(sa.column("seq"))).mappings()
    )
    raised, zones = _raised_in(db), _of_scenes(db)
    for name in kept:
        op.drop_table(name)
    _make()
    verdicts = [
        {**row, "zone": zone, "body": _with_zone(row["body"], zone)}
        for row in kept["verdicts"]
        for zone in sorted(raised.get((row["alert"], row["camera"]), {""}))
    ]
    for row in verdicts:
        zones[row["camera"], row["kind"]].add(row["zone"])
    _insert("verdicts", verdicts)
    for name in ("trust", "trust_changes"):
        rows = [
            {**row, "zone": zone, "body": _with_zone(row["body"], zone)}
            for row in kept[name]
            for zone in sorted(zones.get((row["camera"], row["kind"]), {""}))
        ]
        _insert(name, [{k: v for k, v in row.items() if k != "seq"} for row in rows])


def _all(name: str) -> sa.Select[Any]:
    return sa.select(sa.text("*")).select_from(sa.table(name))


def _insert(name: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        table = sa.table(name, *(sa.column(key) for key in rows[0]))
        op.get_bind().execute(sa.insert(table), rows)


def _with_zone(body: str, zone: str) -> str:
    return json.dumps({**json.loads(body), "zone": zone or None}, ensure_ascii=False)


def _raised_in(db: sa.Connection) -> dict[tuple[str, str], set[str]]:
    """Zones by alert and camera."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    table = sa.table("incidents", sa.column("alert"), sa.column("body"))
    judged = sa.select(sa.table("verdicts", sa.column("alert")).c.alert)
    query = sa.select(table.c.alert, table.c.body).where(table.c.alert.in_(judged))
    for alert, body in db.execute(query):
        said = json.loads(body)["payload"]
        found[alert, said["camera"]].add((said["zone"] or "")[:64])
    return found


def _of_scenes(db: sa.Connection) -> Zones:
    """Zones and lines that a rule of a kind is there for."""
    found: Zones = defaultdict(set)
    table = sa.table("cameras", sa.column("id"), sa.column("body"))
    for camera, body in db.execute(sa.select(table.c.id, table.c.body)):
        for rule in json.loads(body).get("scene", {}).get("rules", ()):
            found[camera, rule["kind"]].add(rule.get("zone") or rule.get("line") or "")
    return found


def _make() -> None:
    op.create_table(
        "verdicts",
        sa.Column("alert", text_key(36), primary_key=True),
        sa.Column("camera", text_key(64), primary_key=True),
        sa.Column("kind", text_key(64), primary_key=True),
        sa.Column("zone", text_key(64), primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("verdicts_by_rule", "verdicts", ["camera", "kind", "zone", "at"])
    op.create_table(
        "trust",
        sa.Column("camera", text_key(64), primary_key=True),
        sa.Column("kind", text_key(64), primary_key=True),
        sa.Column("zone", text_key(64), primary_key=True),
        sa.Column("standing", text_key(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("trust_by_standing", "trust", ["standing", "camera", "kind", "zone"])
    op.create_table(
        "trust_changes",
        sa.Column("seq", row_number(), primary_key=True, autoincrement=True),
        sa.Column("camera", text_key(64), nullable=False),
        sa.Column("kind", text_key(64), nullable=False),
        sa.Column("zone", text_key(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("trust_changes_by_rule", "trust_changes", ["camera", "kind", "zone", "seq"])
