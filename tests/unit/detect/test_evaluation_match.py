"""Which incidents are true, and which events are found."""

from __future__ import annotations

import pytest

from detect.evaluation.match import LATE_S, SLACK_S, Judged, judge
from detect.guard.truth import Place, Truth, TruthEvent
from detect.incident import Incident
from tests.support.incidents import incident

LAWN = Place("intrusion", ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)), 1.0)
FIRE = Place("fire", None, 1.0)
LINE = Place("line_crossing", ((0.5, 0.0), (0.5, 1.0)))


def raised(
    kind: str, start_s: float, detected_s: float, end_s: float | None = None, **more: object
) -> Incident:
    return incident(
        round(detected_s * 10),
        kind=kind,
        start_s=start_s,
        detected_s=detected_s,
        end_s=detected_s if end_s is None else end_s,
        **{"zone": None, **more},
    )


def judged(
    incidents: list[Incident], *events: TruthEvent, may_be: frozenset[str] = frozenset()
) -> Judged:
    truth = Truth(events, tuple(dict.fromkeys(e.place for e in events)), may_be=may_be)
    return judge(incidents, truth, {"intrusion", "fire", "line_crossing", "smoke"})


def test_one_raised_within_an_event_finds_it_with_its_delay() -> None:
    result = judged(
        [raised("intrusion", 10.2, 11.5, 30, zone="truth-1")], TruthEvent(LAWN, 10.0, 31.0)
    )
    (outcome,) = result.outcomes
    assert (outcome.found, outcome.by, result.verdicts) == (True, 0, ("true",))
    assert outcome.delay_s == pytest.approx(0.5)  # the rule's second was over at 11 s


@pytest.mark.parametrize(
    "wrong",
    [
        raised("smoke", 10, 12),  # another kind
        raised("intrusion", 10, 12, zone="truth-2"),  # another place
        raised("intrusion", 2, 10 - SLACK_S - 0.1, 25, zone="truth-1"),  # before it happened
        raised("intrusion", 21 + SLACK_S, 22 + SLACK_S, zone="truth-1"),  # after it
        raised("intrusion", 19, 20 + LATE_S + 0.1, zone="truth-1"),  # far too late
    ],
)
def test_what_is_not_of_an_event_s_kind_place_and_time_is_false(wrong: Incident) -> None:
    result = judged([wrong], TruthEvent(LAWN, 10.0, 20.0))
    assert result.verdicts == ("false",)
    assert not result.outcomes[0].found


def test_the_second_for_one_event_is_counted_apart() -> None:
    first, second = (raised("intrusion", at, at + 1, at + 2, zone="truth-1") for at in (10.0, 18.0))
    result = judged([first, second], TruthEvent(LAWN, 10.0, 31.0))
    assert result.verdicts == ("true", "again")


def test_one_incident_may_cover_two_events_but_a_crossing_is_one() -> None:
    long = raised("intrusion", 10, 11, 40, zone="truth-1")
    result = judged([long], TruthEvent(LAWN, 10.0, 20.0), TruthEvent(LAWN, 23.0, 40.0))
    assert [outcome.found for outcome in result.outcomes] == [True, True]
    assert [outcome.delay_s is None for outcome in result.outcomes] == [False, True]

    crossing = raised("line_crossing", 10, 10, zone="truth-1")
    pair = judged([crossing], TruthEvent(LINE, 10.0, 10.0), TruthEvent(LINE, 10.5, 10.5))
    assert [outcome.found for outcome in pair.outcomes] == [True, False]
    twice = judged([crossing, crossing], TruthEvent(LINE, 10.0, 10.0))
    assert twice.verdicts == ("true", "false")


def test_where_it_was_seen_counts_too() -> None:
    event = TruthEvent(FIRE, 0.0, 20.0, box=(0.5, 0.5, 0.9, 0.9))
    near, far = (
        raised("fire", 1, 2, 20, boxes=(incident().boxes[0].__class__(2.0, "", box, 0),))
        for box in ((0.40, 0.4, 0.47, 0.6), (0.1, 0.1, 0.2, 0.2))
    )
    assert judged([near], event).verdicts == ("true",)
    assert judged([far], event).verdicts == ("false",)
    assert judged([raised("fire", 1, 2, 20, boxes=())], event).verdicts == ("true",)


def test_what_may_be_is_neither_true_nor_false() -> None:
    unsure = TruthEvent(FIRE, 0.0, 20.0, is_sure=False)
    result = judged(
        [raised("fire", 1, 2), raised("smoke", 1, 2)], unsure, may_be=frozenset({"smoke"})
    )
    assert result.verdicts == ("may be", "may be")
    assert result.outcomes == ()


def test_events_of_kinds_without_a_rule_are_not_asked_for() -> None:
    truth = Truth((TruthEvent(FIRE, 0.0, 9.0),), (FIRE,))
    assert judge([], truth, {"smoke"}).outcomes == ()


def test_with_a_scene_of_its_own_boxes_tell_the_place() -> None:
    event = TruthEvent(LAWN, 10.0, 20.0, box=(0.0, 0.0, 0.5, 1.0))
    one = raised("intrusion", 10, 12, zone="the lawn")
    truth = Truth((event,), (LAWN,))
    assert judge([one], truth, {"intrusion"}).verdicts == ("false",)
    assert judge([one], truth, {"intrusion"}, by_name=False).verdicts == ("true",)
