"""Webhooks: an alert as JSON, posted and signed as Standard Webhooks has it (version 1.0.0).

A 2xx is taken, 410 ends the endpoint, and everything else is tried again for a day: a receiver that
answers 404 or 401 is mistaken about something that people put right, and then wants what it missed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from alerts.notification import Endpoint
from alerts.notify.address import EndpointUnfit, shown
from alerts.notify.channel import EndpointGone, Message, MessageRefused, TryAgain
from alerts.notify.outward import WITHIN_S, Answer, Outward, retry_after
from alerts.notify.saying import A_DAY_S, OVER_A_DAY_S, payload
from alerts.notify.signing import WebhookAddress, signatures, webhook_id

CHANNEL = "webhook"
GONE = 410


class Webhook:
    """Implements `alerts.notify.channel.Channel` and `alerts.notify.address.Admits`."""

    name = CHANNEL
    schedule_s: tuple[float, ...] = OVER_A_DAY_S
    give_up_s: float | None = A_DAY_S
    """After this it is given up and shown so; people have it sent again when all is well."""

    def __init__(
        self, outward: Outward, now: Callable[[], datetime], within_s: float = WITHIN_S
    ) -> None:
        self._outward = outward
        self._now = now
        self._within_s = within_s

    def admit(self, secret: str, options: Mapping[str, Any]) -> str:
        """What may be shown of the address; see `Admits`."""
        address = WebhookAddress.parse(secret)
        try:
            parts = self._outward.check(address.url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            self._outward.pin(parts.hostname or "", port, secure=parts.scheme == "https")
        except (MessageRefused, TryAgain) as error:
            raise EndpointUnfit(str(error)) from error
        return shown(parts)

    def send(self, message: Message, endpoint: Endpoint, secret: str) -> str:
        """Post it; see `Channel`."""
        now = self._now()
        try:
            address = WebhookAddress.parse(secret)
            keys = address.in_force(now)
        except EndpointUnfit as error:
            raise TryAgain(str(error)) from error
        body, name, at = payload(message), webhook_id(message.id), int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Qalqan-Webhooks/1",
            "webhook-id": name,
            "webhook-timestamp": str(at),
            "webhook-signature": signatures(name, at, body, keys),
        }
        try:
            answer = self._outward.post(address.url, headers, body, self._within_s)
        except MessageRefused as error:  # the endpoint's fault, which people put right
            raise TryAgain(str(error)) from error
        return _judged(answer, now)

    def close(self) -> None:
        """Nothing is kept open."""


def _judged(answer: Answer, now: datetime) -> str:
    status = answer.status
    if 200 <= status < 300:
        return str(status)
    if status == GONE:
        raise EndpointGone(f"it answered {answer.line}")
    if 300 <= status < 400:
        raise TryAgain(f"it answered {status}: redirects are not followed, give the new address")
    raise TryAgain(
        f"it answered {answer.line}", retry_after(answer.headers.get("Retry-After"), now)
    )
