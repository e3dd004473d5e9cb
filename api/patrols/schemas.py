"""A unit as the API speaks of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from alerts.patrol import Patrol
from api.schemas import Body, Latitude, Longitude
from detect.incident import rfc3339

PATROL_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
EXAMPLE_ID = "019a1b2c-0d1e-7f00-8a9b-0c1d2e3f4a5b"
EXAMPLE_PATROL: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "name": "Unit 7",
    "on_duty": True,
    "latitude": 60.1699,
    "longitude": 24.9384,
    "at": "2026-11-24T08:00:00.000Z",
    "busy_with": None,
    "version": 3,
}

PatrolPath = Annotated[
    str,
    Path(
        pattern=rf"^me$|{PATROL_ID}", description="The unit's id; a patrol may say `me` of itself."
    ),
]
PatrolIdPath = Annotated[str, Path(pattern=PATROL_ID, description="The unit's id.")]
UnitName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$", strict=True),
]


class NewPatrol(Body):
    """A unit to register."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Unit 7"}]})

    name: UnitName


class PatrolChange(Body):
    """Begin or end a shift."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"on_duty": True}]})

    on_duty: Annotated[bool, Field(strict=True)]


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
    at: AwareDatetime | None = None
    """When the fix was taken; now without it. A time in the future counts as now."""


class PatrolReply(BaseModel):
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
    version: int


class PatrolList(BaseModel):
    """A page of units, by id."""

    items: list[PatrolReply]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""


class PatrolTokens(BaseModel):
    """A unit's new secrets; shown once, kept nowhere."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "qk_...", "sign_in_path": "/patrol#code=qc_..."}]}
    )

    token: str
    """Bearer token of the unit's own device."""
    sign_in_path: str
    """Opens the patrol page once, within ten minutes; put the service's address before it."""


def patrol_reply(patrol: Patrol) -> PatrolReply:
    """A unit as the API gives it."""
    position = patrol.position
    return PatrolReply(
        id=patrol.id,
        name=patrol.name,
        on_duty=patrol.on_duty,
        latitude=position.latitude if position else None,
        longitude=position.longitude if position else None,
        at=rfc3339(position.at) if position else None,
        busy_with=patrol.busy_with,
        version=patrol.version,
    )
