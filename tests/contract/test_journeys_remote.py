"""What another engine does wrong: nobody waits for it long, and nobody waits for a patrol."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from alerts.alert import Place
from alerts.assign import choose
from alerts.patrol import Position
from alerts.policy import Policy
from alerts.roads.graph import make_graph
from alerts.roads.journeys import RoadJourneys
from alerts.roads.remote import REST_S, RemoteJourneys, RemoteSettings
from tests.support.incidents import NOON
from tests.support.records import unit
from tests.support.road_server import RoadServer, served
from tests.support.streets import corner, drawn_city

ROADS = RoadJourneys(make_graph(drawn_city(6, 3), "drawn"))
POLICY = Policy()


def spot(column: float, row: float) -> Position:
    lon, lat = corner(column, row)
    return Position(lat, lon, NOON)


GATE = Place("gate", spot(3, 3).latitude, spot(3, 3).longitude)
SPOTS = [spot(5, 5), spot(5, 2), spot(1, 4)]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["osrm", "valhalla"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server() -> RoadServer:
    return RoadServer(ROADS, streets_within_m=2000)


@pytest.fixture
def url(server: RoadServer) -> Iterator[str]:
    with served(server) as made:
        yield made


def test_an_engine_says_what_our_own_map_says(server: RoadServer, url: str, engine: str) -> None:
    remote = RemoteJourneys(RemoteSettings(engine, url, timeout_s=60))
    told, own = (one.seconds_to(GATE, SPOTS, POLICY) for one in (remote, ROADS))
    for theirs, ours in zip(told, own, strict=True):
        assert theirs is not None
        assert ours is not None
        assert theirs == pytest.approx(ours, abs=1.0)
    remote.close()


def test_who_is_on_no_street_spoils_it_for_nobody(
    server: RoadServer, url: str, engine: str
) -> None:
    remote = RemoteJourneys(RemoteSettings(engine, url, timeout_s=60))
    lost = spot(60, 60)
    told = remote.seconds_to(GATE, [*SPOTS, lost, *SPOTS], POLICY)
    alone = remote.seconds_to(GATE, SPOTS, POLICY)
    assert told == [*alone, None, *alone]
    assert len(server.asked) > 2
    assert not remote.circuit.rests
    nowhere = Place("nowhere", lost.latitude, lost.longitude)
    assert remote.seconds_to(nowhere, SPOTS * 30, POLICY) == [None] * 90
    assert len(server.asked) < 50, "asked again and again, but not for ever"
    remote.close()


def test_many_are_asked_for_in_parts(server: RoadServer, url: str, engine: str) -> None:
    remote = RemoteJourneys(RemoteSettings(engine, url, timeout_s=60))
    told = remote.seconds_to(GATE, SPOTS * 150, POLICY)
    assert told == remote.seconds_to(GATE, SPOTS, POLICY) * 150
    assert len(server.asked) == (450 + 89) // 90 + 1 if engine == "osrm" else 4
    remote.close()


def test_a_place_off_all_streets_is_measured_by_the_line(server: RoadServer, url: str) -> None:
    """OSRM says how far from a street it has put somebody."""
    remote = RemoteJourneys(RemoteSettings("osrm", url, timeout_s=60))
    near, far = spot(-1, 3), spot(-8, 3)
    told = remote.seconds_to(GATE, [near, far], POLICY)
    assert told[0] is not None
    assert told[1] is None
    remote.close()


WRONG = [
    (200, b"<html>", "Expecting value"),
    (200, b"[]", "HTTP 200"),
    (500, b'{"code": "InternalError", "message": "boom"}', "HTTP 500"),
    (200, b'{"code": "Ok", "sources_to_targets": [], "durations": []}', "does not have 3 entries"),
    (301, b"{}", "HTTP 301"),
    (
        200,
        json.dumps(
            {
                "code": "Ok",
                "durations": [[-1], [1], [2]],
                "sources": [{}] * 3,
                "destinations": [{}],
                "sources_to_targets": [[{"time": -1}], [{"time": 1}], [{"time": 2}]],
            }
        ).encode(),
        "a time is -1",
    ),
    (200, b" " * 5_000_000, "too long"),
]


@pytest.mark.parametrize(("status", "body", "why"), WRONG)
def test_a_wrong_answer_is_told_once_and_our_own_map_counts(
    server: RoadServer,
    url: str,
    engine: str,
    status: int,
    body: bytes,
    why: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    remote = RemoteJourneys(RemoteSettings(engine, url, timeout_s=60), ROADS, clock=clock)
    named = remote.map
    server.says = status, body
    with caplog.at_level(logging.WARNING):
        assert remote.seconds_to(GATE, SPOTS, POLICY) == [None] * 3, "this once by the line"
    if not (engine == "valhalla" and body == b"[]"):
        assert why in (remote.circuit.why or "")
    assert "our own map counts" in caplog.text
    assert (remote.by, remote.map) == ("road", "drawn")
    asked = len(server.asked)
    assert remote.seconds_to(GATE, SPOTS, POLICY) == ROADS.seconds_to(GATE, SPOTS, POLICY)
    assert len(server.asked) == asked, "it is left alone"
    server.says = None
    clock.now += REST_S + 1
    assert remote.map == named
    assert remote.seconds_to(GATE, SPOTS, POLICY)[0] is not None
    assert "works again" in caplog.text
    remote.close()


def test_an_engine_that_hangs_or_is_away_holds_nobody_up(
    server: RoadServer, url: str, engine: str
) -> None:
    hangs = RemoteJourneys(RemoteSettings(engine, url, timeout_s=0.2))
    server.waits.clear()
    assert hangs.seconds_to(GATE, SPOTS, POLICY) == [None] * 3
    assert hangs.circuit.rests
    server.waits.set()
    away = RemoteJourneys(RemoteSettings(engine, "http://127.0.0.1:1"))
    assert away.seconds_to(GATE, SPOTS, POLICY) == [None] * 3
    assert away.circuit.rests
    assert (away.map, away.seconds_to(GATE, SPOTS, POLICY)) == (None, [None] * 3)
    hangs.close()
    away.close()


def test_a_decision_names_the_engine_and_says_by_line_where_it_failed(
    server: RoadServer, url: str, engine: str
) -> None:
    remote = RemoteJourneys(RemoteSettings(engine, url, timeout_s=60))
    units = [unit(number, position=where) for number, where in enumerate(SPOTS)]
    made = choose(GATE, units, NOON, POLICY, None, remote)
    assert {one.by for one in made.candidates} == {"road"}
    assert (made.considered.map or "").startswith(f"{engine} at http://127.0.0.1")
    server.says = 503, b"{}"
    made = choose(GATE, units, NOON, POLICY, None, remote)
    assert {one.by for one in made.candidates} == {"line"}
    assert made.chosen is not None
    assert choose(GATE, units, NOON, POLICY, None, remote).considered.map is None
    remote.close()


def test_nothing_is_quicker_than_a_car(server: RoadServer, url: str) -> None:
    """A lower bound that the engine breaks would hide whoever is behind it."""
    remote = RemoteJourneys(RemoteSettings("valhalla", url, timeout_s=60))
    server.says = 200, b'{"sources_to_targets": [[{"time": 0}], [{"time": null}], [{"time": 9e9}]]}'
    told = remote.seconds_to(GATE, SPOTS, POLICY)
    least = remote.least(GATE, POLICY)
    assert told[0] is not None
    assert told[0] >= least.seconds(SPOTS[0].latitude, SPOTS[0].longitude) - 0.002
    assert told[1] is None
    remote.close()
