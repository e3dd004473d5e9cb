"""The demo city's map out of an OpenStreetMap extract: `python -m api.demo.extract PBF GEOJSON`.

The map is a GeoJSON FeatureCollection with `name`, `bbox` [west, south, east, north] and
`attribution`. Each feature's `layer` is `street`, `water`, `park` or `building`. A street has a
`name`, a `rank` from 1 (main road) to 4 (foot and cycle way), and, where cars may drive, `drive`:
`both`, `forward` or `backward` as seen along its line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import osmium

from api.demo.shores import Box, Point, joined, lake, seas

NAME = "Helsinki"
ATTRIBUTION = "Helsinki: © OpenStreetMap contributors, ODbL"
DIGITS = 6

RANK = {
    **dict.fromkeys(("motorway", "trunk", "primary"), 1),
    **dict.fromkeys(("motorway_link", "trunk_link", "primary_link"), 1),
    **dict.fromkeys(("secondary", "secondary_link", "tertiary", "tertiary_link"), 2),
    **dict.fromkeys(("unclassified", "residential", "living_street", "road"), 3),
    **dict.fromkeys(("service", "pedestrian", "footway", "cycleway", "path", "track", "steps"), 4),
}
DRIVABLE = 3
"""The last rank on which patrols drive."""
CLOSED = frozenset({"no", "private", "destination", "psv"})
GREEN = {
    "leisure": frozenset({"park", "garden", "playground", "pitch"}),
    "landuse": frozenset({"grass", "forest", "cemetery", "flowerbed", "recreation_ground"}),
    "natural": frozenset({"wood", "scrub", "grassland", "heath"}),
}

Feature = dict[str, Any]


def read(extract: Path) -> Feature:
    """The map as GeoJSON. Raises `OSError` or `RuntimeError` when the extract cannot be read."""
    box = _box(extract)
    features: list[Feature] = []
    coast: list[list[Point]] = []
    for entity in osmium.FileProcessor(str(extract)).with_areas():
        if isinstance(entity, osmium.osm.Way):
            features += _streets(entity)
            if entity.tags.get("natural") == "coastline":
                coast += _runs(entity.nodes)
            elif entity.tags.get("natural") == "water" and entity.is_closed():
                features += _cut_lakes(entity, box)
        elif isinstance(entity, osmium.osm.Area):
            features += _areas(entity)
    features += [_feature("water", "Polygon", [ring]) for ring in seas(coast, box)]
    order = ("water", "park", "building", "street")
    features.sort(key=lambda one: order.index(one["properties"]["layer"]))
    return {
        "type": "FeatureCollection",
        "name": NAME,
        "bbox": [round(edge, DIGITS) for edge in box],
        "attribution": ATTRIBUTION,
        "features": features,
    }


def _box(extract: Path) -> Box:
    with osmium.io.Reader(str(extract)) as reader:
        box = reader.header().box()
    south_west, north_east = box.bottom_left, box.top_right
    return south_west.lon, south_west.lat, north_east.lon, north_east.lat


def _streets(way: Any) -> Iterator[Feature]:
    tags = way.tags
    rank = RANK.get(tags.get("highway", ""))
    if rank is None or tags.get("indoor") == "yes" or tags.get("area") == "yes":
        return
    facts: dict[str, Any] = {"rank": rank}
    if name := tags.get("name"):
        facts["name"] = name
    if rank <= DRIVABLE and (drive := _drive(tags)):
        facts["drive"] = drive
    for line in _runs(way.nodes):
        yield _feature("street", "LineString", line, **facts)


def _drive(tags: Any) -> str | None:
    """Which way cars may go; None: not at all."""
    if any(tags.get(key) in CLOSED for key in ("access", "vehicle", "motor_vehicle")):
        return None
    oneway = tags.get("oneway", "no")
    if oneway in ("-1", "reverse"):
        return "backward"
    round_about = tags.get("junction") in ("roundabout", "circular")
    return "forward" if oneway in ("yes", "true", "1") or round_about else "both"


def _areas(area: Any) -> Iterator[Feature]:
    layer = _layer(area.tags)
    if layer is None:
        return
    for outer in area.outer_rings():
        rings = [_points(outer), *(_points(inner) for inner in area.inner_rings(outer))]
        if all(ring is not None for ring in rings):
            yield _feature(layer, "Polygon", rings)


def _layer(tags: Any) -> str | None:
    if "building" in tags and tags.get("location") != "underground":
        return "building"
    if tags.get("natural") == "water" or tags.get("waterway") == "riverbank":
        return "water"
    if any(tags.get(key) in values for key, values in GREEN.items()):
        return "park"
    return None


def _cut_lakes(way: Any, box: Box) -> Iterator[Feature]:
    """A lake whose shore leaves the extract once; it is no area, as most of it is missing."""
    runs = joined(_runs(way.nodes))
    whole = all(node.location.valid() for node in way.nodes)
    if not whole and len(runs) == 1:
        yield _feature("water", "Polygon", [lake(runs[0], box)])


def _runs(nodes: Any) -> list[list[Point]]:
    """The pieces of a line that the extract holds: its nodes outside are missing."""
    runs: list[list[Point]] = [[]]
    for node in nodes:
        if node.location.valid():
            runs[-1].append(_point(node))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _points(ring: Any) -> list[Point] | None:
    if not all(node.location.valid() for node in ring):
        return None
    return [_point(node) for node in ring]


def _point(node: Any) -> Point:
    return round(node.location.lon, DIGITS), round(node.location.lat, DIGITS)


def _feature(layer: str, kind: str, coordinates: Iterable[Any], **facts: Any) -> Feature:
    return {
        "type": "Feature",
        "properties": {"layer": layer, **facts},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def main() -> int:
    extract, out = Path(sys.argv[1]), Path(sys.argv[2])
    text = json.dumps(read(extract), ensure_ascii=False, separators=(",", ":"))
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(out.name + ".part")
    unfinished.write_text(text, "utf-8")
    unfinished.replace(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
