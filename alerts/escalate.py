"""When an alert becomes loud. Pure.

Every open alert that is not loud already has a deadline, `Alert.attention_by`. This module sets it
and says what has gone wrong when it has passed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.alert import Alert, State
from alerts.calm.silence import longest_quiet_s, unquiet
from alerts.patrol import Patrol
from alerts.policy import Policy
from alerts.transitions import PASSING

CLOCK_TOLERANCE_S = 1.0
"""A clock that goes back by less changes no deadline."""

SAID: dict[State, str] = {
    State.NEW: "nobody has looked",
    State.ACKNOWLEDGED: "acknowledged, but nobody has been sent",
    State.DISPATCHED: "no patrol has accepted yet",
    State.DECLINED: "no patrol has accepted yet",
    State.TIMED_OUT: "no patrol has accepted yet",
    State.ACCEPTED: "accepted, but not on the way",
    State.EN_ROUTE: "on the way, but not on the scene",
    State.ON_SCENE: "on the scene, but no outcome",
}
"""What an alert that stayed in a state beyond its time says."""


def period_s(state: State, policy: Policy) -> float | None:
    """How long an alert may rest in a state; None: for ever (closed), or loud already."""
    return {
        State.NEW: policy.attention_s,
        State.ACKNOWLEDGED: policy.unsent_s,
        State.DISPATCHED: policy.unaccepted_s,
        State.DECLINED: policy.unaccepted_s,
        State.TIMED_OUT: policy.unaccepted_s,
        State.ACCEPTED: policy.depart_s,
        State.EN_ROUTE: policy.contact_s,
        State.ON_SCENE: policy.outcome_s,
    }.get(state)


def rest_s(alert: Alert, policy: Policy) -> float | None:
    """How long an alert may rest as it is: one that nobody need hurry to has more time."""
    if (quiet_s := longest_quiet_s(alert)) is not None:
        return quiet_s
    if alert.review and alert.state is State.NEW:
        return policy.review_s
    return period_s(alert.state, policy)


def moved(alert: Alert, state: State, now: datetime, policy: Policy) -> Alert:
    """The alert in its next state, watched anew.

    While one patrol after the other is asked, the search is one: its deadline and its loudness
    go on. What a person takes up, or is made loud, is in review no longer; once closed, it is on
    record that it was.
    """
    alert = replace(alert, review=alert.review and state in (State.NEW, State.CLOSED))
    if state is not State.CLOSED:
        alert = unquiet(alert)  # what a person takes up is put off no longer
    since = alert.since if state is alert.state else now
    ends = (alert.state, state)
    if State.DISPATCHED in ends and any(end in PASSING for end in ends):
        return replace(alert, state=state, since=since)
    period = period_s(state, policy)
    attention_by = None if period is None else _in(now, period)
    return replace(alert, state=state, since=since, attention_by=attention_by, overdue_since=None)


def looked_at(alert: Alert, now: datetime, policy: Policy) -> Alert:
    """The alert after a person has acknowledged it: quiet, for `Policy.unsent_s` at least."""
    period = period_s(alert.state, policy)
    quiet_s = max(period or 0.0, policy.unsent_s)
    return replace(alert, attention_by=_in(now, quiet_s), overdue_since=None)


def complaint(alert: Alert, unit: Patrol | None, now: datetime, policy: Policy) -> str | None:
    """Why an alert whose `attention_by` has passed must be loud; None: it is well, look again."""
    if alert.state is not State.EN_ROUTE:
        return SAID[alert.state]
    if now - alert.since >= timedelta(seconds=policy.arrive_s):
        return SAID[State.EN_ROUTE]
    heard_at = max(alert.since, unit.position.at) if unit and unit.position else alert.since
    silent_s = (now - heard_at).total_seconds()
    if silent_s > policy.exclude_s:
        return f"on the way, but its position has not been heard of for {silent_s:.0f} s"
    return None


def rearmed(alert: Alert, now: datetime, policy: Policy) -> Alert:
    """The alert with no deadline farther off than its whole period, and none missing.

    Needed when the clock has gone back, and after a start: the policy may be another.
    """
    period = None if alert.overdue_since else rest_s(alert, policy)
    attention_by = None
    if period is not None:
        longest = max(period, policy.unsent_s)
        attention_by = _within(alert.attention_by or _in(now, period), now, longest)
    return replace(
        alert,
        attention_by=attention_by,
        answer_by=alert.answer_by and _within(alert.answer_by, now, policy.answer_s),
        since=min(alert.since, now),
        refusals=tuple(replace(one, at=min(one.at, now)) for one in alert.refusals),
    )


def lifted(alert: Alert, now: datetime, policy: Policy) -> Alert:
    """An alert out of review: it is to be looked at like any other, from now on."""
    return _watched(replace(alert, review=False), now, policy)


def awake(alert: Alert, now: datetime, policy: Policy) -> Alert:
    """An alert that was silenced or shelved: it is to be looked at like any other, from now on."""
    return _watched(unquiet(alert), now, policy)


def _watched(plain: Alert, now: datetime, policy: Policy) -> Alert:
    period = rest_s(plain, policy)
    return replace(plain, attention_by=None if period is None else _in(now, period))


def _in(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def _within(deadline: datetime, now: datetime, longest_s: float) -> datetime:
    latest = _in(now, longest_s)
    return latest if (deadline - latest).total_seconds() > CLOCK_TOLERANCE_S else deadline
