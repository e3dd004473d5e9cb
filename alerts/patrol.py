"""A patrol unit: who can be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.alert import AlertId, PatrolId


@dataclass(frozen=True, slots=True)
class Position:
    """Where a patrol last said it was. WGS 84 degrees."""

    latitude: float
    longitude: float
    at: datetime
    """UTC time of the fix."""


@dataclass(frozen=True, slots=True)
class Patrol:
    """One unit."""

    id: PatrolId
    name: str
    on_duty: bool
    position: Position | None
    busy_with: AlertId | None
    """The alert it is offered, or has accepted and not finished."""
    registered_at: datetime
    version: int = 1
    capabilities: tuple[str, ...] = ()
    """What it can do or has with it, in the city's words (`alerts.needs`), sorted."""
    handled: int = 0
    """Alerts that it has seen to the end this shift."""
    on_duty_since: datetime | None = None
    """When its shift began; None while it is off duty."""
