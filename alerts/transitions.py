"""The one table of an alert's moves. Nothing else in the program decides what may follow what."""

from __future__ import annotations

from alerts.alert import State
from alerts.errors import TransitionRefused

_WAITING = (State.NEW, State.ACKNOWLEDGED, State.ESCALATED, State.DECLINED, State.TIMED_OUT)
_UNDER_WAY = (State.DISPATCHED, State.ACCEPTED, State.EN_ROUTE, State.ON_SCENE)

TABLE: dict[tuple[State, str], State] = {
    (State.NEW, "acknowledge"): State.ACKNOWLEDGED,
    (State.ESCALATED, "acknowledge"): State.ACKNOWLEDGED,
    **{(state, "acknowledge"): state for state in (State.ACKNOWLEDGED, *_UNDER_WAY)},
    **{(state, "dispatch"): State.DISPATCHED for state in (*_WAITING, State.DISPATCHED)},
    (State.DISPATCHED, "accept"): State.ACCEPTED,
    **{
        (state, "decline"): State.DECLINED
        for state in (State.DISPATCHED, State.ACCEPTED, State.EN_ROUTE)
    },
    (State.DISPATCHED, "lapse"): State.TIMED_OUT,
    (State.ACCEPTED, "depart"): State.EN_ROUTE,
    (State.ACCEPTED, "arrive"): State.ON_SCENE,
    (State.EN_ROUTE, "arrive"): State.ON_SCENE,
    **{(state, "escalate"): State.ESCALATED for state in _WAITING if state != State.ESCALATED},
    **{(state, "close"): State.CLOSED for state in (*_WAITING, *_UNDER_WAY)},
}
"""(state, action) -> next state. What is not here is refused."""


def after(state: State, action: str) -> State:
    """The state that `action` leads to. Raises `TransitionRefused`."""
    try:
        return TABLE[state, action]
    except KeyError:
        raise TransitionRefused(f"an alert that is {state.value} cannot {action}") from None
