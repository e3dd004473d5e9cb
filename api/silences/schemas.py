"""Silences as the API speaks of them. `alerts.json_form` gives the values."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Self

from fastapi import Path
from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from alerts.calm.silence import LONGEST_SHELF, LONGEST_SILENCE, Circle, Silence
from alerts.calm.silence_desk import SilenceOrder
from alerts.json_form import silence_json
from api.schemas import Body, Flag, Latitude, Longitude, Shown
from detect.rules import KINDS
from ingest.camera import CameraId

EXAMPLE_SILENCE: dict[str, Any] = {
    "id": "019aa5c8-7c00-7d3a-9b1f-2f6f0a4b8c11",
    "reason": "the fence is being painted until Friday",
    "by": "operator:Aigerim",
    "created_at": "2026-11-24T08:00:00.000Z",
    "until": "2026-11-24T16:00:00.000Z",
    "camera": "lawn-east",
    "kind": "intrusion",
    "zone": None,
    "within": None,
    "critical": False,
    "ended_at": None,
    "ended_by": "",
    "version": 1,
}
MOST_MINUTES = int(LONGEST_SILENCE / timedelta(minutes=1))
MOST_SHELVED = int(LONGEST_SHELF / timedelta(minutes=1))

Reason = Annotated[
    str,
    StringConstraints(
        min_length=3,
        max_length=500,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        strip_whitespace=True,
        strict=True,
    ),
]
"""Why; people read it."""
SilencePath = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$", description="The silence's id.")]


class CircleBody(Body):
    """Everything within a distance of a point. WGS 84 degrees, metres."""

    latitude: Latitude
    longitude: Longitude
    radius_m: Annotated[float, Field(gt=0, le=20_000, allow_inf_nan=False)]


class NewSilence(Body):
    """What is to be quiet, why and for how long: a camera, a kind, a place, or some of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "reason": "the fence is being painted until Friday",
                    "minutes": 480,
                    "camera": "lawn-east",
                    "kind": "intrusion",
                }
            ]
        }
    )

    reason: Reason
    minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES, strict=True)]
    """It ends by itself after so many: a week at most."""
    camera: Annotated[str, StringConstraints(min_length=1, max_length=64, strict=True)] | None = (
        None
    )
    kind: Annotated[str, StringConstraints(max_length=64, strict=True)] | None = None
    zone: Annotated[str, StringConstraints(min_length=1, max_length=64, strict=True)] | None = None
    """A zone or line of the camera."""
    within: CircleBody | None = None
    critical: Flag = False
    """Critical alerts too: only an administrator can say so, and only of one kind."""

    @field_validator("kind")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in KINDS:
            raise ValueError(f"{value[:40]!r} is not a kind of incident")
        return value

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.camera is None and self.kind is None and self.within is None:
            raise ValueError("name a camera, a kind or a place: not everything can be silenced")
        if self.zone is not None and self.camera is None:
            raise ValueError("a zone is one of a camera: name the camera")
        if self.critical and self.kind is None:
            raise ValueError("critical alerts are silenced by their kind alone: name it")
        return self

    def order(self) -> SilenceOrder:
        within = self.within
        return SilenceOrder(
            reason=self.reason,
            lasts=timedelta(minutes=self.minutes),
            camera=CameraId(self.camera) if self.camera else None,
            kind=self.kind,
            zone=self.zone,
            within=Circle(within.latitude, within.longitude, within.radius_m) if within else None,
            critical=self.critical,
        )


class Shelving(Body):
    """Not now: for how long and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"minutes": 15, "reason": "the owner is there, waiting for a call"}]
        }
    )

    minutes: Annotated[int, Field(ge=1, le=MOST_SHELVED, strict=True)]
    """It calls again, loudly, after so many: an hour at most."""
    reason: Reason


class CircleReply(Shown):
    """Everything within a distance of a point."""

    latitude: float
    longitude: float
    radius_m: float


class SilenceReply(Shown):
    """What is quiet until when, and who said so. What is null does not matter."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_SILENCE]})

    id: str
    reason: str
    by: str
    created_at: str
    until: str
    camera: str | None
    kind: str | None
    zone: str | None
    within: CircleReply | None
    critical: bool
    """Critical ones too."""
    ended_at: str | None
    """A person has ended it before its time."""
    ended_by: str
    version: int


class SilencePage(Shown):
    """A page, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [EXAMPLE_SILENCE], "next_cursor": None}]}
    )

    items: list[SilenceReply]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""


def silence_reply(silence: Silence) -> SilenceReply:
    """A silence as the API gives it."""
    return SilenceReply.model_validate(silence_json(silence))
