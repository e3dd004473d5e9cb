"""What several kinds of incident make of one alert: the gravest names it, nothing is swallowed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.alert import Actor, Outcome, State
from alerts.believing.trust import RuleKey, Standing
from alerts.service import Answer
from ingest.camera import CameraId
from tests.support.incidents import incident
from tests.support.patrols import OPERATOR, Desk

NEXT = CameraId("next-door")
CROWD = {"kind": "crowd", "severity": "high", "why": "Many people.", "score": 0.9}
FIGHT = {
    "kind": "fight",
    "severity": "critical",
    "why": "A fight.",
    "why_in": {"en": "A fight.", "kk": "Төбелес.", "ru": "Драка."},
    "score": 0.6,
    "camera": NEXT,
}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_gravest_names_it_and_everybody_is_told(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive(1, **CROWD)
    before = desk.service.last_event_seq()
    told = len(desk.service.events_after(0, 99, unit))
    assert desk.receive(2, **FIGHT) == alert
    found = desk.alert(alert)
    assert (found.kind, found.severity, found.kinds) == ("fight", "critical", ("crowd", "fight"))
    assert (found.why, found.why_in["kk"], found.score) == ("A fight.", "Төбелес.", 0.6)
    assert found.camera == "north-gate", "its place is that of the first"
    (news,) = desk.service.events_after(before, 9)
    assert news.data["kinds"] == ["crowd", "fight"]
    (update,) = desk.service.events_after(0, 99, unit)[told:]
    assert (update.type, update.data["severity"]) == ("update", "critical")
    join = desk.service.alert(alert).steps[-1]
    assert (join.action, join.detail["kind"]) == ("join", "fight")


def test_the_less_grave_joins_and_leaves_the_name(desk: Desk) -> None:
    alert = desk.receive(1, **FIGHT)
    assert desk.receive(2, **CROWD) == alert
    found = desk.alert(alert)
    assert (found.kind, found.severity, found.why) == ("fight", "critical", "A fight.")
    assert (found.kinds, found.score, found.incident_count) == (("fight", "crowd"), 0.6, 2)


def test_what_becomes_urgent_by_joining_is_sent(desk: Desk) -> None:
    alert = desk.receive(1, kind="loitering", severity="medium")
    desk.service.acknowledge(alert, OPERATOR)
    unit = desk.unit("one")
    assert desk.receive(2, kind="intrusion", severity="high") == alert
    assert (desk.alert(alert).patrol, desk.alert(alert).state) == (unit, State.DISPATCHED)


def test_a_rule_in_review_makes_no_alert_graver(desk: Desk) -> None:
    """Else it would send a patrol by way of another rule's alert."""
    admin = Actor("admin", "dana")
    rule = RuleKey(CameraId("north-gate"), "fight", "lawn")
    desk.trust.set_standing(rule, Standing.REVIEW, admin)
    crowd = desk.receive(1, **CROWD)
    fight = {**FIGHT, "camera": CameraId("north-gate")}
    apart = desk.receive(2, **fight)
    assert (desk.alert(apart).review, desk.alert(crowd).severity) == (True, "high")
    assert desk.receive(3, **fight) == apart, "and the next one joins what stands apart"


def test_a_later_word_of_the_gravest_is_told(desk: Desk) -> None:
    alert = desk.receive(1, **CROWD)
    fight = incident(2, started_at=desk.now, detected_at=desk.now, **FIGHT)
    desk.deliver(fight)
    desk.deliver(replace(fight, why="A fight for 5 s.", updated_s=5.0))
    assert desk.alert(alert).why == "A fight for 5 s."


def test_who_did_something_first_is_on_record(desk: Desk) -> None:
    unit = desk.unit("one")
    alert = desk.receive(1)
    desk.say(alert, unit, Answer.ACCEPT)
    assert desk.alert(alert).attended_at is None, "a patrol is not the control room"
    desk.now = desk.now.replace(minute=5)
    desk.service.acknowledge(alert, OPERATOR)
    desk.now = desk.now.replace(minute=9)
    desk.service.close(alert, OPERATOR, Outcome.REAL)
    attended = desk.alert(alert).attended_at
    assert attended is not None
    assert attended.minute == 5
