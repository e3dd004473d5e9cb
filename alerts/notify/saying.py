"""How an alert is put into JSON for machines of others: the same words over every channel."""

from __future__ import annotations

import json

from alerts.notification import Event
from alerts.notify.channel import Message
from detect.incident import rfc3339

TYPE: dict[Event, str] = {
    Event.OFFER: "alert.offer",
    Event.WITHDRAWN: "alert.withdrawn",
    Event.ALERT: "alert.changed",
    Event.ALARM: "alert.alarm",
    Event.TEST: "endpoint.test",
}
MINUTE_S, HOUR_S = 60.0, 3600.0
OVER_A_DAY_S: tuple[float, ...] = (
    *(1, 2, 5, 10, 30, MINUTE_S, 2 * MINUTE_S, 5 * MINUTE_S, 10 * MINUTE_S, 30 * MINUTE_S),
    *(HOUR_S, 2 * HOUR_S, 4 * HOUR_S, 8 * HOUR_S, 8 * HOUR_S),
)
"""Pauses between tries: close together while an alert is fresh, and over a day in all."""
A_DAY_S = 24 * HOUR_S


def payload(message: Message) -> bytes:
    """What has happened, when, and the alert as it stood then."""
    said = {
        "type": TYPE[message.event],
        "timestamp": rfc3339(message.created_at),
        "data": dict(message.data),
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
