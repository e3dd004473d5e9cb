"""Which open alert an incident belongs to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from alerts.alert import Alert, Place
from alerts.assign import distance_m
from alerts.policy import Policy
from detect.incident import Incident


def alert_for(
    incident: Incident, place: Place | None, open_alerts: Iterable[Alert], policy: Policy
) -> Alert | None:
    """The latest open alert of the same kind near in time and place; None: a new alert."""
    near = [
        alert
        for alert in open_alerts
        if alert.kind == incident.kind
        and abs(incident.detected_at - alert.updated_at) <= timedelta(seconds=policy.group_within_s)
        and _same_place(incident, place, alert, policy)
    ]
    return max(near, key=lambda alert: alert.updated_at, default=None)


def _same_place(incident: Incident, place: Place | None, alert: Alert, policy: Policy) -> bool:
    if incident.camera == alert.camera:
        return True
    if place is None or alert.place is None:
        return False
    return distance_m(place, alert.place) <= policy.group_within_m
