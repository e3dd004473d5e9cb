"""A critical alert may take a patrol that is on its way to a lesser one; and many that wait."""

from __future__ import annotations

import json

import pytest

from alerts.alert import AlertId, Outcome, PatrolId, State, Step
from alerts.dispatch.replay import replay
from alerts.dispatch.searching import EXACT
from alerts.errors import ReasonNeeded
from alerts.policy import Policy
from alerts.service import Answer
from api.pairing import LinearSum
from tests.support.patrols import OPERATOR, Desk, by

ACCEPT, DECLINE, EN_ROUTE, ON_SCENE = Answer


@pytest.fixture
def desk() -> Desk:
    return Desk()


def critical(desk: Desk, number: int = 50, **changes: object) -> AlertId:
    return desk.receive(number, **{"kind": "weapon", "severity": "critical", **changes})


def medium(desk: Desk, number: int = 1) -> AlertId:
    alert = desk.receive(number, kind="loitering", severity="medium", camera="next-door")
    desk.service.dispatch(alert, OPERATOR)
    return alert


def told(desk: Desk, unit: PatrolId) -> list[tuple[str, AlertId]]:
    return [(one.type, one.alert) for one in desk.service.events_after(0, 999, unit)]


def replayed(desk: Desk, alert: AlertId) -> list[str]:
    """What is said of each of its decisions, made again from the account as it is stored."""

    def account(one: AlertId) -> list[Step]:
        return desk.service.alert(one).steps

    steps = account(alert)
    for step in steps:
        json.dumps(step.detail)  # it can be stored
    made = [replay(one, desk.roads, account, (EXACT, LinearSum())) for one in steps]
    return [one.says for one in made if one is not None]


# --- taken ---


@pytest.mark.parametrize("reached", [(), (ACCEPT,), (ACCEPT, EN_ROUTE)])
def test_with_nobody_free_it_takes_the_one_on_its_way_to_less(
    desk: Desk, reached: tuple[Answer, ...]
) -> None:
    unit = desk.unit("one", 100)
    lesser = medium(desk)
    desk.say(lesser, unit, *reached)
    graver = critical(desk)
    assert desk.alert(graver).patrol == unit
    assert desk.service.patrol(unit).busy_with == graver
    left = desk.alert(lesser)
    assert (left.state, left.patrol) == (State.ESCALATED, None)
    assert left.waits_for_patrol, "it goes back to the search"
    assert [one.reason for one in left.refusals] == ["was sent to a graver alert"]

    of_lesser = desk.service.alert(lesser).steps
    assert [one.action for one in of_lesser][-2:] == ["preempt", "escalate"]
    assert of_lesser[-2].note == "one was sent to a graver alert"
    assert of_lesser[-2].detail == {"patrol": unit, "graver": graver}
    of_graver = desk.service.alert(graver).steps[-1]
    reason = of_graver.detail["decision"]["candidates"][0]["reason"]
    assert reason == "soonest there, taken from a medium alert, lacks armed"
    assert told(desk, unit)[-2:] == [("withdrawn", lesser), ("offer", graver)]
    assert all(line.startswith("the same") for line in replayed(desk, graver))
    assert all(line.startswith("the same") for line in replayed(desk, lesser))


def test_the_one_that_was_left_goes_to_the_next(desk: Desk) -> None:
    near = desk.unit("near", 100)
    lesser = medium(desk)
    far = desk.unit("far", 6000)
    graver = critical(desk)
    assert desk.alert(graver).patrol == near, "it is there 17 minutes sooner"
    assert desk.alert(lesser).patrol == far
    assert desk.actions(lesser)[-2:] == ["preempt", "dispatch"]


def test_a_patrol_on_the_scene_is_never_taken(desk: Desk) -> None:
    unit = desk.unit("one", 100)
    lesser = medium(desk)
    desk.say(lesser, unit, ACCEPT, ON_SCENE)
    graver = critical(desk)
    assert desk.alert(graver).state is State.ESCALATED
    assert desk.alert(lesser).patrol == unit
    desk.wait(1, unit)
    assert desk.alert(lesser).patrol == unit


def test_who_is_free_and_near_enough_goes_instead(desk: Desk) -> None:
    busy = desk.unit("busy", 0)
    lesser = medium(desk)
    free = desk.unit("free", 1000)
    graver = critical(desk)
    assert desk.alert(graver).patrol == free, "175 s later, of which 180 would be needed"
    assert desk.alert(lesser).patrol == busy


@pytest.mark.parametrize(
    ("severity", "policy"),
    [("high", Policy()), ("critical", Policy(preempt_severities=()))],
)
def test_others_take_nobody(severity: str, policy: Policy) -> None:
    desk = Desk(policy=policy)
    unit = desk.unit("one", 100)
    lesser = medium(desk)
    graver = critical(desk, severity=severity)
    assert desk.alert(graver).state is State.ESCALATED
    assert desk.alert(lesser).patrol == unit


def test_a_critical_one_loses_nobody_to_another(desk: Desk) -> None:
    unit = desk.unit("one", 100)
    first = critical(desk, 50)
    second = critical(desk, 51, kind="fire")
    assert desk.alert(first).patrol == unit
    assert desk.alert(second).state is State.ESCALATED


def test_one_that_is_loud_already_is_not_left(desk: Desk) -> None:
    unit = desk.unit("one", 100)
    lesser = medium(desk)
    desk.say(lesser, unit, ACCEPT)
    desk.wait(121, unit)
    assert desk.alert(lesser).overdue_since is not None
    assert desk.alert(critical(desk)).state is State.ESCALATED
    assert desk.alert(lesser).patrol == unit


def test_an_alert_is_left_once_at_most(desk: Desk) -> None:
    near, far = desk.unit("near", 100), desk.unit("far", 6000)
    lesser = medium(desk)
    critical(desk, 50)
    assert desk.alert(lesser).patrol == far
    second = critical(desk, 51, kind="fire")
    assert desk.alert(second).state is State.ESCALATED
    assert desk.alert(lesser).patrol == far
    assert desk.service.patrol(near).busy_with is not None


def test_the_taken_one_is_not_sent_back_when_it_declines(desk: Desk) -> None:
    unit = desk.unit("one", 100)
    lesser = medium(desk)
    graver = critical(desk)
    desk.say(graver, unit, DECLINE)
    desk.wait(1, unit)
    assert desk.alert(lesser).patrol is None, "it would go to and fro"
    desk.wait(600, unit)
    assert desk.service.patrol(unit).busy_with == graver


def test_one_that_waits_takes_who_sets_out_for_less(desk: Desk) -> None:
    """Nobody is on duty when it comes; the first one is sent by hand to something lesser."""
    lesser = desk.receive(1, kind="loitering", severity="medium", camera="next-door")
    graver = critical(desk)
    unit = desk.unit("one", 100)
    desk.service.dispatch(lesser, OPERATOR, unit, "it stands there")
    desk.wait(0.5, unit)
    assert desk.alert(graver).patrol == unit
    assert desk.alert(lesser).waits_for_patrol


def test_what_is_required_holds_for_the_taken_too() -> None:
    desk = Desk(policy=Policy(required_capabilities={"weapon": ("armed",)}))
    unit = desk.unit("one", 100)
    lesser = medium(desk)
    graver = critical(desk)
    assert desk.alert(graver).state is State.ESCALATED
    decision = desk.service.alert(graver).steps[-1].detail["decision"]
    assert [one["reason"] for one in decision["candidates"]] == ["lacks armed"]
    assert desk.alert(lesser).patrol == unit
    desk.service.set_capabilities(unit, ["armed"])
    desk.wait(0.5, unit)
    assert desk.alert(graver).patrol == unit


# --- several that wait ---


def test_who_becomes_free_is_shared_out_as_is_best_for_all(desk: Desk) -> None:
    first = desk.receive(1)
    second = desk.receive(2, kind="fire", camera="next-door")
    u, v = desk.unit("u", 40), desk.unit("v", -5000)
    desk.wait(0.5, u, v)
    assert (desk.alert(first).patrol, desk.alert(second).patrol) == (v, u)
    both = desk.service.alert(first).steps[-1], desk.service.alert(second).steps[-1]
    kept = both[0].detail["decision"]["candidates"]
    assert [(one["name"], one["reason"]) for one in kept] == [
        ("v", "soonest there"),
        ("u", "wanted for another alert"),
    ]
    assert replayed(desk, first)[-1].endswith("; with 2 alerts that waited, who goes where")
    assert replayed(desk, second)[-1].endswith("; with 2 alerts that waited, who goes where")
    grounds = [one.detail["decision"]["joint"] for one in both]
    assert sorted("kept_with" in one for one in grounds) == [False, True], "once is enough"


def test_a_new_alert_takes_nobody_that_a_graver_one_waits_for(desk: Desk) -> None:
    graver = desk.receive(1, kind="fire")
    unit = desk.unit("one", 100)  # free, but the round that sends it has not been made yet
    lesser = medium(desk, 2)
    assert desk.alert(lesser).state is State.ESCALATED
    (kept,) = desk.service.alert(lesser).steps[-1].detail["decision"]["candidates"]
    assert kept["reason"] == "wanted for a graver alert"
    assert replayed(desk, lesser) == [
        "the same: 1 units, the order and every reason; with 2 alerts that waited, who goes where"
    ]
    desk.wait(0.5, unit)
    assert desk.alert(graver).patrol == unit


def test_a_joint_record_that_is_not_there_or_says_otherwise_is_said(desk: Desk) -> None:
    desk.receive(1, kind="fire")
    desk.unit("one", 100)
    lesser = medium(desk, 2)
    step = desk.service.alert(lesser).steps[-1]
    decision = json.loads(json.dumps(step.detail["decision"]))

    def says(joint: object) -> str:
        detail = {"decision": {**decision, "joint": joint}}
        made = replay(
            Step(lesser, desk.now, "escalate", None, State.ESCALATED, "system", "", detail), None
        )
        assert made is not None
        assert not made.same
        return made.says

    whole = decision["joint"]
    assert "whose account does not hold it" in says({"id": "x", "kept_with": "nobody"})
    assert "of another release" in says({"id": "x"})
    assert "which this installation has not" in says({**whole, "by": "lots"})
    assert "another map" in says({**whole, "map": "one"})
    pairs = {key: "nobody" for key in whole["pairs"]}
    assert says({**whole, "pairs": pairs}).startswith("together: alert ")
    alerts = [
        [row[0], "low", row[2], 0 if row[0] == lesser else 9999, *row[4:]]
        for row in whole["alerts"]
    ]
    assert "was kept for another alert" in says({**whole, "alerts": alerts})


def test_a_shift_counts_its_alerts(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive(1)
    desk.say(alert, unit, ACCEPT, ON_SCENE)
    assert desk.service.patrol(unit).handled == 0
    desk.service.close(alert, by(unit), Outcome.REAL)
    assert desk.service.patrol(unit).handled == 1
    other = desk.receive(2, kind="fire")
    desk.service.close(other, OPERATOR, Outcome.FALSE)
    assert desk.service.patrol(unit).handled == 1, "it was only asked"
    for on_duty in (False, True):
        desk.service.set_duty(unit, on_duty, by(unit))
    assert desk.service.patrol(unit).handled == 0


# --- a person's choice ---


def test_another_than_the_first_choice_needs_a_reason(desk: Desk) -> None:
    near, far = desk.unit("near", 100), desk.unit("far", 900)
    alert = desk.receive(1, kind="loitering", severity="medium")
    for reason in ("", "   "):
        with pytest.raises(ReasonNeeded, match="far is not the first choice"):
            desk.service.dispatch(alert, OPERATOR, far, reason)
    assert desk.alert(alert).version == 1, "nothing is changed"
    assert desk.service.dispatch(alert, OPERATOR, far, "has the keys").patrol == far
    assert desk.service.alert(alert).steps[-1].note == "has the keys"
    assert desk.service.dispatch(alert, OPERATOR, near).patrol == near, "of those left the first"


def test_where_the_place_is_unknown_nobody_is_the_first_choice(desk: Desk) -> None:
    unit = desk.unit("one", 100)
    alert = desk.receive(1, camera="nowhere")
    assert desk.service.dispatch(alert, OPERATOR, unit).patrol == unit
