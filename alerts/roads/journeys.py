"""Journeys over the streets: from the unit to a street, along streets, from there to the place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from alerts.alert import Place
from alerts.dispatch.journeys import By, Least, by_line, line_mps
from alerts.patrol import Position
from alerts.policy import Policy
from alerts.roads.graph import PIECE_M, RoadGraph, read_graph
from alerts.roads.grid import Grid
from alerts.roads.hierarchy import Hierarchy

KNOWN = 131_072
"""Positions whose street is remembered: units stand more than they drive."""
REACH_M = 10_000.0
"""The most that a policy may call near a street."""


class RoadJourneys:
    """`Journeys` over one map."""

    by: By = "road"

    def __init__(self, graph: RoadGraph) -> None:
        self._top_mps = graph.top_mps
        self._hierarchy = Hierarchy(graph)
        self.map: str | None = graph.version
        self._where = list(zip(graph.latitudes, graph.longitudes, strict=True))
        nodes: Grid[int] = Grid(PIECE_M, sum(graph.latitudes) / len(graph.latitudes))
        for node, (lat, lon) in enumerate(self._where):
            nodes.put(node, lat, lon)
        self._street = lru_cache(maxsize=KNOWN)(nodes.nearest)

    @classmethod
    def read(cls, path: Path) -> RoadJourneys:
        """Over the map in that file. Raises `MapUnusable`."""
        return cls(read_graph(path))

    def least(self, place: Place, policy: Policy) -> Least:
        near_m = _near_m(policy)
        goal = self._street(place.latitude, place.longitude, near_m)
        if goal is None:
            return by_line(place, policy)
        # Whoever comes by road comes by its end; whoever is that near to it is near a street.
        last_m, node = goal
        speed_mps = line_mps(policy)
        fastest_mps = max(self._top_mps, speed_mps)
        return Least(*self._where[node], last_m, near_m, fastest_mps, speed_mps)

    def seconds_to(
        self, place: Place, positions: Sequence[Position], policy: Policy
    ) -> list[float | None]:
        near_m = _near_m(policy)
        goal = self._street(place.latitude, place.longitude, near_m)
        if goal is None:
            return [None] * len(positions)
        starts = [self._street(one.latitude, one.longitude, near_m) for one in positions]
        nodes = list(dict.fromkeys(start[1] for start in starts if start is not None))
        times = dict(zip(nodes, self._hierarchy.milliseconds(nodes, goal[1]), strict=True))
        speed_mps = line_mps(policy)
        found: list[float | None] = []
        for start in starts:
            on_streets_ms = None if start is None else times[start[1]]
            if start is None or on_streets_ms is None:
                found.append(None)
            else:
                off_streets_s = (start[0] + goal[0]) / speed_mps
                found.append(round(on_streets_ms / 1000 + off_streets_s, 3))
        return found


def _near_m(policy: Policy) -> float:
    return min(policy.off_street_m, REACH_M)
