"""One alert in one transaction: every change is a step of the account and a line of the feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts import outbox
from alerts.alert import (
    SYSTEM,
    Actor,
    Alert,
    FeedEvent,
    Outcome,
    PatrolId,
    Refusal,
    State,
    Step,
)
from alerts.assign import Decision
from alerts.dispatch.journeys import Journeys
from alerts.dispatch.searching import PREEMPTED, Agreed, decide
from alerts.errors import NotFound, PatrolUnavailable, ReasonNeeded
from alerts.escalate import lifted, looked_at, moved
from alerts.json_form import alert_json
from alerts.notification import NotificationId
from alerts.patrol import Patrol
from alerts.plans import for_alert
from alerts.policy import Policy
from alerts.ports import Transaction
from alerts.transitions import TAKEN, after
from detect.moment import tick_of

DECLINED = "has declined"
UNANSWERED = "has not answered"
REPLACED = "was replaced"
CONTROL_ROOM = ("operator", "admin")
UNREVIEWED = "nobody looked at it in time"


class Case:
    """The working copy of an alert. `finish` stores it and tells everybody concerned."""

    def __init__(
        self,
        tx: Transaction,
        alert: Alert,
        now: datetime,
        policy: Policy,
        roads: Journeys | None = None,
    ) -> None:
        self.alert = alert
        self.tx = tx
        self.now = now
        self.policy = for_alert(policy, alert, now)
        """The numbers that hold for this alert now."""
        self.agreed: Agreed | None = None
        """The joint decision that this alert is part of, when one was made before."""
        self._city = policy
        self._roads = roads
        self._loud = False
        self._answer: tuple[PatrolId, str] | None = None
        self._for_patrols: dict[PatrolId, str] = {}

    # --- steps ---

    def move(self, action: str, actor: Actor, note: str = "", **detail: Any) -> None:
        """Take one step of the transition table. Raises `TransitionRefused`."""
        before = self.alert.state
        state = after(before, action, actor.role)
        if actor.role in CONTROL_ROOM and self.alert.attended_at is None:
            self.alert = replace(self.alert, attended_at=self.now)
        self._loud = self._loud or action in ("remind", "escalate")
        if action == "remind":
            self.alert = replace(self.alert, overdue_since=self.now, attention_by=None)
        else:
            self.alert = moved(self.alert, state, self.now, self.policy)
        self.record(action, actor, note, before, detail)

    def record(
        self, action: str, actor: Actor, note: str, before: State | None, detail: dict[str, Any]
    ) -> None:
        """Write into the account."""
        state = self.alert.state
        who, tick = str(actor), tick_of(self.now)
        self.tx.add_step(
            Step(self.alert.id, self.now, action, before, state, who, note, detail, tick)
        )

    def acknowledge(self, actor: Actor) -> None:
        """Somebody has seen it. The first one's name stays."""
        self.move("acknowledge", actor)
        first = self.alert.acknowledged_by or str(actor)
        looked = looked_at(self.alert, self.now, self.policy)
        self.alert = replace(looked, acknowledged_by=first)

    def accept(self, actor: Actor, note: str) -> None:
        """Its patrol is going: the search is over."""
        self.move("accept", actor, note)
        if self.alert.patrol is not None:
            self._answer = self.alert.patrol, "accept"
        self.alert = replace(self.alert, answer_by=None, seeking_since=None)

    def decline(self, actor: Actor, note: str) -> None:
        """Its patrol is not going, or no longer: the next nearest, in the same commit."""
        self.move("decline", actor, note, patrol=self.alert.patrol)
        if self.alert.patrol is not None:
            self._answer = self.alert.patrol, "decline"
        self._release(DECLINED)
        self.offer_nearest(SYSTEM)

    def lapse(self) -> None:
        """The offer was not answered in time: the next nearest, in the same commit."""
        self.move("lapse", SYSTEM, "no answer in time", patrol=self.alert.patrol)
        self._release(UNANSWERED)
        self.offer_nearest(SYSTEM)

    def close(self, actor: Actor, outcome: Outcome, note: str) -> None:
        """The matter is closed. Who had it stays on record; who was only asked does not."""
        had = self.alert.patrol if self.alert.state in TAKEN else None
        self.move("close", actor, note, outcome=outcome.value)
        self._release(None, handled=had is not None)
        self.alert = replace(self.alert, patrol=had, outcome=outcome, seeking_since=None)

    def expire(self) -> None:
        """Nobody looked at it in its time: it leaves the review list, and says so."""
        self.move("expire", SYSTEM, UNREVIEWED, outcome=Outcome.UNCLEAR.value)
        self.alert = replace(self.alert, outcome=Outcome.UNCLEAR)

    def judge(self, actor: Actor, outcome: Outcome, note: str) -> None:
        """Another word on what it turned out to be, after it was closed."""
        before = self.alert.outcome.value if self.alert.outcome else None
        self.move("judge", actor, note, outcome=outcome.value, instead_of=before)
        self.alert = replace(self.alert, outcome=outcome)

    def lift(self, actor: Actor, note: str) -> None:
        """Out of review: what a trusted rule sees too, or a rule that is believed again."""
        self.alert = lifted(self.alert, self.now, self.policy)
        self.record("lift", actor, note, self.alert.state, {})

    # --- whom to send ---

    def choice(self) -> Decision:
        """Whom the rules would send now."""
        return decide(self.tx, self.alert, self.now, self._city, self._roads, self.agreed)

    def offer_nearest(self, actor: Actor, note: str = "", decision: Decision | None = None) -> None:
        """Offer it to the nearest patrol; with nobody left, make it loud and go on looking."""
        self._seek()
        decision = decision or self.choice()
        unit = self.tx.patrol(decision.chosen) if decision.chosen else None
        if unit is not None:
            left = self._leave(unit)
            self._offer(unit, actor, note, decision)
            if left is not None:
                self.tx.put_alert(self.alert)  # this one does not wait any longer
                left.offer_nearest(SYSTEM)
                left.finish()
        else:
            why = "nobody is left to send" if self.alert.place else "its place is unknown"
            self.move("escalate", actor, why, decision=decision.to_dict())

    def offer_to(self, patrol: PatrolId, actor: Actor, note: str) -> None:
        """Offer it to a patrol that a person chose.

        Raises `NotFound`, `PatrolUnavailable`; `ReasonNeeded` when the rules would send another.
        """
        unit = self.tx.patrol(patrol)
        if unit is None:
            raise NotFound(f"there is no patrol {patrol}")
        if not unit.on_duty:
            raise PatrolUnavailable(f"{unit.name} is off duty")
        if unit.busy_with not in (None, self.alert.id):
            raise PatrolUnavailable(f"{unit.name} is busy with another alert")
        self._release(REPLACED)
        self._seek()
        decision = self.choice()
        if self.alert.place is not None and decision.chosen != patrol and not note.strip():
            raise ReasonNeeded(f"{unit.name} is not the first choice: say why it is to go")
        self._offer(unit, actor, note, decision)

    def _leave(self, unit: Patrol) -> Case | None:
        """The alert that a patrol is taken from, which goes back to the search in this commit."""
        other = self.tx.alert(unit.busy_with) if unit.busy_with else None
        if other is None or other.id == self.alert.id:
            return None
        left = Case(self.tx, other, self.now, self._city, self._roads)
        note = f"{unit.name} {PREEMPTED}"
        left.move("preempt", SYSTEM, note, patrol=unit.id, graver=self.alert.id)
        left._release(PREEMPTED)
        left.alert = replace(left.alert, preempted=True)
        return left

    def _seek(self) -> None:
        self.alert = replace(self.alert, seeking_since=self.alert.seeking_since or self.now)

    def _offer(self, unit: Patrol, actor: Actor, note: str, decision: Decision) -> None:
        self.move("dispatch", actor, note, patrol=unit.id, decision=decision.to_dict())
        self.tx.put_patrol(replace(unit, busy_with=self.alert.id, version=unit.version + 1))
        self._for_patrols[unit.id] = "offer"
        answer_by = self.now + timedelta(seconds=self.policy.answer_s)
        kept = tuple(one for one in self.alert.refusals if one.patrol != unit.id)
        self.alert = replace(self.alert, patrol=unit.id, answer_by=answer_by, refusals=kept)

    def _release(self, reason: str | None, *, handled: bool = False) -> None:
        """Take it away from its patrol, who may be sent elsewhere; with a reason, not back here."""
        patrol = self.alert.patrol
        if patrol is None:
            return
        unit = self.tx.patrol(patrol)
        if unit is not None and unit.busy_with == self.alert.id:
            alerts = unit.handled + handled
            freed = replace(unit, busy_with=None, handled=alerts, version=unit.version + 1)
            self.tx.put_patrol(freed)
        self._for_patrols[patrol] = "withdrawn"
        refusals = self.alert.refusals
        if reason is not None:
            refusals = (*refusals, Refusal(patrol, self.now, reason))
        self.alert = replace(self.alert, patrol=None, answer_by=None, refusals=refusals)

    # --- the end of the transaction ---

    def finish(self) -> Alert:
        """Store the alert one version on, and append to the feed."""
        self.alert = replace(
            self.alert,
            version=self.alert.version + 1,
            updated_at=max(self.alert.updated_at, self.now),
        )
        return self.begin()

    def begin(self) -> Alert:
        """Store the alert in the version it has, and append to the feed."""
        self.tx.put_alert(self.alert)
        patrol = self.alert.patrol
        if patrol is not None and self.alert.state is not State.CLOSED:
            self._for_patrols.setdefault(patrol, "update")
        data = alert_json(self.alert)
        self.tx.publish(FeedEvent(0, self.now, "alert", self.alert.id, None, data))
        self._tell(data)
        return self.alert

    def _tell(self, data: dict[str, Any]) -> None:
        """In the same transaction: who is to hear of it, and over what."""
        if self._answer is not None:
            outbox.note_answer(self.tx, self.alert.id, *self._answer, self.now)
        for unit, kind in self._for_patrols.items():
            if kind == "offer":
                told = outbox.offer(self.tx, self.alert.id, unit, data, self.now, self.policy)
                known: NotificationId | None = told.id
                if self._answer is not None:  # it came too late for the offer before, and counts
                    outbox.note_answer(self.tx, self.alert.id, *self._answer, self.now)
            else:
                if kind == "withdrawn":
                    outbox.take_back(self.tx, self.alert.id, unit, self.now, data)
                known = outbox.latest_offer(self.tx, self.alert.id, unit)
            said = {**data, "notification": known}
            self.tx.publish(FeedEvent(0, self.now, kind, self.alert.id, unit, said))
        outbox.tell_city(self.tx, self.alert, data, self.now, loud=self._loud)
