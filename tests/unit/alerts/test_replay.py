"""A decision made again of what was stored with it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.alert import AlertId, PatrolId, Place, State, Step
from alerts.assign import choose
from alerts.dispatch.considered import PLAIN, Considered
from alerts.dispatch.journeys import Journeys
from alerts.dispatch.replay import Replayed, replay
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.roads.graph import make_graph
from alerts.roads.journeys import RoadJourneys
from tests.support.incidents import NOON
from tests.support.streets import corner, drawn_city

LON, LAT = corner(4, 4)
GATE = Place("Gate", LAT, LON)
POLICY = Policy(assumed_speed_mps=6.5, detour_factor=1.3, off_street_m=200, stale_s=30)
ROADS = RoadJourneys(make_graph(drawn_city(8, 1), "one"))
OTHER_ROADS = RoadJourneys(make_graph(drawn_city(8, 2), "two"))
NOW = NOON + timedelta(microseconds=123_457)


def unit(number: int) -> Patrol:
    lon, lat = corner(number * 0.37 % 8, number * 0.71 % 9)
    position = Position(lat, lon, NOW - timedelta(seconds=number * 3.333333 % 310))
    return Patrol(
        PatrolId(f"u{number:03d}"),
        f"Наряд {number}",
        number % 11 != 0,
        None if number % 13 == 1 else position,
        AlertId("other") if number % 7 == 1 else None,
        NOON,
    )


def decided(count: int, roads: Journeys | None, place: Place | None = GATE) -> dict[str, Any]:
    """As it comes out of the account."""
    excluded = {PatrolId("u002"): "has declined"}
    made = choose(place, [unit(n) for n in range(count)], NOW, POLICY, excluded, roads)
    stored: dict[str, Any] = json.loads(json.dumps(made.to_dict()))
    return stored


def again(decision: dict[str, Any] | None, roads: Journeys | None) -> Replayed | None:
    detail = {} if decision is None else {"decision": decision}
    return replay(
        Step(AlertId("a"), NOW, "dispatch", State.NEW, State.DISPATCHED, "system", "", detail),
        roads,
    )


@pytest.mark.parametrize("count", [0, 3, PLAIN, PLAIN + 150])
@pytest.mark.parametrize("roads", [None, ROADS], ids=["line", "road"])
def test_the_same_comes_out(count: int, roads: Journeys | None) -> None:
    found = again(decided(count, roads), roads)
    assert found is not None
    assert (found.same, found.says) == (
        True,
        f"the same: {count} units, the order and every reason",
    )


def test_an_unknown_place_too() -> None:
    found = again(decided(30, ROADS, None), ROADS)
    assert found is not None
    assert found.same


def test_what_was_decided_without_a_map_is_made_again_without_one() -> None:
    found = again(decided(30, None), ROADS)
    assert found is not None
    assert found.same


@pytest.mark.parametrize(
    ("roads", "says"),
    [
        (OTHER_ROADS, "another map: it was made with one, this installation has two"),
        (None, "another map: it was made with one, this installation has none"),
    ],
)
def test_another_map_is_said(roads: Journeys | None, says: str) -> None:
    found = again(decided(30, ROADS), roads)
    assert found is not None
    assert (found.same, found.says) == (False, says)


def test_an_older_record_is_said() -> None:
    older = {
        "chosen": "u1",
        "candidates": [
            {"patrol": "u1", "name": "1", "distance_m": 5.0, "position_age_s": 1.0, "cost_m": 13.0,
             "chosen": True, "reason": "nearest"},
        ],
        "others": {},
    }  # fmt: skip
    found = again(older, ROADS)
    assert found is not None
    assert (found.same, found.says) == (
        False,
        "an older record: what it was made of was not kept",
    )


def test_a_step_without_a_decision_is_none() -> None:
    assert again(None, ROADS) is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(chosen="u009"), "another choice"),
        (lambda d: d["candidates"][3].update(travel_s=1.0), "candidate 4: travel_s was 1.0"),
        (lambda d: d["candidates"][2].update(reason="x"), "candidate 3: reason was 'x'"),
        (lambda d: d["candidates"].pop(), "19 candidates then, 20 now"),
        (lambda d: d["others"].update({"off duty": 77}), "the others: "),
        (lambda d: d["inputs"]["policy"].update(assumed_speed_mps=1.0), "another choice"),
        (lambda d: d["inputs"]["policy"].update(patience=1.0), "a record of another release"),
        (lambda d: d["inputs"].pop("units"), "a record of another release: KeyError"),
        (lambda d: d["inputs"].update(units="no"), "a record of another release"),
    ],
)
def test_what_differs_is_one_line(change: Any, says: str) -> None:
    decision = decided(60, ROADS)
    changed = copy.deepcopy(decision)
    change(changed)
    found = again(changed, ROADS)
    assert found is not None
    assert not found.same
    assert "\n" not in found.says
    if says != "another choice":  # a slower speed may change a number before the choice
        assert found.says.startswith(says)


def test_inputs_hold_what_a_choice_depends_on() -> None:
    units = tuple(unit(n) for n in range(5))
    given = Considered(NOW, GATE, units, {PatrolId("u002"): "has declined"}, POLICY, "one")
    stored = json.loads(json.dumps(given.to_dict()))
    assert stored["units"][3][:4] == ["u003", "Наряд 3", True, None]
    assert stored["units"][3][6] == pytest.approx(10.0, abs=0.001)
    assert stored["policy"]["detour_factor"] == 1.3
    read = Considered.from_dict(stored)
    assert replace(read, patrols=()) == replace(given, patrols=())
    assert [replace(one, registered_at=NOON) for one in read.patrols] == list(units)
