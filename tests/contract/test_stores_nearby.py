"""With many units the store's index is asked, and the decision is that of a look at all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from alerts.alert import Alert, AlertId, PatrolId, Place, Refusal, State, Step
from alerts.assign import KEPT, Decision
from alerts.dispatch.journeys import Journeys
from alerts.dispatch.nearby import FARTHER
from alerts.dispatch.replay import replay
from alerts.dispatch.searching import decide
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.ports import Store
from alerts.roads.graph import make_graph
from alerts.roads.journeys import RoadJourneys
from tests.support.incidents import NOON
from tests.support.records import alert, waiting
from tests.support.stores import Stores
from tests.support.streets import corner, drawn_city

ROADS = RoadJourneys(make_graph(drawn_city(8, 1), "drawn"))
POLICIES = {
    "plain": Policy(),
    "needs": Policy(
        required_capabilities={"intrusion": ("vehicle",)},
        preferred_capabilities={"high": ("medical",)},
        load_s=20,
    ),
    "takes": Policy(preempt_severities=("critical",), off_street_m=50),
}


def unit(number: int, dice: Random, spread: float) -> Patrol:
    """Anywhere in and around the city; some off duty, some busy, some long not seen."""
    lon, lat = corner(dice.uniform(-spread, 7 + spread), dice.uniform(-spread, 7 + spread))
    at = NOON - timedelta(seconds=dice.choice((0, 1, 20, 290, 310)))
    able = tuple(word for word in ("medical", "vehicle") if dice.random() < 0.3)
    return Patrol(
        PatrolId(f"u{number:04d}"),
        f"Экипаж {number}",
        dice.random() < 0.8,
        Position(lat, lon, at) if dice.random() < 0.97 else None,
        AlertId(f"busy-{number % 50}") if dice.random() < 0.2 else None,
        NOON,
        capabilities=able,
        handled=dice.randrange(4),
    )


def filled(store: Store, dice: Random, count: int, spread: float) -> None:
    with store.begin() as tx:
        for number in range(count):
            tx.put_patrol(unit(number, dice, spread))
        for number in range(50):
            held = next((u for u in tx.patrols() if u.busy_with == f"busy-{number}"), None)
            if held is not None:
                lesser = replace(waiting(900 + number, "low"), id=AlertId(f"busy-{number}"))
                tx.put_alert(replace(lesser, state=State.DISPATCHED, patrol=held.id))


def wanting(dice: Random, number: int, severity: str) -> Alert:
    lon, lat = corner(dice.uniform(0, 7), dice.uniform(0, 7))
    refused = Refusal(PatrolId(f"u{dice.randrange(200):04d}"), NOON, "has declined")
    one = replace(waiting(number, severity), place=Place("Gate", lat, lon), refusals=(refused,))
    return replace(one, seeking_since=NOON - timedelta(seconds=number))


def made(store: Store, one: Alert, policy: Policy, roads: Journeys | None) -> Decision:
    with store.read() as tx:
        return decide(tx, one, NOON, policy, roads)


@pytest.mark.parametrize("named", POLICIES)
@pytest.mark.parametrize("roads", [None, ROADS], ids=["line", "road"])
def test_the_decision_is_that_of_a_look_at_all(
    stores: Stores, roads: Journeys | None, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice, policy, store = Random(11), POLICIES[named], stores.store
    filled(store, dice, 700, 4)
    severities = ("critical", "high", "low", "critical")
    alerts = [wanting(dice, n, severity) for n, severity in enumerate(severities)]
    monkeypatch.setattr("alerts.dispatch.nearby.SCANNED", 700)
    assert made(store, alerts[0], policy, roads).considered.others == {}, "few are looked at all"
    for together in (alerts[:1], alerts):
        with store.begin() as tx:
            for one in together:
                tx.put_alert(one)
        for one in together:
            monkeypatch.setattr("alerts.dispatch.nearby.SCANNED", 10**9)
            scanned = made(store, one, policy, roads)
            monkeypatch.setattr("alerts.dispatch.nearby.SCANNED", 0)
            found = made(store, one, policy, roads)
            assert found.chosen == scanned.chosen
            assert found.candidates[:KEPT] == scanned.candidates[:KEPT]
            assert (found.joint or {}).get("pairs") == (scanned.joint or {}).get("pairs")
            looked_at, others = len(found.considered.patrols), found.considered.others
            assert looked_at + sum(others.values()) == 700
            if named == "plain" and roads is None:
                assert others[FARTHER] > 0, "not everybody was looked at"
            assert_replayed(one, found, roads)


def assert_replayed(one: Alert, found: Decision, roads: Journeys | None) -> None:
    detail = {"decision": found.to_dict()}
    step = Step(one.id, NOON, "dispatch", State.NEW, State.DISPATCHED, "system", "", detail)
    again = replay(step, roads)
    assert again is not None
    assert again.same, again.says


def test_of_few_that_can_be_sent_all_are_found(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far behind hundreds that lack what is needed, and fewer than the account would keep."""
    monkeypatch.setattr("alerts.dispatch.nearby.SCANNED", 0)
    monkeypatch.setattr("alerts.dispatch.nearby.MOST", 100)
    dice, policy = Random(2), POLICIES["needs"]
    with stores.store.begin() as tx:
        for number in range(600):
            tx.put_patrol(replace(unit(number, dice, 0), capabilities=()))
        for number in range(600, 603):
            lon, lat = corner(40, number - 580)
            far = replace(unit(number, dice, 0), capabilities=("vehicle",), handled=0)
            there = Position(lat, lon, NOON)
            tx.put_patrol(replace(far, on_duty=True, busy_with=None, position=there))
    found = made(stores.store, replace(wanting(dice, 1, "high"), refusals=()), policy, None)
    best = [one.patrol for one in found.candidates if one.cost_s is not None]
    assert best == ["u0600", "u0601", "u0602"]
    assert found.chosen == "u0600"


def test_nobody_is_looked_at_for_an_unknown_place(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.dispatch.nearby.SCANNED", 0)
    filled(stores.store, Random(4), 30, 0)
    found = made(stores.store, alert(1, place=None), Policy(), None)
    assert found.chosen is None
    assert found.candidates == ()
    assert sum(found.considered.others.values()) == 30
