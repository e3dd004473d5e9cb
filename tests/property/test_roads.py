"""Whoever is asked and whoever is let out, the order is the one that plain Dijkstra gives."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import assign
from alerts.alert import PatrolId, Place
from alerts.assign import choose
from alerts.dispatch.soonest import asked_soonest
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.roads.core import largest_core
from alerts.roads.graph import RoadGraph, make_graph
from alerts.roads.grid import Grid
from alerts.roads.journeys import RoadJourneys
from tests.support.incidents import NOON
from tests.support.streets import corner, drawn_city, plainly_to

BLOCKS = 8
OFF = st.floats(-4.0, BLOCKS + 4.0)
"""Streets and some way beyond, so that the straight line has its turn."""
MAIN = st.tuples(st.sampled_from([0.0, 5.0]), st.integers(0, BLOCKS).map(float))
PLACES = st.one_of(st.tuples(OFF, OFF), MAIN).map(
    lambda xy: Place("gate", corner(*xy)[1], corner(*xy)[0])
)
FEW = 4
"""So many are kept of so many more that most are let out; Hypothesis alone draws short lists."""


def drawn_units(seed: int, count: int, oldest_s: int) -> list[tuple[float, float, int]]:
    """Half of them anywhere, half along main roads, where they are as quick as can be."""
    dice = Random(seed)
    away = BLOCKS + 4.0
    seen = []
    for _ in range(count):
        anywhere = dice.uniform(-4.0, away), dice.uniform(-4.0, away)
        along = float(dice.choice((0, 5))), float(dice.randint(0, BLOCKS))
        where = dice.choice((anywhere, along, along[::-1]))
        seen.append((*where, dice.randint(0, oldest_s)))
    return seen


UNITS = st.builds(
    drawn_units, st.integers(0, 10_000), st.integers(0, 120), st.sampled_from([0, 10, 400])
)
SEEDS = st.integers(1, 4)
POLICIES = st.builds(
    Policy,
    assumed_speed_mps=st.sampled_from([3.0, 8.0, 40.0]),
    detour_factor=st.sampled_from([1.0, 1.4]),
    off_street_m=st.sampled_from([0.0, 60.0, 300.0]),
)


@cache
def graph(seed: int) -> RoadGraph:
    return make_graph(drawn_city(BLOCKS, seed), f"drawn {seed}")


@cache
def roads(seed: int) -> RoadJourneys:
    return RoadJourneys(graph(seed))


def patrols(seen: list[tuple[float, float, int]]) -> list[Patrol]:
    units = []
    for number, (column, row, age_s) in enumerate(seen):
        lon, lat = corner(column, row)
        position = Position(lat, lon, NOON - timedelta(seconds=age_s))
        id_ = PatrolId(f"u{number:03d}")
        units.append(Patrol(id_, id_, True, position, None, NOON))
    return units


@settings(deadline=None)
@given(SEEDS, PLACES, UNITS, POLICIES)
def test_times_are_those_of_plain_dijkstra(
    seed: int, place: Place, seen: list[tuple[float, float, int]], policy: Policy
) -> None:
    positions = [one.position for one in patrols(seen) if one.position]
    told = roads(seed).seconds_to(place, positions, policy)
    assert told == plainly_to(graph(seed), place, positions, policy)


@settings(deadline=None)
@given(SEEDS, PLACES, UNITS, POLICIES)
def test_the_first_are_exactly_the_soonest(
    seed: int, place: Place, seen: list[tuple[float, float, int]], policy: Policy
) -> None:
    units = [one for one in patrols(seen) if not _too_old(one, policy)]
    with patch.object(assign, "KEPT", FEW):
        decision = choose(place, units, NOON, policy, None, roads(seed))
    positions = [one.position for one in units if one.position]
    ways = plainly_to(graph(seed), place, positions, policy)
    lines = assign.LINE.seconds_to(place, positions, policy)
    costs = []
    for unit, way_s, line_s in zip(units, ways, lines, strict=True):
        assert unit.position is not None
        assert line_s is not None
        age_s = (NOON - unit.position.at).total_seconds()
        costs.append((round((line_s if way_s is None else way_s) + age_s, 3), unit.id))
    kept = [(one.cost_s, one.patrol) for one in decision.candidates[:FEW]]
    assert kept == sorted(costs)[:FEW]
    assert {one.patrol for one in decision.candidates} == {one.id for one in units}


def _too_old(unit: Patrol, policy: Policy) -> bool:
    assert unit.position is not None
    return NOON - unit.position.at > timedelta(seconds=policy.exclude_s)


@given(st.integers(0, 10_000), st.integers(0, 1500), st.integers(1, 6), st.integers(0, 60))
def test_nobody_who_could_be_among_the_first_is_let_out(
    seed: int, things: int, count: int, most: int
) -> None:
    dice = Random(seed)
    bounds = [dice.randint(0, 200) for _ in range(things)]
    ahead = sorted((float(bound), bound + dice.randint(0, most)) for bound in bounds)
    costs = asked_soonest(count, ahead, lambda some: [float(cost) for cost in some])
    assert costs == [cost for _, cost in ahead[: len(costs)]]
    assert sorted(costs)[:count] == sorted(cost for _, cost in ahead)[:count]


POINTS = st.tuples(st.floats(59.5, 60.5), st.floats(24.0, 26.0))


@given(st.lists(POINTS, max_size=60), POINTS, st.sampled_from([50.0, 900.0, 20_000.0]), st.data())
def test_a_grid_gives_what_a_scan_gives(
    points: list[tuple[float, float]], here: tuple[float, float], cell_m: float, data: st.DataObject
) -> None:
    grid: Grid[int] = Grid(cell_m, 60.0)
    for key, point in enumerate(points):
        grid.put(key, *point)
    there = dict(enumerate(points))
    for key in list(there):
        what = data.draw(st.sampled_from(["stays", "stays", "moves", "goes"]))
        if what == "moves":
            there[key] = data.draw(POINTS)
            grid.put(key, *there[key])
        elif what == "goes":
            grid.remove(key)
            del there[key]
    within_m = data.draw(st.sampled_from([0.0, 1000.0, 60_000.0, float("inf")]))
    scanned = sorted((assign.great_circle_m(*here, *point), key) for key, point in there.items())
    assert len(grid) == len(there)
    inside = [one for one in scanned if one[0] <= within_m]
    assert list(grid.around(*here, within_m)) == inside
    assert grid.nearest(*here, within_m) == (inside[0] if inside else None)


@given(st.integers(1, 12).flatmap(lambda n: st.lists(
    st.lists(st.integers(0, n - 1), max_size=3), min_size=n, max_size=n)))  # fmt: skip
def test_a_core_is_what_reaches_each_other(ways: list[list[int]]) -> None:
    def reached(start: int) -> set[int]:
        seen, ahead = {start}, [start]
        while ahead:
            for other in ways[ahead.pop()]:
                if other not in seen:
                    seen.add(other)
                    ahead.append(other)
        return seen

    all_reached = [reached(node) for node in range(len(ways))]
    parts = [
        {other for other in all_reached[node] if node in all_reached[other]}
        for node in range(len(ways))
    ]
    core = largest_core(ways)
    assert len(core) == max(len(part) for part in parts)
    assert set(core) == parts[core[0]]


def test_far_units_are_let_out() -> None:
    """The drawn city alone would hide that everybody is asked."""
    asked = []

    class Counting(RoadJourneys):
        def seconds_to(self, place, positions, policy):  # type: ignore[no-untyped-def]
            asked.append(len(positions))
            return super().seconds_to(place, positions, policy)

    seen = [(n % 100 * 0.08, n // 100 * 0.04, 0) for n in range(20_000)]
    near = Place("gate", *reversed(corner(4, 4)))
    decision = choose(near, patrols(seen), NOON, Policy(), None, Counting(graph(1)))
    assert len(decision.candidates) == 20_000
    assert sum(asked) < 5_000
    assert decision.candidates[-1].travel_s is None
    assert decision.candidates[-1].reason == f"later than {decision.candidates[0].name}"
    assert decision.candidates[0].cost_s == pytest.approx(
        min(one.cost_s for one in decision.candidates if one.cost_s is not None)
    )
