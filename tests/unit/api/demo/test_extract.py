"""The city's map out of an OpenStreetMap extract, on a small one written here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import osmium
import pytest

from api.demo.extract import ATTRIBUTION, read
from api.demo.streets import Streets

NODES = {
    1: (24.940, 60.170),
    2: (24.942, 60.170),
    3: (24.942, 60.172),
    4: (24.940, 60.172),
    5: (24.9301, 60.165),
    6: (24.9499, 60.165),
}
MISSING = 99
WAYS: list[tuple[list[int], dict[str, str]]] = [
    ([1, 2, 3], {"highway": "residential", "name": "Kauppakuja"}),
    ([3, 4, 1], {"highway": "primary", "oneway": "yes"}),
    ([4, 3], {"highway": "primary", "oneway": "-1"}),
    ([1, 3], {"highway": "footway"}),
    ([2, 4], {"highway": "residential", "access": "private"}),
    ([1, 2, MISSING, 3, 4], {"highway": "tertiary"}),
    ([1, 2], {"highway": "corridor"}),
    ([1, 2, 3, 4, 1], {"building": "yes"}),
    ([1, 2, 3, 1], {"leisure": "park"}),
    ([MISSING, 5, 6, MISSING], {"natural": "coastline"}),
]


@pytest.fixture
def city(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "small.osm.pbf"
    header = osmium.io.Header()
    header.add_box(osmium.osm.Box(24.93, 60.16, 24.95, 60.18))
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for id, location in NODES.items():
            writer.add_node(osmium.osm.mutable.Node(id=id, location=location))
        for id, (nodes, tags) in enumerate(WAYS, 1):
            writer.add_way(osmium.osm.mutable.Way(id=id, nodes=nodes, tags=tags))
    return read(path)


def of(city: dict[str, Any], layer: str) -> list[dict[str, Any]]:
    return [one for one in city["features"] if one["properties"]["layer"] == layer]


def test_the_collection_says_where_and_whose_it_is(city: dict[str, Any]) -> None:
    assert city["type"] == "FeatureCollection"
    assert city["bbox"] == [24.93, 60.16, 24.95, 60.18]
    assert city["attribution"] == ATTRIBUTION
    assert "Helsinki" in ATTRIBUTION
    assert "© OpenStreetMap contributors" in ATTRIBUTION


def test_streets_have_rank_name_and_the_direction_of_cars(city: dict[str, Any]) -> None:
    facts = [one["properties"] for one in of(city, "street")]
    assert {"layer": "street", "rank": 3, "name": "Kauppakuja", "drive": "both"} in facts
    assert {"layer": "street", "rank": 1, "drive": "forward"} in facts
    assert {"layer": "street", "rank": 1, "drive": "backward"} in facts
    assert {"layer": "street", "rank": 4} in facts
    assert {"layer": "street", "rank": 3} in facts, "private: drawn, not driven on"
    assert len(facts) == 7, "a street with a missing node is two; a corridor is none"


def test_areas_are_polygons_and_the_sea_lies_south_of_its_coast(city: dict[str, Any]) -> None:
    (building,) = of(city, "building")
    (ring,) = building["geometry"]["coordinates"]
    assert ring[0] == ring[-1]
    assert len(of(city, "park")) == 1
    (sea,) = of(city, "water")
    latitudes = [y for _, y in sea["geometry"]["coordinates"][0]]
    assert (min(latitudes), max(latitudes)) == (pytest.approx(60.16), pytest.approx(60.165))


def test_patrols_can_drive_on_it(city: dict[str, Any]) -> None:
    assert set(Streets.from_map(city).nodes) == {NODES[i] for i in (1, 2, 3, 4)}
