"""A unit as the API speaks of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Path
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints, model_validator

from alerts.dispatch.needs import MOST, WORD
from alerts.patrol import Patrol
from alerts.push_desk import PushStanding
from api.schemas import EXAMPLE_PATROL_ID, Body, Flag, Latitude, Longitude, PersonName, Reply
from detect.incident import rfc3339

PATROL_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
EXAMPLE_PATROL: dict[str, Any] = {
    "id": EXAMPLE_PATROL_ID,
    "name": "Unit 7",
    "on_duty": True,
    "latitude": 60.1699,
    "longitude": 24.9384,
    "at": "2026-11-24T08:00:00.000Z",
    "busy_with": None,
    "capabilities": ["medical", "vehicle"],
    "handled": 2,
    "push": "verified",
    "push_at": "2026-11-24T07:58:11.000Z",
    "version": 3,
}
EXAMPLE_FIX: dict[str, Any] = {
    "patrol": EXAMPLE_PATROL_ID,
    "latitude": 60.1699,
    "longitude": 24.9384,
    "at": "2026-11-24T08:00:00.000Z",
}
MOST_POSITIONS = 2_000

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
Moment = Annotated[AwareDatetime, Field(ge=EARLIEST)]

Capabilities = Annotated[
    tuple[Annotated[str, StringConstraints(pattern=rf"^{WORD.pattern}$", strict=True)], ...],
    Field(max_length=MOST),
]
"""What a unit can do or has with it, in the city's own words: `medical`, `vehicle`, `k9`."""

PatrolPath = Annotated[
    str,
    Path(
        pattern=rf"^me$|{PATROL_ID}", description="The unit's id; a patrol may say `me` of itself."
    ),
]
PatrolIdPath = Annotated[str, Path(pattern=PATROL_ID, description="The unit's id.")]


class NewPatrol(Body):
    """A unit to register."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Unit 7", "capabilities": ["medical"]}]}
    )

    name: PersonName
    capabilities: Capabilities = ()
    """What it can do or has with it, in the city's own words; the policy names them."""


class PatrolChange(Body):
    """Begin or end a shift, or say what the unit can do from now on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"on_duty": True}, {"capabilities": ["k9", "vehicle"]}]}
    )

    on_duty: Flag | None = None
    capabilities: Capabilities | None = None
    """All of them; a unit does not change its own."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.on_duty is None and self.capabilities is None:
            raise ValueError("name `on_duty` or `capabilities`")
        return self


class PositionReport(Body):
    """Where a unit is. WGS 84 degrees."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"latitude": 60.1699, "longitude": 24.9384, "at": "2026-11-24T08:00:00.000Z"}
            ]
        }
    )

    latitude: Latitude
    longitude: Longitude
    at: Moment | None = None
    """When the fix was taken; now without it. A time in the future counts as now."""


class UnitPosition(PositionReport):
    """Where one of many units is."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_FIX]})

    patrol: Annotated[str, Field(pattern=PATROL_ID, strict=True)]
    """The unit's id."""


class PositionReports(Body):
    """Where many units are, as a gateway of vehicle trackers knows it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"positions": [EXAMPLE_FIX]}]})

    positions: Annotated[list[UnitPosition], Field(min_length=1, max_length=MOST_POSITIONS)]


class PositionRefused(Reply):
    """A report that changed nothing."""

    index: int
    """Its place in the list, from 0."""
    patrol: str
    reason: Literal["unknown", "older"]
    """There is no such unit; or a later position of it is known."""


class PositionsReply(Reply):
    """What came of the reports; all that were taken are committed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"taken": 1, "refused": []}]})

    taken: int
    refused: list[PositionRefused]


class PatrolReply(Reply):
    """A unit."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_PATROL]})

    id: str
    name: str
    on_duty: bool
    latitude: float | None
    longitude: float | None
    at: str | None
    """When it was there: RFC 3339, UTC."""
    busy_with: str | None
    """The alert it is offered, or has accepted and not finished."""
    capabilities: list[str]
    handled: int
    """Alerts that it has seen to the end this shift."""
    push: Literal["verified", "unverified", "failing", "none"]
    """Whether its device can be woken. `verified`: it has answered a test since the shift began;
    `failing`: its push service takes nothing; `none`: it has no device."""
    push_at: str | None
    """When a device last answered a test, or since when it fails."""
    version: int


class PatrolList(Reply):
    """A page of units, by id."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [EXAMPLE_PATROL], "next_cursor": None}]}
    )

    items: list[PatrolReply]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""


class PatrolTokens(Reply):
    """A unit's new secrets; shown once, kept nowhere."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "qk_...", "sign_in_path": "/patrol#code=qc_..."}]}
    )

    token: str
    """Bearer token of the unit's own device."""
    sign_in_path: str
    """Opens the patrol page once, within ten minutes; put the service's address before it."""


def patrol_reply(patrol: Patrol, push: PushStanding) -> PatrolReply:
    """A unit as the API gives it, with how it stands with its push."""
    position = patrol.position
    return PatrolReply(
        id=patrol.id,
        name=patrol.name,
        on_duty=patrol.on_duty,
        latitude=position.latitude if position else None,
        longitude=position.longitude if position else None,
        at=rfc3339(position.at) if position else None,
        busy_with=patrol.busy_with,
        capabilities=list(patrol.capabilities),
        handled=patrol.handled,
        push=push.state.value,
        push_at=rfc3339(push.at) if push.at else None,
        version=patrol.version,
    )
