"""The street graph: what is connected, which way is fastest."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from api.demo.streets import MapError, Node, Streets, metres

X, Y = 24.94, 60.17
STEP = 0.001


def at(column: int, row: int) -> Node:
    return round(X + column * STEP, 6), round(Y + row * STEP, 6)


def street(*nodes: Node, rank: int = 3, drive: str | None = "both") -> dict[str, Any]:
    properties: dict[str, Any] = {"layer": "street", "rank": rank}
    if drive:
        properties["drive"] = drive
    return {
        "properties": properties,
        "geometry": {"type": "LineString", "coordinates": [list(node) for node in nodes]},
    }


def city(*features: dict[str, Any]) -> Streets:
    return Streets.from_map({"features": features})


def test_the_way_follows_streets_and_their_directions() -> None:
    ring = [at(0, 0), at(1, 0), at(1, 1), at(0, 1), at(0, 0)]
    streets = city(street(*ring, drive="forward"))
    way = streets.way(at(1, 0), at(0, 0))
    assert [edge.to for edge in way] == [at(1, 1), at(0, 1), at(0, 0)]
    assert streets.way(at(1, 0), at(1, 0)) == []
    assert way[0].length_m == pytest.approx(metres(at(1, 0), at(1, 1)))


def test_backward_streets_are_driven_against_their_line() -> None:
    streets = city(
        street(at(0, 0), at(1, 0), drive="backward"), street(at(0, 0), at(0, 1), at(1, 0))
    )
    assert [edge.to for edge in streets.way(at(1, 0), at(0, 0))] == [at(0, 0)]
    assert len(streets.way(at(0, 0), at(1, 0))) == 2


def test_a_longer_main_road_is_faster_than_a_short_lane() -> None:
    lane = street(at(0, 0), at(2, 0), rank=3)
    main = street(at(0, 0), (X, Y + 0.0001), (X + 2 * STEP, Y + 0.0001), at(2, 0), rank=1)
    way = city(lane, main).way(at(0, 0), at(2, 0))
    assert len(way) == 3


def test_a_trap_at_the_edge_of_the_map_is_left_out() -> None:
    inside = street(at(0, 0), at(1, 0))
    trap = street(at(1, 0), at(5, 5), drive="forward")
    island = street(at(8, 8), at(9, 9))
    footpath = street(at(0, 0), at(0, 5), rank=4, drive=None)
    streets = city(inside, trap, island, footpath, street(at(1, 0), at(2, 0)))
    assert streets.nodes == sorted([at(0, 0), at(1, 0), at(2, 0)])
    assert streets.nearest(at(5, 5)) == at(2, 0)


def test_a_map_without_streets_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="make demo"):
        city()
    with pytest.raises(MapError, match="cannot be read"):
        Streets.read(tmp_path / "none.geojson")


def test_every_way_is_connected() -> None:
    grid = [street(*(at(c, row) for c in range(6))) for row in range(6)]
    grid += [street(*(at(c, row) for row in range(6)), rank=2) for c in range(6)]
    streets = city(*grid)
    for goal in streets.nodes:
        way = streets.way(at(0, 0), goal)
        stops = [at(0, 0), *(edge.to for edge in way)]
        assert stops[-1] == goal
        assert all(b in [edge.to for edge in streets.out_of(a)] for a, b in pairwise(stops))
