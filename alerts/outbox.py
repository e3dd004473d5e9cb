"""What a commit gives people to hear: written beside the change, in the same transaction.

Nothing is sent here. What is over a patrol's own stream is said by the feed; the rest is taken by
couriers, in processes of their own, who come back to it until it is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts.alert import Alert, AlertId, FeedEvent, PatrolId
from alerts.notification import (
    CITY,
    STREAM,
    Delivery,
    Endpoint,
    EndpointId,
    Event,
    Notification,
    NotificationId,
    answered,
    counted,
    moot,
    notification_id,
)
from alerts.policy import Policy
from alerts.ports import Reading, Transaction
from detect.incident import rfc3339

NOTIFIED = "notified"
"""The type of feed event that says how far a notification has come."""


def of_patrol(patrol: PatrolId) -> str:
    """How a patrol is named as a recipient, and as the owner of its endpoints."""
    return f"patrol:{patrol}"


def of_endpoint(endpoint: EndpointId) -> str:
    return f"endpoint:{endpoint}"


def offer(
    tx: Transaction,
    alert: AlertId,
    patrol: PatrolId,
    data: Mapping[str, Any],
    now: datetime,
    policy: Policy,
) -> Notification:
    """Will you go? Told over the first channels of the plan."""
    told = _next(tx, alert, of_patrol(patrol), Event.OFFER, now, data)
    return tell(tx, replace(told, channels=policy.channels), now, policy)


def tell(tx: Transaction, told: Notification, now: datetime, policy: Policy) -> Notification:
    """Begin the channels of the step that it has come to; steps without an endpoint are passed."""
    mine = [one for one in tx.endpoints(told.recipient) if one.in_use]
    while told.step < len(told.channels):
        names = told.channels[told.step]
        reached = [one for one in mine if one.channel in names]
        if reached or STREAM in names:
            break
        told = replace(told, step=told.step + 1)
    else:
        told = replace(told, receipt_by=None)
        tx.put_notification(told)
        return told
    if STREAM in names:
        told = replace(told, accepted_at=told.accepted_at or now)
        tx.put_delivery(_by_stream(told, now))
    last = told.step + 1 >= len(told.channels) or told.delivered_at is not None
    told = replace(told, receipt_by=None if last else now + timedelta(seconds=policy.receipt_s))
    tx.put_notification(told)
    _send(tx, told, reached, now)
    return told


def recipient_names(tx: Reading, told: Iterable[Notification]) -> dict[str, str]:
    """What people call those who were told, as far as they are known."""
    names = {}
    for recipient in dict.fromkeys(one.recipient for one in told):
        kind, _, whose = recipient.partition(":")
        is_patrol = kind == "patrol"
        known = tx.patrol(PatrolId(whose)) if is_patrol else tx.endpoint(EndpointId(whose))
        if known is not None:
            names[recipient] = known.name
    return names


def take_back(tx: Transaction, alert: AlertId, patrol: PatrolId, now: datetime, data: Any) -> None:
    """You need not go: what waits is not sent, and a phone that rings is told to be still."""
    told = tx.latest_notification(alert, of_patrol(patrol))
    if told is None or told.event is not Event.OFFER:
        return
    tx.put_notification(moot(told, now))
    rung = {one.endpoint for one in tx.deliveries(alert) if one.notification == told.id}
    mine = [one for one in tx.endpoints(told.recipient) if one.in_use and one.id in rung]
    if mine and told.answer != "decline":
        word = _next(tx, alert, told.recipient, Event.WITHDRAWN, now, data)
        tx.put_notification(word)
        _send(tx, word, mine, now)


def note_answer(
    tx: Transaction, alert: AlertId, patrol: PatrolId, answer: str, now: datetime
) -> None:
    """A patrol has spoken: what waits to be said to it need not be said."""
    told = tx.latest_notification(alert, of_patrol(patrol))
    if told is not None and told.event is Event.OFFER and not told.is_over:
        tx.put_notification(answered(told, answer, now))


def latest_offer(tx: Reading, alert: AlertId, patrol: PatrolId) -> NotificationId | None:
    """By which its devices know the offer they were made last."""
    told = tx.latest_notification(alert, of_patrol(patrol))
    while told is not None and told.event is not Event.OFFER and told.attempt > 1:
        told = tx.notification(notification_id(alert, told.recipient, told.attempt - 1))
    return told.id if told is not None and told.event is Event.OFFER else None


def tell_city(
    tx: Transaction, alert: Alert, data: Mapping[str, Any], now: datetime, *, loud: bool
) -> None:
    """Endpoints of the city hear of every change that they want to hear of, once a version."""
    for one in tx.endpoints(CITY):
        event = Event.ALARM if loud and one.wants(Event.ALARM, alert.severity) else Event.ALERT
        if not one.wants(event, alert.severity):
            continue
        whose = of_endpoint(one.id)
        told = Notification(
            id=notification_id(alert.id, whose, alert.version),
            alert=alert.id,
            recipient=whose,
            attempt=alert.version,
            event=event,
            created_at=now,
            data=dict(data),
            ticks=counted({}, "created", None, now),
        )
        tx.put_notification(told)
        _send(tx, told, [one], now)


def publish(tx: Transaction, told: Notification, now: datetime) -> None:
    """Operators see how far a notification has come."""
    tx.publish(FeedEvent(0, now, NOTIFIED, told.alert, None, notified_json(told)))


def notified_json(told: Notification) -> dict[str, Any]:
    """How far it has come."""
    return {
        "notification": told.id,
        "alert": told.alert,
        "recipient": told.recipient,
        "attempt": told.attempt,
        "event": told.event.value,
        "created_at": _time(told.created_at),
        "accepted_at": _time(told.accepted_at),
        "delivered_at": _time(told.delivered_at),
        "seen_at": _time(told.seen_at),
        "answered_at": _time(told.answered_at),
        "moot_at": _time(told.moot_at),
        "answer": told.answer,
    }


def _send(
    tx: Transaction, told: Notification, endpoints: Iterable[Endpoint], now: datetime
) -> None:
    for one in endpoints:
        id_ = f"{told.id}/{one.id}"
        if tx.delivery(id_) is None:
            tx.put_delivery(Delivery(id_, told.id, told.alert, one.id, one.channel, now, now))


def _by_stream(told: Notification, now: datetime) -> Delivery:
    return Delivery(
        id=f"{told.id}/{STREAM}",
        notification=told.id,
        alert=told.alert,
        endpoint=EndpointId(STREAM),
        channel=STREAM,
        due=None,
        created_at=now,
        accepted_at=now,
        ended_at=now,
        outcome="accepted",
    )


def _next(
    tx: Reading,
    alert: AlertId,
    recipient: str,
    event: Event,
    now: datetime,
    data: Mapping[str, Any],
) -> Notification:
    before = tx.latest_notification(alert, recipient)
    attempt = 1 + (before.attempt if before else 0)
    id_ = notification_id(alert, recipient, attempt)
    ticks = counted({}, "created", None, now)
    return Notification(id_, alert, recipient, attempt, event, now, data=dict(data), ticks=ticks)


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
