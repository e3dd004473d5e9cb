"""Notifications, their deliveries and endpoints over SQL; see `alerts.ports.Transaction`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, func, select

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
from alerts.stores.statements import storing

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
        table = schema.notifications
        return next(iter(self._read(Notification, table, table.c.id == notification)), None)

    def notifications(self, alert: AlertId) -> list[Notification]:
        table = schema.notifications
        return self._read(Notification, table, table.c.alert == alert, order=[table.c.seq])

    def latest_notification(self, alert: AlertId, recipient: str) -> Notification | None:
        table = schema.notifications
        where = (table.c.alert == alert, table.c.recipient == recipient)
        found = self._read(Notification, table, *where, order=[table.c.attempt.desc()], limit=1)
        return found[0] if found else None

    def due_notifications(self, now: datetime, limit: int) -> list[Notification]:
        table = schema.notifications
        order = [table.c.receipt_by, table.c.seq]
        due = table.c.receipt_by <= now.timestamp()
        return self._read(Notification, table, due, order=order, limit=limit)

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
        table = schema.deliveries
        return next(iter(self._read(Delivery, table, table.c.id == delivery)), None)

    def deliveries(self, alert: AlertId) -> list[Delivery]:
        table = schema.deliveries
        return self._read(Delivery, table, table.c.alert == alert, order=[table.c.seq])

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
        return next(iter(self._endpoints(schema.endpoints.c.id == endpoint)), None)

    def endpoints(self, owner: str | None = None) -> list[Endpoint]:
        return self._endpoints(*([] if owner is None else [schema.endpoints.c.owner == owner]))

    def _endpoints(self, *where: Any) -> list[Endpoint]:
        table = schema.endpoints
        query = select(table.c.body, table.c.sealed).where(*where).order_by(table.c.id)
        rows = self._db.execute(query)
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
