"""The judge of chaos runs: a small good history, and one thing made wrong for each invariant."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos.checker import INVARIANTS, Verdict, judge
from tests.chaos.evidence import Evidence
from tests.chaos.tampering import TAMPERINGS

CAR, MAN = "alert-1", "alert-2"
UNIT = "unit-1"
NOON = "2026-11-25T12:00:0{}+00:00"


def step(alert: str, at: int, action: str, before: str | None, after: str, **more: Any) -> Any:
    actor = more.pop("actor", "system:qalqan")
    return {
        "alert": alert,
        "at": NOON.format(at),
        "action": action,
        "before": before,
        "after": after,
        "actor": actor,
        "note": "",
        "detail": more,
        "tick": f"machine/{at}.000",
    }


def event(seq: int, kind: str, alert: str, version: int, patrol: str | None = None) -> Any:
    data = {"version": version}
    return {"seq": seq, "type": kind, "alert": alert, "patrol": patrol, "data": data}


def seen(who: str, one: dict[str, Any]) -> Any:
    known = {"id": one["seq"], "type": one["type"], "alert": one["alert"]}
    return {"t": one["seq"], "who": who, "what": "event", **known}


def called(who: str, call: str, alert: str) -> Any:
    return {"t": 9, "who": who, "what": "call", "call": call, "alert": alert, "status": 200}


def notification(number: int, **more: Any) -> Any:
    stages = ("accepted_at", "delivered_at", "seen_at", "answered_at", "moot_at")
    return {
        "id": f"{CAR}.{number}.patrol:{UNIT}",
        "alert": CAR,
        "recipient": f"patrol:{UNIT}",
        "attempt": number,
        "event": "offer",
        "created_at": NOON.format(1),
        **dict.fromkeys(stages),
        **more,
    }


def their_steps() -> dict[str, list[dict[str, Any]]]:
    raised = {"incident": "chaos-1-000000"}
    return {
        CAR: [
            step(CAR, 1, "raise", None, "new", **raised),
            step(CAR, 1, "dispatch", "new", "dispatched", patrol=UNIT),
            step(CAR, 2, "join", "dispatched", "dispatched", incident="chaos-1-000001"),
            step(CAR, 3, "accept", "dispatched", "accepted", actor=f"patrol:{UNIT}"),
            step(CAR, 5, "close", "accepted", "closed", actor=f"patrol:{UNIT}"),
        ],
        MAN: [
            step(MAN, 4, "raise", None, "new", incident="chaos-1-000002"),
            step(MAN, 7, "escalate", "new", "escalated"),
        ],
    }


def their_events() -> list[dict[str, Any]]:
    return [
        event(1, "alert", CAR, 1),
        event(2, "offer", CAR, 1, UNIT),
        event(3, "alert", CAR, 2),
        event(4, "alert", CAR, 3),
        event(5, "alert", MAN, 1),
        event(6, "alert", CAR, 4),
        event(7, "withdrawn", CAR, 4, UNIT),
        event(8, "alert", MAN, 2),
    ]


@pytest.fixture
def good() -> Evidence:
    """Two incidents of one alert that a patrol closed; a third that nobody looked at."""
    steps, events = their_steps(), their_events()
    homes = {"chaos-1-000000": CAR, "chaos-1-000001": CAR, "chaos-1-000002": MAN}
    operators = [seen("operator 0", one) for one in events if one["patrol"] is None]
    patrols = [seen(f"patrol {UNIT}", one) for one in events if one["patrol"] == UNIT]
    journal = [
        {"who": "node", "what": what, "id": one}
        for one in homes
        for what in ("intend", "spooled", "acked")
    ]
    told = notification(1, accepted_at=NOON.format(1), delivered_at=NOON.format(2))
    sink = {"t": 4, "who": "sink city", "what": "message"}
    return Evidence(
        journal=journal,
        history=[
            *operators,
            *patrols,
            called(f"patrol {UNIT}", "accept", CAR),
            called(f"patrol {UNIT}", "close", CAR),
            {**sink, "id": told["id"].replace(".", "_").replace(":", "-"), "body": "a"},
            {"t": 5, "who": "rival", "what": "end", "served": False},
        ],
        alerts={
            CAR: {"state": "closed", "overdue_since": None, "review": False, "incident_count": 2},
            MAN: {
                "state": "escalated",
                "overdue_since": None,
                "review": False,
                "incident_count": 1,
            },
        },
        steps=steps,
        incidents={
            one: {"alert": alert, "payload": {"ended_at": NOON.format(6)}}
            for one, alert in homes.items()
        },
        events=events,
        notifications=[told],
        deliveries=[{"id": "d", "due": None, "outcome": "accepted", "tries": 1, "error": ""}],
        stages={CAR: {"inferred": 0.1, "raised": 0.0}},
    )


def broken(evidence: Evidence) -> list[str]:
    return [verdict.name for verdict in judge(evidence) if verdict.wrong]


def test_a_good_history_is_good_and_every_invariant_has_looked(good: Evidence) -> None:
    verdicts = judge(good)
    assert [verdict.name for verdict in verdicts] == list(INVARIANTS)
    assert {verdict.wrong for verdict in verdicts} == {()}
    assert all(verdict.looked_at for verdict in verdicts)


def lost(e: Evidence) -> None:
    e.incidents.pop("chaos-1-000002")


def lost_with_its_alert(e: Evidence) -> None:
    e.alerts.pop(MAN)
    e.steps.pop(MAN)


def in_two_alerts(e: Evidence) -> None:
    e.steps[MAN].append(step(MAN, 8, "join", "escalated", "escalated", incident="chaos-1-000001"))


def waits(e: Evidence) -> None:
    e.spooled_still.append("chaos-1-000000")


def laid_aside(e: Evidence) -> None:
    e.rejected.append("chaos-1-000000")


def from_nowhere(e: Evidence) -> None:
    e.incidents["chaos-1-000099"] = {"alert": CAR, "payload": {"ended_at": NOON.format(6)}}
    e.alerts[CAR]["incident_count"] = 3


def counted_twice(e: Evidence) -> None:
    e.alerts[CAR]["incident_count"] = 3


def goes_on(e: Evidence) -> None:
    e.incidents["chaos-1-000001"]["payload"]["ended_at"] = None


def silent(e: Evidence) -> None:
    e.alerts[MAN]["state"] = "new"
    e.steps[MAN].pop()


def not_in_the_table(e: Evidence) -> None:
    e.steps[CAR][3] = step(CAR, 3, "arrive", "dispatched", "on_scene")
    e.steps[CAR][4] = step(CAR, 5, "close", "on_scene", "closed")


def torn(e: Evidence) -> None:
    e.steps[CAR].pop(3)


def raised_twice(e: Evidence) -> None:
    e.steps[CAR].insert(1, step(CAR, 1, "raise", None, "new", incident="chaos-1-000009"))


def moved_by_a_mere_note(e: Evidence) -> None:
    e.steps[CAR][2] = step(CAR, 2, "join", "dispatched", "closed", incident="chaos-1-000001")


def account_ends_elsewhere(e: Evidence) -> None:
    e.alerts[MAN]["state"] = "closed"


def two_alerts_at_a_time(e: Evidence) -> None:
    e.events[6:6] = [event(7, "offer", MAN, 1, UNIT), event(7, "withdrawn", MAN, 1, UNIT)]


def answer_forgotten(e: Evidence) -> None:
    e.history.append(called(f"patrol {UNIT}", "accept", MAN))


def close_forgotten(e: Evidence) -> None:
    e.history.append(called("operator 0", "close", MAN))


def offered_again(e: Evidence) -> None:
    e.events.insert(2, event(3, "offer", CAR, 1, UNIT))


def rang_again(e: Evidence) -> None:
    e.history.append({**seen(f"patrol {UNIT}", e.events[1]), "id": 9})


def missed(e: Evidence) -> None:
    e.history.pop(2)


def read_again(e: Evidence) -> None:
    e.history.insert(2, e.history[1])


def never_committed(e: Evidence) -> None:
    e.events.pop()


def reads_of_others(e: Evidence) -> None:
    e.history.append({"t": 9, "who": "patrol unit-2", "what": "event", **OFFER})


OFFER = {"id": 2, "type": "offer", "alert": CAR}


def old_version(e: Evidence) -> None:
    e.events[-1]["data"]["version"] = 1


def back_in_time(e: Evidence) -> None:
    e.steps[CAR][4]["tick"] = "machine/2.900"


def negative(e: Evidence) -> None:
    e.stages[CAR]["raised"] = -0.2


def two_services(e: Evidence) -> None:
    e.history.append({"t": 5, "who": "rival", "what": "end", "served": True})


def never_said(e: Evidence) -> None:
    e.notifications.append(notification(2))


def under_way(e: Evidence) -> None:
    e.deliveries[0]["due"] = NOON.format(9)


def given_up(e: Evidence) -> None:
    e.deliveries[0]["outcome"] = "given up"


def said_twice(e: Evidence) -> None:
    e.notifications.append({**e.notifications[0], "id": "another"})


def two_meanings(e: Evidence) -> None:
    again = next(one for one in e.history if one["what"] == "message")
    e.history.append({**again, "body": "b"})


def seen_before_it_was_delivered(e: Evidence) -> None:
    e.notifications[0]["seen_at"] = NOON.format(1)


WRONG: dict[Callable[[Evidence], None], str] = {
    lost: "acknowledged to a node",
    lost_with_its_alert: "acknowledged to a node",
    in_two_alerts: "acknowledged to a node",
    waits: "what was spooled",
    laid_aside: "what was spooled",
    from_nowhere: "no node has seen",
    counted_twice: "each counted once",
    goes_on: "has its end, also",
    silent: "closed, or loud",
    not_in_the_table: "outside the table",
    torn: "outside the table",
    raised_twice: "outside the table",
    moved_by_a_mere_note: "outside the table",
    account_ends_elsewhere: "outside the table",
    two_alerts_at_a_time: "one alert at a time",
    answer_forgotten: "told is done is done",
    close_forgotten: "told is done is done",
    offered_again: "offered an alert twice",
    rang_again: "offered an alert twice",
    missed: "operators read",
    read_again: "operators read",
    never_committed: "operators read",
    reads_of_others: "patrols read",
    old_version: "versions appear",
    back_in_time: "no step of an account",
    negative: "no stage of an alert's way",
    two_services: "one service",
    never_said: "every notification",
    under_way: "every delivery",
    given_up: "every delivery",
    said_twice: "two messages",
    two_meanings: "two messages",
    seen_before_it_was_delivered: "no stage of a notification",
}


@pytest.mark.parametrize("make", WRONG, ids=lambda one: one.__name__)
def test_what_is_wrong_is_seen(good: Evidence, make: Callable[[Evidence], None]) -> None:
    make(good)
    assert [name for name in broken(good) if WRONG[make] in name], broken(good)


def test_every_invariant_has_a_history_that_breaks_it() -> None:
    unproved = [name for name in INVARIANTS if not any(part in name for part in WRONG.values())]
    assert unproved == []


@pytest.mark.parametrize("name", TAMPERINGS)
def test_evidence_that_was_tampered_with_is_seen(good: Evidence, name: str) -> None:
    for seed in range(5):
        evidence = copy.deepcopy(good)
        TAMPERINGS[name](evidence, random.Random(seed))
        assert broken(evidence)


def test_a_preemption_withdraws_in_the_same_commit(good: Evidence) -> None:
    """The offer of what is graver may stand before the withdrawal of what was had."""
    good.events[6:6] = [event(7, "offer", MAN, 1, UNIT)]
    good.events[7]["seq"], good.events[8]["seq"] = 8, 9
    good.events.append(event(10, "withdrawn", MAN, 3, UNIT))
    assert "a patrol has one alert at a time" not in broken(good)


def test_a_verdict_shows_some_of_what_is_wrong() -> None:
    said = str(Verdict("a thing", 20, tuple(f"line {n}" for n in range(7))))
    assert said.splitlines()[0].split() == ["WRONG", "20", "a", "thing"]
    assert said.splitlines()[-1].strip() == "and 2 more"
    assert "line 4" in said
    assert "line 5" not in said


def test_a_no_that_comes_after_the_lapse_leaves_no_step_and_an_early_one_does(
    good: Evidence,
) -> None:
    late = called(f"patrol {UNIT}", "decline", MAN)
    good.history.append(late)
    assert broken(good) == ["what a person was told is done is done"]
    good.steps[MAN][1:1] = [
        step(MAN, 5, "dispatch", "new", "dispatched", patrol=UNIT),
        step(MAN, 6, "lapse", "dispatched", "timed_out", patrol=UNIT),
    ]
    assert "what a person was told is done is done" not in broken(good)
