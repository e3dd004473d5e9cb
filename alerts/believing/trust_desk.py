"""What can be asked about the trust in rules, and changed by a person, each as one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alerts.alert import Actor
from alerts.believing.trust import (
    Estimate,
    RuleKey,
    RuleTrust,
    Standing,
    TrustChange,
    TrustPolicy,
    changed,
    restored,
)
from alerts.believing.verdicts import judged, record_change, rule_of
from alerts.case import Case
from alerts.dispatch.journeys import Journeys
from alerts.errors import NotFound, VersionConflict
from alerts.intake import send_if_urgent
from alerts.policy import Policy
from alerts.ports import Bell, Clock, Places, Reading, Store, Transaction
from ingest.camera import CameraId

UNKNOWN_SEVERITY = "low"
"""Of a rule that a person sets aside before anything was said about it; verdicts know better."""


@dataclass(frozen=True, slots=True)
class TrustReport:
    """A rule's trust and what the verdicts say of it."""

    trust: RuleTrust
    found: Estimate
    budget: float
    proposed: bool
    """What was said while it was in review is surely good: a person should restore it."""
    changes: tuple[TrustChange, ...] = ()
    """Its account, where it was asked for."""


class TrustDesk:
    """Synchronous and thread-safe through its store. Raises `AlertsError`."""

    def __init__(
        self,
        store: Store,
        places: Places,
        policy: Policy,
        trust: TrustPolicy,
        now: Clock,
        ring: Bell,
        roads: Journeys | None = None,
    ) -> None:
        self._store = store
        self._places = places
        self._policy = policy
        self._trust = trust
        self._now = now
        self._ring = ring
        self._roads = roads

    def page(
        self,
        limit: int,
        after: RuleKey | None = None,
        camera: CameraId | None = None,
        standings: Sequence[Standing] = (),
    ) -> list[TrustReport]:
        """Rules that anything was said of, by camera, kind and zone."""
        with self._store.read() as tx:
            return [self._report(tx, one) for one in tx.page_trust(limit, after, camera, standings)]

    def rule(self, rule: RuleKey) -> TrustReport:
        """One rule with its account. Raises `NotFound`."""
        with self._store.read() as tx:
            report = self._report(tx, self._found(tx, rule))
            return replace(report, changes=tuple(tx.trust_changes(rule)))

    def set_standing(
        self,
        rule: RuleKey,
        standing: Standing,
        actor: Actor,
        reason: str = "",
        version: int | None = None,
    ) -> TrustReport:
        """A person's decision: believed (verdicts so far count no more), or for review.

        What is already so is not done again, whatever the version.
        """
        now = self._now()
        with self._store.begin() as tx:
            before = self._found(tx, rule)
            if before.standing is standing:
                return self._report(tx, before)
            if version is not None and version != before.version:
                raise VersionConflict(
                    f"the rule is at version {before.version}, not {version}: read it again"
                )
            who = str(actor)
            if standing is Standing.TRUSTED:
                after = restored(before, now, who, reason)
            else:
                after = changed(before, standing, now, who, reason)
            tx.put_rule_trust(after)
            record_change(tx, before, after, now, self._trust, {})
            if standing is Standing.TRUSTED:
                self._lift(tx, after, actor)
            report = self._report(tx, after)
        self._ring()
        return report

    def _lift(self, tx: Transaction, trust: RuleTrust, actor: Actor) -> None:
        """What goes on while its rule is believed again is an alert like any other."""
        now = self._now()
        for alert in tx.open_alerts():
            if not (alert.kind == trust.kind and alert.review and alert.happening):
                continue
            if any(rule_of(one.payload) == trust.rule for one in tx.incidents(alert.id)):
                case = Case(tx, alert, now, self._policy, self._roads)
                case.lift(actor, "its rule is trusted again")
                send_if_urgent(case, self._policy)
                case.finish()

    def _found(self, tx: Reading, rule: RuleKey) -> RuleTrust:
        known = tx.rule_trust(rule)
        if known is not None:
            return known
        if self._places(rule.camera) is None:
            raise NotFound(f"there is no camera {rule.camera[:64]}, and nothing was said of it")
        return RuleTrust(rule.camera, rule.kind, UNKNOWN_SEVERITY, zone=rule.zone)

    def _report(self, tx: Reading, trust: RuleTrust) -> TrustReport:
        return TrustReport(trust, *judged(tx, trust, self._now(), self._trust))
