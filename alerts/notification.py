"""What is said to whom about an alert, and how far it has come: accepted, delivered, seen,
answered.

A notification is written in the commit that gives reason for it and is never deleted: it ends
answered, seen, or moot. Each channel that it is sent over is a delivery of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType
from zlib import crc32

from alerts.alert import AlertId, PatrolId
from detect.moment import tick_of

NotificationId = NewType("NotificationId", str)
"""`ALERT.ATTEMPT.RECIPIENT`: what receivers know doubles by."""
EndpointId = NewType("EndpointId", str)

STREAM = "stream"
"""The channel that needs no courier: the patrol's own stream, written in the same commit."""
SLOTS = 64
"""Endpoints are shared out to workers by their slot."""
CITY = "city"
"""The owner of endpoints that belong to no patrol."""


class Event(StrEnum):
    """What a notification says."""

    OFFER = "offer"
    """To a patrol: will you go? Wants an answer."""
    WITHDRAWN = "withdrawn"
    """To a patrol: you need not."""
    ALERT = "alert"
    """To an endpoint of the city: an alert has changed."""
    ALARM = "alarm"
    """To an endpoint of the city: an alert is loud, somebody must take it."""
    TEST = "test"
    """To a patrol's device: say that you hear me."""


class Stage(StrEnum):
    """What a device can say of a notification."""

    DELIVERED = "delivered"
    """The device has it."""
    SEEN = "seen"
    """It is before a person's eyes."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing said to one recipient. Receivers may get it twice and know it by its id."""

    id: NotificationId
    alert: AlertId
    """Empty for a test."""
    recipient: str
    """`patrol:ID` or `endpoint:ID`."""
    attempt: int
    """The how manieth notification of this alert to this recipient, from 1."""
    event: Event
    created_at: datetime
    channels: tuple[tuple[str, ...], ...] = ()
    """The plan: the channels tried at once, and if no device says that it has it, the next."""
    step: int = 0
    """Which of `channels` it has come to."""
    receipt_by: datetime | None = None
    """When the next of `channels` is taken, unless a device has said that it has it."""
    accepted_at: datetime | None = None
    """Some channel has taken it."""
    delivered_at: datetime | None = None
    """Some device has said that it has it."""
    seen_at: datetime | None = None
    answered_at: datetime | None = None
    moot_at: datetime | None = None
    """Nobody need hear it any more: what waits is not sent."""
    answer: str = ""
    """`accept` or `decline`."""
    data: dict[str, Any] = field(default_factory=dict)
    """The alert as it stood in that commit, in the API's JSON form."""
    ticks: dict[str, str] = field(default_factory=dict)
    """`created`, `accepted`, `delivered`, `seen`, `answered` on the machine's own count
    (`detect.moment`), where known."""

    @property
    def patrol(self) -> PatrolId | None:
        """The patrol it goes to, if it goes to one."""
        kind, _, whose = self.recipient.partition(":")
        return PatrolId(whose) if kind == "patrol" else None

    @property
    def is_over(self) -> bool:
        """Nothing of it is to be sent any more."""
        return self.answered_at is not None or self.moot_at is not None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notification on its way over one endpoint."""

    id: str
    """`NOTIFICATION/ENDPOINT`."""
    notification: NotificationId
    alert: AlertId
    endpoint: EndpointId
    """`stream` for the patrol's own stream."""
    channel: str
    due: datetime | None
    """When it is tried next. None: it is over."""
    created_at: datetime
    tries: int = 0
    accepted_at: datetime | None = None
    """The push service, the webhook's server, the broker or the gateway has taken it."""
    ended_at: datetime | None = None
    outcome: str = ""
    """`accepted`, `moot`, `gone` (the endpoint is no more), `refused`, `given up`; empty: under
    way."""
    error: str = ""
    """What the last try met, in one line."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a channel reaches somebody."""

    id: EndpointId
    channel: str
    """`push`, `webhook`, `apprise` or `mqtt`."""
    owner: str
    """`patrol:ID`, or `city`."""
    name: str
    sealed: bytes
    """Address and secrets, encrypted; stands in a column of its own."""
    created_at: datetime
    events: tuple[Event, ...] = ()
    """Of the city's: which it wants. Empty: all."""
    severities: tuple[str, ...] = ()
    """Of the city's: of which alerts. Empty: all."""
    shown: str = ""
    """What may be shown of the address: no secret in it."""
    verified_at: datetime | None = None
    """When its device last answered a test."""
    retired_at: datetime | None = None
    retired_why: str = ""
    failing_since: datetime | None = None
    last_error: str = ""
    last_ok_at: datetime | None = None
    options: dict[str, Any] = field(default_factory=dict)
    """What the channel wants to know beside the address; nothing secret."""
    version: int = 1

    @property
    def in_use(self) -> bool:
        return self.retired_at is None

    def wants(self, event: Event, severity: str) -> bool:
        """Whether an endpoint of the city is told of that."""
        return (
            self.in_use
            and (not self.events or event in self.events)
            and (not self.severities or severity in self.severities)
        )


def notification_id(alert: AlertId, recipient: str, attempt: int) -> NotificationId:
    """The same for the same: whoever writes it again writes the same."""
    return NotificationId(f"{alert}.{attempt}.{recipient}" if alert else f"{attempt}.{recipient}")


def received(one: Notification, stage: Stage, now: datetime) -> Notification:
    """After a device has spoken. The first word of each stage counts; seen is delivered, too."""
    at = max(now, one.created_at)  # a clock that went back makes no negative duration
    delivered = one.delivered_at or at
    accepted = one.accepted_at or delivered
    ticks = counted(one.ticks, "delivered", one.delivered_at, now)
    known = replace(one, accepted_at=accepted, delivered_at=delivered, receipt_by=None, ticks=ticks)
    if stage is Stage.SEEN and known.seen_at is None:
        ticks = counted(ticks, "seen", None, now)
        known = replace(known, seen_at=max(at, delivered), ticks=ticks)
    return known


def answered(one: Notification, answer: str, now: datetime) -> Notification:
    """After its patrol has answered: it was seen and delivered, whether a device said so or not."""
    known = received(one, Stage.SEEN, now)
    at = max(now, known.seen_at or now)
    ticks = counted(known.ticks, "answered", known.answered_at, now)
    answer = known.answer or answer
    return replace(known, answered_at=known.answered_at or at, answer=answer, ticks=ticks)


def moot(one: Notification, now: datetime) -> Notification:
    """Nobody need hear it any more."""
    if one.is_over:
        return one
    return replace(one, moot_at=max(now, one.created_at), receipt_by=None)


def counted(
    ticks: dict[str, str], stage: str, known: datetime | None, now: datetime
) -> dict[str, str]:
    """With the count of a stage that is reached now for the first time."""
    tick = tick_of(now)
    return {**ticks, stage: tick} if tick and known is None else ticks


def slot_of(endpoint: EndpointId) -> int:
    """The same for the same endpoint, everywhere."""
    return crc32(endpoint.encode()) % SLOTS
