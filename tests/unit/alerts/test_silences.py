"""What is silenced or shelved calls nobody until its time, and hides no graver thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import Actor, Alert, AlertId, Outcome, State
from alerts.calm.silence import LONGEST_SILENCE, Circle, Seen, Silence, SilenceId, silence_for
from alerts.calm.silence_desk import SilenceOrder
from alerts.errors import NotFound, NotPermitted, TransitionRefused, VersionConflict
from ingest.camera import CameraId
from tests.support.incidents import NOON, incident
from tests.support.patrols import OPERATOR, OTHER_OPERATOR, PLACES, Desk

GATE, NEXT = CameraId("north-gate"), CameraId("next-door")
ADMIN = Actor("admin", "dana")
HOUR = timedelta(hours=1)
PAINT = SilenceOrder("the fence is painted", HOUR, camera=GATE, kind="intrusion")


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.unit("one")
    return made


def seen(**changes: object) -> Seen:
    one = Seen(GATE, "intrusion", "lawn", "high", PLACES[GATE])
    return replace(one, **changes)  # type: ignore[arg-type]


def silence(number: int = 1, **changes: object) -> Silence:
    one = Silence(SilenceId(f"s-{number}"), "works", "operator:a", NOON, NOON + HOUR)
    return replace(one, **changes)  # type: ignore[arg-type]


AROUND = Circle(60.17, 24.94, 60)


@pytest.mark.parametrize(
    ("named", "what", "covered"),
    [
        ({"camera": GATE}, {}, True),
        ({"camera": NEXT}, {}, False),
        ({"kind": "intrusion"}, {}, True),
        ({"kind": "fire"}, {}, False),
        ({"camera": GATE, "zone": "lawn"}, {}, True),
        ({"camera": GATE, "zone": "roof"}, {}, False),
        ({"camera": GATE, "zone": "lawn"}, {"zone": None}, False),
        ({"within": AROUND}, {}, True),
        ({"within": AROUND}, {"camera": NEXT, "place": PLACES[NEXT]}, True),
        ({"within": replace(AROUND, radius_m=50)}, {"place": PLACES[NEXT]}, False),
        ({"within": AROUND}, {"place": None}, False),
        ({"within": AROUND, "kind": "fire"}, {}, False),
        ({"camera": GATE}, {"severity": "critical"}, False),
        ({"kind": "intrusion"}, {"severity": "critical"}, False),
        ({"kind": "intrusion", "critical": True}, {"severity": "critical"}, True),
    ],
)
def test_what_a_silence_covers(
    named: dict[str, object], what: dict[str, object], covered: bool
) -> None:
    assert silence(**named).covers(seen(**what)) is covered


def test_of_several_the_one_that_lasts_longest_and_all_of_it_is_covered() -> None:
    short, long = silence(1, kind="intrusion"), silence(2, camera=GATE, until=NOON + 2 * HOUR)
    assert silence_for([seen()], [long, short]) is long
    assert silence_for([seen(), seen(camera=NEXT)], [long, short]) is short
    assert silence_for([seen(), seen(kind="fire", camera=NEXT)], [long, short]) is None
    assert silence_for([], [long]) is None
    assert not replace(long, ended_at=NOON).in_force(NOON)


# --- silences ---


def test_what_comes_under_a_silence_is_kept_and_calls_nobody(desk: Desk) -> None:
    made = desk.silences.make(PAINT, OPERATOR)
    alert = desk.receive(1)
    found = desk.alert(alert)
    assert (found.silenced_by, found.quiet_until, found.quiet_why) == (
        made.id,
        made.until,
        "the fence is painted",
    )
    assert (found.state, found.patrol) == (State.NEW, None)
    assert desk.actions(alert) == ["raise", "silence"]
    assert len(desk.service.alert(alert).incidents) == 1
    desk.wait(1800)
    assert desk.alert(alert) == found, "it is not loud meanwhile"


def test_what_goes_on_when_it_ends_is_an_alert_at_that_moment(desk: Desk) -> None:
    made = desk.silences.make(PAINT, OPERATOR)
    alert = desk.receive(1)
    desk.now = made.until - timedelta(seconds=1)
    desk.deliver(incident(1, updated_s=3600.0))
    desk.stand(desk.service.patrols()[0].id)
    desk.wait(2)
    found = desk.alert(alert)
    assert (found.silenced_by, found.quiet_until, found.state) == (None, None, State.DISPATCHED)
    assert desk.actions(alert)[2:4] == ["wake", "dispatch"]


def test_what_was_over_by_then_is_on_record_as_nobodys(desk: Desk) -> None:
    desk.silences.make(PAINT, OPERATOR)
    one = incident(1, started_at=desk.now, detected_at=desk.now)
    alert = desk.deliver(one)
    desk.deliver(desk.end(one))
    assert desk.alert(alert).state is State.NEW, "listed as long as the silence lasts"
    desk.wait(3601)
    found = desk.alert(alert)
    assert (found.state, found.outcome) == (State.CLOSED, Outcome.UNCLEAR)
    assert found.silenced_by is not None, "it stays on record"
    assert desk.actions(alert)[-1] == "expire"


def test_a_critical_one_is_never_silenced_by_the_way(desk: Desk) -> None:
    desk.silences.make(replace(PAINT, kind=None), OPERATOR)
    fire = desk.receive(1, kind="fire", severity="critical")
    assert (desk.alert(fire).silenced_by, desk.alert(fire).state) == (None, State.DISPATCHED)


def test_only_an_administrator_silences_critical_ones(desk: Desk) -> None:
    order = SilenceOrder("welding", HOUR, kind="fire", critical=True)
    with pytest.raises(NotPermitted):
        desk.silences.make(order, OPERATOR)
    assert desk.silences.in_force() == []
    made = desk.silences.make(order, ADMIN)
    assert desk.alert(desk.receive(1, kind="fire", severity="critical")).silenced_by == made.id


def test_what_becomes_critical_calls_at_once(desk: Desk) -> None:
    desk.silences.make(PAINT, OPERATOR)
    one = incident(1, started_at=desk.now, detected_at=desk.now)
    alert = desk.deliver(one)
    desk.deliver(replace(one, severity="critical", score=0.95, updated_s=9.0))
    found = desk.alert(alert)
    assert (found.silenced_by, found.state) == (None, State.DISPATCHED)
    assert "wake" in desk.actions(alert)


def test_what_is_not_silenced_wakes_what_it_joins(desk: Desk) -> None:
    desk.silences.make(PAINT, OPERATOR)
    alert = desk.receive(1)
    assert desk.receive(2) == alert
    assert desk.alert(alert).silenced_by, "another one under the silence changes nothing"
    assert desk.receive(3, camera=NEXT) == alert
    assert (desk.alert(alert).silenced_by, desk.alert(alert).state) == (None, State.DISPATCHED)


def test_what_is_silenced_makes_nothing_graver(desk: Desk) -> None:
    calls = desk.receive(1, kind="loitering", severity="medium")
    desk.silences.make(PAINT, OPERATOR)
    apart = desk.receive(2)
    assert apart != calls
    assert (desk.alert(calls).severity, desk.alert(calls).patrol) == ("medium", None)
    assert desk.receive(3) == apart


def test_nor_when_it_becomes_graver_itself(desk: Desk) -> None:
    desk.silences.make(PAINT, OPERATOR)
    calls = desk.receive(1, kind="loitering", severity="low")
    one = incident(2, severity="low", started_at=desk.now, detected_at=desk.now)
    assert desk.deliver(one) == calls
    desk.deliver(replace(one, severity="high", score=0.95, updated_s=9.0))
    assert (desk.alert(calls).severity, desk.alert(calls).patrol) == ("low", None)
    desk.deliver(replace(one, severity="critical", score=0.97, updated_s=19.0))
    assert desk.alert(calls).severity == "critical", "no silence covers that"


def test_a_new_silence_quiets_what_nobody_has_taken_up(desk: Desk) -> None:
    desk.silences.make(replace(PAINT, camera=None, within=AROUND), OPERATOR)  # not this kind
    waiting = desk.receive(1, kind="crowd", severity="medium")
    taken = desk.receive(2, kind="wrong_way", severity="medium")
    desk.service.acknowledge(taken, OPERATOR)
    sent = desk.receive(3, kind="abandoned_object")
    made = desk.silences.make(replace(PAINT, kind=None), OTHER_OPERATOR)
    assert desk.alert(waiting).silenced_by == made.id
    assert desk.service.alert(waiting).steps[-1].actor == "operator:bolat"
    assert [desk.alert(one).silenced_by for one in (taken, sent)] == [None, None]
    assert desk.alert(sent).patrol is not None


def test_a_silence_is_taken_back_and_on_record(desk: Desk) -> None:
    made = desk.silences.make(PAINT, OPERATOR)
    alert = desk.receive(1)
    with pytest.raises(VersionConflict):
        desk.silences.end(made.id, OTHER_OPERATOR, 9)
    ended = desk.silences.end(made.id, OTHER_OPERATOR, 1)
    assert (ended.ended_by, ended.ended_at, ended.version) == ("operator:bolat", desk.now, 2)
    assert desk.silences.end(made.id, OPERATOR, 1) == ended, "twice is once"
    assert desk.alert(alert).state is State.DISPATCHED
    assert desk.silences.in_force() == []
    assert desk.silences.page(9) == [ended]
    told = [e.data for e in desk.service.events_after(0, 99) if e.type == "silence"]
    assert [one["ended_by"] for one in told] == ["", "operator:bolat"]
    with pytest.raises(NotFound):
        desk.silences.silence(SilenceId("none"))


def test_when_another_silence_covers_it_too_it_stays_quiet(desk: Desk) -> None:
    first = desk.silences.make(replace(PAINT, lasts=2 * HOUR), OPERATOR)
    second = desk.silences.make(PAINT, OPERATOR)
    alert = desk.receive(1)
    assert desk.alert(alert).silenced_by == first.id
    desk.silences.end(first.id, OPERATOR)
    assert (desk.alert(alert).silenced_by, desk.alert(alert).quiet_until) == (
        second.id,
        second.until,
    )


def test_none_lasts_for_ever(desk: Desk) -> None:
    made = desk.silences.make(replace(PAINT, lasts=timedelta(days=400)), OPERATOR)
    assert made.until - desk.now == LONGEST_SILENCE


def test_a_restart_and_a_clock_that_goes_back_change_nothing(desk: Desk) -> None:
    made = desk.silences.make(replace(PAINT, lasts=timedelta(days=6)), OPERATOR)
    alert = desk.receive(1)
    desk.restarted()
    desk.wait(-300)
    found = desk.alert(alert)
    assert (found.silenced_by, found.attention_by) == (made.id, made.until)


def test_a_person_who_takes_it_up_ends_its_quiet(desk: Desk) -> None:
    desk.silences.make(PAINT, OPERATOR)
    alert = desk.receive(1)
    desk.service.dispatch(alert, OPERATOR)
    assert (desk.alert(alert).silenced_by, desk.alert(alert).state) == (None, State.DISPATCHED)


# --- shelving ---


def medium(desk: Desk, number: int = 1, **changes: object) -> AlertId:
    return desk.receive(number, **{"kind": "crowd", "severity": "medium", **changes})


def shelve(desk: Desk, alert: AlertId, minutes: float = 15, actor: Actor = OPERATOR) -> Alert:
    return desk.silences.shelve(alert, actor, timedelta(minutes=minutes), "not now")


def test_a_shelved_alert_comes_back_loud(desk: Desk) -> None:
    alert = medium(desk)
    found = shelve(desk, alert)
    assert (found.shelved_by, found.quiet_why, found.state) == (
        "operator:aigul",
        "not now",
        State.NEW,
    )
    desk.wait(890)
    assert desk.alert(alert) == found
    desk.wait(11)
    back = desk.alert(alert)
    assert (back.shelved_by, back.quiet_until, back.state) == (None, None, State.ESCALATED)
    assert desk.actions(alert) == ["raise", "shelve", "wake", "escalate"]


def test_shelving_stops_the_search_and_its_end_resumes_it(desk: Desk) -> None:
    (unit,) = desk.service.patrols()
    desk.service.set_duty(unit.id, False, OPERATOR)
    alert = desk.receive(1)
    assert desk.alert(alert).state is State.ESCALATED
    shelve(desk, alert)
    desk.service.set_duty(unit.id, True, OPERATOR)
    desk.stand(unit.id)
    desk.wait(1)
    assert desk.alert(alert).patrol is None
    desk.deliver(incident(1, updated_s=900.0))
    desk.now += timedelta(minutes=15)
    desk.stand(unit.id)
    desk.service.tick()
    assert desk.alert(alert).patrol == unit.id


def test_what_becomes_graver_meanwhile_calls_before_its_time(desk: Desk) -> None:
    alert = medium(desk)
    shelve(desk, alert)
    assert medium(desk, 2, camera=NEXT) == alert
    assert desk.alert(alert).shelved_by, "as grave as it was: still shelved, counted"
    assert desk.receive(3, kind="fight", severity="critical") == alert
    assert (desk.alert(alert).shelved_by, desk.alert(alert).state) == (None, State.DISPATCHED)


def test_it_is_taken_back(desk: Desk) -> None:
    alert = medium(desk)
    shelve(desk, alert)
    back = desk.silences.unshelve(alert, OTHER_OPERATOR)
    assert (back.shelved_by, back.state) == (None, State.NEW)
    assert back.attention_by == desk.now + timedelta(seconds=desk.policy.attention_s)
    assert desk.silences.unshelve(alert, OTHER_OPERATOR) == back, "twice is once"


def test_what_cannot_be_shelved(desk: Desk) -> None:
    sent = desk.receive(1)
    with pytest.raises(TransitionRefused):
        shelve(desk, sent)
    (unit,) = desk.service.patrols()
    desk.service.set_duty(unit.id, False, OPERATOR)
    fire = desk.receive(2, kind="fire", severity="critical")
    with pytest.raises(NotPermitted):
        shelve(desk, fire)
    assert shelve(desk, fire, actor=ADMIN).shelved_by == "admin:dana"
    desk.silences.make(replace(PAINT, kind="wrong_way"), OPERATOR)
    quiet = desk.receive(3, kind="wrong_way", severity="medium")
    with pytest.raises(TransitionRefused):
        shelve(desk, quiet)
    with pytest.raises(VersionConflict):
        desk.silences.shelve(medium(desk, 4), OPERATOR, HOUR, "no", 9)
    with pytest.raises(NotFound):
        shelve(desk, AlertId("none"))


def test_an_hour_is_the_longest(desk: Desk) -> None:
    until = shelve(desk, medium(desk), minutes=600).quiet_until
    assert until == desk.now + HOUR


def test_a_closed_one_is_quiet_no_more(desk: Desk) -> None:
    alert = medium(desk)
    shelve(desk, alert)
    closed = desk.service.close(alert, OPERATOR, Outcome.FALSE)
    assert (closed.is_quiet, closed.due) == (False, None)
    desk.wait(3600)
    assert desk.alert(alert) == closed


def test_shelved_over_a_restart(desk: Desk) -> None:
    alert = medium(desk)
    found = shelve(desk, alert)
    desk.restarted().tick()
    assert desk.alert(alert) == found
