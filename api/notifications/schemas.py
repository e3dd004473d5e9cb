"""Notifications as the API speaks of them. `alerts.outbox.notified_json` gives the values."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import ConfigDict

from alerts.notification import Event, Notification, Stage
from alerts.outbox import notified_json
from api.schemas import EXAMPLE_ALERT_ID, EXAMPLE_PATROL_ID, Body, Shown

EXAMPLE_ID = f"{EXAMPLE_ALERT_ID}.1.patrol:{EXAMPLE_PATROL_ID}"
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

    stage: Stage
    """`delivered`: the device has it; `seen`: it is before a person's eyes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"stage": "delivered"}]})


class NotificationReply(Shown):
    """How far a notification has come, and what it says."""

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
