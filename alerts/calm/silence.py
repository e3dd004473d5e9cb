"""Silences and shelving: what a person may make quiet, for how long, and what stays loud. Pure.

The words are those of ISA-18.2 and EEMUA 191. A **silence** is for maintenance: what it covers is
stored, shown apart and counted, but calls nobody. **Shelving** puts off one alert that is open.
Both need a reason and an end, and end by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NewType

from alerts.alert import Alert, Place, State
from alerts.dispatch.distance import great_circle_m
from detect.incident import SEVERITIES
from ingest.camera import CameraId

SilenceId = NewType("SilenceId", str)

LONGEST_SILENCE = timedelta(days=7)
LONGEST_SHELF = timedelta(minutes=60)
GRAVEST = SEVERITIES[0]


@dataclass(frozen=True, slots=True)
class Circle:
    """Everything within `radius_m` of a point. WGS 84 degrees."""

    latitude: float
    longitude: float
    radius_m: float

    def holds(self, place: Place | None) -> bool:
        """What is nowhere is in no circle."""
        if place is None:
            return False
        at = self.latitude, self.longitude
        return great_circle_m(*at, place.latitude, place.longitude) <= self.radius_m


@dataclass(frozen=True, slots=True)
class Silence:
    """What is quiet until when, and who said so. What is None does not matter."""

    id: SilenceId
    reason: str
    by: str
    created_at: datetime
    until: datetime
    camera: CameraId | None = None
    kind: str | None = None
    zone: str | None = None
    """Of `camera`."""
    within: Circle | None = None
    critical: bool = False
    """Critical ones too. Only an administrator can say so, and only of one kind."""
    ended_at: datetime | None = None
    """A person has ended it before its time."""
    ended_by: str = ""
    version: int = 1

    @property
    def ends(self) -> datetime:
        return min(self.until, self.ended_at) if self.ended_at else self.until

    def in_force(self, now: datetime) -> bool:
        return now < self.ends

    def covers(self, what: Seen) -> bool:
        """Whether it is meant; what is critical never is, unless the silence says so."""
        named = (
            self.camera in (None, what.camera)
            and self.kind in (None, what.kind)
            and self.zone in (None, what.zone)
            and (self.within is None or self.within.holds(what.place))
        )
        return named and (what.severity != GRAVEST or self.critical)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a silence asks of an incident."""

    camera: CameraId
    kind: str
    zone: str | None
    severity: str
    place: Place | None


def silence_for(seen: Iterable[Seen], silences: Iterable[Silence]) -> Silence | None:
    """The silence that covers all of it; of several, the one that lasts longest."""
    all_seen = tuple(seen)
    found = [one for one in silences if all_seen and all(one.covers(what) for what in all_seen)]
    return max(found, key=lambda one: (one.ends, one.id), default=None)


def silenced(alert: Alert, silence: Silence) -> Alert:
    """The alert under a silence: it is looked at again when that ends."""
    return replace(
        alert,
        silenced_by=silence.id,
        quiet_until=silence.ends,
        quiet_why=silence.reason,
        attention_by=silence.ends,
        overdue_since=None,
        seeking_since=None,
    )


def shelved(alert: Alert, by: str, until: datetime, reason: str) -> Alert:
    """The alert put off: nobody is looked for meanwhile."""
    return replace(
        alert,
        shelved_by=by,
        quiet_until=until,
        quiet_why=reason,
        attention_by=until,
        overdue_since=None,
        seeking_since=None,
    )


def unquiet(alert: Alert) -> Alert:
    """The alert as if it had never been quiet; its deadline is the caller's business."""
    if alert.silenced_by is None and alert.shelved_by is None:
        return alert
    return replace(alert, silenced_by=None, shelved_by=None, quiet_until=None, quiet_why="")


def longest_quiet_s(alert: Alert) -> float | None:
    """The longest that an alert may rest because it is quiet; None: it is not."""
    if not alert.is_quiet:
        return None
    longest = LONGEST_SILENCE if alert.silenced_by is not None else LONGEST_SHELF
    return longest.total_seconds()


def may_be_quiet(alert: Alert) -> bool:
    """Whether nobody has begun to do anything about it: only that can be made quiet."""
    unattended = alert.state in (State.NEW, State.ESCALATED) and alert.patrol is None
    return unattended and not alert.review and not alert.is_quiet
