"""Incidents come in: once each, however often they are delivered and in whatever order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts.alert import SYSTEM, Alert, AlertId, LinkedIncident, Place, State
from alerts.case import Case
from alerts.grouping import alert_for
from alerts.policy import Policy
from alerts.ports import Transaction
from detect.ids import uuid7
from detect.incident import SEVERITIES, Incident, rfc3339


def take_in(
    tx: Transaction,
    incident: Incident,
    trace: Mapping[str, str],
    place: Place | None,
    now: datetime,
    policy: Policy,
) -> AlertId:
    """Store an incident or its change, and raise, join or update its alert."""
    known = tx.incident(incident.id)
    payload = incident.to_dict()
    if known is None:
        return _first(tx, incident, {**trace, "stored": rfc3339(now)}, place, now, policy)
    if not _is_newer(payload, known.payload):
        return known.alert
    tx.put_incident(replace(known, payload=payload))
    alert = tx.alert(known.alert)
    if alert is not None:
        _update(tx, alert, incident, known.payload, now, policy)
    return known.alert


def _first(
    tx: Transaction,
    incident: Incident,
    trace: dict[str, str],
    place: Place | None,
    now: datetime,
    policy: Policy,
) -> AlertId:
    joined = alert_for(incident, place, tx.open_alerts(incident.kind), policy)
    alert = joined or _new(incident, place, now, policy)
    case = Case(tx, alert, now, policy)
    facts = {"incident": incident.id, "camera": incident.camera, "why": incident.why}
    if joined is None:
        tx.put_alert(alert)
        case.record("raise", SYSTEM, "", None, facts)
        if alert.severity in policy.auto_dispatch_severities:
            case.offer_nearest(SYSTEM)
    else:
        case.alert = replace(
            alert,
            incident_count=alert.incident_count + 1,
            happening=alert.happening or incident.is_open,
            severity=min(alert.severity, incident.severity, key=SEVERITIES.index),
            score=max(alert.score, incident.score),
        )
        case.record("join", SYSTEM, "", alert.state, facts)
    tx.put_incident(LinkedIncident(incident.id, alert.id, incident.to_dict(), trace))
    if joined is None:
        tx.put_alert(case.alert)
        case.publish()
    else:
        case.finish()
    return alert.id


def _new(incident: Incident, place: Place | None, now: datetime, policy: Policy) -> Alert:
    return Alert(
        id=AlertId(uuid7(now)),
        kind=incident.kind,
        severity=incident.severity,
        state=State.NEW,
        camera=incident.camera,
        place=place,
        zone=incident.zone,
        why=incident.why,
        score=incident.score,
        snapshot=incident.evidence.snapshot if incident.evidence else None,
        opened_at=now,
        updated_at=now,
        happening=incident.is_open,
        attention_by=now + timedelta(seconds=policy.attention_s),
    )


def _is_newer(payload: dict[str, Any], known: dict[str, Any]) -> bool:
    """Whether a delivery says more than what is stored: an end beats none, later boxes earlier."""
    return _progress(payload) > _progress(known)


def _progress(payload: dict[str, Any]) -> tuple[bool, float, float]:
    latest = max((float(box["t_s"]) for box in payload["boxes"]), default=0.0)
    return payload["ended_at"] is not None, latest, float(payload["score"])


def _update(
    tx: Transaction,
    alert: Alert,
    incident: Incident,
    before: dict[str, Any],
    now: datetime,
    policy: Policy,
) -> None:
    """An open alert shows the latest; a closed one keeps the account only."""
    case = Case(tx, alert, now, policy)
    ended = not incident.is_open and before["ended_at"] is None
    if ended:
        case.record("end", SYSTEM, "", alert.state, {"incident": incident.id})
    happening = any(one.payload["ended_at"] is None for one in tx.incidents(alert.id))
    if alert.state is State.CLOSED and happening == alert.happening:
        return
    case.alert = replace(
        alert, why=incident.why, score=max(alert.score, incident.score), happening=happening
    )
    case.finish()
