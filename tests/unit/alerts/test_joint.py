"""Who goes where when several wait."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alert import AlertId, PatrolId, Place
from alerts.assign import choose
from alerts.dispatch import costs, joint
from alerts.dispatch.costs import Waiting
from alerts.dispatch.joint import EQUAL, GRAVER, Joint, together
from alerts.dispatch.needs import Needs
from alerts.dispatch.pairing import AugmentingPaths
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.roads.graph import make_graph
from alerts.roads.journeys import RoadJourneys
from api.pairing import LinearSum
from detect.incident import SEVERITIES
from tests.support.incidents import NOON
from tests.support.streets import corner, drawn_city

POLICY = Policy(assumed_speed_mps=8, detour_factor=1)
M = 1 / 111_195
"""Degrees of latitude in a metre."""
PAIRINGS = [AugmentingPaths(), LinearSum()]
ROADS = RoadJourneys(make_graph(drawn_city(6, 3), "drawn"))


def unit(name: str, north_m: float = 0.0, *able: str, busy: bool = False) -> Patrol:
    at = Position(60.0 + north_m * M, 24.0, NOON)
    other = AlertId("x") if busy else None
    return Patrol(PatrolId(name), name, True, at, other, NOON, capabilities=able)


def waits(
    name: str,
    north_m: float | None = 0.0,
    severity: str = "high",
    waited_s: float = 0.0,
    needs: Needs | None = None,
    *refused: str,
) -> Waiting:
    place = None if north_m is None else Place(name, 60.0 + north_m * M, 24.0)
    excluded = {PatrolId(one): "has declined" for one in refused}
    return Waiting(AlertId(name), severity, place, waited_s, excluded, needs or Needs(), POLICY)


CASES = [
    ("each to its own", [waits("a", 0), waits("b", 1000)],
     [unit("near a", 10), unit("near b", 990)], {"a": "near a", "b": "near b"}),
    ("not the nearest for each, but the least in sum", [waits("a", 0), waits("b", 300)],
     [unit("u", 200), unit("v", -900)], {"a": "v", "b": "u"}),
    ("the graver one first, whatever it costs the other",
     [waits("a", 0, "medium"), waits("b", 300, "critical")],
     [unit("u", 10), unit("v", 9000)], {"a": "v", "b": "u"}),
    ("what a graver one does not need", [waits("a", 0, "medium"), waits("b", 300, "critical")],
     [unit("u", 10), unit("v", 310)], {"a": "u", "b": "v"}),
    ("too few: the graver", [waits("a", 0), waits("b", 5000, "critical")], [unit("u")],
     {"b": "u"}),
    ("too few: who has waited longer than the way is longer",
     [waits("a", 0), waits("b", 800, waited_s=101)], [unit("u")], {"b": "u"}),
    ("too few: who is so much nearer", [waits("a", 0), waits("b", 800, waited_s=99)], [unit("u")],
     {"a": "u"}),
    ("as many as there can be", [waits("a", 0), waits("b", 10, "high", 0.0, None, "v")],
     [unit("u", 0), unit("v", 9000)], {"a": "v", "b": "u"}),
    ("who can", [waits("a", 0), waits("b", 0, "high", 0.0, Needs(("k9",)))],
     [unit("dog", 0, "k9"), unit("far", 5000)], {"a": "far", "b": "dog"}),
    ("who is busy does not go", [waits("a", 0)], [unit("u", busy=True)], {}),
    ("nobody goes to an unknown place", [waits("a", None)], [unit("u")], {}),
    ("nobody", [], [unit("u")], {}),
    ("at one place the one who waits longest gets the nearest",
     [waits("new", 0), waits("old", 0, waited_s=5)], [unit("u", 10), unit("v", 500)],
     {"old": "u", "new": "v"}),
]  # fmt: skip


@pytest.mark.parametrize("pairing", PAIRINGS, ids=lambda one: one.name)
@pytest.mark.parametrize(("about", "alerts", "units", "pairs"), CASES, ids=[c[0] for c in CASES])
def test_who_goes_where(
    about: str,
    alerts: list[Waiting],
    units: list[Patrol],
    pairs: dict[str, str],
    pairing: AugmentingPaths | LinearSum,
) -> None:
    found = together(alerts, units, NOON, pairing)
    assert found.pairs == pairs
    assert together(alerts[::-1], units[::-1], NOON, pairing) == found


def test_whom_the_others_need_is_kept_from_an_alert() -> None:
    alerts = [waits("a", 0, "medium"), waits("b", 0, "critical"), waits("c", 0, "medium")]
    units = [unit("u", 10), unit("v", 20), unit("w", 30)]
    found = together(alerts, units, NOON, AugmentingPaths())
    assert found.pairs == {"b": "u", "a": "v", "c": "w"}
    assert found.kept_from(AlertId("b")) == {}
    assert found.kept_from(AlertId("a")) == {"u": GRAVER, "w": EQUAL}


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Waiting], list[Patrol]]:
    def where() -> Place:
        lon, lat = corner(draw(st.floats(0, 6)), draw(st.floats(0, 6)))
        return Place("somewhere", lat, lon)

    able = st.lists(st.sampled_from(["k9", "medical"]), unique=True).map(tuple)
    units = []
    for number in range(draw(st.integers(0, 5))):
        place, old_s = where(), draw(st.integers(0, 320))
        at = Position(place.latitude, place.longitude, NOON - timedelta(seconds=old_s))
        busy = draw(st.sampled_from([None, None, None, AlertId("x")]))
        duty, handled = draw(st.sampled_from([True, True, True, False])), draw(st.integers(0, 12))
        id_ = PatrolId(f"u{number}")
        units.append(
            Patrol(id_, id_, duty, at, busy, NOON, capabilities=draw(able), handled=handled)
        )
    alerts = []
    for number in range(draw(st.integers(1, 4))):
        refused = [one.id for one in units if draw(st.integers(0, 4)) == 0]
        alerts.append(
            Waiting(
                AlertId(f"a{number}"),
                draw(st.sampled_from(SEVERITIES[:3])),
                where() if draw(st.integers(0, 5)) else None,
                draw(st.integers(0, 500)),
                dict.fromkeys(refused, "has declined"),
                Needs(draw(st.sampled_from([(), (), ("k9",)])), draw(able)),
                POLICY,
            )
        )
    return alerts, units


def cost_s(alert: Waiting, patrol: Patrol, roads: RoadJourneys | None) -> float | None:
    """As the decision about that alert alone says it."""
    made = choose(
        alert.place, [patrol], NOON, alert.policy, alert.excluded, roads, needs=alert.needs
    )
    return made.candidates[0].cost_s


def by_trying(
    alerts: list[Waiting], units: list[Patrol], roads: RoadJourneys | None
) -> list[tuple[int, float]]:
    """By severity (pairs lacking, total): the least there is, the gravest first."""
    columns = [*range(len(units)), *[None] * len(alerts)]
    costs = [[cost_s(one, patrol, roads) for patrol in units] for one in alerts]
    best: list[tuple[int, float]] | None = None
    for order in set(permutations(columns, len(alerts))):
        tiers = {severity: [0, 0.0] for severity in SEVERITIES}
        for at, (one, to) in enumerate(zip(alerts, order, strict=True)):
            if to is not None and (cost := costs[at][to]) is None:
                break
            tier = tiers[one.severity]
            tier[0] += to is None
            tier[1] += 0.0 if to is None else (cost or 0.0) - one.waited_s
        else:
            tried = [(int(alone), round(total, 3)) for alone, total in tiers.values()]
            best = tried if best is None or tried < best else best
    assert best is not None
    return best


@pytest.mark.parametrize("pairing", PAIRINGS, ids=lambda one: one.name)
@pytest.mark.parametrize("roads", [None, ROADS], ids=["line", "road"])
@given(situation=situations())
@settings(max_examples=30, deadline=None)
def test_it_is_the_best_there_is(
    pairing: AugmentingPaths | LinearSum,
    roads: RoadJourneys | None,
    situation: tuple[list[Waiting], list[Patrol]],
) -> None:
    alerts, units = situation
    found = together(alerts, units, NOON, pairing, roads)
    by_id = {one.id: one for one in units}
    tiers = {severity: [0, 0.0] for severity in SEVERITIES}
    for one in alerts:
        sent = found.pairs.get(one.alert)
        tier = tiers[one.severity]
        tier[0] += sent is None
        if sent is not None:
            cost = cost_s(one, by_id[sent], roads)
            assert cost is not None, "sent although it cannot go"
            tier[1] += cost - one.waited_s
    got = [(alone, pytest.approx(total, abs=0.01)) for alone, total in tiers.values()]
    assert by_trying(alerts, units, roads) == got

    for one in alerts:  # alone with what is kept from it, each chooses whom it was given
        excluded = {**found.kept_from(one.alert), **one.excluded}
        made = choose(one.place, units, NOON, one.policy, excluded, roads, needs=one.needs)
        given_s = made.candidates[0].cost_s if made.chosen else None
        sent = found.pairs.get(one.alert)
        assert given_s == (None if sent is None else cost_s(one, by_id[sent], roads))

    stored = Joint.from_dict(json.loads(json.dumps(found.to_dict())))
    again = together(stored.alerts, stored.patrols, stored.at, pairing, roads)
    assert again.pairs == found.pairs


def crowded(alerts: int, units: int, seed: int) -> tuple[list[Waiting], list[Patrol]]:
    """More of everything in the west."""
    dice = Random(seed)

    def where() -> tuple[float, float]:
        lon, lat = corner(dice.uniform(0, 2) ** 2.5, dice.uniform(0, 6))
        return lat, lon

    waiting = [
        Waiting(
            AlertId(f"a{number:02d}"),
            dice.choice(SEVERITIES[:2]),
            Place("somewhere", *where()),
            dice.uniform(0, 90),
            {PatrolId(f"u{dice.randrange(units):02d}"): "has declined"},
            Needs(dice.choice([(), (), ("k9",)]), dice.choice([(), ("medical",)])),
            POLICY,
        )
        for number in range(alerts)
    ]
    patrols = [
        replace(
            unit(f"u{number:02d}", 0.0, *dice.choice([(), ("k9",), ("medical",)])),
            position=Position(*where(), NOON - timedelta(seconds=dice.uniform(0, 100))),
        )
        for number in range(units)
    ]
    return waiting, patrols


def totals(
    found: Joint, waiting: list[Waiting], patrols: list[Patrol], roads: RoadJourneys | None
) -> list[tuple[int, float]]:
    """By severity: how many are sent, and the sum of what was minimised."""
    by_id, tiers = {one.id: one for one in patrols}, []
    for severity in SEVERITIES[:2]:
        tier = [one for one in waiting if one.severity == severity]
        sent = [one for one in tier if one.alert in found.pairs]
        each = [cost_s(one, by_id[found.pairs[one.alert]], roads) for one in sent]
        waited = sum(one.waited_s for one in sent)
        tiers.append((len(sent), round(sum(one or 0 for one in each) - waited, 2)))
    return tiers


@pytest.mark.parametrize("roads", [None, ROADS], ids=["line", "road"])
@pytest.mark.parametrize(("alerts", "units"), [(12, 60), (40, 45), (30, 12)])
@pytest.mark.parametrize("seed", range(4))
def test_short_lists_lead_to_the_same(
    roads: RoadJourneys | None,
    alerts: int,
    units: int,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether few or all patrols are looked at for an alert, the total is the least there is."""
    given_ = crowded(alerts, units, seed)
    usual = together(*given_, NOON, LinearSum(), roads)
    monkeypatch.setattr(joint, "START", 1)
    monkeypatch.setattr(costs, "FEW", 0)
    short = together(*given_, NOON, LinearSum(), roads)
    stored = Joint.from_dict(json.loads(json.dumps(short.to_dict())))
    again = together(stored.alerts, stored.patrols, stored.at, LinearSum(), roads)
    assert again.pairs == short.pairs
    monkeypatch.setattr(joint, "START", 1000)
    every = together(*given_, NOON, AugmentingPaths(), roads)
    told = [totals(one, *given_, roads) for one in (usual, short, every)]
    assert told[0] == told[1] == told[2]
    assert len(short.patrols) <= len(every.patrols)
