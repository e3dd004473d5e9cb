"""Web Push: wakes a patrol's browser through the push service of its maker.

The push service is a third party: it sees when, not what. The message holds its own id and event
alone, encrypted; the device asks this service what it means.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.notification import Endpoint
from alerts.notify.channel import EndpointGone, Message, MessageRefused, TryAgain
from alerts.notify.outward import Answer, Outward, retry_after
from alerts.notify.sealing import AUTH_BYTES, POINT_BYTES, seal
from alerts.notify.vapid import VapidKey, base64url, from_base64url

CHANNEL = "push"
LASTS_S = 24 * 3600
"""How long a push service keeps what does not say when it is over."""
MOST_S = 28 * 24 * 3600
"""No push service keeps it longer."""
PADDED_BYTES = 256
TAKEN = frozenset({200, 201, 202, 204})
GONE = frozenset({404, 410})
NOT_NOW = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser gave: where its push service takes messages, and its keys."""

    url: str
    p256dh: bytes
    """Its public key: an uncompressed point of P-256."""
    auth: bytes

    @classmethod
    def parse(cls, text: str) -> Subscription:
        """From the JSON of a `PushSubscription`. Raises `ValueError`."""
        given: Any = json.loads(text)
        try:
            url, keys = given["endpoint"], given["keys"]
            made = cls(url, from_base64url(keys["p256dh"]), from_base64url(keys["auth"]))
        except (KeyError, TypeError) as error:
            raise ValueError("not a push subscription") from error
        if len(made.p256dh) != POINT_BYTES or len(made.auth) != AUTH_BYTES:
            raise ValueError("the keys of a push subscription have 65 and 16 bytes")
        return made

    def to_json(self) -> str:
        keys = {"p256dh": base64url(self.p256dh), "auth": base64url(self.auth)}
        return json.dumps({"endpoint": self.url, "keys": keys})


class WebPush:
    """Implements `alerts.notify.channel.Channel`."""

    name = CHANNEL
    give_up_s = float(LASTS_S)
    """Of the courier: what nobody took for a day is of no use."""

    def __init__(
        self, key: VapidKey, outward: Outward, now: Callable[[], datetime], contact: str = ""
    ) -> None:
        """`contact`: `mailto:` or `https:`, whom a push service may ask about our messages."""
        self._key = key
        self._outward = outward
        self._now = now
        self._contact = contact

    def send(self, message: Message, endpoint: Endpoint, secret: str) -> str:
        """Hand it to the push service; see `Channel`."""
        now = self._now()
        try:
            to = Subscription.parse(secret)
            body = seal(_content(message), to.p256dh, to.auth, to_length=PADDED_BYTES)
        except ValueError as error:
            raise EndpointGone(f"the subscription is unusable: {error}") from error
        parts = self._outward.check(to.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        headers = {
            "Authorization": self._key.authorization(origin, now, self._contact),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(time_to_live(message, now)),
            "Topic": topic(message),
            "Urgency": "high",
        }
        return _judged(self._outward.post(to.url, headers, body), now)

    def close(self) -> None:
        """Nothing is kept open."""


def _content(message: Message) -> bytes:
    said = {"version": 1, "id": message.id, "event": message.event.value}
    return json.dumps(said, separators=(",", ":")).encode()


def time_to_live(message: Message, now: datetime) -> int:
    """Seconds that the push service keeps it; at 0 it would drop it for a phone away a moment.

    Raises `MessageRefused` when its time is over.
    """
    if message.expires_at is None:
        return LASTS_S
    left = (message.expires_at - now).total_seconds()
    if left <= 0:
        raise MessageRefused("its time is over")
    return min(MOST_S, math.ceil(left))


def topic(message: Message) -> str:
    """The same for all that is said of one alert: the newest replaces what is not yet delivered.

    32 characters of base64url, which say nothing of the alert.
    """
    about = message.alert or "test"
    return base64url(hashlib.sha256(about.encode()).digest()[:24])


def _judged(answer: Answer, now: datetime) -> str:
    status = answer.status
    if status in TAKEN:
        return f"{status} {answer.headers.get('Location') or ''}".strip()[:200]
    if status in GONE:
        raise EndpointGone(f"the push service says {answer.line}")
    if status in NOT_NOW or status >= 500:
        after_s = retry_after(answer.headers.get("Retry-After"), now)
        raise TryAgain(f"the push service says {answer.line}", after_s)
    if 300 <= status < 400:
        raise MessageRefused(f"the push service sends elsewhere ({status}), which is not followed")
    raise MessageRefused(f"the push service says {answer.line}")
