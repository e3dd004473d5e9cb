"""The tables. Columns that are searched stand alone; the rest of a record is one JSON body."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from alerts.stores.columns import row_number, text_key

metadata = MetaData()

alerts = Table(
    "alerts",
    metadata,
    Column("id", text_key(36), primary_key=True),
    Column("kind", text_key(64), nullable=False),
    Column("state", text_key(16), nullable=False),
    Column("due", Float),  # while open: the nearer of its deadlines, Unix seconds
    Column("body", Text, nullable=False),
    Column("began", Float),  # Unix seconds, of the scene
    Column("seen", Float),
    Column("rank", Integer),  # while it waits for a patrol: 0 is the most severe
    Column("camera", text_key(64)),
    Column("latitude", Float),
    Column("review", Boolean),  # null in rows of before there was a review: none of them is
    Index("alerts_by_state", "state", "id"),
    Index("alerts_by_due", "due"),
    Index("alerts_by_seen", "kind", "seen"),
    Index("alerts_by_rank", "rank", "id"),
)
steps = Table(
    "steps",
    metadata,
    Column("seq", row_number(), primary_key=True, autoincrement=True),
    Column("alert", text_key(36), nullable=False, index=True),
    Column("body", Text, nullable=False),
)
incidents = Table(
    "incidents",
    metadata,
    Column("id", text_key(64), primary_key=True),
    Column("alert", text_key(36), nullable=False, index=True),
    Column("body", Text, nullable=False),
)
patrols = Table(
    "patrols",
    metadata,
    Column("id", text_key(36), primary_key=True),
    Column("body", Text, nullable=False),
)
positions = Table(
    "positions",
    metadata,
    Column("number", row_number(), primary_key=True, autoincrement=True),
    Column("patrol", text_key(36), nullable=False, unique=True),  # every unit has its row
    Column("latitude", Float),
    Column("longitude", Float),
    Column("at", BigInteger),  # microseconds since 1970, UTC
    Column("on_duty", Boolean, nullable=False),  # as in the unit's body: the index holds these
    Column("busy", Boolean, nullable=False),
)
claims = Table(  # who works with the database: the highest epoch alone may write
    "claims",
    metadata,
    Column("epoch", row_number(), primary_key=True, autoincrement=False),
    Column("holder", Text, nullable=False),
)
events = Table(
    "events",
    metadata,
    Column("seq", row_number(), primary_key=True, autoincrement=True),
    Column("patrol", text_key(36)),
    Column("body", Text, nullable=False),
    Index("events_by_patrol", "patrol", "seq"),
    sqlite_autoincrement=True,
)
verdicts = Table(
    "verdicts",
    metadata,
    Column("alert", text_key(36), primary_key=True),
    Column("camera", text_key(64), primary_key=True),
    Column("kind", text_key(64), primary_key=True),
    Column("zone", text_key(64), primary_key=True),  # empty: the whole frame
    Column("at", Float, nullable=False),  # Unix seconds
    Column("body", Text, nullable=False),
    Index("verdicts_by_rule", "camera", "kind", "zone", "at"),
)
trust = Table(
    "trust",
    metadata,
    Column("camera", text_key(64), primary_key=True),
    Column("kind", text_key(64), primary_key=True),
    Column("zone", text_key(64), primary_key=True),
    Column("standing", text_key(16), nullable=False),
    Column("body", Text, nullable=False),
    Index("trust_by_standing", "standing", "camera", "kind", "zone"),
)
trust_changes = Table(
    "trust_changes",
    metadata,
    Column("seq", row_number(), primary_key=True, autoincrement=True),
    Column("camera", text_key(64), nullable=False),
    Column("kind", text_key(64), nullable=False),
    Column("zone", text_key(64), nullable=False),
    Column("body", Text, nullable=False),
    Index("trust_changes_by_rule", "camera", "kind", "zone", "seq"),
)
cameras = Table(
    "cameras",
    metadata,
    Column("id", text_key(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("url_sealed", LargeBinary, nullable=False),
    Column("substream_sealed", LargeBinary),
    Column("body", Text, nullable=False),
)
grants = Table(
    "grants",
    metadata,
    Column("id", text_key(64), primary_key=True),
    Column("digest", text_key(64), nullable=False, unique=True),
    Column("revoked_at", text_key(40)),
    Column("body", Text, nullable=False),
)
notifications = Table(
    "notifications",
    metadata,
    Column("seq", row_number(), primary_key=True, autoincrement=True),
    Column("id", text_key(160), nullable=False, unique=True),
    Column("alert", text_key(36), nullable=False),  # empty: a test
    Column("recipient", text_key(80), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("receipt_by", Float),  # Unix seconds, while a device's word is waited for
    Column("body", Text, nullable=False),
    Index("notifications_by_key", "alert", "recipient", "attempt", unique=True),
    Index("notifications_by_receipt", "receipt_by"),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", row_number(), primary_key=True, autoincrement=True),
    Column("id", text_key(240), nullable=False, unique=True),
    Column("alert", text_key(36), nullable=False, index=True),
    Column("endpoint", text_key(64), nullable=False),
    Column("slot", Integer, nullable=False),  # of its endpoint: shares it out to workers
    Column("due", Float),  # Unix seconds; null: it is over
    Column("body", Text, nullable=False),
    Index("deliveries_by_due", "due"),
    Index("deliveries_by_endpoint", "endpoint", "seq"),
)
endpoints = Table(
    "endpoints",
    metadata,
    Column("id", text_key(64), primary_key=True),
    Column("owner", text_key(80), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
)
silences = Table(
    "silences",
    metadata,
    Column("id", text_key(64), primary_key=True),
    Column("until", Float, nullable=False, index=True),  # Unix seconds
    Column("body", Text, nullable=False),
)


def is_ours(_object: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
    """For comparing a database with these tables: not what its index of places is made of."""
    foreign = ("positions_near", "spatial_ref_sys")
    return not (reflected and kind in ("table", "index") and (name or "").startswith(foreign))
