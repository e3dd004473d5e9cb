"""Notifications, their deliveries and endpoints over SQL; see `alerts.ports.Transaction`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, func, select

from alerts.alert import AlertId
from alerts.notification import (
    Delivery,
    Endpoint,
    EndpointId,
    Notification,
    NotificationId,
    slot_of,
)
from alerts.stores import schema
from alerts.stores.codec import decode, encode
from alerts.stores.statements import (
    KEY,
    bodies_by,
    body_by,
    due_by,
    latest_by_two,
    rows_by,
    storing,
)

T = TypeVar("T")


class SqlOutbox:
    """The part of a transaction that knows what is to be said."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # --- notifications ---

    def put_notification(self, notification: Notification) -> None:
        due = notification.receipt_by
        values = {
            "id": notification.id,
            "alert": notification.alert,
            "recipient": notification.recipient,
            "attempt": notification.attempt,
            "receipt_by": due.timestamp() if due else None,
            "body": encode(notification),
        }
        self._keep(schema.notifications, values)

    def notification(self, notification: NotificationId) -> Notification | None:
        found = self._db.execute(body_by(schema.notifications, "id"), {KEY: notification})
        return _one(Notification, found.scalar())

    def notifications(self, alert: AlertId) -> list[Notification]:
        query = bodies_by(schema.notifications, "alert", "seq")
        found = self._db.execute(query, {KEY: alert}).scalars()
        return [decode(Notification, body) for body in found]

    def latest_notification(self, alert: AlertId, recipient: str) -> Notification | None:
        query = latest_by_two(schema.notifications, "alert", "recipient", "attempt")
        found = self._db.execute(query, {"alert": alert, "recipient": recipient})
        return _one(Notification, found.scalar())

    def due_notifications(self, now: datetime, limit: int) -> list[Notification]:
        query = due_by(schema.notifications, "receipt_by", "seq")
        found = self._db.execute(query, {"now": now.timestamp(), "most": limit}).scalars()
        return [decode(Notification, body) for body in found]

    # --- deliveries ---

    def put_delivery(self, delivery: Delivery) -> None:
        values = {
            "id": delivery.id,
            "alert": delivery.alert,
            "endpoint": delivery.endpoint,
            "slot": slot_of(delivery.endpoint),
            "due": delivery.due.timestamp() if delivery.due else None,
            "body": encode(delivery),
        }
        self._keep(schema.deliveries, values)

    def delivery(self, delivery: str) -> Delivery | None:
        found = self._db.execute(body_by(schema.deliveries, "id"), {KEY: delivery})
        return _one(Delivery, found.scalar())

    def deliveries(self, alert: AlertId) -> list[Delivery]:
        query = bodies_by(schema.deliveries, "alert", "seq")
        found = self._db.execute(query, {KEY: alert}).scalars()
        return [decode(Delivery, body) for body in found]

    def due_deliveries(
        self,
        now: datetime,
        limit: int,
        worker: int = 0,
        workers: int = 1,
        but: Collection[EndpointId] = (),
    ) -> list[Delivery]:
        table = schema.deliveries
        where = [table.c.due <= now.timestamp()]
        if workers > 1:
            where.append(table.c.slot % workers == worker)
        if but:
            where.append(table.c.endpoint.not_in(but))
        order = [table.c.due, table.c.seq]
        return self._read(Delivery, table, *where, order=order, limit=limit)

    def undelivered(self) -> tuple[int, Delivery | None]:
        table = schema.deliveries
        counted = select(func.count(), func.min(table.c.seq)).where(table.c.due.is_not(None))
        count, first = self._db.execute(counted).one()
        found = self._read(Delivery, table, table.c.seq == first) if count else []
        return count, found[0] if found else None

    def endpoint_deliveries(
        self, endpoint: EndpointId, limit: int, before: str | None = None
    ) -> list[Delivery]:
        table = schema.deliveries
        where = [table.c.endpoint == endpoint]
        if before is not None:
            there = select(table.c.seq).where(table.c.id == before).scalar_subquery()
            where.append(table.c.seq < there)
        return self._read(Delivery, table, *where, order=[table.c.seq.desc()], limit=limit)

    # --- endpoints ---

    def put_endpoint(self, endpoint: Endpoint) -> None:
        values = {
            "id": endpoint.id,
            "owner": endpoint.owner,
            "sealed": endpoint.sealed,
            "body": encode(endpoint),
        }
        self._keep(schema.endpoints, values)

    def endpoint(self, endpoint: EndpointId) -> Endpoint | None:
        table = schema.endpoints
        query = rows_by(table, "id", "id", table.c.body, table.c.sealed)
        return next(iter(self._endpoints(query, {KEY: endpoint})), None)

    def endpoints(self, owner: str | None = None) -> list[Endpoint]:
        table = schema.endpoints
        wanted = table.c.body, table.c.sealed
        if owner is None:
            return self._endpoints(select(*wanted).order_by(table.c.id), {})
        return self._endpoints(rows_by(table, "owner", "id", *wanted), {KEY: owner})

    def _endpoints(self, query: Select[Any], values: dict[str, str]) -> list[Endpoint]:
        rows = self._db.execute(query, values)
        return [replace(decode(Endpoint, body), sealed=bytes(sealed)) for body, sealed in rows]

    # --- rows ---

    def _keep(self, table: Table, values: dict[str, Any]) -> None:
        self._db.execute(storing(self._db.dialect.name, table, tuple(values), "id"), values)

    def _read(
        self,
        kind: type[T],
        table: Table,
        *where: Any,
        order: Sequence[Any] = (),
        limit: int | None = None,
    ) -> list[T]:
        query = select(table.c.body).where(*where).order_by(*order).limit(limit)
        return [decode(kind, body) for body in self._db.execute(query).scalars()]


def _one(kind: type[T], body: str | None) -> T | None:
    return None if body is None else decode(kind, body)
