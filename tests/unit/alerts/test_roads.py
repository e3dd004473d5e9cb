"""The road graph out of a map, and who is near a street."""

from __future__ import annotations

import json
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Place
from alerts.dispatch.distance import great_circle_m
from alerts.errors import MapUnusable
from alerts.patrol import Position
from alerts.policy import Policy
from alerts.roads.graph import SPEED_MPS, make_graph, read_graph
from alerts.roads.journeys import RoadJourneys
from tests.support.incidents import NOON
from tests.support.streets import city, corner, drawn_city, street, written

POLICY = Policy(assumed_speed_mps=7, detour_factor=1.4, off_street_m=100)
RING = [corner(0, 0), corner(3, 0), corner(3, 3), corner(0, 3), corner(0, 0)]


def at(column: float, row: float) -> Position:
    lon, lat = corner(column, row)
    return Position(lat, lon, NOON)


def place(column: float, row: float) -> Place:
    lon, lat = corner(column, row)
    return Place("gate", lat, lon)


def roads(*streets: dict[str, Any]) -> RoadJourneys:
    return RoadJourneys(make_graph(city(*streets), "v"))


def metres(*points: tuple[float, float]) -> float:
    return sum(great_circle_m(a[1], a[0], b[1], b[0]) for a, b in pairwise(points))


def test_a_one_way_street_is_driven_round() -> None:
    one_way = roads(street(*RING, drive="forward"))
    (there,) = one_way.seconds_to(place(0, 0), [at(3, 0)], POLICY)
    (back,) = one_way.seconds_to(place(3, 0), [at(0, 0)], POLICY)
    assert there == pytest.approx(metres(*RING[1:]) / SPEED_MPS[3], abs=0.1)
    assert back == pytest.approx(metres(*RING[:2]) / SPEED_MPS[3], abs=0.1)


def test_backward_is_against_the_line() -> None:
    one_way = roads(street(*RING, drive="backward"))
    (there,) = one_way.seconds_to(place(0, 0), [at(3, 0)], POLICY)
    assert there == pytest.approx(metres(*RING[:2]) / SPEED_MPS[3], abs=0.1)


def test_a_main_road_round_beats_a_short_way_through_a_small_street() -> None:
    slow = street(corner(0, 0), corner(0, 3), rank=4)
    quick = street(corner(0, 0), corner(1, 0), corner(1, 3), corner(0, 3), rank=1)
    (there,) = roads(slow, quick).seconds_to(place(0, 3), [at(0, 0)], POLICY)
    length_m = metres(corner(0, 0), corner(1, 0), corner(1, 3), corner(0, 3))
    assert there == pytest.approx(length_m / SPEED_MPS[1], abs=0.1)


def test_the_way_to_the_street_counts_at_the_speed_of_the_straight_line() -> None:
    ring = roads(street(*RING))
    (there,) = ring.seconds_to(place(1, 0), [at(1, -0.5)], POLICY)
    # 60 m to a street divided each 45 m: at most half of that to the side.
    assert there is not None
    assert 60 / 5 <= there <= (60 + 2 * 22.5) / 5


def test_who_is_far_from_any_street_has_no_way() -> None:
    ring = roads(street(*RING))
    assert ring.seconds_to(place(0, 0), [at(1.5, 1.5), at(0, 1)], POLICY)[0] is None
    assert ring.seconds_to(place(0, 0), [at(1.5, 1.5), at(0, 1)], POLICY)[1] is not None
    assert ring.seconds_to(place(1.5, 1.5), [at(0, 0), at(0, 1)], POLICY) == [None, None]
    assert ring.seconds_to(place(0, 0), [], POLICY) == []


def test_a_trap_is_no_street() -> None:
    """A one-way street that leaves the map: a unit near its end counts from the street before."""
    out = street(corner(3, 3), corner(6, 3), drive="forward")
    trapped = roads(street(*RING), out)
    assert trapped.seconds_to(place(0, 0), [at(6, 3)], POLICY) == [None]


def test_several_threads_ask_at_once() -> None:
    ring = roads(street(*RING))
    said: list[list[float | None]] = []

    def ask() -> None:
        said.append(ring.seconds_to(place(0, 0), [at(3, 3), at(0, 1)], POLICY))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    ask()
    assert len(said) == 9
    assert all(one == said[0] and None not in one for one in said)


def test_a_version_is_of_the_map(tmp_path: Path) -> None:
    first = written(tmp_path / "a.geojson", drawn_city(3, 1))
    again = written(tmp_path / "b.geojson", drawn_city(3, 1))
    other = written(tmp_path / "c.geojson", drawn_city(3, 2))
    assert read_graph(first).version == read_graph(again).version != read_graph(other).version


FEATURE = street(*RING)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"features": []}',
        '{"features": [{}]}',
        '{"features": [{"properties": null}]}',
        json.dumps(city(street(*RING, drive=None))),
        json.dumps(city(street(*RING, drive="up"))),
        json.dumps(city(street(*RING, rank=9))),
        json.dumps(city(street((1000.0, 0.0), (1001.0, 0.0)))),
        json.dumps(city(street(corner(0, 0), corner(1, 0), drive="forward"))),
        json.dumps(city({**FEATURE, "geometry": {"coordinates": [[1]]}})),
        json.dumps(city({**FEATURE, "geometry": None})),
        json.dumps(city({**FEATURE, "geometry": {"coordinates": [[float("nan"), 1], [1, 1]]}})),
        "[" * 100_000,
    ],
)
def test_what_is_no_map_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "streets.geojson"
    path.write_text(text, "utf-8")
    with pytest.raises(MapUnusable) as caught:
        read_graph(path)
    assert "\n" not in str(caught.value)


def test_a_map_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MapUnusable, match="cannot be read"):
        read_graph(tmp_path / "none.geojson")
