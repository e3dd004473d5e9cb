"""Endpoints as the API speaks of them. An address and its secrets are taken, never given back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Path
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from alerts.notification import CITY, Delivery, Endpoint
from api.alerts.schemas import UUID
from api.patrols.schemas import Moment
from api.schemas import EXAMPLE_ALERT_ID, EXAMPLE_PATROL_ID, Body, Flag, PersonName, Reply
from detect.incident import rfc3339

EXAMPLE_ENDPOINT_ID = "019aa5c8-7c00-7f10-8a2b-3c4d5e6f7081"
EXAMPLE_NEW: dict[str, Any] = {
    "channel": "webhook",
    "name": "City platform",
    "url": "https://platform.example.kz/hooks/qalqan",
    "events": ["alert", "alarm"],
    "severities": ["critical", "high"],
}
EXAMPLE_ENDPOINT: dict[str, Any] = {
    "id": EXAMPLE_ENDPOINT_ID,
    "channel": "webhook",
    "name": "City platform",
    "patrol": None,
    "address": "https://platform.example.kz/hooks/qalqan",
    "events": ["alert", "alarm"],
    "severities": ["critical", "high"],
    "language": None,
    "topic_prefix": None,
    "retain": False,
    "state": "ok",
    "last_ok_at": "2026-11-24T08:00:53.000Z",
    "failing_since": None,
    "last_error": "",
    "created_at": "2026-11-24T07:00:00.000Z",
    "retired_at": None,
    "retired_why": "",
    "version": 1,
}
EXAMPLE_DELIVERY: dict[str, Any] = {
    "id": f"{EXAMPLE_ALERT_ID}.2.endpoint:{EXAMPLE_ENDPOINT_ID}/{EXAMPLE_ENDPOINT_ID}",
    "notification": f"{EXAMPLE_ALERT_ID}.2.endpoint:{EXAMPLE_ENDPOINT_ID}",
    "alert": EXAMPLE_ALERT_ID,
    "created_at": "2026-11-24T08:00:53.900Z",
    "tries": 3,
    "due": "2026-11-24T08:01:20.100Z",
    "accepted_at": None,
    "ended_at": None,
    "outcome": None,
    "error": "it answered 503",
}
DELIVERY_ID = r"^[0-9a-z.:-]{1,160}/[0-9a-z-]{1,64}$"
ONLY_FOR: dict[str, frozenset[str]] = {
    "signing_secret": frozenset({"webhook"}),
    "username": frozenset({"mqtt"}),
    "password": frozenset({"mqtt"}),
    "topic_prefix": frozenset({"mqtt"}),
    "retain": frozenset({"mqtt"}),
    "language": frozenset({"apprise"}),
}
"""Keys that mean something to some channels alone."""

ChannelName = Literal["webhook", "apprise", "mqtt"]
CityEvent = Literal["alert", "alarm"]
Severity = Literal["critical", "high", "medium", "low"]
Language = Literal["en", "kk", "ru"]
Url = Annotated[str, StringConstraints(min_length=3, max_length=2048, strict=True)]
Word = Annotated[str, StringConstraints(max_length=512, strict=True)]
Prefix = Annotated[str, StringConstraints(min_length=1, max_length=128, strict=True)]
EndpointPath = Annotated[str, Path(pattern=UUID, description="The endpoint's id.")]


class NewEndpoint(Body):
    """Where to tell whom of what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                EXAMPLE_NEW,
                {
                    "channel": "apprise",
                    "name": "Unit 7, SMS",
                    "patrol": EXAMPLE_PATROL_ID,
                    "url": "twilio://SID:TOKEN@+77010000000/+77010000001",
                    "language": "kk",
                },
            ]
        }
    )

    channel: ChannelName
    name: PersonName
    url: Url
    """`https://...` of a webhook, an address of Apprise, `mqtts://HOST` of a broker. Sealed."""
    patrol: Annotated[str, StringConstraints(pattern=UUID, strict=True)] | None = None
    """The unit whose channel it is; without it, it is the city's."""
    signing_secret: Word | None = None
    """Of a webhook: `whsec_` and base64. Without it one is made, and shown once."""
    username: Word | None = None
    """At the broker; likewise `password`."""
    password: Word | None = None
    events: Annotated[tuple[CityEvent, ...], Field(max_length=2)] = ()
    """Of the city's: `alert` (any change), `alarm` (it is loud). None: both."""
    severities: Annotated[tuple[Severity, ...], Field(max_length=4)] = ()
    """Of the city's: of which alerts. None: of all."""
    language: Language = "kk"
    """In which Apprise speaks to people."""
    topic_prefix: Prefix | None = None
    """Of MQTT topics; `qalqan/v1` without it."""
    retain: Flag = False
    """Let the broker keep the state of every open alert for who subscribes later."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for key in sorted(self.model_fields_set):
            if self.channel not in ONLY_FOR.get(key, {self.channel}):
                raise ValueError(f"{key} means nothing to the channel {self.channel}")
        if self.patrol and (self.events or self.severities):
            raise ValueError("events and severities are of the city's endpoints alone")
        return self

    @property
    def owner(self) -> str:
        return f"patrol:{self.patrol}" if self.patrol else CITY


class EndpointChange(Body):
    """What is to be different; its address and secrets change by `rotate`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"events": ["alarm"]}]})

    name: PersonName | None = None
    events: Annotated[tuple[CityEvent, ...], Field(max_length=2)] | None = None
    severities: Annotated[tuple[Severity, ...], Field(max_length=4)] | None = None
    language: Language | None = None
    topic_prefix: Prefix | None = None
    retain: Flag | None = None
    retired: Flag | None = None
    """False takes it into use again."""


class Rotation(Body):
    """New secrets for old ones."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"keep_s": 86400}]})

    url: Url | None = None
    """A new address; of Apprise it is all there is. A broker's needs its password anew."""
    signing_secret: Word | None = None
    """Of a webhook; without it one is made, and shown once."""
    keep_s: Annotated[int, Field(ge=0, le=30 * 86_400, strict=True)] = 86_400
    """Of a webhook: how long the old secret signs beside the new one."""
    username: Word | None = None
    password: Word | None = None


class ReplayOrder(Body):
    """What to send again: one of the two."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"since": "2026-11-24T00:00:00.000Z"}]}
    )

    since: Moment | None = None
    """All that was to be sent since then and was not taken."""
    delivery: Annotated[str, StringConstraints(pattern=DELIVERY_ID, strict=True)] | None = None
    """This one, whether it was taken or not."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.since is None) == (self.delivery is None):
            raise ValueError("give since or delivery, not both")
        return self


class EndpointReply(Reply):
    """An endpoint, without its secrets."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_ENDPOINT]})

    id: str
    channel: str
    name: str
    patrol: str | None
    address: str
    """What may be shown of it."""
    events: list[str]
    severities: list[str]
    language: str | None
    topic_prefix: str | None
    retain: bool
    state: Literal["ok", "failing", "untried", "retired"]
    last_ok_at: str | None
    failing_since: str | None
    last_error: str
    created_at: str
    retired_at: str | None
    retired_why: str
    version: int


class MadeEndpoint(EndpointReply):
    """An endpoint with the secret that was made for it; shown once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**EXAMPLE_ENDPOINT, "signing_secret": "whsec_..."}]}
    )

    signing_secret: str | None
    """Of a webhook: what its receiver verifies signatures with."""


class EndpointList(Reply):
    """A page of endpoints, by id (oldest first)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [EXAMPLE_ENDPOINT], "next_cursor": None}]}
    )

    items: list[EndpointReply]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""


class DeliveryReply(Reply):
    """A message on its way to an endpoint."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_DELIVERY]})

    id: str
    notification: str
    alert: str | None
    """Null: a test."""
    created_at: str
    tries: int
    due: str | None
    """When it is tried next; null: it is over."""
    accepted_at: str | None
    ended_at: str | None
    outcome: str | None
    """`accepted`, `gone`, `refused`, `given up` or `moot`; null: under way."""
    error: str
    """What the last try met."""


class DeliveryPage(Reply):
    """A page of deliveries, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [EXAMPLE_DELIVERY], "next_cursor": None}]}
    )

    items: list[DeliveryReply]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""


class QueuedReply(Reply):
    """What was put on its way."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"deliveries": [EXAMPLE_DELIVERY["id"]], "more": False}]}
    )

    deliveries: list[str]
    more: bool
    """There is more of that time: ask again when these have gone."""


def shown_fields(one: Endpoint) -> dict[str, Any]:
    """An endpoint as the API gives it."""
    kind, _, whose = one.owner.partition(":")
    return {
        "id": one.id,
        "channel": one.channel,
        "name": one.name,
        "patrol": whose if kind == "patrol" else None,
        "address": one.shown,
        "events": [event.value for event in one.events],
        "severities": [*one.severities],
        "language": one.options.get("language"),
        "topic_prefix": one.options.get("topic_prefix"),
        "retain": bool(one.options.get("retain")),
        "state": _state(one),
        "last_ok_at": _time(one.last_ok_at),
        "failing_since": _time(one.failing_since),
        "last_error": one.last_error,
        "created_at": _time(one.created_at),
        "retired_at": _time(one.retired_at),
        "retired_why": one.retired_why,
        "version": one.version,
    }


def delivery_reply(one: Delivery) -> DeliveryReply:
    """A delivery as the API gives it."""
    return DeliveryReply(
        id=one.id,
        notification=one.notification,
        alert=one.alert or None,
        created_at=rfc3339(one.created_at),
        tries=one.tries,
        due=_time(one.due),
        accepted_at=_time(one.accepted_at),
        ended_at=_time(one.ended_at),
        outcome=one.outcome or None,
        error=one.error,
    )


def _state(one: Endpoint) -> str:
    if not one.in_use:
        return "retired"
    if one.failing_since is not None:
        return "failing"
    return "ok" if one.last_ok_at else "untried"


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
