"""Notifications as the API speaks of them. `alerts.outbox.notified_json` gives the values."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import ConfigDict

from alerts.notification import Event, Notification, Stage
from alerts.outbox import notified_json
from api.alerts.schemas import EXAMPLE_ALERT
from api.schemas import EXAMPLE_ALERT_ID, EXAMPLE_PATROL_ID, Body, Shown

EXAMPLE_ID = f"{EXAMPLE_ALERT_ID}.1.patrol:{EXAMPLE_PATROL_ID}"
EXAMPLE: dict[str, Any] = {
    "notification": EXAMPLE_ID,
    "alert": EXAMPLE_ALERT_ID,
    "recipient": f"patrol:{EXAMPLE_PATROL_ID}",
    "attempt": 1,
    "event": "offer",
    "created_at": "2026-11-24T08:00:52.700Z",
    "accepted_at": "2026-11-24T08:00:52.700Z",
    "delivered_at": "2026-11-24T08:00:52.910Z",
    "seen_at": None,
    "answered_at": None,
    "moot_at": None,
    "answer": "",
    "data": EXAMPLE_ALERT,
}
NotificationPath = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9.:-]{3,160}$",
        description="The notification's id, as the stream or a message gave it.",
        examples=[EXAMPLE_ID],
    ),
]


class Receipt(Body):
    """What a device says of a notification."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stage": "delivered"}]})

    stage: Stage
    """`delivered`: the device has it; `seen`: it is before a person's eyes."""


class NotificationReply(Shown):
    """How far a notification has come, and what it says."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    notification: str
    alert: str
    recipient: str
    attempt: int
    event: Event
    created_at: str
    accepted_at: str | None
    """Some channel has taken it."""
    delivered_at: str | None
    """A device has said that it has it."""
    seen_at: str | None
    answered_at: str | None
    moot_at: str | None
    """It was withdrawn before it was answered."""
    answer: str
    data: dict[str, Any]
    """The alert as it stood when this was said; empty for a test."""


def notification_reply(told: Notification) -> NotificationReply:
    return NotificationReply.model_validate({**notified_json(told), "data": told.data})
