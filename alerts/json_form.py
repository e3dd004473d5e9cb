"""Alerts in the JSON form that the API and the feed share."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from alerts.alert import Alert, LinkedIncident, Step
from alerts.believing.trust import Estimate, RuleTrust, TrustChange
from alerts.calm.silence import Silence
from detect.incident import rfc3339
from detect.moment import TICK


def alert_json(alert: Alert) -> dict[str, Any]:
    """The fields of `Alert` that belong to a version; times RFC 3339 UTC."""
    return {
        "id": alert.id,
        "kind": alert.kind,
        "severity": alert.severity,
        "state": alert.state.value,
        "camera": alert.camera,
        "place": asdict(alert.place) if alert.place else None,
        "zone": alert.zone,
        "why": alert.why,
        "why_in": dict(alert.why_in),
        "score": alert.score,
        "snapshot": alert.snapshot,
        "opened_at": rfc3339(alert.opened_at),
        "updated_at": rfc3339(alert.updated_at),
        "since": rfc3339(alert.since),
        "began_at": rfc3339(alert.began_at),
        "incident_count": alert.incident_count,
        "happening": alert.happening,
        "acknowledged_by": alert.acknowledged_by,
        "patrol": alert.patrol,
        "answer_by": _time(alert.answer_by),
        "attention_by": _time(alert.attention_by),
        "overdue_since": _time(alert.overdue_since),
        "seeking_since": _time(alert.seeking_since),
        "refused_by": list(alert.refused_by),
        "outcome": alert.outcome.value if alert.outcome else None,
        "review": alert.review,
        "kinds": list(alert.all_kinds),
        "silenced_by": alert.silenced_by,
        "shelved_by": alert.shelved_by,
        "quiet_until": _time(alert.quiet_until),
        "quiet_why": alert.quiet_why,
        "attended_at": _time(alert.attended_at),
        "version": alert.version,
    }


def silence_json(silence: Silence) -> dict[str, Any]:
    """A silence; times RFC 3339 UTC."""
    return {
        "id": silence.id,
        "reason": silence.reason,
        "by": silence.by,
        "created_at": rfc3339(silence.created_at),
        "until": rfc3339(silence.until),
        "camera": silence.camera,
        "kind": silence.kind,
        "zone": silence.zone,
        "within": asdict(silence.within) if silence.within else None,
        "critical": silence.critical,
        "ended_at": _time(silence.ended_at),
        "ended_by": silence.ended_by,
        "version": silence.version,
    }


def step_json(step: Step) -> dict[str, Any]:
    """One entry of the account."""
    return {
        "at": rfc3339(step.at),
        "action": step.action,
        "before": step.before.value if step.before else None,
        "after": step.after.value,
        "actor": step.actor,
        "note": step.note,
        "detail": step.detail,
    }


def incident_json(linked: LinkedIncident) -> dict[str, Any]:
    """An incident with the times of its way."""
    outline = linked.outline
    return {
        "incident": linked.incident,
        "payload": linked.payload,
        "trace": {key: at for key, at in linked.trace.items() if not key.endswith(TICK)},
        "outline": None
        if outline is None
        else {"points": [list(point) for point in outline.points], "closed": outline.closed},
    }


def trust_json(trust: RuleTrust, found: Estimate, budget: float, proposed: bool) -> dict[str, Any]:
    """The trust in one rule, and what the verdicts say of it."""
    return {
        "camera": trust.camera,
        "kind": trust.kind,
        "zone": trust.zone,
        "severity": trust.severity,
        "state": trust.standing.value,
        "since": _time(trust.since),
        "by": trust.by,
        "reason": trust.reason,
        "counts_from": _time(trust.counts_from),
        "real": found.real,
        "false": found.false,
        "unclear": found.unclear,
        "precision": None if found.precision is None else round(found.precision, 4),
        "low": round(found.low, 4),
        "high": round(found.high, 4),
        "budget": budget,
        "proposes_restore": proposed,
        "version": trust.version,
    }


def change_json(change: TrustChange) -> dict[str, Any]:
    """One entry of a rule's account."""
    return {
        "at": rfc3339(change.at),
        "before": change.before.value,
        "after": change.after.value,
        "by": change.by,
        "reason": change.reason,
        "detail": change.detail,
    }


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
