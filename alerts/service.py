"""The alert service: what can be asked of it, each as one transaction and then a ring of the bell.

incident -> intake -> grouping -> alert -> assign -> offer -> answer -> outcome
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from alerts.alert import (
    SYSTEM,
    Actor,
    Alert,
    AlertId,
    FeedEvent,
    LinkedIncident,
    Outcome,
    PatrolId,
    State,
    Step,
)
from alerts.case import Case, lapse
from alerts.errors import NotFound, NotYours, TransitionRefused, VersionConflict
from alerts.intake import take_in
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.ports import Bell, Clock, Places, Store, Transaction
from detect.ids import uuid7
from detect.incident import Incident


class Answer(StrEnum):
    """What a patrol can say."""

    ACCEPT = "accept"
    DECLINE = "decline"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"


ACTION = {Answer.ACCEPT: "accept", Answer.EN_ROUTE: "depart", Answer.ON_SCENE: "arrive"}
REACHED = {
    Answer.ACCEPT: (State.ACCEPTED, State.EN_ROUTE, State.ON_SCENE),
    Answer.EN_ROUTE: (State.EN_ROUTE, State.ON_SCENE),
    Answer.ON_SCENE: (State.ON_SCENE,),
}
"""States in which the same answer, sent again over a bad network, changes nothing."""


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """An alert with its whole account."""

    alert: Alert
    steps: list[Step]
    incidents: list[LinkedIncident]


class AlertService:
    """Synchronous and thread-safe through its store. Raises `AlertsError`."""

    def __init__(
        self, store: Store, places: Places, policy: Policy, now: Clock, ring: Bell
    ) -> None:
        self._store = store
        self._places = places
        self._policy = policy
        self._now = now
        self._ring = ring

    # --- incidents ---

    def receive(self, incident: Incident, trace: Mapping[str, str]) -> AlertId:
        """Take an incident or its change; returns when it is committed."""
        place = self._places(incident.camera)
        with self._store.begin() as tx:
            alert = take_in(tx, incident, trace, place, self._now(), self._policy)
        self._ring()
        return alert

    # --- operators ---

    def acknowledge(self, alert: AlertId, actor: Actor, version: int | None = None) -> Alert:
        """Somebody has seen it. Again by another: recorded, nothing else."""

        def change(case: Case) -> None:
            case.move("acknowledge", actor)
            case.alert = replace(case.alert, acknowledged_by=str(actor), attention_by=None)

        return self._change(alert, change, version)

    def dispatch(
        self,
        alert: AlertId,
        actor: Actor,
        patrol: PatrolId | None = None,
        reason: str = "",
        version: int | None = None,
    ) -> Alert:
        """Send the nearest patrol, or the one named."""

        def change(case: Case) -> None:
            if patrol is None:
                case.offer_nearest(actor, reason)
            else:
                case.offer_to(patrol, actor, reason)

        return self._change(alert, change, version)

    def close(
        self,
        alert: AlertId,
        actor: Actor,
        outcome: Outcome,
        note: str = "",
        version: int | None = None,
    ) -> Alert:
        """The matter is closed. A patrol closes only its own alert, on the scene."""

        def change(case: Case) -> None:
            if actor.role == "patrol":
                if case.alert.patrol != actor.id:
                    raise NotYours("this alert is not with this patrol")
                if case.alert.state is not State.ON_SCENE:
                    raise TransitionRefused("a patrol closes an alert only from the scene")
            case.close(actor, outcome, note)

        return self._change(alert, change, version)

    # --- patrols ---

    def answer(
        self, alert: AlertId, patrol: PatrolId, answer: Answer, actor: Actor, note: str = ""
    ) -> Alert:
        """A patrol answers its offer, or reports on its way. The same answer twice is one."""
        with self._store.begin() as tx:
            case = self._case(tx, alert)
            if case.alert.patrol != patrol:
                if answer is Answer.DECLINE and patrol in case.alert.refused_by:
                    return case.alert
                raise NotYours("this alert is no longer offered to this patrol")
            if case.alert.state in REACHED.get(answer, ()):
                return case.alert
            if answer is Answer.DECLINE:
                case.move("decline", actor, note, patrol=patrol)
                case.release(refused=True)
                case.offer_nearest(SYSTEM)
            else:
                case.move(ACTION[answer], actor, note)
                case.alert = replace(case.alert, answer_by=None)
            changed = case.finish()
        self._ring()
        return changed

    def register_patrol(self, name: str, actor: Actor) -> Patrol:
        now = self._now()
        patrol = Patrol(PatrolId(uuid7(now)), name, False, None, None, now)
        with self._store.begin() as tx:
            tx.put_patrol(patrol)
        return patrol

    def set_position(self, patrol: PatrolId, position: Position) -> Patrol:
        """Note where a patrol is; a fix older than the known one changes nothing."""
        with self._store.begin() as tx:
            unit = self._unit(tx, patrol)
            if unit.position is None or position.at >= unit.position.at:
                unit = replace(unit, position=position)
                tx.put_patrol(unit)
        return unit

    def set_duty(self, patrol: PatrolId, on_duty: bool, actor: Actor) -> Patrol:
        """Begin or end a shift. Who leaves with an unanswered offer has declined it."""
        with self._store.begin() as tx:
            unit = self._unit(tx, patrol)
            busy = unit.busy_with
            unit = replace(unit, on_duty=on_duty, version=unit.version + 1)
            tx.put_patrol(unit)
            if not on_duty and busy is not None:
                case = self._case(tx, busy)
                if case.alert.state is State.DISPATCHED:
                    case.move("decline", actor, "went off duty", patrol=patrol)
                    case.release(refused=True)
                    case.offer_nearest(SYSTEM)
                    case.finish()
            unit = self._unit(tx, patrol)
        self._ring()
        return unit

    def patrols(self) -> list[Patrol]:
        with self._store.begin() as tx:
            return tx.patrols()

    def patrol(self, patrol: PatrolId) -> Patrol:
        with self._store.begin() as tx:
            return self._unit(tx, patrol)

    # --- time ---

    def tick(self) -> int:
        """Do what is due: lapsed offers go on, unattended alerts get loud; gives how many."""
        now = self._now()
        with self._store.begin() as tx:
            due = tx.due_alerts(now)
            for alert in due:
                case = Case(tx, alert, now, self._policy)
                if alert.state is State.DISPATCHED:
                    lapse(case)
                elif alert.state in (State.NEW, State.ACKNOWLEDGED):
                    case.move("escalate", SYSTEM, "nobody has looked")
                case.alert = replace(case.alert, attention_by=None)
                case.finish()
            sent = self._send_escalated(tx, now)
        if due or sent:
            self._ring()
        return len(due) + sent

    def _send_escalated(self, tx: Transaction, now: datetime) -> int:
        """An alert that nobody could be sent to goes to the first patrol that becomes free."""
        sent = 0
        for alert in tx.open_alerts():
            automatic = alert.severity in self._policy.auto_dispatch_severities
            if alert.state is State.ESCALATED and automatic:
                case = Case(tx, alert, now, self._policy)
                case.offer_nearest(SYSTEM)
                if case.alert.state is State.DISPATCHED:
                    case.finish()
                    sent += 1
        return sent

    # --- reading ---

    def alert(self, alert: AlertId) -> AlertDetail:
        with self._store.begin() as tx:
            found = self._case(tx, alert).alert
            return AlertDetail(found, tx.steps(alert), tx.incidents(alert))

    def page(
        self, limit: int, before: AlertId | None = None, states: Sequence[State] = ()
    ) -> list[Alert]:
        with self._store.begin() as tx:
            return tx.page_alerts(limit, before, states)

    def events_after(self, seq: int, limit: int, patrol: PatrolId | None = None) -> list[FeedEvent]:
        with self._store.begin() as tx:
            return tx.events_after(seq, limit, patrol)

    def last_event_seq(self) -> int:
        with self._store.begin() as tx:
            return tx.last_event_seq()

    # --- helpers ---

    def _change(self, alert: AlertId, change: Callable[[Case], None], version: int | None) -> Alert:
        with self._store.begin() as tx:
            case = self._case(tx, alert)
            if version is not None and version != case.alert.version:
                raise VersionConflict(
                    f"the alert is at version {case.alert.version}, not {version}: read it again"
                )
            change(case)
            changed = case.finish()
        self._ring()
        return changed

    def _case(self, tx: Transaction, alert: AlertId) -> Case:
        found = tx.alert(alert)
        if found is None:
            raise NotFound(f"there is no alert {alert}")
        return Case(tx, found, self._now(), self._policy)

    def _unit(self, tx: Transaction, patrol: PatrolId) -> Patrol:
        found = tx.patrol(patrol)
        if found is None:
            raise NotFound(f"there is no patrol {patrol}")
        return found
