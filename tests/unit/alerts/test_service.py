"""The life of an alert, told by its service."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import Actor, AlertId, Outcome, PatrolId, State
from alerts.errors import NotFound, NotYours, PatrolUnavailable, TransitionRefused, VersionConflict
from alerts.patrol import Position
from alerts.service import Answer
from tests.support.patrols import OPERATOR, OTHER_OPERATOR, Desk, by

ACCEPT, DECLINE, EN_ROUTE, ON_SCENE = Answer


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_from_the_camera_to_the_outcome(desk: Desk) -> None:
    near, far = desk.unit("near", 100), desk.unit("far", 900)
    alert = desk.receive()
    assert desk.alert(alert).state is State.DISPATCHED
    assert desk.service.patrol(near).busy_with == alert
    desk.say(alert, near, ACCEPT, EN_ROUTE, ON_SCENE)
    closed = desk.service.close(alert, by(near), Outcome.REAL, "two people sent away")
    assert (closed.state, closed.outcome, closed.due) == (State.CLOSED, Outcome.REAL, None)
    assert closed.patrol == near, "who had it stays on record"
    assert desk.service.patrol(near).busy_with is None
    steps = desk.service.alert(alert).steps
    assert [(one.action, one.actor) for one in steps] == [
        ("raise", "system:qalqan"),
        ("dispatch", "system:qalqan"),
        ("accept", f"patrol:{near}"),
        ("depart", f"patrol:{near}"),
        ("arrive", f"patrol:{near}"),
        ("close", f"patrol:{near}"),
    ]
    decision = steps[1].detail["decision"]
    assert [one["patrol"] for one in decision["candidates"]] == [near, far]
    assert decision["candidates"][1]["reason"] == "later than near"


def test_feed_of_operators_and_of_each_patrol(desk: Desk) -> None:
    near, far = desk.unit("near", 100), desk.unit("far", 900)
    alert = desk.receive()
    desk.say(alert, near, DECLINE)
    desk.say(alert, far, ACCEPT)
    desk.service.acknowledge(alert, OPERATOR)

    def told(patrol: PatrolId | None) -> list[tuple[str, str]]:
        events = desk.service.events_after(0, 99, patrol)
        return [(one.type, one.data["state"]) for one in events]

    assert told(None) == [
        ("alert", "dispatched"),
        ("alert", "dispatched"),
        ("alert", "accepted"),
        ("alert", "accepted"),
    ]
    assert told(near) == [("offer", "dispatched"), ("withdrawn", "dispatched")]
    assert told(far) == [("offer", "dispatched"), ("update", "accepted"), ("update", "accepted")]
    versions = [one.data["version"] for one in desk.service.events_after(0, 99)]
    assert versions == [1, 2, 3, 4]


# --- operators ---


def test_a_minor_alert_waits_for_a_person(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive(severity="medium")
    assert desk.alert(alert).state is State.NEW
    desk.service.acknowledge(alert, OPERATOR)
    sent = desk.service.dispatch(alert, OPERATOR)
    assert (sent.state, sent.patrol) == (State.DISPATCHED, unit)


def test_the_first_who_looked_stays_on_record(desk: Desk) -> None:
    alert = desk.receive(severity="medium")
    first = desk.service.acknowledge(alert, OPERATOR)
    assert desk.service.acknowledge(alert, OPERATOR, version=1) == first, "a retry changes nothing"
    second = desk.service.acknowledge(alert, OTHER_OPERATOR)
    assert second.acknowledged_by == str(OPERATOR)
    assert desk.service.alert(alert).steps[-1].actor == str(OTHER_OPERATOR)


def test_a_patrol_that_is_asked_is_not_taken_off_without_a_name(desk: Desk) -> None:
    near, far = desk.unit("near", 100), desk.unit("far", 900)
    alert = desk.receive()
    before = desk.alert(alert)
    assert desk.service.dispatch(alert, OPERATOR) == before
    assert desk.service.dispatch(alert, OPERATOR, near, version=99) == before
    assert desk.service.dispatch(alert, OPERATOR, far).patrol == far
    assert desk.service.patrol(near).busy_with is None


@pytest.mark.parametrize("reached", [(), (ACCEPT,), (ACCEPT, EN_ROUTE), (ACCEPT, ON_SCENE)])
def test_an_operator_sends_another_instead(desk: Desk, reached: tuple[Answer, ...]) -> None:
    near, far = desk.unit("near", 100), desk.unit("far", 900)
    alert = desk.receive()
    desk.say(alert, near, *reached)
    desk.service.dispatch(alert, OPERATOR, far, "knows the building")
    sent = desk.say(alert, far, DECLINE)
    assert sent.patrol is None, "the one that was replaced is not asked again"
    assert sent.state is State.ESCALATED
    assert [one.reason for one in sent.refusals] == ["was replaced", "has declined"]
    again = desk.service.dispatch(alert, OPERATOR, near, "on the radio: it can go now")
    assert again.patrol == near, "unless a person says so"


def test_whom_a_person_may_not_name(desk: Desk) -> None:
    busy, resting = desk.unit("busy"), desk.service.register_patrol("resting", OPERATOR).id
    desk.receive(1)
    other = desk.receive(2, kind="abandoned_object", severity="medium")
    with pytest.raises(PatrolUnavailable, match="busy is busy with another alert"):
        desk.service.dispatch(other, OPERATOR, busy)
    with pytest.raises(PatrolUnavailable, match="resting is off duty"):
        desk.service.dispatch(other, OPERATOR, resting)
    with pytest.raises(NotFound, match="no patrol nobody"):
        desk.service.dispatch(other, OPERATOR, PatrolId("nobody"))
    with pytest.raises(NotFound, match="no alert nothing"):
        desk.service.dispatch(AlertId("nothing"), OPERATOR)
    assert desk.alert(other).version == 1


def test_asking_for_the_nearest_when_there_is_none_is_loud_and_on_record(desk: Desk) -> None:
    alert = desk.receive(severity="low")
    for _ in range(2):
        assert desk.service.dispatch(alert, OPERATOR).state is State.ESCALATED
    steps = desk.service.alert(alert).steps
    assert [one.action for one in steps] == ["raise", "escalate", "escalate"]
    assert steps[-1].actor == str(OPERATOR)


def test_a_version_that_is_not_the_present_one_is_refused(desk: Desk) -> None:
    alert = desk.receive(severity="medium")
    desk.service.acknowledge(alert, OPERATOR, version=1)
    with pytest.raises(VersionConflict, match="at version 2, not 1"):
        desk.service.close(alert, OPERATOR, Outcome.FALSE, version=1)
    desk.service.close(alert, OPERATOR, Outcome.FALSE, version=2)


def test_closing_twice_is_closing_once(desk: Desk) -> None:
    alert = desk.receive()
    closed = desk.service.close(alert, OPERATOR, Outcome.DUPLICATE)
    assert desk.service.close(alert, OTHER_OPERATOR, Outcome.DUPLICATE, version=1) == closed
    with pytest.raises(TransitionRefused, match="an alert that is closed cannot close"):
        desk.service.close(alert, OPERATOR, Outcome.REAL)
    with pytest.raises(TransitionRefused, match="closed cannot acknowledge"):
        desk.service.acknowledge(alert, OPERATOR)
    with pytest.raises(TransitionRefused, match="closed cannot escalate"):
        desk.service.dispatch(alert, OPERATOR)


def test_closing_sets_the_patrol_free_in_the_same_commit(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive()
    closed = desk.service.close(alert, OPERATOR, Outcome.FALSE)
    assert closed.patrol is None, "it was only asked"
    assert desk.service.patrol(unit).busy_with is None
    assert desk.service.events_after(0, 9, unit)[-1].type == "withdrawn"


def test_the_integrator_decides_nothing(desk: Desk) -> None:
    alert = desk.receive()
    with pytest.raises(TransitionRefused, match="the role integrator cannot acknowledge"):
        desk.service.acknowledge(alert, Actor("integrator", "script"))


# --- patrols ---


def test_an_answer_sent_twice_is_one(desk: Desk) -> None:
    near, _far = desk.unit("near", 100), desk.unit("far", 900)
    alert = desk.receive()
    for answer in (ACCEPT, EN_ROUTE, ON_SCENE):
        once = desk.say(alert, near, answer)
        assert desk.say(alert, near, answer) == once
    assert desk.say(alert, near, ACCEPT).state is State.ON_SCENE, "an old answer, late"
    closed = desk.service.close(alert, by(near), Outcome.REAL)
    assert desk.service.close(alert, by(near), Outcome.REAL) == closed


def test_a_no_sent_twice_is_one(desk: Desk) -> None:
    near, far = desk.unit("near", 100), desk.unit("far", 900)
    alert = desk.receive()
    once = desk.say(alert, near, DECLINE)
    assert once.patrol == far
    assert desk.say(alert, near, DECLINE) == once


def test_a_patrol_speaks_for_its_own_alert_alone(desk: Desk) -> None:
    near, far = desk.unit("near", 100), desk.unit("far", 900)
    alert = desk.receive()
    for answer in Answer:
        with pytest.raises(NotYours):
            desk.say(alert, far, answer)
    desk.say(alert, near, ACCEPT)
    with pytest.raises(NotYours):
        desk.service.close(alert, by(far), Outcome.FALSE)
    with pytest.raises(TransitionRefused, match="only from the scene"):
        desk.service.close(alert, by(near), Outcome.FALSE)


@pytest.mark.parametrize("reached", [(ACCEPT,), (ACCEPT, EN_ROUTE), (ACCEPT, ON_SCENE)])
def test_who_cannot_go_on_says_so_and_the_next_is_asked(
    desk: Desk, reached: tuple[Answer, ...]
) -> None:
    near, far = desk.unit("near", 100), desk.unit("far", 900)
    alert = desk.receive()
    desk.say(alert, near, *reached)
    passed_on = desk.say(alert, near, DECLINE)
    assert (passed_on.state, passed_on.patrol) == (State.DISPATCHED, far)
    assert desk.service.patrol(near).busy_with is None


def test_a_late_yes_is_welcome_while_nobody_else_was_found(desk: Desk) -> None:
    tunnel = desk.unit("tunnel")
    alert = desk.receive()
    desk.wait(31)
    assert desk.alert(alert).state is State.ESCALATED
    assert desk.say(alert, tunnel, ACCEPT).state is State.ACCEPTED
    assert desk.actions(alert)[-2:] == ["dispatch", "accept"]
    assert desk.alert(alert).refusals == ()


def test_a_late_yes_takes_nothing_from_the_next(desk: Desk) -> None:
    tunnel, far = desk.unit("tunnel", 100), desk.unit("far", 900)
    alert = desk.receive()
    desk.wait(31)
    assert desk.alert(alert).patrol == far
    with pytest.raises(NotYours, match="no longer offered"):
        desk.say(alert, tunnel, ACCEPT)


def test_who_was_never_asked_cannot_help_itself(desk: Desk) -> None:
    alert = desk.receive()
    late = desk.unit("late")
    with pytest.raises(NotYours):
        desk.say(alert, late, ACCEPT)


@pytest.mark.parametrize("reached", [(), (ACCEPT,), (ACCEPT, EN_ROUTE), (ACCEPT, ON_SCENE)])
def test_going_off_duty_passes_the_alert_on(desk: Desk, reached: tuple[Answer, ...]) -> None:
    near, far = desk.unit("near", 100), desk.unit("far", 900)
    alert = desk.receive()
    desk.say(alert, near, *reached)
    unit = desk.service.set_duty(near, False, by(near))
    assert (unit.on_duty, unit.busy_with) == (False, None)
    assert desk.alert(alert).patrol == far
    assert desk.service.alert(alert).steps[-2].note == "went off duty"


def test_duty_as_it_already_is_changes_nothing(desk: Desk) -> None:
    unit = desk.unit("one")
    before, rings = desk.service.patrol(unit), desk.rings
    assert desk.service.set_duty(unit, True, by(unit)) == before
    assert desk.rings == rings


def test_positions_go_forward(desk: Desk) -> None:
    unit = desk.unit("one")
    here = Position(60.2, 24.9, desk.now)
    assert desk.service.set_position(unit, here).position == here
    older = replace(here, latitude=61.0, at=desk.now - timedelta(seconds=1))
    assert desk.service.set_position(unit, older).position == here
    tomorrow = replace(here, at=desk.now + timedelta(days=1))
    assert desk.service.set_position(unit, tomorrow).position == here, "it counts as now"


def test_after_the_clock_went_back_a_patrol_is_not_frozen(desk: Desk) -> None:
    unit = desk.unit("one")
    desk.now -= timedelta(hours=1)
    here = Position(60.2, 24.9, desk.now)
    assert desk.service.set_position(unit, here).position == here


def test_a_patrol_nobody_knows(desk: Desk) -> None:
    nobody = PatrolId("nobody")
    with pytest.raises(NotFound, match="no patrol nobody"):
        desk.service.patrol(nobody)
    with pytest.raises(NotFound):
        desk.service.set_position(nobody, Position(0, 0, desk.now))
    with pytest.raises(NotFound):
        desk.service.set_duty(nobody, True, OPERATOR)
