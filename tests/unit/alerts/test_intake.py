"""Incidents come in once each, in whatever order and however often they are delivered."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import Outcome, State
from alerts.intake import merged
from detect.incident import Evidence, Incident, IncidentBox
from ingest.camera import CameraId
from tests.support.incidents import NOON, incident
from tests.support.patrols import OPERATOR, PLACES, Desk

SNAPSHOT = Evidence("one.jpg")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def box(t_s: float) -> IncidentBox:
    return IncidentBox(t_s, "person", (0.1, 0.2, 0.3, 0.4), 7)


def life(number: int = 1, **changes: object) -> list[Incident]:
    """An incident as its node tells it: opened, twice updated, ended."""
    opened = incident(number, **changes)
    first = replace(opened, boxes=(*opened.boxes, box(3)), evidence=SNAPSHOT)
    second = replace(first, boxes=(*first.boxes, box(4)), score=0.9, why="for 3 s")
    ended = replace(second, ended_at=opened.detected_at + timedelta(seconds=2), end_s=4.0)
    return [opened, first, second, ended]


def test_an_incident_keeps_the_times_of_its_way(desk: Desk) -> None:
    trace = {"captured": "2026-11-24T12:00:00.000Z", "received": "2026-11-24T12:00:01.000Z"}
    alert = desk.service.receive(incident(), trace)
    desk.service.receive(life()[2], {"captured": "later"})
    (kept,) = desk.service.alert(alert).incidents
    assert kept.trace == {**trace, "stored": "2026-11-24T12:00:02.000Z"}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_of_delivery_does_not_matter(desk: Desk, order: tuple[int, ...]) -> None:
    told = life()
    alerts = {desk.deliver(told[n]) for n in (*order, *order)}
    assert len(alerts) == 1
    detail = desk.service.alert(alerts.pop())
    assert [one.payload for one in detail.incidents] == [told[3].to_dict()]
    alert = detail.alert
    assert (alert.happening, alert.incident_count, alert.snapshot) == (False, 1, "one.jpg")
    assert alert.seen_at == told[3].ended_at


def test_a_second_delivery_changes_nothing_and_wakes_nobody(desk: Desk) -> None:
    alert = desk.deliver(incident())
    before, rings = desk.service.alert(alert), desk.rings
    assert desk.deliver(incident()) == alert
    assert desk.service.alert(alert) == before
    assert desk.rings == rings


def test_what_merely_goes_on_is_no_change_of_the_alert(desk: Desk) -> None:
    """An hour of it must not fill the feed, nor make every version stale while a person decides."""
    alert = desk.deliver(incident())
    before = desk.service.alert(alert)
    for second in range(3, 63):
        told = replace(incident(), boxes=(*incident().boxes, box(second)), why=f"{second} s")
        desk.deliver(told)
    after = desk.service.alert(alert)
    assert after.alert == replace(before.alert, seen_at=after.alert.seen_at, why="62 s")
    assert after.alert.seen_at == incident().detected_at + timedelta(seconds=60)
    assert after.steps == before.steps
    assert after.incidents[0].payload["why"] == "62 s"
    assert desk.service.last_event_seq() == 1


def goes_on(second: int, **changes: object) -> Incident:
    """A later word on the first incident, without a new box."""
    said = {"en": f"for {second} s", "kk": f"{second} с", "ru": f"{second} с"}
    return incident(1, updated_s=float(second), why=said["en"], why_in=said, **changes)


def test_a_later_word_without_a_new_box_is_the_alerts_too_and_notifies_nobody(desk: Desk) -> None:
    alert = desk.deliver(goes_on(2))
    before, rings = desk.service.alert(alert), desk.rings
    assert desk.deliver(goes_on(9, score=0.95, scores={"idle_s": 9.0})) == alert
    desk.deliver(goes_on(5))  # late
    after = desk.service.alert(alert)
    assert (after.alert.why, after.alert.why_in["kk"], after.alert.score) == (
        "for 9 s",
        "9 с",
        0.95,
    )
    assert after.alert.seen_at == incident().detected_at + timedelta(seconds=7)
    assert after.incidents[0].payload["scores"] == {"idle_s": 9.0}
    assert after.alert.version == before.alert.version, "nobody's action is refused for it"
    assert after.steps == before.steps
    assert (desk.service.last_event_seq(), desk.rings) == (1, rings)


def test_the_sentence_is_that_of_the_first_incident_and_of_no_other(desk: Desk) -> None:
    alert = desk.deliver(goes_on(2))
    other = incident(2, why="another")
    desk.deliver(other)
    desk.deliver(replace(other, why="another, longer", updated_s=60.0))
    assert desk.alert(alert).why == "for 2 s"
    desk.deliver(goes_on(70))
    assert desk.alert(alert).why == "for 70 s"


def test_a_closed_alert_keeps_its_sentence(desk: Desk) -> None:
    alert = desk.deliver(goes_on(2))
    desk.service.close(alert, OPERATOR, Outcome.REAL)
    desk.deliver(goes_on(8))
    assert desk.alert(alert).why == "for 2 s"


def test_its_end_and_its_picture_are_told(desk: Desk) -> None:
    alert = ""
    for one in life():
        alert = desk.deliver(one)
    assert desk.actions(alert) == ["raise", "escalate", "update", "end"]  # type: ignore[arg-type]
    assert [one.data["version"] for one in desk.service.events_after(0, 9)] == [1, 2, 3]


def test_evidence_is_never_lost() -> None:
    both = Evidence("one.jpg", "one.mp4")
    opened, ended = incident(), life()[3]
    clip = replace(ended, evidence=Evidence(None, "one.mp4"))
    assert merged(replace(opened, evidence=SNAPSHOT), clip) == replace(ended, evidence=both)
    assert merged(clip, replace(opened, evidence=SNAPSHOT)) == replace(ended, evidence=both)
    assert merged(replace(ended, evidence=both), replace(ended, evidence=None)).evidence == both


# --- grouping ---


def test_many_cameras_and_incidents_of_one_happening_are_one_alert(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive(1)
    assert desk.receive(2) == alert
    assert desk.receive(3, camera=CameraId("next-door"), score=0.99) == alert
    assert desk.receive(4, camera=CameraId("far-away")) != alert
    found = desk.alert(alert)
    assert (found.incident_count, found.score) == (3, 0.99)
    offers = [one for one in desk.service.events_after(0, 99, unit) if one.type == "offer"]
    assert len(offers) == 1, "the patrol is asked once"


def test_what_goes_on_for_an_hour_takes_what_comes_within_it(desk: Desk) -> None:
    alert = desk.receive(1)
    first = incident(1, started_at=NOON, detected_at=NOON + timedelta(seconds=2))
    desk.deliver(replace(first, boxes=(box(3602),)))
    desk.now += timedelta(hours=1)
    assert desk.receive(2) == alert
    desk.now += timedelta(seconds=200)
    assert desk.receive(3) != alert


def test_a_spool_that_comes_late_joins_what_was_then(desk: Desk) -> None:
    """40 s after the outage, long after the alert changed last: the scene's times count."""
    alert = desk.receive(1)
    late = incident(2, started_at=desk.now, detected_at=desk.now)
    desk.wait(600)
    assert desk.deliver(late) == alert


def test_after_a_persons_last_word_it_is_a_new_alert(desk: Desk) -> None:
    first = desk.receive(1)
    desk.service.close(first, OPERATOR, Outcome.FALSE)
    second = desk.receive(2)
    assert second != first
    assert desk.alert(second).state is State.ESCALATED


def test_a_closed_alert_keeps_the_account_of_what_goes_on(desk: Desk) -> None:
    told = life()
    alert = desk.deliver(told[0])
    closed = desk.service.close(alert, OPERATOR, Outcome.REAL)
    for one in told[1:]:
        assert desk.deliver(one) == alert
    after = desk.alert(alert)
    assert (after.state, after.outcome, after.happening) == (State.CLOSED, Outcome.REAL, False)
    assert after.snapshot == closed.snapshot
    assert desk.actions(alert)[-2:] == ["close", "end"]
    assert after.due is None


def test_it_happens_while_one_of_its_incidents_does(desk: Desk) -> None:
    alert = desk.receive(1)
    second = incident(2, started_at=desk.now, detected_at=desk.now)
    desk.deliver(second)
    first = incident(1, started_at=desk.now, detected_at=desk.now)
    desk.deliver(desk.end(first))
    assert desk.alert(alert).happening
    desk.deliver(desk.end(second))
    assert not desk.alert(alert).happening
    assert desk.receive(3) == alert
    assert desk.alert(alert).happening, "it began again"


# --- who is sent ---


def test_graver_than_it_seemed_is_sent_to_at_once(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive(1, severity="medium")
    assert desk.alert(alert).state is State.NEW
    desk.receive(2, severity="critical")
    found = desk.alert(alert)
    assert (found.severity, found.state, found.patrol) == ("critical", State.DISPATCHED, unit)


def test_nobody_is_sent_to_what_is_long_over(desk: Desk) -> None:
    desk.unit("one")
    old = NOON - timedelta(hours=2)
    alert = desk.receive(1, started_at=old, detected_at=old)
    assert desk.alert(alert).state is State.NEW, "an operator decides"
    desk.wait(61)
    assert desk.alert(alert).state is State.ESCALATED


def test_what_began_long_ago_and_still_goes_on_is_sent_to(desk: Desk) -> None:
    unit = desk.unit("one")
    old = NOON - timedelta(hours=2)
    alert = desk.receive(1, started_at=old, detected_at=old)
    desk.deliver(incident(1, started_at=old, detected_at=old, boxes=(box(7202),)))
    assert desk.alert(alert).patrol == unit


def test_a_camera_that_nobody_registered_raises_a_loud_alert(desk: Desk) -> None:
    desk.unit("one")
    alert = desk.receive(1, camera=CameraId("nowhere"))
    assert CameraId("nowhere") not in PLACES
    found = desk.service.alert(alert)
    assert found.alert.state is State.ESCALATED
    assert found.steps[-1].note == "its place is unknown"
