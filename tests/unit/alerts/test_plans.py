"""Which rule holds: the first from the top that sets a number; hours are those of the place."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from alerts.alert import Place
from alerts.plans import Facts, Hours, Outlined, Plans, Ring, Rule, When, for_alert, planned
from alerts.policy import Policy

ALMATY = ZoneInfo("Asia/Almaty")
SQUARE = Outlined(((43.0, 76.0), (43.0, 77.0), (44.0, 77.0), (44.0, 76.0)))
INSIDE, OUTSIDE = Place("in", 43.5, 76.5), Place("out", 44.5, 76.5)
NOON = datetime(2026, 3, 6, 7, tzinfo=UTC)  # a Friday, noon in Almaty
FIGHT = Facts("fight", "critical", INSIDE)


def policy(*rules: Rule) -> Policy:
    return Policy(plans=Plans(rules, {"square": SQUARE}, ALMATY))


def rule(name: str, when: When | None = None, **then: object) -> Rule:
    return Rule(name, when or When(), then)


def test_without_rules_the_citys_numbers_hold() -> None:
    plain = Policy(answer_s=25)
    assert for_alert(plain, FIGHT, NOON) is plain
    assert planned(policy(), FIGHT, NOON).because == {}


def test_each_number_is_of_the_first_rule_that_sets_it() -> None:
    city = policy(
        rule("fights", When(kinds=frozenset({"fight"})), answer_s=10),
        rule("all", None, answer_s=20, receipt_s=5),
        rule("never", When(kinds=frozenset({"fire"})), receipt_s=1),
    )
    plan = planned(city, FIGHT, NOON)
    assert (plan.policy.answer_s, plan.policy.receipt_s) == (10, 5)
    assert plan.because == {"answer_s": "fights", "receipt_s": "all"}
    assert [one.sets for one in plan.verdicts] == [("answer_s",), ("receipt_s",), ()]
    assert plan.verdicts[2].mismatch == "fight is not one of its kinds (fire)"
    assert for_alert(city, Facts("fire", "low", None), NOON).answer_s == 20


@pytest.mark.parametrize(
    ("when", "facts", "mismatch"),
    [
        (When(severities=frozenset({"critical"})), FIGHT, None),
        (
            When(severities=frozenset({"low", "high"})),
            FIGHT,
            "critical is not one of its severities (high, low)",
        ),
        (When(districts=("square",)), FIGHT, None),
        (
            When(districts=("square",)),
            Facts("fight", "critical", OUTSIDE),
            "it is elsewhere (square)",
        ),
        (
            When(districts=("square",)),
            Facts("fight", "critical", None),
            "its place is unknown (square)",
        ),
        (When(hours=Hours(time(11), time(13))), FIGHT, None),
        (
            When(hours=Hours(time(7), time(12))),
            FIGHT,
            "it is 12:00 there, not 07:00-12:00",
        ),
        (When(days=frozenset({"fri"})), FIGHT, None),
        (When(days=frozenset({"sun", "sat"})), FIGHT, "it is fri there (sat, sun)"),
    ],
)
def test_a_rule_says_why_it_does_not_apply(when: When, facts: Facts, mismatch: str | None) -> None:
    plan = planned(policy(rule("one", when, answer_s=1)), facts, NOON)
    assert plan.verdicts[0].mismatch == mismatch
    assert (plan.policy.answer_s == 1) is (mismatch is None)


@pytest.mark.parametrize(
    ("local", "holds"),
    [
        (datetime(2026, 3, 6, 21, 59), False),
        (datetime(2026, 3, 6, 22, 0), True),
        (datetime(2026, 3, 7, 5, 59), True),  # Saturday: still Friday's night
        (datetime(2026, 3, 7, 6, 0), False),
        (datetime(2026, 3, 7, 22, 0), False),  # Saturday's own night
        (datetime(2026, 3, 6, 3, 0), False),  # Friday before dawn: Thursday's night
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(local: datetime, holds: bool) -> None:
    night = When(hours=Hours(time(22), time(6)), days=frozenset({"fri"}))
    now = local.replace(tzinfo=ALMATY).astimezone(UTC)
    assert (for_alert(policy(rule("night", night, answer_s=1)), FIGHT, now).answer_s == 1) is holds


@pytest.mark.parametrize(
    ("place", "inside"),
    [
        (INSIDE, True),
        (OUTSIDE, False),
        (Place("w", 43.5, 75.9), False),
        (Place("e", 43.5, 77.1), False),
    ],
)
def test_a_polygon_and_a_ring(place: Place, inside: bool) -> None:
    assert (place in SQUARE) is inside
    assert (place in Ring(43.5, 76.5, 20_000)) is inside
