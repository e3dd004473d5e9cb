"""What people may make quiet, and take back: silences and shelving, each as one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from alerts.alert import Actor, Alert, AlertId, FeedEvent, State
from alerts.calm.quiet import hush, over, shelve, silence_of, wake
from alerts.calm.silence import (
    GRAVEST,
    LONGEST_SHELF,
    LONGEST_SILENCE,
    Circle,
    Silence,
    SilenceId,
    may_be_quiet,
)
from alerts.case import Case
from alerts.dispatch.journeys import Journeys
from alerts.errors import NotFound, NotPermitted, TransitionRefused, VersionConflict
from alerts.intake import send_if_urgent
from alerts.json_form import silence_json
from alerts.policy import Policy
from alerts.ports import Bell, Clock, Reading, Store, Transaction
from alerts.transitions import WAITING
from detect.ids import uuid7
from ingest.camera import CameraId

ADMIN = "admin"
TAKEN_BACK = "a person has taken it back"


@dataclass(frozen=True, slots=True)
class SilenceOrder:
    """What is to be quiet. At least one of camera, kind and `within` is named; a zone is one of a
    camera; critical ones are silenced only with their kind.
    """

    reason: str
    lasts: timedelta
    camera: CameraId | None = None
    kind: str | None = None
    zone: str | None = None
    within: Circle | None = None
    critical: bool = False


class SilenceDesk:
    """Synchronous and thread-safe through its store. Raises `AlertsError`."""

    def __init__(
        self, store: Store, policy: Policy, now: Clock, ring: Bell, roads: Journeys | None = None
    ) -> None:
        self._store = store
        self._policy = policy
        self._now = now
        self._ring = ring
        self._roads = roads

    # --- silences ---

    def make(self, order: SilenceOrder, actor: Actor) -> Silence:
        """Make something quiet from now on, and what nobody has taken up of it already."""
        if order.critical and actor.role != ADMIN:
            raise NotPermitted("only an administrator can silence critical alerts")
        now = self._now()
        silence = Silence(
            id=SilenceId(uuid7(now)),
            reason=order.reason,
            by=str(actor),
            created_at=now,
            until=now + min(order.lasts, LONGEST_SILENCE),
            camera=order.camera,
            kind=order.kind,
            zone=order.zone,
            within=order.within,
            critical=order.critical,
        )
        with self._store.begin() as tx:
            tx.put_silence(silence)
            for alert in tx.open_alerts():
                covered = may_be_quiet(alert) and silence_of(
                    alert, tx.incidents(alert.id), [silence]
                )
                if covered:
                    case = self._case(tx, alert)
                    hush(case, silence, actor)
                    case.finish()
            self._publish(tx, silence)
        self._ring()
        return silence

    def end(self, silence: SilenceId, actor: Actor, version: int | None = None) -> Silence:
        """Take a silence back: what goes on under it calls now. What is over stays as it is."""
        now = self._now()
        with self._store.begin() as tx:
            known = self._silence(tx, silence)
            ended = known
            if known.in_force(now):
                _expect(version, known.version, "the silence")
                ended = replace(known, ended_at=now, ended_by=str(actor), version=known.version + 1)
                tx.put_silence(ended)
                self._publish(tx, ended)
            woken = self._wake_all_under(tx, silence)
        if woken or ended is not known:
            self._ring()
        return ended

    def _wake_all_under(self, tx: Transaction, silence: SilenceId) -> int:
        """Also of one that is over by itself: the next round may not have come yet."""
        under = [alert for alert in tx.open_alerts() if alert.silenced_by == silence]
        for alert in under:
            case = self._case(tx, alert)
            over(tx, case)
            send_if_urgent(case, self._policy)
            case.finish()
        return len(under)

    def page(self, limit: int, before: SilenceId | None = None) -> list[Silence]:
        """All that ever were, newest first."""
        with self._store.read() as tx:
            return tx.page_silences(limit, before)

    def in_force(self) -> list[Silence]:
        """The first to end first."""
        with self._store.read() as tx:
            return tx.silences(self._now())

    def silence(self, silence: SilenceId) -> Silence:
        with self._store.read() as tx:
            return self._silence(tx, silence)

    # --- shelving ---

    def shelve(
        self,
        alert: AlertId,
        actor: Actor,
        lasts: timedelta,
        reason: str,
        version: int | None = None,
    ) -> Alert:
        """Not now: quiet for a while, then loud. What becomes graver meanwhile calls at once."""
        with self._store.begin() as tx:
            known = _alert(tx, alert)
            if known.state not in WAITING or known.patrol is not None or known.review:
                raise TransitionRefused("only an alert that nobody has and that calls is shelved")
            if known.silenced_by is not None:
                raise TransitionRefused("this alert is silenced already")
            if known.severity == GRAVEST and actor.role != ADMIN:
                raise NotPermitted("only an administrator can shelve a critical alert")
            _expect(version, known.version, "the alert")
            case = self._case(tx, known)
            shelve(case, actor, case.now + min(lasts, LONGEST_SHELF), reason)
            changed = case.finish()
        self._ring()
        return changed

    def unshelve(self, alert: AlertId, actor: Actor, version: int | None = None) -> Alert:
        """Back, as it was. Of one that is not shelved: nothing."""
        with self._store.begin() as tx:
            known = _alert(tx, alert)
            if known.shelved_by is None or known.state is State.CLOSED:
                return known
            _expect(version, known.version, "the alert")
            case = self._case(tx, known)
            wake(case, actor, TAKEN_BACK)
            send_if_urgent(case, self._policy)
            changed = case.finish()
        self._ring()
        return changed

    # --- helpers ---

    def _publish(self, tx: Transaction, silence: Silence) -> None:
        now = self._now()
        tx.publish(FeedEvent(0, now, "silence", AlertId(""), None, silence_json(silence)))

    def _case(self, tx: Transaction, alert: Alert) -> Case:
        return Case(tx, alert, self._now(), self._policy, self._roads)

    def _silence(self, tx: Reading, silence: SilenceId) -> Silence:
        found = tx.silence(silence)
        if found is None:
            raise NotFound(f"there is no silence {silence}")
        return found


def _alert(tx: Reading, alert: AlertId) -> Alert:
    found = tx.alert(alert)
    if found is None:
        raise NotFound(f"there is no alert {alert}")
    return found


def _expect(version: int | None, known: int, what: str) -> None:
    if version is not None and version != known:
        raise VersionConflict(f"{what} is at version {known}, not {version}: read it again")
