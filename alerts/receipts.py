"""Receipts: what devices say of a notification, and what is done when none says anything."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.alert import SYSTEM, PatrolId, State, Step
from alerts.errors import NotFound, NotYours, StoreUnavailable
from alerts.notification import (
    Event,
    Notification,
    NotificationId,
    Stage,
    received,
)
from alerts.outbox import publish, tell
from alerts.plans import for_alert
from alerts.policy import Policy
from alerts.ports import Clock, Reading, Store, Transaction

log = logging.getLogger(__name__)

AT_ONCE = 200
AGES, EVERYTHING = timedelta(days=3650), 100_000


class Receipts:
    """Thread-safe through its store."""

    def __init__(self, store: Store, policy: Policy, now: Clock) -> None:
        self._store = store
        self._policy = policy
        self._now = now
        self._last: datetime | None = None

    def read(self, notification: NotificationId, patrol: PatrolId) -> Notification:
        """What was said to that patrol. Raises `NotFound`, `NotYours`."""
        with self._store.read() as tx:
            return _of(tx, notification, patrol)

    def note(
        self, notification: NotificationId, patrol: PatrolId, stage: Stage
    ) -> tuple[Notification, bool]:
        """What a device of that patrol says; gives it, and whether that was news.

        Raises `NotFound`, `NotYours`.
        """
        with self._store.begin() as tx:
            told = _of(tx, notification, patrol)
            now = self._now()
            after = received(told, stage, now)
            if after == told:
                return told, False
            tx.put_notification(after)
            if after.event is Event.TEST:
                _verify(tx, after, now)
            publish(tx, after, now)
        return after, True

    def chase(self) -> int:
        """Take the next channel of what no device has confirmed in time; gives how many."""
        now = self._now()
        if self._last is not None and now < self._last:
            self._bring_near(now)
        self._last = now
        with self._store.read() as tx:
            due = [one.id for one in tx.due_notifications(now, AT_ONCE)]
        return sum(self._next(one, now) for one in due)

    def _bring_near(self, now: datetime) -> None:
        """The clock has gone back: a receipt is waited for no longer than it would be from now."""
        with self._store.begin() as tx:
            for told in tx.due_notifications(now + AGES, EVERYTHING):
                alert = tx.alert(told.alert)
                policy = for_alert(self._policy, alert, now) if alert else self._policy
                latest = now + timedelta(seconds=policy.receipt_s)
                if told.receipt_by is not None and told.receipt_by > latest:
                    tx.put_notification(replace(told, receipt_by=latest))

    def _next(self, notification: NotificationId, now: datetime) -> int:
        try:
            with self._store.begin() as tx:
                told = tx.notification(notification)
                if told is None or told.receipt_by is None or told.receipt_by > now:
                    return 0
                _further(tx, told, now, self._policy)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("notification %s cannot be followed up; it is tried again", notification)
            return 0
        return 1


def _of(tx: Reading, notification: NotificationId, patrol: PatrolId) -> Notification:
    told = tx.notification(notification)
    if told is None:
        raise NotFound(f"there is no notification {notification[:80]}")
    if told.patrol != patrol:
        raise NotYours("this notification was for another patrol")
    return told


def _further(tx: Transaction, told: Notification, now: datetime, policy: Policy) -> None:
    alert = tx.alert(told.alert)
    if alert is None or alert.patrol != told.patrol or alert.state is not State.DISPATCHED:
        tx.put_notification(replace(told, receipt_by=None))
        return
    policy = for_alert(policy, alert, now)
    before = told.channels[told.step]
    told = tell(tx, replace(told, step=told.step + 1), now, policy)
    left = told.channels[told.step] if told.step < len(told.channels) else ()
    tried = f"no device has it after {policy.receipt_s:g} s over {', '.join(before)}"
    then = f"now over {', '.join(left)}" if left else "nothing else reaches this patrol"
    detail = {"notification": told.id, "patrol": told.patrol, "channels": list(left)}
    state = alert.state
    tx.add_step(
        Step(alert.id, now, "notify", state, state, str(SYSTEM), f"{tried}; {then}", detail)
    )
    publish(tx, told, now)


def _verify(tx: Transaction, told: Notification, now: datetime) -> None:
    """The device that a test was sent to works."""
    for endpoint in tx.endpoints(told.recipient):
        asked = tx.delivery(f"{told.id}/{endpoint.id}") is not None
        if asked and endpoint.in_use:
            tx.put_endpoint(replace(endpoint, verified_at=now, version=endpoint.version + 1))
