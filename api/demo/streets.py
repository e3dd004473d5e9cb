"""The streets that patrols drive on: a directed graph out of the city's map, and fastest ways.

A node is a (longitude, latitude) in degrees; streets are connected where they share one.
"""

from __future__ import annotations

import heapq
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

Node = tuple[float, float]

SPEED_MPS = {1: 14.0, 2: 11.0, 3: 8.0}
"""By the street's rank; about 50, 40 and 30 km/h."""
TOP_MPS = max(SPEED_MPS.values())
EARTH_RADIUS_M = 6_371_008.8


class MapError(RuntimeError):
    """The map is missing or holds no streets; the text is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One straight piece of street in the direction it may be driven."""

    to: Node
    length_m: float
    speed_mps: float

    @property
    def seconds(self) -> float:
        return self.length_m / self.speed_mps


def metres(a: Node, b: Node) -> float:
    """Distance on the flat: within a city the error is below one in a thousand."""
    middle = math.radians((a[1] + b[1]) / 2)
    return EARTH_RADIUS_M * math.hypot(
        math.radians(b[0] - a[0]) * math.cos(middle), math.radians(b[1] - a[1])
    )


class Streets:
    """A directed graph in which every node can be reached from every other."""

    def __init__(self, edges: Mapping[Node, Iterable[Edge]]) -> None:
        everything = {node: tuple(out) for node, out in edges.items()}
        core = _largest_core(everything)
        if len(core) < 2:
            raise MapError("the map holds no streets to drive on: run `make demo` anew")
        self._edges = {
            node: tuple(edge for edge in everything[node] if edge.to in core) for node in core
        }
        self.nodes = sorted(core)

    @classmethod
    def read(cls, path: Path) -> Streets:
        """From the map's GeoJSON file (see `api.demo.extract`). Raises `MapError`."""
        try:
            return cls.from_map(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, KeyError) as error:
            raise MapError(f"the city's map {path} cannot be read ({error})") from error

    @classmethod
    def from_map(cls, city: Mapping[str, Any]) -> Streets:
        """From a FeatureCollection: its streets that have `drive`."""
        edges: dict[Node, list[Edge]] = defaultdict(list)
        for feature in city["features"]:
            drive = feature["properties"].get("drive")
            if drive is None:
                continue
            speed = SPEED_MPS[feature["properties"]["rank"]]
            line: list[Node] = [(x, y) for x, y in feature["geometry"]["coordinates"]]
            for a, b in pairwise(line):
                length = metres(a, b)
                if drive != "backward":
                    edges[a].append(Edge(b, length, speed))
                if drive != "forward":
                    edges[b].append(Edge(a, length, speed))
        return cls(edges)

    def nearest(self, place: Node) -> Node:
        """The node nearest to a place."""
        return min(self.nodes, key=lambda node: metres(node, place))

    def out_of(self, node: Node) -> tuple[Edge, ...]:
        """The ways on from a node; at least one."""
        return self._edges[node]

    def way(self, start: Node, end: Node) -> list[Edge]:
        """The fastest way between two nodes of the graph, by A*; empty when they are the same."""
        came: dict[Node, tuple[Node, Edge]] = {}
        seconds = {start: 0.0}
        ahead = [(metres(start, end) / TOP_MPS, start)]
        done: set[Node] = set()
        while ahead:
            _, node = heapq.heappop(ahead)
            if node == end:
                return _unwound(came, end)
            if node in done:
                continue
            done.add(node)
            for edge in self._edges[node]:
                there = seconds[node] + edge.seconds
                if there < seconds.get(edge.to, math.inf):
                    seconds[edge.to] = there
                    came[edge.to] = (node, edge)
                    heapq.heappush(ahead, (there + metres(edge.to, end) / TOP_MPS, edge.to))
        raise KeyError("not a node of these streets")


def _unwound(came: Mapping[Node, tuple[Node, Edge]], end: Node) -> list[Edge]:
    way = []
    while end in came:
        end, edge = came[end]
        way.append(edge)
    return way[::-1]


def _largest_core(edges: Mapping[Node, tuple[Edge, ...]]) -> set[Node]:
    """The largest set of nodes that all reach each other.

    What the extract's edge cut off is a trap: a one-way street with no way on.
    """
    forward = {node: [edge.to for edge in out] for node, out in edges.items()}
    backward: dict[Node, list[Node]] = defaultdict(list)
    for node, out in forward.items():
        for other in out:
            backward[other].append(node)
    left = set(forward)
    best: set[Node] = set()
    while len(left) > len(best):
        seed = min(left)
        core = _reached(seed, forward) & _reached(seed, backward)
        best = max(best, core, key=len)
        left -= core
    return best


def _reached(start: Node, edges: Mapping[Node, list[Node]]) -> set[Node]:
    seen = {start}
    ahead = [start]
    while ahead:
        for node in edges.get(ahead.pop(), ()):
            if node not in seen:
                seen.add(node)
                ahead.append(node)
    return seen
