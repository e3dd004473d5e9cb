"""The alert service: what can be asked of it, each as one transaction and then a ring of the bell.

incident -> intake -> grouping -> alert -> assign -> offer -> answer -> outcome
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from alerts.believing.trust import TrustPolicy
from alerts.believing.verdicts import note_verdict
from alerts.case import Case
from alerts.dispatch.journeys import Journeys
from alerts.dispatch.needs import capabilities
from alerts.dispatch.pairing import Pairing
from alerts.dispatch.searching import EXACT
from alerts.dispatch.whereabouts import Fix, Whereabouts
from alerts.errors import NotFound, NotYours, TransitionRefused, VersionConflict
from alerts.notification import Delivery, Notification, NotificationId, Stage
from alerts.outbox import recipient_names
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.ports import Bell, Clock, Outlines, Places, Reading, Store, Transaction
from alerts.receipts import Receipts
from alerts.receiving import Given, Receiving
from alerts.rounds import Rounds
from alerts.trace import Trace, trace_of
from detect.ids import uuid7
from detect.incident import Incident


class Answer(StrEnum):
    """What a patrol can say."""

    ACCEPT = "accept"
    DECLINE = "decline"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"


ACTION = {Answer.EN_ROUTE: "depart", Answer.ON_SCENE: "arrive"}
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
    notifications: list[Notification]
    deliveries: list[Delivery]
    names: dict[str, str]
    """Of the notifications' recipients, as far as they are known."""

    @property
    def trace(self) -> Trace:
        """Its way, in its times."""
        return trace_of(self.alert, self.incidents, self.steps, self.notifications)


class AlertService:
    """Synchronous and thread-safe through its store. Raises `AlertsError`."""

    def __init__(
        self,
        store: Store,
        places: Places,
        policy: Policy,
        now: Clock,
        ring: Bell,
        trust: TrustPolicy | None = None,
        outlines: Outlines = lambda camera, name: None,
        roads: Journeys | None = None,
        pairing: Pairing = EXACT,
    ) -> None:
        self._store = store
        self._policy = policy
        self._now = now
        self._ring = ring
        self._roads = roads
        self._receipts = Receipts(store, policy, now)
        self._whereabouts = Whereabouts(store, now)
        self._rounds = Rounds(store, policy, now, roads, pairing)
        self._trust = trust or TrustPolicy()
        self._receiving = Receiving(store, places, outlines, policy, now, ring, roads)

    # --- incidents ---

    def receive(self, incident: Incident, trace: Mapping[str, str]) -> AlertId:
        """Take an incident or its change; returns when it is committed."""
        return self.receive_all([(incident, trace)])[0]

    def receive_all(self, given: Sequence[Given]) -> list[AlertId]:
        """Take the first few of these in one commit, one at least; gives the alert of each."""
        return self._receiving.take(given)

    # --- operators ---

    def acknowledge(self, alert: AlertId, actor: Actor, version: int | None = None) -> Alert:
        """Somebody has seen it. It is loud again if nothing comes of it."""

        def already(known: Alert) -> bool:
            loud = known.state in (State.NEW, State.ESCALATED) or known.overdue_since
            return known.acknowledged_by == str(actor) and not loud and known.is_open

        return self._change(alert, lambda case: case.acknowledge(actor), already, version)

    def dispatch(
        self,
        alert: AlertId,
        actor: Actor,
        patrol: PatrolId | None = None,
        reason: str = "",
        version: int | None = None,
    ) -> Alert:
        """Send the nearest patrol, or the one named in place of whoever has it.

        Whoever has it is not taken off it without a name: with a patrol asked or under way, asking
        for the nearest changes nothing.
        """

        def already(known: Alert) -> bool:
            has_it = known.patrol is not None and patrol in (None, known.patrol)
            return has_it and known.is_open

        def change(case: Case) -> None:
            if patrol is None:
                case.offer_nearest(actor, reason)
            else:
                case.offer_to(patrol, actor, reason)

        return self._change(alert, change, already, version)

    def close(
        self,
        alert: AlertId,
        actor: Actor,
        outcome: Outcome,
        note: str = "",
        version: int | None = None,
    ) -> Alert:
        """The matter is closed. A patrol closes only its own alert, on the scene."""
        of_patrol = actor.role == "patrol"

        def already(known: Alert) -> bool:
            own = not of_patrol or known.patrol == actor.id
            return known.state is State.CLOSED and known.outcome is outcome and own

        def change(case: Case) -> None:
            if of_patrol and case.alert.patrol != actor.id:
                raise NotYours("this alert is not with this patrol")
            if of_patrol and case.alert.state is not State.ON_SCENE:
                raise TransitionRefused("a patrol closes an alert only from the scene")
            case.close(actor, outcome, note)
            note_verdict(case.tx, case.alert, actor, case.now, self._trust)

        return self._change(alert, change, already, version)

    def judge(
        self,
        alert: AlertId,
        actor: Actor,
        outcome: Outcome,
        note: str = "",
        version: int | None = None,
    ) -> Alert:
        """What a closed alert turned out to be after all; the verdict on its rules follows."""

        def already(known: Alert) -> bool:
            return known.state is State.CLOSED and known.outcome is outcome

        def change(case: Case) -> None:
            case.judge(actor, outcome, note)
            note_verdict(case.tx, case.alert, actor, case.now, self._trust)

        return self._change(alert, change, already, version)

    # --- patrols ---

    def answer(
        self, alert: AlertId, patrol: PatrolId, answer: Answer, actor: Actor, note: str = ""
    ) -> Alert:
        """A patrol answers its offer, or reports on its way. The same answer twice is one.

        A yes that comes too late is welcome while nobody else has been found.
        """
        with self._store.begin() as tx:
            case = self._case(tx, alert)
            if case.alert.patrol != patrol:
                if answer is Answer.DECLINE and patrol in case.alert.refused_by:
                    return case.alert
                if answer is not Answer.ACCEPT or not self._wanted_after_all(tx, case, patrol):
                    raise NotYours("this alert is no longer offered to this patrol")
                case.offer_to(patrol, SYSTEM, "answered late, nobody else was found")
            if case.alert.state in REACHED.get(answer, ()):
                return case.alert
            if answer is Answer.DECLINE:
                case.decline(actor, note)
            elif answer is Answer.ACCEPT:
                case.accept(actor, note)
            else:
                case.move(ACTION[answer], actor, note)
            changed = case.finish()
        self._ring()
        return changed

    def notification(self, notification: NotificationId, patrol: PatrolId) -> Notification:
        """What was said to that patrol. Raises `NotFound`, `NotYours`."""
        return self._receipts.read(notification, patrol)

    def receipt(self, notification: NotificationId, patrol: PatrolId, stage: Stage) -> Notification:
        """A device says that it has it, or that a person sees it. Said again, it changes nothing.

        Raises `NotFound`, `NotYours`.
        """
        told, news = self._receipts.note(notification, patrol, stage)
        if news:
            self._ring()
        return told

    def _wanted_after_all(self, tx: Transaction, case: Case, patrol: PatrolId) -> bool:
        """Whether a patrol that was asked before may still have it."""
        unit = self._unit(tx, patrol)
        free = unit.on_duty and unit.busy_with is None
        return case.alert.waits_for_patrol and patrol in case.alert.refused_by and free

    def register_patrol(self, name: str, actor: Actor, able: Iterable[str] = ()) -> Patrol:
        """Raises `ValueError` for what is no word for a capability."""
        now, words = self._now(), capabilities(able)
        patrol = Patrol(PatrolId(uuid7(now)), name, False, None, None, now, capabilities=words)
        with self._store.begin() as tx:
            tx.put_patrol(patrol)
        return patrol

    def set_capabilities(
        self, patrol: PatrolId, able: Iterable[str], version: int | None = None
    ) -> Patrol:
        """What it can do from now on. Raises `ValueError` for what is no word for it."""
        words = capabilities(able)
        with self._store.begin() as tx:
            unit = self._unit(tx, patrol).at_version(version)
            if unit.capabilities != words:
                unit = replace(unit, capabilities=words, version=unit.version + 1)
                tx.put_patrol(unit)
        return unit

    def set_position(self, patrol: PatrolId, position: Position) -> Patrol:
        """Note where a patrol is; a fix older than the known one changes nothing."""
        return self._whereabouts.report(patrol, position)

    def set_positions(self, fixes: Sequence[tuple[PatrolId, Position]]) -> list[Fix]:
        """Note where many are, in one commit; gives what came of each."""
        return self._whereabouts.take(fixes)

    def set_duty(
        self, patrol: PatrolId, on_duty: bool, actor: Actor, version: int | None = None
    ) -> Patrol:
        """Begin or end a shift. Who leaves with an alert has declined it: the next one goes."""
        with self._store.begin() as tx:
            unit = self._unit(tx, patrol).at_version(version)
            if unit.on_duty == on_duty:
                return unit
            tx.put_patrol(unit.on_shift(self._now()) if on_duty else unit.off_shift())
            if not on_duty and unit.busy_with is not None:
                case = self._case(tx, unit.busy_with)
                case.decline(actor, "went off duty")
                case.finish()
            unit = self._unit(tx, patrol)
        self._ring()
        return unit

    def patrols(self) -> list[Patrol]:
        with self._store.read() as tx:
            return tx.patrols()

    def patrol(self, patrol: PatrolId) -> Patrol:
        with self._store.read() as tx:
            return self._unit(tx, patrol)

    # --- time ---

    def tick(self) -> int:
        """Do what is due: lapsed offers go on, silence gets loud; gives how many changed."""
        changed = self._rounds.make() + self._receipts.chase()
        if changed:
            self._ring()
        return changed

    # --- reading ---

    def alert(self, alert: AlertId) -> AlertDetail:
        with self._store.read() as tx:
            detail = _detail(tx, _found(tx, alert))
            return replace(detail, names=recipient_names(tx, detail.notifications))

    def current(self, alert: AlertId) -> Alert:
        """As it stands, without its account."""
        with self._store.read() as tx:
            return _found(tx, alert)

    def steps(self, alert: AlertId) -> list[Step]:
        with self._store.read() as tx:
            return tx.steps(alert)

    def details(self, alerts: Iterable[AlertId]) -> list[AlertDetail]:
        """Of those that there are, without names of recipients."""
        with self._store.read() as tx:
            return [_detail(tx, found) for one in alerts if (found := tx.alert(one)) is not None]

    def page(
        self,
        limit: int,
        before: AlertId | None = None,
        states: Sequence[State] = (),
        review: bool | None = None,
    ) -> list[Alert]:
        with self._store.read() as tx:
            return tx.page_alerts(limit, before, states, review)

    def events_after(self, seq: int, limit: int, patrol: PatrolId | None = None) -> list[FeedEvent]:
        with self._store.read() as tx:
            return tx.events_after(seq, limit, patrol)

    def feed_after(self, seq: int, limit: int) -> list[FeedEvent]:
        with self._store.read() as tx:
            return tx.feed_after(seq, limit)

    def undelivered(self) -> tuple[int, Delivery | None]:
        """How many deliveries are not over, and the one of them that was written first."""
        with self._store.read() as tx:
            return tx.undelivered()

    def last_event_seq(self) -> int:
        with self._store.read() as tx:
            return tx.last_event_seq()

    def _change(
        self,
        alert: AlertId,
        change: Callable[[Case], None],
        already: Callable[[Alert], bool],
        version: int | None,
    ) -> Alert:
        """One step of a person. What is already so is not done again, whatever the version."""
        with self._store.begin() as tx:
            case = self._case(tx, alert)
            if already(case.alert):
                return case.alert
            if version is not None and version != case.alert.version:
                raise VersionConflict(
                    f"the alert is at version {case.alert.version}, not {version}: read it again"
                )
            change(case)
            changed = case.finish()
        self._ring()
        return changed

    def _case(self, tx: Transaction, alert: AlertId) -> Case:
        return Case(tx, _found(tx, alert), self._now(), self._policy, self._roads)

    def _unit(self, tx: Reading, patrol: PatrolId) -> Patrol:
        found = tx.patrol(patrol)
        if found is None:
            raise NotFound(f"there is no patrol {patrol}")
        return found


def _found(tx: Reading, alert: AlertId) -> Alert:
    found = tx.alert(alert)
    if found is None:
        raise NotFound(f"there is no alert {alert}")
    return found


def _detail(tx: Reading, alert: Alert) -> AlertDetail:
    one = alert.id
    account = tx.steps(one), tx.incidents(one), tx.notifications(one), tx.deliveries(one)
    return AlertDetail(alert, *account, names={})
