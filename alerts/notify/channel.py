"""A channel: how a message gets to an endpoint. The port that every adapter offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from alerts.errors import AlertsError
from alerts.notification import Endpoint, Event, NotificationId


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said."""

    id: NotificationId
    """The same at every try: what receivers know doubles by."""
    event: Event
    alert: str
    """Id of the alert; empty for a test."""
    attempt: int
    created_at: datetime
    expires_at: datetime | None
    """After this it is of no use; None: it always is."""
    data: Mapping[str, Any]
    """The alert in the API's JSON form; empty for a test. A channel over which others than its
    receiver could read it passes on none of it."""


class DeliveryError(AlertsError):
    """The message was not taken."""


class TryAgain(DeliveryError):
    """Not now: no connection, an overloaded server, a server's own fault."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s
        """What the server asked for; None: it did not say."""


class EndpointGone(DeliveryError):
    """The endpoint does not exist any more: it is retired."""


class MessageRefused(DeliveryError):
    """It will never be taken; others may."""


class Channel(Protocol):
    """One adapter. Thread-safe: several messages are sent at a time, each in a thread."""

    name: str
    """As in `Endpoint.channel`."""

    def send(self, message: Message, endpoint: Endpoint, secret: str) -> str:
        """Hand it over within ten seconds; gives one line about it (a status, a message id).

        `secret`: what `Endpoint.sealed` holds. Raises `TryAgain`, `EndpointGone`, `MessageRefused`.
        """
        ...

    def close(self) -> None: ...
