"""The way of an alert in its times."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import AlertId, Outcome, PatrolId
from alerts.notification import Stage
from alerts.service import Answer
from alerts.trace import STAGES, Stamp, Trace, span_id, trace_id, trace_of
from detect.moment import stamp
from tests.support.clocks import Place
from tests.support.incidents import NOON
from tests.support.patrols import OPERATOR, Desk, by


def took(trace: Trace) -> dict[str, float | None]:
    return {one.stage: None if one.took_s is None else round(one.took_s, 3) for one in trace.way}


@pytest.fixture
def place() -> Place:
    return Place()


def whole_way(place: Place, at_scene_s: float = 60.0) -> tuple[AlertId, PatrolId]:
    unit = place.unit("Unit 1")
    alert = place.raised()
    place.go(0.4)
    place.receipt(alert, Stage.DELIVERED, unit)
    place.go(3)
    place.receipt(alert, Stage.SEEN, unit)
    place.go(2)
    place.say(alert, unit, Answer.ACCEPT)
    place.go(10)
    place.say(alert, unit, Answer.EN_ROUTE)
    place.go(at_scene_s)
    place.say(alert, unit, Answer.ON_SCENE)
    place.go(100)
    place.service.close(alert, by(unit), Outcome.REAL)
    return alert, unit


def test_every_stage_with_what_it_took(place: Place) -> None:
    alert, _ = whole_way(place)
    trace = place.trace(alert)
    assert took(trace) == {
        "captured": None,
        "inferred": 0.1,
        "raised": 0.1,
        "spooled": 0.1,
        "arrived": 0.2,
        "stored": 0.0,
        "notified": 0.0,
        "received": 0.4,
        "seen": 3.0,
        "accepted": 2.0,
        "en_route": 10.0,
        "on_scene": 60.0,
        "closed": 100.0,
    }
    assert tuple(one.stage for one in trace.way) == STAGES
    assert not any(one.uncertain for one in trace.way)
    assert trace.incident == "incident-1"


def test_a_wall_clock_that_is_set_changes_no_duration(place: Place) -> None:
    unit = place.unit("Unit 1")
    alert = place.raised()
    place.go(0.4)
    place.set_wall(-300)
    place.receipt(alert, Stage.SEEN, unit)
    place.set_wall(+600)
    place.go(2)
    place.say(alert, unit, Answer.ACCEPT)
    trace = place.trace(alert)
    found = took(trace)
    assert (found["received"], found["seen"], found["accepted"]) == (0.4, 0.0, 2.0)
    assert not any(one.uncertain for one in trace.way)


def test_without_a_count_a_clock_that_went_back_says_nothing(place: Place) -> None:
    before, after = Stamp(NOON), Stamp(NOON - timedelta(minutes=5))
    assert before.until_s(after) == (None, False)
    assert after.until_s(before) == (300.0, False)


def test_two_machines_are_compared_by_their_walls_and_say_so(place: Place) -> None:
    alert = place.raised()
    place.clock.machine = "elsewhere"
    place.go(5)
    place.service.close(alert, OPERATOR, Outcome.FALSE)
    last = place.trace(alert).way[-1]
    assert (last.stage, last.took_s, last.uncertain) == ("closed", 5.0, True)


def test_each_earlier_offer_is_a_branch(place: Place) -> None:
    first, second, third = (place.unit(f"Unit {n}", 400.0 * n) for n in range(3))
    alert = place.raised()
    place.go(4)
    place.receipt(alert, Stage.DELIVERED, first)
    place.go(1)
    place.say(alert, first, Answer.DECLINE)
    place.go(31)
    place.service.tick()
    place.go(1)
    place.say(alert, third, Answer.ACCEPT)
    trace = place.trace(alert)
    assert [(one.patrol, one.ended) for one in trace.offers] == [
        (first, "declined"),
        (second, "lapsed"),
        (third, "accepted"),
    ]
    told = place.service.alert(alert).notifications
    assert [one.notification for one in trace.offers] == [one.id for one in told]
    assert [one.stage for one in trace.offers[1].way] == ["notified"]
    assert trace.offers[0].way[1].took_s == pytest.approx(4)
    # The way is that of the patrol that goes: it was notified after the two others.
    notified = next(one for one in trace.way if one.stage == "notified")
    assert notified.took_s == pytest.approx(36)


def test_an_offer_that_waits_is_on_the_way_and_one_that_was_taken_back_is_not(
    place: Place,
) -> None:
    place.unit("Unit 1")
    alert = place.raised()
    assert place.trace(alert).way[-1].stage == "notified"
    assert place.trace(alert).offers[0].ended == ""
    place.service.close(alert, OPERATOR, Outcome.FALSE)
    trace = place.trace(alert)
    assert [one.stage for one in trace.way][-2:] == ["stored", "closed"]
    assert trace.offers[0].ended == "withdrawn"


def test_a_patrol_that_gives_up_on_its_way_did_not_go(place: Place) -> None:
    first, second = place.unit("Unit 1"), place.unit("Unit 2", 400)
    alert = place.raised()
    place.say(alert, first, Answer.ACCEPT, Answer.EN_ROUTE)
    place.go(30)
    place.say(alert, first, Answer.DECLINE)
    trace = place.trace(alert)
    assert [(one.patrol, one.ended) for one in trace.offers] == [
        (first, "declined"),
        (second, ""),
    ]
    assert [one.stage for one in trace.way][-1] == "notified"


def test_who_answers_late_has_known_before_its_devices_say_so(place: Place) -> None:
    unit = place.unit("Unit 1")
    alert = place.raised()
    place.go(31)
    place.service.tick()  # nobody is left
    place.go(5)
    place.say(alert, unit, Answer.ACCEPT)  # offered and accepted in one commit
    place.go(1)
    place.receipt(alert, Stage.SEEN, unit)
    found = took(place.trace(alert))
    assert (found["received"], found["seen"], found["accepted"]) == (0.0, 0.0, 0.0)
    answers = [one.answer for one in place.service.alert(alert).notifications]
    assert answers == ["", "accept"], "nobody's phone rings for what is accepted already"
    assert not any(one.uncertain for one in place.trace(alert).way)


def test_an_alert_without_stamps_or_patrols_has_what_is_known() -> None:
    desk = Desk()
    alert = desk.receive()
    trace = desk.service.alert(alert).trace
    assert [one.stage for one in trace.way] == ["stored"]
    assert trace.offers == ()


def test_an_incident_is_its_own_trace() -> None:
    incident = "019aa5c8-7bff-7c11-a1b2-c3d4e5f60718"
    assert trace_id(incident) == "019aa5c87bff7c11a1b2c3d4e5f60718"
    assert len(trace_id("incident-1")) == 32
    assert len(span_id(incident, "stored")) == 16
    assert span_id(incident, "stored") != span_id(incident, "seen")
    assert span_id(incident, "stored") == span_id(incident, "stored")


def test_a_device_that_speaks_after_the_answer_was_not_the_first_to_know(place: Place) -> None:
    unit = place.unit("Unit 1")
    alert = place.raised()
    place.go(3)
    place.say(alert, unit, Answer.ACCEPT)
    place.go(1)
    detail = place.service.alert(alert)
    (told,) = detail.notifications
    late = stamp("seen", place.now)["seen.tick"]
    told = replace(told, seen_at=place.now, ticks={**told.ticks, "seen": late})
    way = trace_of(detail.alert, detail.incidents, detail.steps, [told]).way
    assert [(one.stage, one.took_s) for one in way[-3:]] == [
        ("received", pytest.approx(3)),
        ("seen", 0),
        ("accepted", 0),
    ]
