"""One alert in one transaction: every change is a step of the account and a line of the feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts.alert import SYSTEM, Actor, Alert, FeedEvent, Outcome, PatrolId, State, Step
from alerts.assign import Decision, choose
from alerts.errors import NotFound, PatrolUnavailable
from alerts.json_form import alert_json
from alerts.policy import Policy
from alerts.ports import Transaction
from alerts.transitions import after


class Case:
    """The working copy of an alert. `finish` stores it and tells everybody concerned."""

    def __init__(self, tx: Transaction, alert: Alert, now: datetime, policy: Policy) -> None:
        self.alert = alert
        self._tx = tx
        self._now = now
        self._policy = policy
        self._for_patrols: dict[PatrolId, str] = {}

    def move(self, action: str, actor: Actor, note: str = "", **detail: Any) -> None:
        """Take one step of the transition table. Raises `TransitionRefused`."""
        before = self.alert.state
        self.alert = replace(self.alert, state=after(before, action))
        self.record(action, actor, note, before, detail)

    def record(
        self, action: str, actor: Actor, note: str, before: State | None, detail: dict[str, Any]
    ) -> None:
        """Write into the account."""
        step = Step(
            self.alert.id, self._now, action, before, self.alert.state, str(actor), note, detail
        )
        self._tx.add_step(step)

    def offer_nearest(self, actor: Actor, note: str = "") -> None:
        """Offer it to the nearest patrol; with nobody left, make it loud."""
        refused = self.alert.refused_by
        decision = choose(self.alert.place, self._tx.patrols(), self._now, self._policy, refused)
        if decision.chosen is not None:
            self._offer(decision.chosen, actor, note, decision)
        elif self.alert.state is not State.ESCALATED:
            self.move("escalate", actor, "nobody is left to send", decision=decision.to_dict())
            self.alert = replace(self.alert, patrol=None, answer_by=None, attention_by=None)

    def offer_to(self, patrol: PatrolId, actor: Actor, note: str) -> None:
        """Offer it to a patrol that a person chose. Raises `NotFound`, `PatrolUnavailable`."""
        unit = self._tx.patrol(patrol)
        if unit is None:
            raise NotFound(f"there is no patrol {patrol}")
        if not unit.on_duty:
            raise PatrolUnavailable(f"{unit.name} is off duty")
        if unit.busy_with not in (None, self.alert.id):
            raise PatrolUnavailable(f"{unit.name} is busy with another alert")
        decision = choose(self.alert.place, self._tx.patrols(), self._now, self._policy)
        self._offer(patrol, actor, note, decision)

    def release(self, refused: bool) -> None:
        """Take it away from its patrol, who may be sent elsewhere."""
        patrol = self.alert.patrol
        if patrol is None:
            return
        unit = self._tx.patrol(patrol)
        if unit is not None and unit.busy_with == self.alert.id:
            self._tx.put_patrol(replace(unit, busy_with=None, version=unit.version + 1))
        self._for_patrols[patrol] = "withdrawn"
        refused_by = (*self.alert.refused_by, patrol) if refused else self.alert.refused_by
        self.alert = replace(self.alert, patrol=None, answer_by=None, refused_by=refused_by)

    def close(self, actor: Actor, outcome: Outcome, note: str) -> None:
        self.move("close", actor, note, outcome=outcome.value)
        self.release(refused=False)
        self.alert = replace(self.alert, outcome=outcome, answer_by=None, attention_by=None)

    def finish(self) -> Alert:
        """Store the alert one version on, and append to the feed."""
        self.alert = replace(
            self.alert,
            version=self.alert.version + 1,
            updated_at=max(self.alert.updated_at, self._now),
        )
        self._tx.put_alert(self.alert)
        self.publish()
        return self.alert

    def publish(self) -> None:
        """Tell the operators, and each patrol concerned."""
        if self.alert.patrol is not None:
            self._for_patrols.setdefault(self.alert.patrol, "update")
        data = alert_json(self.alert)
        told: list[tuple[str, PatrolId | None]] = [("alert", None)]
        told += [(kind, patrol) for patrol, kind in self._for_patrols.items()]
        for kind, patrol in told:
            self._tx.publish(FeedEvent(0, self._now, kind, self.alert.id, patrol, data))

    def _offer(self, patrol: PatrolId, actor: Actor, note: str, decision: Decision) -> None:
        self.release(refused=False)
        unit = self._tx.patrol(patrol)
        if unit is None:
            raise NotFound(f"there is no patrol {patrol}")
        self.move("dispatch", actor, note, patrol=patrol, decision=decision.to_dict())
        self._tx.put_patrol(replace(unit, busy_with=self.alert.id, version=unit.version + 1))
        self._for_patrols[patrol] = "offer"
        self.alert = replace(
            self.alert,
            patrol=patrol,
            answer_by=self._now + timedelta(seconds=self._policy.answer_s),
            attention_by=None,
        )


def lapse(case: Case) -> None:
    """The offer was not answered in time: the next nearest, in the same commit."""
    patrol = case.alert.patrol
    case.move("lapse", SYSTEM, "no answer in time", patrol=patrol)
    case.release(refused=True)
    case.offer_nearest(SYSTEM)
