"""Signatures of webhooks, as the Standard Webhooks specification 1.0.0 has them, and their secrets.

Several secrets may be in force at a time: while one is exchanged for another both sign, so that the
receiver changes over when it likes.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.notify.address import EndpointUnfit, fields, text
from detect.incident import rfc3339

PREFIX = "whsec_"
SECRET_BYTES = 32
LEAST_BYTES, MOST_BYTES = 24, 64
MOST_SECRETS = 4
"""In force at a time; an exchange in a hurry drops the oldest."""


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """One key that a receiver knows."""

    shown: str = field(repr=False)
    """`whsec_` and base64: the form in which it is handed over."""
    until: datetime | None = None
    """When it stops to sign; None: it is the one in force."""


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """What a webhook's endpoint keeps sealed."""

    url: str = field(repr=False)
    secrets: tuple[SigningSecret, ...]
    """The newest first."""

    @classmethod
    def parse(cls, sealed: str) -> WebhookAddress:
        """Raises `EndpointUnfit`."""
        found = fields(sealed)
        kept = found.get("secrets")
        if not isinstance(kept, list) or not kept:
            raise EndpointUnfit("the sealed address has no signing secret")
        return cls(text(found, "url"), tuple(_read(one) for one in kept))

    def dump(self) -> str:
        kept = [
            {"secret": one.shown, "until": rfc3339(one.until) if one.until else None}
            for one in self.secrets
        ]
        return json.dumps({"url": self.url, "secrets": kept})

    def in_force(self, now: datetime) -> tuple[bytes, ...]:
        """The keys that sign now, the newest first."""
        return tuple(
            key_of(one.shown) for one in self.secrets if one.until is None or now < one.until
        )

    def rotated(self, new: str, now: datetime, keep_s: float) -> WebhookAddress:
        """With a new secret; those before sign beside it for `keep_s` more, no longer."""
        last = now + timedelta(seconds=keep_s)
        before = (
            replace(one, until=min(one.until or last, last))
            for one in self.secrets
            if one.shown != new and (one.until is None or now < one.until)
        )
        kept = (SigningSecret(new), *(before if keep_s > 0 else ()))
        return replace(self, secrets=kept[:MOST_SECRETS])


def new_secret() -> str:
    """A fresh secret in the form in which it is handed over."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def key_of(given: str) -> bytes:
    """The key of a secret. Raises `EndpointUnfit`; the secret is not repeated."""
    try:
        key = base64.b64decode(given.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise EndpointUnfit("a signing secret is whsec_ and base64") from error
    if not given.startswith(PREFIX) or not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise EndpointUnfit(
            f"a signing secret is whsec_ and base64 of {LEAST_BYTES} to {MOST_BYTES} bytes"
        )
    return key


def webhook_id(message: str) -> str:
    """A message's id without the full stops by which the signed text is divided."""
    return message.replace(".", "_").replace(":", "-")


def signatures(name: str, at: int, body: bytes, keys: Iterable[bytes]) -> str:
    """The header: a signature for each key. `name`: as `webhook_id` gives it; `at`: Unix time."""
    signed = f"{name}.{at}.".encode() + body
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys
    )


def _read(one: object) -> SigningSecret:
    if not isinstance(one, dict):
        raise EndpointUnfit("a sealed signing secret is not an object")
    until = one.get("until")
    secret = text(one, "secret")
    key_of(secret)
    return SigningSecret(secret, datetime.fromisoformat(until) if until else None)
