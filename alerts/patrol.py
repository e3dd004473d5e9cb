"""A patrol unit: who can be sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alerts.alert import AlertId, PatrolId
from alerts.errors import VersionConflict


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
    """What it can do or has with it, in the city's words (`alerts.dispatch.needs`), sorted."""
    handled: int = 0
    """Alerts that it has seen to the end this shift."""
    on_duty_since: datetime | None = None
    """When its shift began; None while it is off duty."""

    def on_shift(self, now: datetime) -> Patrol:
        """Its shift begins."""
        version = self.version + 1
        return replace(self, on_duty=True, on_duty_since=now, handled=0, version=version)

    def off_shift(self) -> Patrol:
        return replace(self, on_duty=False, on_duty_since=None, version=self.version + 1)

    def at_version(self, version: int | None) -> Patrol:
        """Itself, if it is as the caller read it. Raises `VersionConflict`."""
        if version is not None and version != self.version:
            raise VersionConflict(
                f"the patrol is at version {self.version}, not {version}: read it again"
            )
        return self


class Presence(StrEnum):
    """Whether a unit can be sent anywhere at all."""

    AVAILABLE = "available"
    OFF_DUTY = "off duty"
    BUSY = "busy with another alert"
    UNKNOWN = "position unknown"
    OLD = "position too old"


def presence(patrol: Patrol, seen_after: datetime) -> Presence:
    """The first of these that holds; a position of before that moment is too old."""
    if not patrol.on_duty:
        return Presence.OFF_DUTY
    if patrol.busy_with is not None:
        return Presence.BUSY
    if patrol.position is None:
        return Presence.UNKNOWN
    return Presence.OLD if patrol.position.at < seen_after else Presence.AVAILABLE
