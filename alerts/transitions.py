"""The one table of an alert's moves: what may follow what, and who may do it.

Nothing else in the program decides this. *When* the system itself moves an alert stands in
`alerts.escalate`.
"""

from __future__ import annotations

from alerts.alert import State
from alerts.errors import TransitionRefused

WAITING = (State.NEW, State.ACKNOWLEDGED, State.ESCALATED)
"""Nobody has it."""
PASSING = (State.DECLINED, State.TIMED_OUT)
"""Left again in the commit that enters them: nothing rests here."""
UNDER_WAY = (State.DISPATCHED, State.ACCEPTED, State.EN_ROUTE, State.ON_SCENE)
"""A patrol has it, or is asked."""
LEAVABLE = (State.DISPATCHED, State.ACCEPTED, State.EN_ROUTE)
"""Nobody has arrived: its patrol may be sent to a graver alert."""
TAKEN = (State.ACCEPTED, State.EN_ROUTE, State.ON_SCENE)
"""A patrol has said yes."""

TABLE: dict[tuple[State, str], State] = {
    (State.NEW, "acknowledge"): State.ACKNOWLEDGED,
    (State.ESCALATED, "acknowledge"): State.ACKNOWLEDGED,
    **{(state, "acknowledge"): state for state in (State.ACKNOWLEDGED, *UNDER_WAY)},
    **{(state, "dispatch"): State.DISPATCHED for state in (*WAITING, *PASSING, *UNDER_WAY)},
    (State.DISPATCHED, "accept"): State.ACCEPTED,
    **{(state, "decline"): State.DECLINED for state in UNDER_WAY},
    (State.DISPATCHED, "lapse"): State.TIMED_OUT,
    (State.ACCEPTED, "depart"): State.EN_ROUTE,
    (State.ACCEPTED, "arrive"): State.ON_SCENE,
    (State.EN_ROUTE, "arrive"): State.ON_SCENE,
    **{(state, "preempt"): State.ESCALATED for state in LEAVABLE},
    **{(state, "escalate"): State.ESCALATED for state in (*WAITING, *PASSING)},
    **{(state, "remind"): state for state in UNDER_WAY},
    **{(state, "close"): State.CLOSED for state in (*WAITING, *UNDER_WAY)},
    (State.NEW, "expire"): State.CLOSED,
    (State.CLOSED, "judge"): State.CLOSED,
}
"""(state, action) -> next state. What is not here is refused."""

_PEOPLE = frozenset({"operator", "admin"})
_SYSTEM = frozenset({"system"})
_PATROL = frozenset({"patrol"}) | _PEOPLE
"""A patrol itself, or somebody who has it on the radio."""

WHO: dict[str, frozenset[str]] = {
    "acknowledge": _PEOPLE,
    "dispatch": _PEOPLE | _SYSTEM,
    "accept": _PATROL,
    "decline": _PATROL,
    "lapse": _SYSTEM,
    "depart": _PATROL,
    "arrive": _PATROL,
    "preempt": _SYSTEM,
    "escalate": _PEOPLE | _SYSTEM,
    "remind": _SYSTEM,
    "close": _PATROL,
    "expire": _SYSTEM,
    "judge": _PEOPLE,
}
"""Action -> the roles that may take it. People escalate by asking when nobody is left to send."""


def after(state: State, action: str, role: str) -> State:
    """The state that `action` leads to. Raises `TransitionRefused`."""
    found = TABLE.get((state, action))
    if found is None:
        raise TransitionRefused(f"an alert that is {state.value} cannot {action}")
    if role not in WHO[action]:
        raise TransitionRefused(f"the role {role} cannot {action} an alert")
    return found
