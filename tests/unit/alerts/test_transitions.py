from __future__ import annotations

import pytest

from alerts.alert import State
from alerts.errors import TransitionRefused
from alerts.transitions import PASSING, TABLE, TAKEN, UNDER_WAY, WAITING, WHO, after


def test_every_state_is_in_one_group() -> None:
    groups = [*WAITING, *PASSING, *UNDER_WAY, State.CLOSED]
    assert sorted(groups) == sorted(State)
    assert set(TAKEN) < set(UNDER_WAY)


def test_who_is_said_of_every_action() -> None:
    assert {action for _, action in TABLE} == set(WHO)
    assert all(WHO.values())


def test_closed_is_the_end() -> None:
    """Only its outcome may be corrected."""
    moves = {action: to for (state, action), to in TABLE.items() if state is State.CLOSED}
    assert moves == {"judge": State.CLOSED}


@pytest.mark.parametrize("state", [state for state in State if state is not State.CLOSED])
def test_every_open_state_leads_to_the_end(state: State) -> None:
    reached = {state}
    for _ in State:
        reached |= {to for (one, _), to in TABLE.items() if one in reached}
    assert State.CLOSED in reached


@pytest.mark.parametrize("state", PASSING)
def test_from_a_passing_state_the_system_alone_goes_on(state: State) -> None:
    actions = {action for one, action in TABLE if one is state}
    assert actions == {"dispatch", "escalate"}
    assert all("system" in WHO[action] for action in actions)


def test_the_integrator_decides_nothing() -> None:
    assert not [action for action, roles in WHO.items() if "integrator" in roles]


def test_a_move_that_is_not_in_the_table_is_refused_in_words() -> None:
    with pytest.raises(TransitionRefused, match="an alert that is closed cannot accept"):
        after(State.CLOSED, "accept", "patrol")
    with pytest.raises(TransitionRefused, match="the role patrol cannot acknowledge an alert"):
        after(State.NEW, "acknowledge", "patrol")
    assert after(State.DISPATCHED, "accept", "patrol") is State.ACCEPTED
