"""The contract of `Journeys`, over every way to tell a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

import pytest

from alerts.alert import Place
from alerts.dispatch.journeys import Journeys, StraightLine
from alerts.patrol import Position
from alerts.policy import Policy
from alerts.roads.graph import make_graph
from alerts.roads.journeys import RoadJourneys
from alerts.roads.remote import RemoteJourneys, RemoteSettings
from tests.support.incidents import NOON
from tests.support.road_server import RoadServer, served, transport
from tests.support.streets import corner, drawn_city

BLOCKS = 10
POLICIES = [
    Policy(),
    Policy(assumed_speed_mps=60, detour_factor=1),
    Policy(assumed_speed_mps=1, off_street_m=5000),
]


@pytest.fixture(params=["line", "road", "osrm", "valhalla", "osrm-fake"], scope="module")
def journeys(request: pytest.FixtureRequest) -> Iterator[Journeys]:
    if request.param == "line":
        yield StraightLine()
        return
    roads = RoadJourneys(make_graph(drawn_city(BLOCKS, 3), "drawn"))
    if request.param == "road":
        yield roads
        return
    engine, _, fake = request.param.partition("-")
    server = RoadServer(roads)
    with served(server) as url:
        settings = RemoteSettings(engine, url, timeout_s=60)
        made = RemoteJourneys(settings, None, transport(server) if fake else None)
        yield made
        assert not made.circuit.rests, made.circuit.why
        made.close()


@pytest.fixture(scope="module")
def spots() -> list[Position]:
    dice = Random(5)
    places = [corner(dice.uniform(-3, 13), dice.uniform(-3, 13)) for _ in range(300)]
    return [Position(lat, lon, NOON) for lon, lat in places]


def place(of: Position) -> Place:
    return Place("gate", of.latitude, of.longitude)


@pytest.mark.parametrize("policy", POLICIES)
def test_nobody_is_quicker_than_it_is_promised(
    journeys: Journeys, spots: list[Position], policy: Policy
) -> None:
    for gate in (place(one) for one in spots[:20]):
        told = journeys.seconds_to(gate, spots, policy)
        lines = StraightLine().seconds_to(gate, spots, policy)
        least = journeys.least(gate, policy)
        assert len(told) == len(spots)
        for one, way_s, line_s in zip(spots, told, lines, strict=True):
            seconds = line_s if way_s is None else way_s
            assert seconds is not None
            assert seconds >= least.seconds(one.latitude, one.longitude) - 0.002


def test_the_answer_does_not_depend_on_who_else_is_asked(
    journeys: Journeys, spots: list[Position]
) -> None:
    gate, policy = place(spots[7]), Policy()
    together = journeys.seconds_to(gate, spots, policy)
    assert any(one is not None for one in together)
    assert [journeys.seconds_to(gate, [one], policy)[0] for one in spots] == together
    assert journeys.seconds_to(gate, spots[::-1], policy) == together[::-1]
    assert journeys.seconds_to(gate, [spots[3], spots[3]], policy) == [together[3]] * 2
    assert journeys.seconds_to(gate, [], policy) == []


def test_times_are_whole_milliseconds(journeys: Journeys, spots: list[Position]) -> None:
    """What is stored is read back exactly, and sums of it are compared."""
    told = journeys.seconds_to(place(spots[0]), spots, Policy())
    assert all(one is None or one == round(one, 3) for one in told)


def test_the_map_is_named_where_there_is_one(journeys: Journeys) -> None:
    if isinstance(journeys, RemoteJourneys):
        assert journeys.by == "road"
        assert re.fullmatch(r"(osrm|valhalla) at http://\S+ \((driving|auto)\)", journeys.map or "")
    else:
        assert (journeys.by, journeys.map) in (("line", None), ("road", "drawn"))
