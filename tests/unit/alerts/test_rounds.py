"""What time alone brings about: nothing that is open stays silent."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from alerts import rounds
from alerts.alert import AlertId, Outcome, State
from alerts.policy import Policy
from alerts.service import Answer
from alerts.transitions import PASSING
from tests.support.patrols import OPERATOR, Desk, by
from tests.support.records import alert as record

ACCEPT, DECLINE, EN_ROUTE, ON_SCENE = Answer


@pytest.fixture
def desk() -> Desk:
    return Desk()


def last(desk: Desk, alert: AlertId) -> tuple[str, str]:
    step = desk.service.alert(alert).steps[-1]
    return step.action, step.note


# --- offers ---


def test_no_answer_in_30_s_and_the_next_nearest_is_asked(desk: Desk) -> None:
    units = [desk.unit(f"unit {n}", 300.0 * n) for n in range(3)]
    alert = desk.receive()
    desk.wait(29.9)
    assert desk.alert(alert).patrol == units[0]
    for unit in units[1:]:
        desk.wait(31, *units)
        assert desk.alert(alert).patrol == unit
    desk.wait(31, *units)
    assert desk.alert(alert).state is State.ESCALATED
    assert last(desk, alert) == ("escalate", "nobody is left to send")


def test_a_search_that_takes_too_long_is_loud_while_it_goes_on(desk: Desk) -> None:
    units = [desk.unit(f"unit {n}", 300.0 * n) for n in range(6)]
    alert = desk.receive()
    desk.wait(31, *units)
    assert desk.alert(alert).overdue_since is None
    desk.wait(31, *units)
    found = desk.alert(alert)
    assert (found.state, found.overdue_since) == (State.DISPATCHED, desk.now)
    assert last(desk, alert) == ("remind", "no patrol has accepted yet")
    desk.wait(31, *units)
    assert desk.alert(alert).overdue_since == found.overdue_since, "it stays loud"
    patrol = desk.alert(alert).patrol
    assert patrol is not None
    assert desk.say(alert, patrol, ACCEPT).overdue_since is None


def test_a_refusal_lapses(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive()
    desk.say(alert, unit, DECLINE)
    desk.wait(590, unit)
    assert desk.alert(alert).state is State.ESCALATED
    desk.wait(10, unit)
    assert desk.alert(alert).patrol == unit, "everybody said no once: they are asked again"
    assert desk.alert(alert).refusals == ()


# --- nobody left, then somebody ---


def test_the_first_that_becomes_free_is_sent(desk: Desk) -> None:
    unit = desk.unit("one")
    first = desk.receive(1)
    desk.say(first, unit, ACCEPT, ON_SCENE)
    second = desk.receive(2, kind="fire")
    assert desk.alert(second).state is State.ESCALATED
    desk.wait(1)
    assert desk.alert(second).state is State.ESCALATED
    desk.service.close(first, by(unit), Outcome.REAL)
    desk.wait(0.5)
    assert desk.alert(second).patrol == unit


def test_of_many_that_wait_the_gravest_then_the_oldest(desk: Desk) -> None:
    medium = desk.receive(1, kind="abandoned_object", severity="medium")
    desk.service.dispatch(medium, OPERATOR)
    high = desk.receive(2, kind="intrusion")
    critical = desk.receive(3, kind="fire", severity="critical")
    order = []
    for name in ("first", "second", "third"):
        unit = desk.unit(name)
        desk.wait(1)
        order.append(desk.service.patrol(unit).busy_with)
    assert order == [critical, high, medium]


def test_who_acknowledges_does_not_stop_the_search(desk: Desk) -> None:
    alert = desk.receive()
    assert desk.service.acknowledge(alert, OPERATOR).state is State.ACKNOWLEDGED
    unit = desk.unit("one")
    desk.wait(0.5)
    assert desk.alert(alert).patrol == unit


def test_what_nobody_was_wanted_for_is_not_sent_to(desk: Desk) -> None:
    alert = desk.receive(severity="medium")
    desk.wait(61)
    assert desk.alert(alert).state is State.ESCALATED
    desk.unit("one")
    desk.wait(1)
    assert desk.alert(alert).patrol is None


def test_one_free_patrol_is_not_sent_twice(desk: Desk) -> None:
    alerts = [desk.receive(1), desk.receive(2, kind="fire")]
    desk.unit("one")
    desk.wait(1)
    assert [desk.alert(one).state for one in alerts].count(State.DISPATCHED) == 1


# --- silence ---


def test_nobody_has_looked(desk: Desk) -> None:
    alert = desk.receive(severity="low")
    desk.wait(59.9)
    assert desk.alert(alert).state is State.NEW
    desk.wait(0.2)
    assert desk.alert(alert).state is State.ESCALATED
    assert last(desk, alert) == ("escalate", "nobody has looked")


def test_acknowledged_and_forgotten(desk: Desk) -> None:
    alert = desk.receive(severity="low")
    for _ in range(2):
        desk.service.acknowledge(alert, OPERATOR)
        desk.wait(299)
        assert desk.alert(alert).state is State.ACKNOWLEDGED
        desk.wait(2)
        assert desk.alert(alert).state is State.ESCALATED
        assert last(desk, alert) == ("escalate", "acknowledged, but nobody has been sent")


@pytest.mark.parametrize(
    ("reached", "seconds", "said"),
    [
        ((ACCEPT,), 120, "accepted, but not on the way"),
        ((ACCEPT, EN_ROUTE), 900, "on the way, but not on the scene"),
        ((ACCEPT, ON_SCENE), 3600, "on the scene, but no outcome"),
    ],
)
def test_a_patrol_that_takes_too_long(
    desk: Desk, reached: tuple[Answer, ...], seconds: int, said: str
) -> None:
    unit = desk.unit("one")
    alert = desk.receive()
    quiet = desk.say(alert, unit, *reached)
    for _ in range((seconds - 1) // 60):
        desk.wait(60, unit)
        assert desk.alert(alert).overdue_since is None
    assert desk.alert(alert).version == quiet.version
    desk.wait(180, unit)
    found = desk.alert(alert)
    assert (found.state, found.patrol) == (quiet.state, unit), "it keeps its patrol"
    assert found.overdue_since == desk.now
    assert last(desk, alert) == ("remind", said)
    assert desk.service.events_after(0, 999, unit)[-1].type == "update", "the patrol is told too"
    looked = desk.service.acknowledge(alert, OPERATOR)
    assert looked.overdue_since is None
    desk.wait(3601, unit)
    assert desk.alert(alert).overdue_since == desk.now, "and again"


def test_a_patrol_on_its_way_that_is_no_longer_heard_of(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive()
    desk.say(alert, unit, ACCEPT, EN_ROUTE)
    desk.wait(121, unit)
    for _ in range(3):
        assert desk.alert(alert).overdue_since is None
        desk.wait(121)
    assert desk.alert(alert).overdue_since == desk.now
    assert last(desk, alert)[1] == ("on the way, but its position has not been heard of for 363 s")


def test_a_step_of_the_patrol_ends_the_reminder(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive()
    desk.say(alert, unit, ACCEPT)
    desk.wait(121)
    assert desk.alert(alert).overdue_since is not None
    assert desk.say(alert, unit, EN_ROUTE).overdue_since is None


def test_what_is_closed_is_left_alone(desk: Desk) -> None:
    alert = desk.receive()
    desk.service.close(alert, OPERATOR, Outcome.FALSE)
    before = desk.service.alert(alert)
    desk.wait(100_000)
    assert desk.service.alert(alert) == before


def test_nothing_due_changes_nothing(desk: Desk) -> None:
    desk.receive()
    desk.wait(1)
    rings = desk.rings
    assert desk.service.tick() == 0
    assert desk.rings == rings


# --- the clock and restarts ---


def test_a_clock_that_goes_back_postpones_nothing(desk: Desk) -> None:
    near, far = desk.unit("near"), desk.unit("far", 900)
    alert = desk.receive()
    desk.wait(1)
    desk.now -= timedelta(hours=1)
    desk.service.tick()
    found = desk.alert(alert)
    assert found.answer_by == desk.now + timedelta(seconds=30)
    assert last(desk, alert)[0] == "rearm"
    desk.wait(31, near, far)
    assert desk.alert(alert).patrol == far
    desk.wait(599, near)
    assert desk.alert(alert).refused_by == (near, far)


def test_a_clock_that_trembles_changes_nothing(desk: Desk) -> None:
    desk.unit("one")
    alert = desk.receive()
    desk.wait(1)
    before = desk.service.alert(alert)
    desk.wait(-0.9)
    assert desk.service.alert(alert) == before


def test_a_clock_that_jumps_ahead_is_loud_rather_than_silent(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive()
    desk.wait(86_400)
    assert desk.alert(alert).state is State.ESCALATED
    assert desk.alert(alert).waits_for_patrol
    desk.wait(600, unit)
    assert desk.alert(alert).patrol == unit


def test_a_restart_takes_up_every_deadline(desk: Desk) -> None:
    near, far = desk.unit("near"), desk.unit("far", 900)
    alert = desk.receive()
    desk.now += timedelta(seconds=40)
    desk.restarted()
    desk.stand(far, 900)
    desk.service.tick()
    assert desk.alert(alert).patrol == far
    assert desk.alert(alert).refused_by == (near,)


def test_a_shorter_policy_holds_from_the_start(desk: Desk) -> None:
    alert = desk.receive(severity="low")
    desk.service.acknowledge(alert, OPERATOR)
    desk.policy = Policy(unsent_s=10)
    desk.restarted().tick()
    assert desk.alert(alert).attention_by == desk.now + timedelta(seconds=10)


def test_an_alert_without_any_deadline_gets_one(desk: Desk) -> None:
    with desk.store.begin() as tx:
        tx.put_alert(record(1, attention_by=None))
    desk.service.tick()
    assert desk.alert(record(1).id).attention_by == desk.now + timedelta(seconds=60)


def test_one_alert_that_cannot_be_handled_holds_up_no_other(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect that strikes one alert must not be everybody's."""
    unit = desk.unit("one")
    broken = desk.receive()
    desk.say(broken, unit, ACCEPT)
    alert = desk.receive(2, severity="low", kind="abandoned_object")

    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(rounds, "complaint", fails)
    with caplog.at_level(logging.ERROR):
        desk.wait(121)
    assert f"alert {broken} cannot be attended to" in caplog.text
    assert desk.alert(broken).state is State.ACCEPTED
    assert desk.alert(alert).state is State.ESCALATED


@pytest.mark.parametrize("state", PASSING)
def test_an_alert_found_where_none_may_rest_is_made_loud(desk: Desk, state: State) -> None:
    lost = record(0, state=state)
    with desk.store.begin() as tx:
        tx.put_alert(lost)
    desk.service.tick()
    desk.wait(91)
    assert desk.alert(lost.id).state is State.ESCALATED


def test_each_alert_is_attended_to_at_its_own_moment(desk: Desk) -> None:
    """A round takes time: what others write meanwhile must not stand before it, yet be later."""
    alerts = sorted(desk.receive(n, severity="medium", kind=f"kind-{n}") for n in (1, 2))
    desk.now += timedelta(seconds=61)
    reading = iter(range(1000))
    made = rounds.Rounds(
        desk.store, desk.policy, lambda: desk.now + timedelta(milliseconds=next(reading))
    )
    assert made.make() == 2
    times = [desk.service.alert(alert).steps[-1].at for alert in alerts]
    assert desk.now < times[0] < times[1]
