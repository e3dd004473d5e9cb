"""Push subscriptions as browsers and the API speak of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.schemas import EXAMPLE_PATROL_ID, Body, Reply

EXAMPLE_SUBSCRIPTION: dict[str, Any] = {
    "endpoint": "https://push.example.com/wpush/v2/gAAAAABn",
    "expirationTime": None,
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6"
        "SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}
EXAMPLE_DEVICE: dict[str, Any] = {
    "id": "push-5f70bf18a086007016e948b04aed3b82",
    "service": "push.example.com",
    "since": "2026-11-24T07:58:10.412Z",
    "verified_at": "2026-11-24T07:58:11.000Z",
    "failing_since": None,
    "last_error": "",
}
EXAMPLE_PUSH: dict[str, Any] = {
    "state": "verified",
    "at": "2026-11-24T07:58:11.000Z",
    "devices": [EXAMPLE_DEVICE],
}
BASE64URL = r"^[A-Za-z0-9_-]+={0,2}$"
DEVICE_ID = r"^push-[0-9a-f]{32}$"


class SubscriptionKeys(Body):
    """A browser's keys, base64url."""

    p256dh: Annotated[str, StringConstraints(pattern=BASE64URL, max_length=88, strict=True)]
    """Its public key: an uncompressed point of P-256."""
    auth: Annotated[str, StringConstraints(pattern=BASE64URL, max_length=24, strict=True)]
    """16 bytes."""


class NewSubscription(Body):
    """A `PushSubscription`, as the browser's `toJSON()` gives it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_SUBSCRIPTION]})

    endpoint: Annotated[str, StringConstraints(min_length=9, max_length=2048, strict=True)]
    """Where its push service takes messages."""
    expirationTime: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Milliseconds since 1970; of no matter: one that has ended is told by its push service."""
    keys: SubscriptionKeys


class PushKeyReply(Reply):
    """What browsers need to subscribe."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"public_key": EXAMPLE_SUBSCRIPTION["keys"]["p256dh"]}]}
    )

    public_key: str
    """`applicationServerKey`: base64url of an uncompressed point of P-256."""


class DeviceReply(Reply):
    """A device that can be woken."""

    id: str
    service: str
    """Whose push service it is."""
    since: str
    verified_at: str | None
    """When it last answered a test."""
    failing_since: str | None
    last_error: str


class PushReply(Reply):
    """How it stands with a unit's push."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_PUSH]})

    state: Literal["verified", "unverified", "failing", "none"]
    """`verified`: a device has answered a test since the shift began."""
    at: str | None
    """When a device last answered, or since when it fails."""
    devices: list[DeviceReply]


class SubscribedReply(PushReply):
    """With the device that was just subscribed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": EXAMPLE_DEVICE["id"], **EXAMPLE_PUSH}]}
    )

    id: str
    """Of the device."""


class TriedReply(Reply):
    """The tests that are on their way."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"notifications": [f"1.patrol:{EXAMPLE_PATROL_ID}"]}]}
    )

    notifications: list[str]
    """One for each device; `/v1/notifications/{id}/receipt` is where it answers."""
