"""The streets that patrols drive on, as a directed graph, out of the city's map."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from alerts.dispatch.distance import great_circle_m
from alerts.errors import MapUnusable
from alerts.roads.core import largest_core

SPEED_MPS = {1: 14.0, 2: 11.0, 3: 8.0, 4: 5.0}
"""By the street's rank, from main roads to service ways; about 50, 40, 30 and 18 km/h."""
PIECE_M = 50.0
"""Longer pieces of a street are divided, so that whoever is on a street is near a node."""
RECIPE = f"{sorted(SPEED_MPS.items())} {PIECE_M:g} 1"
"""All that the times depend on beside the map. The last number: how they are made."""

Point = tuple[float, float]
"""Longitude, latitude."""


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """A graph in which every node can be reached from every other."""

    latitudes: list[float]
    longitudes: list[float]
    tails: list[int]
    """The node at which each arc begins; parallel to `heads` and `travel_ms`."""
    heads: list[int]
    travel_ms: list[int]
    """Rounded up: no way is quicker than its length at `top_mps`."""
    top_mps: float
    version: str
    """Of the map and of how times are made of it."""


def read_graph(path: Path) -> RoadGraph:
    """From the map's GeoJSON: features of `layer` street with `rank` and `drive`.

    Raises `MapUnusable`.
    """
    try:
        text = path.read_bytes()
        version = hashlib.sha256(text + RECIPE.encode()).hexdigest()[:16]
        return make_graph(json.loads(text), version)
    except OSError as error:
        raise MapUnusable(f"the map {path} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MapUnusable(
            f"{path} is no map of streets ({type(error).__name__}: {error})"
        ) from error


def make_graph(city: Mapping[str, Any], version: str) -> RoadGraph:
    """From a FeatureCollection. Raises `MapUnusable` and what a wrong shape raises."""
    net = _Net()
    for line, rank, drive in _streets(city):
        for a, b in pairwise(line):
            net.add(a, b, SPEED_MPS[rank], drive)
    core = largest_core(net.ways)
    if len(core) < 2:
        raise MapUnusable("the map holds no streets to drive on")
    return net.part(core, version)


def _streets(city: Mapping[str, Any]) -> Iterator[tuple[list[Point], int, str]]:
    for feature in city["features"]:
        facts = feature["properties"]
        if facts.get("layer") != "street" or facts.get("drive") is None:
            continue
        if facts["drive"] not in ("both", "forward", "backward"):
            raise ValueError(f"drive must be both, forward or backward, not {facts['drive']!r}")
        line = [(float(x), float(y)) for x, y, *_ in feature["geometry"]["coordinates"]]
        if not all(abs(x) <= 180 and abs(y) <= 90 for x, y in line):
            raise ValueError("a street's coordinates are no degrees")
        yield line, facts["rank"], facts["drive"]


class _Net:
    """Nodes and arcs while they are gathered."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.ways: list[list[int]] = []
        self._times: list[list[int]] = []
        self._known: dict[Point, int] = {}
        self._top_mps = 0.0

    def add(self, a: Point, b: Point, speed_mps: float, drive: str) -> None:
        """A straight piece of street, divided where it is long."""
        length_m = great_circle_m(a[1], a[0], b[1], b[0])
        pieces = max(1, math.ceil(length_m / PIECE_M))
        chain = [self._node(a)]
        for n in range(1, pieces):
            share = n / pieces
            chain.append(self._new((a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share)))
        chain.append(self._node(b))
        for one, other in pairwise(chain):
            if one == other:
                continue
            if drive != "backward":
                self._arc(one, other, speed_mps)
            if drive != "forward":
                self._arc(other, one, speed_mps)

    def part(self, nodes: list[int], version: str) -> RoadGraph:
        """The graph of these nodes alone."""
        number = {node: n for n, node in enumerate(nodes)}
        arcs = [
            (number[node], number[other], ms)
            for node in nodes
            for other, ms in zip(self.ways[node], self._times[node], strict=True)
            if other in number
        ]
        return RoadGraph(
            latitudes=[self.points[node][1] for node in nodes],
            longitudes=[self.points[node][0] for node in nodes],
            tails=[tail for tail, _, _ in arcs],
            heads=[head for _, head, _ in arcs],
            travel_ms=[ms for _, _, ms in arcs],
            top_mps=self._top_mps,
            version=version,
        )

    def _node(self, point: Point) -> int:
        if point not in self._known:
            self._known[point] = self._new(point)
        return self._known[point]

    def _new(self, point: Point) -> int:
        self.points.append(point)
        self.ways.append([])
        self._times.append([])
        return len(self.points) - 1

    def _arc(self, tail: int, head: int, speed_mps: float) -> None:
        a, b = self.points[tail], self.points[head]
        length_m = great_circle_m(a[1], a[0], b[1], b[0])
        self.ways[tail].append(head)
        self._times[tail].append(max(1, math.ceil(1000 * length_m / speed_mps)))
        self._top_mps = max(self._top_mps, speed_mps)
