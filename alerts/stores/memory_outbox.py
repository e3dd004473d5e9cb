"""Notifications, their deliveries and endpoints in memory; see `alerts.ports.Transaction`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from alerts.alert import AlertId
from alerts.notification import (
    Delivery,
    Endpoint,
    EndpointId,
    Notification,
    NotificationId,
    slot_of,
)


@dataclass(slots=True)
class Outbox:
    """What is to be said."""

    notifications: dict[NotificationId, Notification] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    endpoints: dict[EndpointId, Endpoint] = field(default_factory=dict)

    def copy(self) -> Outbox:
        return Outbox(dict(self.notifications), dict(self.deliveries), dict(self.endpoints))


class MemoryOutbox:
    """The part of a transaction that knows it."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def put_notification(self, notification: Notification) -> None:
        self._outbox.notifications[notification.id] = notification

    def notification(self, notification: NotificationId) -> Notification | None:
        return self._outbox.notifications.get(notification)

    def notifications(self, alert: AlertId) -> list[Notification]:
        return [one for one in self._outbox.notifications.values() if one.alert == alert]

    def latest_notification(self, alert: AlertId, recipient: str) -> Notification | None:
        found = [one for one in self.notifications(alert) if one.recipient == recipient]
        return max(found, key=lambda one: one.attempt, default=None)

    def due_notifications(self, now: datetime, limit: int) -> list[Notification]:
        due = [one for one in self._outbox.notifications.values() if _passed(one.receipt_by, now)]
        return sorted(due, key=lambda one: one.receipt_by or now)[:limit]

    def put_delivery(self, delivery: Delivery) -> None:
        self._outbox.deliveries[delivery.id] = delivery

    def delivery(self, delivery: str) -> Delivery | None:
        return self._outbox.deliveries.get(delivery)

    def deliveries(self, alert: AlertId) -> list[Delivery]:
        return [one for one in self._outbox.deliveries.values() if one.alert == alert]

    def due_deliveries(
        self,
        now: datetime,
        limit: int,
        worker: int = 0,
        workers: int = 1,
        but: Collection[EndpointId] = (),
    ) -> list[Delivery]:
        due = [
            one
            for one in self._outbox.deliveries.values()
            if _passed(one.due, now)
            and slot_of(one.endpoint) % workers == worker
            and one.endpoint not in but
        ]
        return sorted(due, key=lambda one: one.due or now)[:limit]

    def undelivered(self) -> tuple[int, Delivery | None]:
        left = [one for one in self._outbox.deliveries.values() if one.due is not None]
        return len(left), left[0] if left else None

    def endpoint_deliveries(
        self, endpoint: EndpointId, limit: int, before: str | None = None
    ) -> list[Delivery]:
        found = [one for one in self._outbox.deliveries.values() if one.endpoint == endpoint]
        if before is not None:
            found = found[: next((i for i, one in enumerate(found) if one.id == before), 0)]
        return found[::-1][:limit]

    def put_endpoint(self, endpoint: Endpoint) -> None:
        self._outbox.endpoints[endpoint.id] = endpoint

    def endpoint(self, endpoint: EndpointId) -> Endpoint | None:
        return self._outbox.endpoints.get(endpoint)

    def endpoints(self, owner: str | None = None) -> list[Endpoint]:
        found = sorted(self._outbox.endpoints.items())
        return [one for _, one in found if owner in (None, one.owner)]


def _passed(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
