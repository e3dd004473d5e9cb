"""What time alone brings about: lapsed offers go on, silence gets loud, who is free is sent.

Each alert is one transaction of its own: one that cannot be handled holds up no other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.alert import SYSTEM, Alert, AlertId, State
from alerts.assign import choose, obstacle
from alerts.case import Case, refused
from alerts.errors import StoreUnavailable
from alerts.escalate import SAID, complaint, rearmed
from alerts.intake import send_if_urgent
from alerts.journeys import Journeys
from alerts.policy import Policy
from alerts.ports import Clock, Store, Transaction
from alerts.quiet import over
from alerts.transitions import UNDER_WAY

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Alerts handled in one round at most; the next round goes on."""


class Rounds:
    """Called twice a second by one caller. With nothing due it only reads, by indexes."""

    def __init__(
        self, store: Store, policy: Policy, now: Clock, roads: Journeys | None = None
    ) -> None:
        self._store = store
        self._policy = policy
        self._now = now
        self._roads = roads
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
        changed += sum(self._in_case(alert, now, self._attend) for alert in due)
        return changed + self._send_waiting(now)

    def _in_case(
        self, alert: AlertId, now: datetime, change: Callable[[Case, Transaction], bool]
    ) -> int:
        """Read it again, for it may have moved on; store it if `change` says that it did."""
        try:
            with self._store.begin() as tx:
                found = tx.alert(alert)
                if found is None or found.state is State.CLOSED:
                    return 0
                case = Case(tx, found, now, self._policy, self._roads)
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
        why = complaint(alert, unit, case.now, self._policy)
        if why is not None:
            case.move("remind", SYSTEM, why, patrol=alert.patrol)
            return True
        again = case.now + timedelta(seconds=self._policy.contact_s)
        tx.put_alert(replace(alert, attention_by=again))
        return False

    def _send_waiting(self, now: datetime) -> int:
        """What nobody could be sent to goes to the first patrol that becomes free."""
        with self._store.read() as tx:
            waiting = tx.waiting_alerts(AT_ONCE)
            patrols = tx.patrols() if waiting else []
        free = [one for one in patrols if obstacle(one, now, self._policy) is None]
        sent = 0
        for alert in waiting:
            if not free:
                break
            excluded = refused(alert, now, self._policy)
            decision = choose(alert.place, free, now, self._policy, excluded, self._roads)
            chosen = decision.chosen
            if chosen is not None and self._in_case(alert.id, now, self._send):
                free = [one for one in free if one.id != chosen]
                sent += 1
        return sent

    def _send(self, case: Case, _tx: Transaction) -> bool:
        if not case.alert.waits_for_patrol or case.choice().chosen is None:
            return False
        case.offer_nearest(SYSTEM)
        return True

    def _rearm(self, now: datetime) -> int:
        """At the start, and when the clock has gone back: no deadline may lie out of reach."""
        with self._store.read() as tx:
            alerts = [one.id for one in tx.open_alerts() if self._out_of_reach(one, now)]

        def rearm(case: Case, _tx: Transaction) -> bool:
            if not self._out_of_reach(case.alert, now):
                return False
            case.alert = rearmed(case.alert, now, self._policy)
            case.record(
                "rearm", SYSTEM, "the clock or the policy has changed", case.alert.state, {}
            )
            return True

        return sum(self._in_case(alert, now, rearm) for alert in alerts)

    def _out_of_reach(self, alert: Alert, now: datetime) -> bool:
        return rearmed(alert, now, self._policy) != alert
