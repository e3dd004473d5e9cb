"""Several that wait, and one that is left for a graver one, over every store."""

from __future__ import annotations

from alerts.alert import State
from alerts.dispatch.replay import replay
from alerts.dispatch.searching import EXACT
from alerts.service import Answer
from api.pairing import LinearSum
from tests.support.patrols import OPERATOR, Desk
from tests.support.stores import Stores


def test_shared_out_then_taken_and_made_again(stores: Stores) -> None:
    desk = Desk(store=stores.store)
    waiting = [desk.receive(1), desk.receive(2, kind="fire", camera="next-door")]
    near, far = desk.unit("near", 40), desk.unit("far", -5000)
    desk.service.set_capabilities(near, ["k9", "armed"])
    desk.wait(0.5, near, far)
    assert [desk.alert(one).patrol for one in waiting] == [far, near]
    desk.say(waiting[1], near, Answer.ACCEPT, Answer.EN_ROUTE)

    graver = desk.receive(3, kind="weapon", severity="critical")
    assert desk.alert(graver).patrol == near
    assert desk.service.patrol(near).busy_with == graver
    left = desk.alert(waiting[1])
    assert (left.state, left.preempted) == (State.ESCALATED, True)
    assert desk.service.patrol(near).capabilities == ("armed", "k9")
    told = [(one.type, one.alert) for one in desk.service.events_after(0, 99, near)]
    assert told[-2:] == [("withdrawn", waiting[1]), ("offer", graver)]

    made = [
        replay(
            step,
            None,
            lambda alert: desk.service.alert(alert).steps,
            (EXACT, LinearSum()),
        )
        for alert in (*waiting, graver)
        for step in desk.service.alert(alert).steps
    ]
    says = [one.says for one in made if one is not None]
    assert len(says) >= 6
    assert all(line.startswith("the same") for line in says), says
    assert sum("alerts that waited" in line for line in says) == 2
    assert desk.service.dispatch(waiting[1], OPERATOR).state is State.ESCALATED
