"""Which open alert an incident belongs to. Pure.

Times are the scene's, not the delivery's: an incident that a node's spool brings an hour late is
compared with what happened an hour ago.

A fight, the crowd around it and whoever lies there afterwards are one happening. Kinds are joined
when one family of `Policy` has all kinds of the alert: families that share a kind make no chain,
and a kind of no family joins its own kind alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.alert import Alert, Place, State
from alerts.assign import distance_m
from alerts.dispatch.distance import EARTH_RADIUS_M
from alerts.policy import Policy
from detect.incident import Incident
from ingest.camera import CameraId


@dataclass(frozen=True, slots=True)
class Vicinity:
    """What a store needs to find every alert that may take an incident, and few others."""

    kinds: tuple[str, ...]
    """The kinds that an alert may be called by, whatever else it holds."""
    camera: CameraId
    seen_after: datetime
    """Seen at this time or later, and begun at `began_before` or earlier."""
    began_before: datetime
    latitudes: tuple[float, float] | None
    """Of the same camera, or between these degrees, south first. None: the camera alone."""


def alert_for(
    incident: Incident, place: Place | None, alerts: Iterable[Alert], policy: Policy
) -> Alert | None:
    """The open alert of the same happening, near in time, place and kind; None: a new alert.

    Of several, the one with the shortest pause between; then one of the same kind; then the latest.
    A closed alert never takes another incident: what begins after a person's last word is new.
    """
    near = [
        (pause_s(incident, alert), incident.kind not in alert.all_kinds, alert)
        for alert in alerts
        if alert.state is not State.CLOSED and _one_happening(incident, place, alert, policy)
    ]
    near = [one for one in near if one[0] <= policy.group_within_s]
    if not near:
        return None
    best = min(one[:2] for one in near)
    return max((one[2] for one in near if one[:2] == best), key=lambda one: one.id)


def relatives(kind: str, policy: Policy) -> tuple[str, ...]:
    """The kinds that may share an alert with this one, itself first."""
    families = (*policy.group_families, *policy.group_zone_families)
    found = (one for family in families if kind in family for one in family)
    return tuple(dict.fromkeys((kind, *found)))


def vicinity(incident: Incident, place: Place | None, policy: Policy) -> Vicinity:
    """Where an alert that takes the incident is to be looked for."""
    within = timedelta(seconds=policy.group_within_s)
    band = math.degrees(policy.group_within_m / EARTH_RADIUS_M)
    return Vicinity(
        kinds=relatives(incident.kind, policy),
        camera=incident.camera,
        seen_after=incident.started_at - within,
        began_before=seen_at(incident) + within,
        latitudes=(place.latitude - band, place.latitude + band) if place else None,
    )


def seen_at(incident: Incident) -> datetime:
    """UTC time at which the incident was last seen: its end, its latest box or its latest word."""
    if incident.ended_at is not None:
        return max(incident.ended_at, incident.started_at)
    latest_s = max((box.t_s for box in incident.boxes), default=incident.detected_s)
    if incident.updated_s is not None:
        latest_s = max(latest_s, incident.updated_s)
    return incident.detected_at + timedelta(seconds=max(0.0, latest_s - incident.detected_s))


def pause_s(incident: Incident, alert: Alert) -> float:
    """Seconds in which neither was seen, between the two; 0 when they overlap."""
    before = (incident.started_at - alert.seen_at).total_seconds()
    behind = (alert.began_at - seen_at(incident)).total_seconds()
    return max(before, behind, 0.0)


def _one_happening(incident: Incident, place: Place | None, alert: Alert, policy: Policy) -> bool:
    kinds = {incident.kind, *alert.all_kinds}
    if len(kinds) == 1 or any(kinds <= set(family) for family in policy.group_families):
        return _same_place(incident, place, alert, policy)
    in_zone = any(kinds <= set(family) for family in policy.group_zone_families)
    return in_zone and (incident.camera, incident.zone) == (alert.camera, alert.zone)


def _same_place(incident: Incident, place: Place | None, alert: Alert, policy: Policy) -> bool:
    if incident.camera == alert.camera:
        return True
    if place is None or alert.place is None:
        return False
    return distance_m(place, alert.place) <= policy.group_within_m
