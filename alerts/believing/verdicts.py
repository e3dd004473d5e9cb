"""A verdict and what follows from it, in the transaction that closes the alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from alerts.alert import Actor, Alert, AlertId, FeedEvent, LinkedIncident
from alerts.believing.trust import (
    Estimate,
    RuleKey,
    RuleTrust,
    TrustChange,
    TrustPolicy,
    Verdict,
    estimate,
    recovered,
    weighed,
)
from alerts.json_form import trust_json
from alerts.ports import Reading, Transaction
from detect.incident import SEVERITIES
from ingest.camera import CameraId

LONGEST_ZONE = 64
"""Letters of a zone's name, as scenes allow them."""


def rule_of(incident: Mapping[str, Any]) -> RuleKey:
    """Which rule raised an incident, given as its JSON."""
    zone = incident.get("zone")
    camera, kind = CameraId(str(incident["camera"])), str(incident["kind"])
    return RuleKey(camera, kind, str(zone)[:LONGEST_ZONE] if zone else None)


def is_reviewed(tx: Reading, rule: RuleKey) -> bool:
    """Whether what this rule says is for review alone."""
    known = tx.rule_trust(rule)
    return known is not None and known.is_reviewed


def note_verdict(
    tx: Transaction, alert: Alert, actor: Actor, now: datetime, policy: TrustPolicy
) -> list[RuleTrust]:
    """Count an alert's outcome once for each rule that had a part in it.

    However many incidents an alert has, people looked once: one vote. Gives the rules whose
    standing it changed.
    """
    if alert.outcome is None:
        return []
    tipped = []
    before = {one.rule: one for one in tx.verdicts_of(alert.id)}
    for rule, severity in _parts(alert, tx.incidents(alert.id)).items():
        camera, kind, zone = rule.camera, rule.kind, rule.zone
        verdict = Verdict(
            alert.id, camera, kind, alert.outcome, now, str(actor), alert.review, zone
        )
        known = before.get(rule)
        if known is not None:  # corrected: it keeps its place in time
            verdict = replace(verdict, at=known.at, review=known.review)
        tx.put_verdict(verdict)
        trust = tx.rule_trust(rule) or RuleTrust(camera, kind, severity, zone=zone)
        graver = min(trust.severity, severity, key=SEVERITIES.index)
        trust = replace(trust, severity=graver)
        after, found = weighed(trust, newest(tx, trust, policy), now, policy)
        tx.put_rule_trust(after)
        if after.standing is not trust.standing:
            budget = policy.budget_of(trust.kind, trust.severity)
            facts = {**asdict(found), "budget": budget, "alert": alert.id}
            record_change(tx, trust, after, now, policy, facts)
            tipped.append(after)
    return tipped


def record_change(
    tx: Transaction,
    before: RuleTrust,
    after: RuleTrust,
    now: datetime,
    policy: TrustPolicy,
    facts: dict[str, Any],
) -> None:
    """Into the rule's account, and to everybody who looks at the feed."""
    tx.add_trust_change(
        TrustChange(
            after.camera,
            after.kind,
            now,
            before.standing,
            after.standing,
            after.by,
            after.reason,
            facts,
            after.zone,
        )
    )
    data = trust_json(after, *judged(tx, after, now, policy))
    alert = AlertId(str(facts.get("alert", "")))
    tx.publish(FeedEvent(0, now, "trust", alert, None, data))


def judged(
    tx: Reading, trust: RuleTrust, now: datetime, policy: TrustPolicy
) -> tuple[Estimate, float, bool]:
    """What the verdicts say of a rule, its budget, and whether it should be believed again."""
    verdicts = newest(tx, trust, policy)
    found = estimate(verdicts, now, policy, trust.counts_from)
    budget = policy.budget_of(trust.kind, trust.severity)
    return found, budget, recovered(trust, verdicts, now, policy)


def newest(tx: Reading, trust: RuleTrust, policy: TrustPolicy) -> list[Verdict]:
    """The verdicts that count, newest first."""
    return tx.verdicts(trust.rule, policy.window)


def _parts(alert: Alert, incidents: Sequence[LinkedIncident]) -> dict[RuleKey, str]:
    """Each rule that had a part in an alert, with the gravest severity that it reported."""
    parts: dict[RuleKey, str] = {}
    for one in incidents:
        rule, severity = rule_of(one.payload), str(one.payload["severity"])
        known = parts.get(rule, severity)
        parts[rule] = min(known, severity, key=SEVERITIES.index)
    return parts or {RuleKey(alert.camera, alert.kind, alert.zone): alert.severity}
