"""One transaction over SQL; see `alerts.ports.Transaction`. Portable statements only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, func, select

from alerts.alert import Alert, AlertId, FeedEvent, LinkedIncident, PatrolId, State, Step
from alerts.grouping import Vicinity
from alerts.stores import schema
from alerts.stores.codec import decode, encode
from alerts.stores.outbox import SqlOutbox
from alerts.stores.patrols import SqlPatrols
from alerts.stores.silences import SqlSilences
from alerts.stores.statements import KEY, bodies_by, body_by, inserting, joinable, storing
from alerts.stores.trust import SqlTrust
from detect.incident import SEVERITIES, IncidentId

T = TypeVar("T")


class SqlTransaction(SqlTrust, SqlSilences, SqlOutbox, SqlPatrols):
    """Reads and writes through one connection."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)

    # --- alerts ---

    def alert(self, alert: AlertId) -> Alert | None:
        return self._one(Alert, schema.alerts, alert)

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
        return [decode(Alert, body) for body in found.scalars()]

    def due_alerts(self, now: datetime, limit: int) -> list[Alert]:
        table = schema.alerts
        order = [table.c.due, table.c.id]
        return self._bodies(Alert, table, table.c.due <= now.timestamp(), order=order, limit=limit)

    def waiting_alerts(self, limit: int) -> list[Alert]:
        table = schema.alerts
        order = [table.c.rank, table.c.id]
        return self._bodies(Alert, table, table.c.rank.is_not(None), order=order, limit=limit)

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
        table = schema.events
        return self._events(seq, limit, table.c.patrol == patrol)

    def feed_after(self, seq: int, limit: int) -> list[FeedEvent]:
        return self._events(seq, limit)

    def _events(self, seq: int, limit: int, *where: Any) -> list[FeedEvent]:
        table = schema.events
        query = (
            select(table.c.seq, table.c.body)
            .where(table.c.seq > seq, *where)
            .order_by(table.c.seq)
            .limit(limit)
        )
        rows = self._db.execute(query)
        return [replace(decode(FeedEvent, body), seq=number) for number, body in rows]

    def last_event_seq(self) -> int:
        return int(self._db.execute(select(func.max(schema.events.c.seq))).scalar() or 0)

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
