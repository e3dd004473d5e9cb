"""One transaction over SQL; see `alerts.ports.Transaction`. Portable statements only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, bindparam, func, select

from alerts.alert import Alert, AlertId, FeedEvent, LinkedIncident, PatrolId, State, Step
from alerts.grouping import Vicinity
from alerts.stores import schema
from alerts.stores.codec import decode, encode
from alerts.stores.outbox import SqlOutbox
from alerts.stores.patrols import SqlPatrols
from alerts.stores.silences import SqlSilences
from alerts.stores.statements import (
    KEY,
    bodies_by,
    body_by,
    due_by,
    following,
    inserting,
    joinable,
    storing,
)
from alerts.stores.trust import SqlTrust
from detect.incident import SEVERITIES, IncidentId

T = TypeVar("T")
KEPT = 2_048
"""Bodies of alerts that are not decoded anew."""
LAST = select(func.max(schema.events.c.seq))
WAITING = (
    select(schema.alerts.c.body)
    .where(schema.alerts.c.rank.is_not(None))
    .order_by(schema.alerts.c.rank, schema.alerts.c.id)
    .limit(bindparam("most"))
)


class SqlTransaction(SqlTrust, SqlSilences, SqlOutbox, SqlPatrols):
    """Reads and writes through one connection."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)

    # --- alerts ---

    def alert(self, alert: AlertId) -> Alert | None:
        body = self._db.execute(body_by(schema.alerts, "id"), {KEY: alert}).scalar()
        return None if body is None else _alert(body)

    def put_alert(self, alert: Alert) -> None:
        due = alert.due if alert.state is not State.CLOSED else None
        self._put(
            schema.alerts,
            id=alert.id,
            kind=alert.kind,
            state=alert.state.value,
            due=due.timestamp() if due else None,
            began=alert.began_at.timestamp(),
            seen=alert.seen_at.timestamp(),
            rank=SEVERITIES.index(alert.severity) if alert.waits_for_patrol else None,
            camera=alert.camera,
            latitude=alert.place.latitude if alert.place else None,
            review=alert.review,
            body=encode(alert),
        )

    def open_alerts(self) -> list[Alert]:
        table = schema.alerts
        states = [state.value for state in State if state is not State.CLOSED]
        return self._bodies(Alert, table, table.c.state.in_(states), order=[table.c.id])

    def joinable_alerts(self, near: Vicinity) -> list[Alert]:
        values: dict[str, Any] = {
            "kinds": list(near.kinds),
            "near": near.camera,
            "seen_after": near.seen_after.timestamp(),
            "began_before": near.began_before.timestamp(),
        }
        if near.latitudes is not None:
            values["south"], values["north"] = near.latitudes
        found = self._db.execute(joinable(schema.alerts, near.latitudes is not None), values)
        return [_alert(body) for body in found.scalars()]

    def due_alerts(self, now: datetime, limit: int) -> list[Alert]:
        values = {"now": now.timestamp(), "most": limit}
        found = self._db.execute(due_by(schema.alerts, "due", "id"), values)
        return [_alert(body) for body in found.scalars()]

    def waiting_alerts(self, limit: int) -> list[Alert]:
        found = self._db.execute(WAITING, {"most": limit})
        return [_alert(body) for body in found.scalars()]

    def page_alerts(
        self,
        limit: int,
        before: AlertId | None = None,
        states: Sequence[State] = (),
        review: bool | None = None,
    ) -> list[Alert]:
        table = schema.alerts
        where: list[Any] = [] if before is None else [table.c.id < before]
        if states:
            where.append(table.c.state.in_([state.value for state in states]))
        if review is not None:
            where.append(table.c.review.is_(True) if review else table.c.review.is_not(True))
        return self._bodies(Alert, table, *where, order=[table.c.id.desc()], limit=limit)

    # --- their account ---

    def add_step(self, step: Step) -> None:
        values = {"alert": step.alert, "body": encode(step)}
        self._db.execute(inserting(schema.steps), values)

    def steps(self, alert: AlertId) -> list[Step]:
        found = self._db.execute(bodies_by(schema.steps, "alert", "seq"), {KEY: alert})
        return [decode(Step, body) for body in found.scalars()]

    def incident(self, incident: IncidentId) -> LinkedIncident | None:
        return self._one(LinkedIncident, schema.incidents, incident)

    def put_incident(self, linked: LinkedIncident) -> None:
        self._put(schema.incidents, id=linked.incident, alert=linked.alert, body=encode(linked))

    def incidents(self, alert: AlertId) -> list[LinkedIncident]:
        found = self._db.execute(bodies_by(schema.incidents, "alert", "id"), {KEY: alert})
        return [decode(LinkedIncident, body) for body in found.scalars()]

    # --- the feed ---

    def publish(self, event: FeedEvent) -> int:
        values = {"patrol": event.patrol, "body": encode(event)}
        done = self._db.execute(inserting(schema.events), values)
        key = done.inserted_primary_key
        return int(key[0]) if key else 0

    def events_after(self, seq: int, limit: int, patrol: PatrolId | None = None) -> list[FeedEvent]:
        values: dict[str, Any] = {"seen": seq, "most": limit}
        if patrol is not None:
            values["patrol"] = patrol
        return self._events(following(schema.events, patrol is not None), values)

    def feed_after(self, seq: int, limit: int) -> list[FeedEvent]:
        query = following(schema.events, of_patrol=False, of_all=True)
        return self._events(query, {"seen": seq, "most": limit})

    def _events(self, query: Select[Any], values: dict[str, Any]) -> list[FeedEvent]:
        rows = self._db.execute(query, values)
        return [replace(decode(FeedEvent, body), seq=number) for number, body in rows]

    def last_event_seq(self) -> int:
        return int(self._db.execute(LAST).scalar() or 0)

    # --- rows ---

    def _put(self, table: Table, **values: Any) -> None:
        self._db.execute(storing(self._db.dialect.name, table, tuple(values), "id"), values)

    def _one(self, kind: type[T], table: Table, key: str) -> T | None:
        body = self._db.execute(body_by(table, "id"), {KEY: key}).scalar()
        return None if body is None else decode(kind, body)

    def _bodies(
        self,
        kind: type[T],
        table: Table,
        *where: Any,
        order: Sequence[Any],
        limit: int | None = None,
    ) -> list[T]:
        query = select(table.c.body).where(*where).order_by(*order).limit(limit)
        return [decode(kind, body) for body in self._db.execute(query).scalars()]


@lru_cache(KEPT)
def _alert(body: str) -> Alert:
    """Each incident is held against the open alerts around it, most of which have not changed."""
    return decode(Alert, body)
