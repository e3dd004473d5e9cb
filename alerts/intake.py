"""Incidents come in: once each, however often they are delivered and in whatever order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts.alert import SYSTEM, Alert, AlertId, LinkedIncident, Outline, Place, State
from alerts.believing.verdicts import is_reviewed, rule_of
from alerts.calm.quiet import after_join, after_update, hush, is_graver, seen_in, stands_apart
from alerts.calm.silence import Silence, silence_for
from alerts.case import Case
from alerts.dispatch.journeys import Journeys
from alerts.grouping import alert_for, seen_at, vicinity
from alerts.plans import Facts, for_alert
from alerts.policy import Policy
from alerts.ports import Transaction
from detect.ids import uuid7
from detect.incident import Evidence, Incident
from detect.moment import stamp


def take_in(
    tx: Transaction,
    incident: Incident,
    trace: Mapping[str, str],
    place: Place | None,
    now: datetime,
    policy: Policy,
    outline: Outline | None = None,
    roads: Journeys | None = None,
) -> tuple[AlertId, bool]:
    """Store an incident or its change, and raise, join or update its alert.

    Gives the alert, and whether anything was published.
    """
    known = tx.incident(incident.id)
    if known is None:
        stored = {**trace, **stamp("stored", now)}
        return _first(tx, incident, stored, place, now, policy, outline, roads)
    before = Incident.from_dict(known.payload)
    latest = merged(before, incident)
    payload = latest.to_dict()
    if payload == known.payload:
        return known.alert, False
    tx.put_incident(replace(known, payload=payload))
    alert = tx.alert(known.alert)
    if alert is None:
        return known.alert, False
    return alert.id, _update(tx, Case(tx, alert, now, policy, roads), before, latest, policy)


def merged(known: Incident, delivered: Incident) -> Incident:
    """What is known after another delivery: the one that says more; evidence is never lost."""
    more = delivered if _progress(delivered) > _progress(known) else known
    one, other = more.evidence or Evidence(), (known if more is delivered else delivered).evidence
    if other is None:
        return more
    evidence = Evidence(one.snapshot or other.snapshot, one.clip or other.clip)
    return replace(more, evidence=evidence)


def _progress(incident: Incident) -> tuple[bool, float, float]:
    """An end beats none, what was said later what was said earlier. Rounded as the JSON form is."""
    latest_s = max((box.t_s for box in incident.boxes), default=0.0)
    if incident.updated_s is not None:  # what goes on need not have a new box
        latest_s = max(latest_s, incident.updated_s)
    return not incident.is_open, round(latest_s, 3), round(incident.score, 4)


def _first(
    tx: Transaction,
    incident: Incident,
    trace: dict[str, str],
    place: Place | None,
    now: datetime,
    policy: Policy,
    outline: Outline | None,
    roads: Journeys | None,
) -> tuple[AlertId, bool]:
    silence, hushed = _hushed(tx, incident, place, now)
    review = hushed and silence is None
    near = tx.joinable_alerts(vicinity(incident, place, policy))
    near = [one for one in near if not stands_apart(incident, one, hushed=hushed)]
    joined = alert_for(incident, place, near, policy)
    if joined:
        alert = _absorbed(joined, incident, 1)
    else:
        alert = _raised(incident, place, now, policy, review=review)
    case = Case(tx, alert, now, policy, roads)
    linked = LinkedIncident(incident.id, alert.id, incident.to_dict(), trace, outline)
    tx.put_incident(linked)
    facts = {
        "incident": incident.id,
        "camera": incident.camera,
        "kind": incident.kind,
        "why": incident.why,
    }
    case.record("join" if joined else "raise", SYSTEM, "", joined.state if joined else None, facts)
    if case.alert.review and not hushed:
        case.lift(SYSTEM, "seen by a rule that is trusted")
    if joined:
        after_join(case, joined, hushed=hushed)
    elif silence is not None:
        hush(case, silence, SYSTEM)
    send_if_urgent(case, policy)
    if joined:
        case.finish()
    else:
        case.begin()
    return alert.id, True


def _hushed(
    tx: Transaction, incident: Incident, place: Place | None, now: datetime
) -> tuple[Silence | None, bool]:
    """The silence that an incident is under, and whether it calls nobody: by that or in review."""
    if is_reviewed(tx, rule_of(incident.to_dict())):
        return None, True
    silence = silence_for([seen_in(incident, place)], tx.silences(now))
    return silence, silence is not None


def _raised(
    incident: Incident, place: Place | None, now: datetime, policy: Policy, *, review: bool
) -> Alert:
    policy = for_alert(policy, Facts(incident.kind, incident.severity, place), now)
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
        snapshot=_snapshot(incident),
        opened_at=now,
        updated_at=now,
        since=now,
        began_at=incident.started_at,
        seen_at=seen_at(incident),
        happening=incident.is_open,
        attention_by=now + timedelta(seconds=policy.review_s if review else policy.attention_s),
        why_in=dict(incident.why_in),
        review=review,
        kinds=(incident.kind,),
    )


def _absorbed(alert: Alert, incident: Incident, more: int) -> Alert:
    """The alert that covers an incident, or the latest of it, too. It is called by the gravest."""
    alert = replace(
        alert,
        kinds=tuple(dict.fromkeys((*alert.all_kinds, incident.kind))),
        incident_count=alert.incident_count + more,
        happening=alert.happening or incident.is_open,
        snapshot=alert.snapshot or _snapshot(incident),
        began_at=min(alert.began_at, incident.started_at),
        seen_at=max(alert.seen_at, seen_at(incident)),
    )
    same_kind = incident.kind == alert.kind
    if is_graver(incident.severity, alert.severity):
        return replace(
            alert,
            kind=incident.kind,
            severity=incident.severity,
            why=incident.why,
            why_in=dict(incident.why_in),
            score=max(alert.score, incident.score) if same_kind else incident.score,
        )
    return replace(alert, score=max(alert.score, incident.score)) if same_kind else alert


def _snapshot(incident: Incident) -> str | None:
    return incident.evidence.snapshot if incident.evidence else None


def _update(
    tx: Transaction, case: Case, before: Incident, latest: Incident, policy: Policy
) -> bool:
    """A happening that merely goes on changes nothing that people decide by: its sentence and score
    are kept up to date, but there is no step, no version, no event.

    A closed alert keeps the account only; a person had the last word.
    """
    known, told = case.alert, False
    if known.state is not State.CLOSED:
        heard = latest
        if is_graver(latest.severity, known.severity):
            _, hushed = _hushed(tx, latest, known.place, case.now)
            if stands_apart(latest, known, hushed=hushed):
                heard = replace(latest, severity=known.severity)
        case.alert = _retold(_absorbed(known, heard, 0), before, latest)
    if before.is_open and not latest.is_open:
        happening = any(one.payload["ended_at"] is None for one in tx.incidents(known.id))
        case.alert = replace(case.alert, happening=happening)
        case.record("end", SYSTEM, "", known.state, {"incident": latest.id})
        told = True
    if _shown(case.alert) != _shown(known):
        facts: dict[str, Any] = {"incident": latest.id, "severity": case.alert.severity}
        case.record("update", SYSTEM, "", known.state, facts)
        after_update(tx, case, known)
        told = True
    if send_if_urgent(case, policy) or told:
        case.finish()
        return True
    if case.alert != known:
        tx.put_alert(case.alert)
    return False


def _retold(alert: Alert, before: Incident, latest: Incident) -> Alert:
    """The alert with the latest sentence of the incident whose sentence it tells."""
    if alert.why != before.why:
        return alert
    return replace(alert, why=latest.why, why_in=dict(latest.why_in))


def _shown(alert: Alert) -> tuple[str, str | None]:
    return alert.severity, alert.snapshot


def send_if_urgent(case: Case, policy: Policy) -> bool:
    """Offer what is urgent, believed, going on now and not yet offered; whether it was."""
    alert, policy = case.alert, case.policy
    urgent = alert.severity in policy.auto_dispatch_severities
    untouched = alert.patrol is None and alert.seeking_since is None
    late = case.now - alert.seen_at > timedelta(seconds=policy.late_s)
    held = alert.review or alert.is_quiet or late
    if alert.state is State.CLOSED or not (urgent and untouched) or held:
        return False
    case.offer_nearest(SYSTEM)
    return True
