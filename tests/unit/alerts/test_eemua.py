"""How much was asked of people, by numbers that can be counted on fingers."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from alerts.alert import Alert, LinkedIncident, State
from alerts.calm.eemua import AlarmReport, report
from alerts.calm.flood import FloodPolicy
from detect.incident import IncidentId, rfc3339
from tests.support.incidents import NOON, incident
from tests.support.records import alert

HOUR = timedelta(hours=1)


def at(minute: float, **changes: object) -> Alert:
    moment = NOON + timedelta(minutes=minute)
    fields: dict[str, object] = {"opened_at": moment, "began_at": moment, "seen_at": moment}
    return alert(int(minute * 100) + 1, **{**fields, **changes})


def of(*alerts: Alert, operators: int = 1, hours: float = 1, now: datetime = NOON) -> AlarmReport:
    until = NOON + timedelta(hours=hours)
    return report(alerts, NOON, until, operators, now, FloodPolicy())


def test_nothing_is_nothing() -> None:
    found = of()
    assert (found.alerts, found.mix, found.worst_cameras, found.stale) == (0, {}, (), 0)
    assert (found.periods.number, found.periods.mean, found.periods.peak_at) == (6, 0, None)
    assert (found.answering.p50_s, found.periods.load) == (None, "acceptable")


def test_periods_of_ten_minutes_for_each_operator() -> None:
    burst = [at(20 + n / 10) for n in range(22)]
    found = of(at(1), at(59.9), *burst, operators=2).periods
    assert (found.number, found.peak, found.mean) == (6, 11, 2)
    assert found.peak_at == NOON + timedelta(minutes=20)
    assert found.in_flood == pytest.approx(1 / 6)
    assert found.load == "manageable"
    assert of(at(1), *burst, operators=3).periods.in_flood == 0


@pytest.mark.parametrize(
    ("many", "word"),
    [(6, "acceptable"), (12, "manageable"), (60, "demanding"), (61, "unacceptable")],
)
def test_what_is_said_of_the_mean(many: int, word: str) -> None:
    assert of(*[at(n * 59 / many) for n in range(many)]).periods.load == word


def test_a_short_last_period_weighs_as_long_as_it_is() -> None:
    found = of(*[at(n) for n in range(15)], hours=0.25).periods
    assert (found.number, found.mean) == (2, 10)


def test_only_what_was_raised_in_the_span_and_asked_for_a_look() -> None:
    found = of(
        at(-1),
        at(60),
        at(5, review=True),
        at(6, silenced_by="s"),
        at(7, shelved_by="operator:a"),
        at(8),
    )
    assert (found.alerts, found.in_review, found.silenced, found.shelved) == (2, 1, 1, 1)


def test_the_mix_and_the_worst() -> None:
    found = of(
        at(1, severity="critical", kind="fire", camera="b"),
        at(2, severity="low", camera="a"),
        at(3, severity="low", camera="a"),
        at(4, severity="medium", camera="c"),
    )
    assert found.mix == {"critical": 0.25, "high": 0, "medium": 0.25, "low": 0.5}
    assert [(one.name, one.count, one.share) for one in found.worst_cameras] == [
        ("a", 2, 0.5),
        ("b", 1, 0.25),
        ("c", 1, 0.25),
    ]
    assert found.worst_kinds[0].name == "intrusion"


def test_stale_is_open_for_a_day() -> None:
    later = NOON + timedelta(hours=24, minutes=5)
    found = of(at(1), at(2, state=State.CLOSED), at(10), now=later)
    assert found.stale == 1


def test_how_soon_somebody_did_something() -> None:
    def attended(number: int, seconds: float) -> Alert:
        return at(number, attended_at=NOON + timedelta(minutes=number, seconds=seconds))

    taken = [attended(number, number) for number in range(1, 21)]
    found = of(*taken, at(30), attended(31, -5), hours=1).answering
    assert (found.answered, found.unanswered) == (21, 1)
    assert (found.p50_s, found.p95_s) == (10, 19)


def linked(number: int, one: Alert, second: float, camera: str = "north-gate") -> LinkedIncident:
    begun = NOON + timedelta(seconds=second)
    told = incident(number).to_dict() | {"camera": camera, "started_at": rfc3339(begun)}
    return LinkedIncident(IncidentId(str(number)), one.id, told, {})


def test_a_rule_that_repeats_itself_within_a_minute_chatters() -> None:
    many = at(1, incident_count=4)
    told = {many.id: [linked(n, many, n * 25) for n in range(4)]}

    def chatter(*alerts: Alert) -> list[tuple[str, int]]:
        until = NOON + HOUR
        incidents = lambda one: told.get(one.id, [])
        found = report(alerts, NOON, until, 1, NOON, FloodPolicy(), incidents)
        return [(one.name, one.count) for one in found.chattering]

    assert chatter(many, at(9, zone="lawn")) == [("north-gate/intrusion/lawn", 5)]
    told[many.id] = [linked(n, many, n * 31) for n in range(4)]
    assert chatter(many) == [], "slower than three in a minute"
    told[many.id] = [linked(n, many, n, camera=f"c-{n}") for n in range(4)]
    assert chatter(many) == [], "many cameras of one happening are no chatter"
    told.clear()
    assert len(chatter(at(1, zone=None), at(1.4, zone=None), at(1.9, zone=None))) == 1


def test_no_span_is_an_error() -> None:
    with pytest.raises(ValueError, match="must end after"):
        of(hours=0)
