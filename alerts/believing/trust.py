"""How far the word of one camera's rule is to be trusted, by what people said of it. Pure.

A **verdict** is a person's word on an alert: real or false. The last ones of a rule (a kind in one
zone of a camera) give its precision with an interval. A rule whose precision is surely under its
budget is no longer believed: it goes to *review*, where what it says is kept and shown, and nobody
is sent by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.alert import AlertId, Outcome
from alerts.believing.binomial import bounds
from ingest.camera import CameraId

DAY_S = 86_400.0


class Standing(StrEnum):
    """How the incidents of one camera's rule are treated."""

    TRUSTED = "trusted"
    FLAGGED = "flagged"
    """Surely under its budget, but too grave to be set aside by itself: treated as trusted."""
    REVIEW = "review"
    """Recorded and shown for review; no patrol is sent by itself."""


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """What a city may change."""

    window: int = 100
    """The most recent verdicts that count."""
    half_life_days: float = 30
    """A verdict this old counts half."""
    confidence: float = 0.99
    """Of the interval; demotion needs its upper bound under the budget."""
    min_verdicts: int = 12
    """Verdicts, real or false, without which nothing is decided."""
    hold_verdicts: int = 12
    """New verdicts, real or false, after a person restored a rule, before it may be demoted."""
    demote: bool = True
    """Rules demote themselves. False: they are only flagged."""
    demote_critical: bool = False
    """Critical kinds demote themselves too."""
    budget: Mapping[str, float] = field(
        default_factory=lambda: {"critical": 0.2, "high": 0.3, "medium": 0.3, "low": 0.3}
    )
    """The least precision by severity."""
    kinds: Mapping[str, float] = field(default_factory=dict)
    """The least precision by kind, where it differs."""

    def budget_of(self, kind: str, severity: str) -> float:
        return self.kinds.get(kind, self.budget.get(severity, 0.0))


@dataclass(frozen=True, slots=True)
class RuleKey:
    """Which rule: a kind of incident in one zone of a camera."""

    camera: CameraId
    kind: str
    zone: str | None = None
    """Its zone or line; None: the whole frame."""

    @property
    def order(self) -> tuple[str, str, str]:
        """What rules are sorted by; the whole frame comes before every zone."""
        return self.camera, self.kind, self.zone or ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an alert turned out to be, said of one rule that had a part in it."""

    alert: AlertId
    camera: CameraId
    kind: str
    outcome: Outcome
    at: datetime
    by: str
    review: bool = False
    """Given while the rule was in review."""
    zone: str | None = None

    @property
    def rule(self) -> RuleKey:
        return RuleKey(self.camera, self.kind, self.zone)


@dataclass(frozen=True, slots=True)
class RuleTrust:
    """The standing of one rule: a kind in one zone of a camera."""

    camera: CameraId
    kind: str
    severity: str
    """The gravest of its incidents."""
    standing: Standing = Standing.TRUSTED
    since: datetime | None = None
    """When it came into this standing; None: it never changed."""
    by: str = ""
    reason: str = ""
    """Why: `under_budget`, `recovered`, or what a person wrote."""
    counts_from: datetime | None = None
    """Verdicts up to then count no more: a person has restored it."""
    version: int = 1
    """Grows by one with each change of standing; the HTTP ETag."""
    zone: str | None = None

    @property
    def rule(self) -> RuleKey:
        return RuleKey(self.camera, self.kind, self.zone)

    @property
    def is_reviewed(self) -> bool:
        return self.standing is Standing.REVIEW


@dataclass(frozen=True, slots=True)
class TrustChange:
    """One entry of a rule's account: who changed its standing, when and why."""

    camera: CameraId
    kind: str
    at: datetime
    before: Standing
    after: Standing
    by: str
    reason: str
    detail: dict[str, Any] = field(default_factory=dict)
    """The counts and the interval that led to it; the alert whose verdict tipped it."""
    zone: str | None = None

    @property
    def rule(self) -> RuleKey:
        return RuleKey(self.camera, self.kind, self.zone)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the verdicts say of a precision."""

    real: int
    false: int
    unclear: int
    precision: float | None
    """Weighted by age; None: nothing was decided yet."""
    low: float
    high: float

    @property
    def decided(self) -> int:
        return self.real + self.false


def estimate(
    verdicts: Sequence[Verdict], now: datetime, policy: TrustPolicy, after: datetime | None = None
) -> Estimate:
    """The precision by the newest verdicts (given newest first), of those after `after`.

    An old verdict weighs less. The interval is that of as many equal votes as the weights are
    worth, (sum w)^2 / sum w^2 (Kish, "Survey Sampling", 1965): old news makes it wider.
    """
    counted = [one for one in verdicts[: policy.window] if after is None or one.at > after]
    tally = {outcome: sum(one.outcome is outcome for one in counted) for outcome in Outcome}
    votes = [
        (_weight(one, now, policy), one.outcome is Outcome.REAL)
        for one in counted
        if one.outcome in (Outcome.REAL, Outcome.FALSE)
    ]
    total = sum(weight for weight, _ in votes)
    precision, worth = None, 0.0
    if total > 0:
        precision = sum(weight for weight, real in votes if real) / total
        worth = total**2 / sum(weight**2 for weight, _ in votes)
    low, high = bounds((precision or 0.0) * worth, worth, policy.confidence)
    unclear = tally[Outcome.UNCLEAR]
    return Estimate(tally[Outcome.REAL], tally[Outcome.FALSE], unclear, precision, low, high)


def _weight(one: Verdict, now: datetime, policy: TrustPolicy) -> float:
    age_s = max(0.0, (now - one.at).total_seconds())
    return float(0.5 ** (age_s / (policy.half_life_days * DAY_S)))


def weighed(
    trust: RuleTrust, verdicts: Sequence[Verdict], now: datetime, policy: TrustPolicy
) -> tuple[RuleTrust, Estimate]:
    """The rule's trust after another verdict, and what was measured; the same: nothing changes.

    What is in review stays there: only a person restores it. See `recovered`.
    """
    found = estimate(verdicts, now, policy, trust.counts_from)
    if trust.standing is Standing.REVIEW:
        return trust, found
    under = found.high < policy.budget_of(trust.kind, trust.severity)
    least = policy.min_verdicts if trust.counts_from is None else policy.hold_verdicts
    if not under:
        return changed(trust, Standing.TRUSTED, now, "system:qalqan", "recovered"), found
    if found.decided < least:
        return trust, found
    itself = policy.demote and (trust.severity != "critical" or policy.demote_critical)
    standing = Standing.REVIEW if itself else Standing.FLAGGED
    return changed(trust, standing, now, "system:qalqan", "under_budget"), found


def recovered(
    trust: RuleTrust, verdicts: Sequence[Verdict], now: datetime, policy: TrustPolicy
) -> bool:
    """Whether a rule in review should be believed again: what was said since then is surely good.

    Proposed to a person, never done by itself.
    """
    if trust.standing is not Standing.REVIEW:
        return False
    found = estimate(verdicts, now, policy, trust.since)
    good = found.low >= policy.budget_of(trust.kind, trust.severity)
    return found.decided >= policy.min_verdicts and good


def restored(trust: RuleTrust, now: datetime, by: str, reason: str) -> RuleTrust:
    """Believed again, by a person: earlier verdicts count no more."""
    return replace(changed(trust, Standing.TRUSTED, now, by, reason), counts_from=now)


def changed(trust: RuleTrust, standing: Standing, now: datetime, by: str, reason: str) -> RuleTrust:
    """One version on in another standing; in the same one, the same."""
    if trust.standing is standing:
        return trust
    version = trust.version + 1
    return replace(trust, standing=standing, since=now, by=by, reason=reason, version=version)
