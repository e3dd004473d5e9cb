"""What time alone brings about: lapsed offers go on, silence gets loud, who is free is sent.

Each alert is one transaction of its own: one that cannot be handled holds up no other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.alert import SYSTEM, Alert, AlertId, State
from alerts.calm.quiet import over
from alerts.case import Case
from alerts.dispatch.joint import together
from alerts.dispatch.journeys import Journeys
from alerts.dispatch.nearby import Nearby
from alerts.dispatch.pairing import Pairing
from alerts.dispatch.searching import EXACT, Agreed, decide, free_for, may_take
from alerts.dispatch.searching import waiting as as_waiting
from alerts.errors import StoreUnavailable
from alerts.escalate import SAID, complaint, rearmed
from alerts.intake import send_if_urgent
from alerts.plans import for_alert
from alerts.policy import Policy
from alerts.ports import Clock, Reading, Store, Transaction
from alerts.transitions import UNDER_WAY

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Alerts handled in one round at most; the next round goes on."""


class Rounds:
    """Called twice a second by one caller. With nothing due it only reads, by indexes."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        now: Clock,
        roads: Journeys | None = None,
        pairing: Pairing = EXACT,
    ) -> None:
        self._store = store
        self._policy = policy
        self._now = now
        self._roads = roads
        self._pairing = pairing
        self._last: datetime | None = None

    def make(self) -> int:
        """Do what is due; gives how many alerts changed. Raises `StoreUnavailable`."""
        now = self._now()
        changed = 0
        if self._last is None or now < self._last:
            changed += self._rearm(now)
        self._last = now
        with self._store.read() as tx:
            due = [alert.id for alert in tx.due_alerts(now, AT_ONCE)]
        changed += sum(self._in_case(alert, self._attend) for alert in due)
        return changed + self._send_waiting(now)

    def _in_case(self, alert: AlertId, change: Callable[[Case, Transaction], bool]) -> int:
        """Read it again, for it may have moved on; store it if `change` says that it did.

        At its own moment: others have written into its account since the round began.
        """
        try:
            with self._store.begin() as tx:
                found = tx.alert(alert)
                if found is None or found.state is State.CLOSED:
                    return 0
                case = Case(tx, found, self._now(), self._policy, self._roads)
                if not change(case, tx):
                    return 0
                case.finish()
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("alert %s cannot be attended to; it is tried again", alert)
            return 0
        return 1

    def _attend(self, case: Case, tx: Transaction) -> bool:
        answer_by = case.alert.answer_by
        lapsed = answer_by is not None and answer_by <= case.now
        if lapsed:
            case.lapse()
        alert = case.alert
        if alert.attention_by is None or alert.attention_by > case.now:
            return lapsed
        if alert.is_quiet:
            over(tx, case)
            send_if_urgent(case, self._policy)
            return True
        if alert.review:
            case.expire()
            return True
        if alert.state not in UNDER_WAY:
            case.move("escalate", SYSTEM, SAID[alert.state])
            return True
        unit = tx.patrol(alert.patrol) if alert.patrol else None
        why = complaint(alert, unit, case.now, case.policy)
        if why is not None:
            case.move("remind", SYSTEM, why, patrol=alert.patrol)
            return True
        again = case.now + timedelta(seconds=case.policy.contact_s)
        tx.put_alert(replace(alert, attention_by=again))
        return False

    def _send_waiting(self, now: datetime) -> int:
        """Who has become free goes where it is wanted most, all that wait considered together."""
        with self._store.read() as tx:
            waiting = tx.waiting_alerts(AT_ONCE)
            if not waiting:
                return 0
            wanted = [as_waiting(one, now, self._policy) for one in waiting]
            free = free_for(tx, wanted, Nearby(tx, now, self._policy, self._roads))
            joint = together(wanted, free, now, self._pairing, self._roads)
            agreed = Agreed(joint, joint.to_dict())
            some = [one.id for one in waiting if self._can_be_sent(tx, one, agreed, now)]
        sent = 0
        for alert in some:

            def send(case: Case, _tx: Transaction, agreed: Agreed = agreed) -> bool:
                case.agreed = agreed
                return _send(case)

            if self._in_case(alert, send):
                sent += 1
                if agreed.kept_with is None and joint.kept_from(alert):
                    agreed = replace(agreed, kept_with=alert)
        return sent

    def _can_be_sent(self, tx: Reading, alert: Alert, agreed: Agreed, now: datetime) -> bool:
        if alert.id in agreed.joint.pairs:
            return True
        if not may_take(alert, for_alert(self._policy, alert, now)):
            return False
        return decide(tx, alert, now, self._policy, self._roads, agreed).chosen is not None

    def _rearm(self, now: datetime) -> int:
        """At the start, and when the clock has gone back: no deadline may lie out of reach."""
        with self._store.read() as tx:
            alerts = [one.id for one in tx.open_alerts() if self._out_of_reach(one, now)]

        def rearm(case: Case, _tx: Transaction) -> bool:
            if not self._out_of_reach(case.alert, now):
                return False
            case.alert = rearmed(case.alert, now, case.policy)
            case.record(
                "rearm", SYSTEM, "the clock or the policy has changed", case.alert.state, {}
            )
            return True

        return sum(self._in_case(alert, rearm) for alert in alerts)

    def _out_of_reach(self, alert: Alert, now: datetime) -> bool:
        return rearmed(alert, now, for_alert(self._policy, alert, now)) != alert


def _send(case: Case) -> bool:
    if not case.alert.waits_for_patrol:
        return False
    decision = case.choice()
    if decision.chosen is None:
        return False
    case.offer_nearest(SYSTEM, decision=decision)
    return True
