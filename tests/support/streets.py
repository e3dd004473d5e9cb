"""A drawn city: streets in a grid, some of them one-way, some main roads; the same for a seed."""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from alerts.alert import Place
from alerts.dispatch.distance import great_circle_m
from alerts.patrol import Position
from alerts.policy import Policy
from alerts.roads.graph import RoadGraph

SOUTH, WEST = 60.16, 24.93
BLOCK_M = 120.0
NORTH_DEG = BLOCK_M / 111_195
EAST_DEG = NORTH_DEG / math.cos(math.radians(SOUTH))


def corner(column: float, row: float) -> tuple[float, float]:
    """Longitude and latitude."""
    return round(WEST + column * EAST_DEG, 6), round(SOUTH + row * NORTH_DEG, 6)


def street(
    *points: tuple[float, float], rank: int = 3, drive: str | None = "both"
) -> dict[str, Any]:
    facts: dict[str, Any] = {"layer": "street", "rank": rank}
    if drive:
        facts["drive"] = drive
    line = {"type": "LineString", "coordinates": [list(point) for point in points]}
    return {"type": "Feature", "properties": facts, "geometry": line}


def city(*streets: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(streets)}


def drawn_city(blocks: int, seed: int) -> dict[str, Any]:
    """So many blocks each way. A tenth of the pieces of street is missing."""
    dice = Random(seed)
    streets = []
    for across in range(blocks + 1):
        rank = 1 if across % 5 == 0 else dice.choice((2, 3, 3))
        drive = "both" if rank == 1 else dice.choice(("both", "both", "forward", "backward"))
        for along in range(blocks):
            for piece in (
                (corner(across, along), corner(across, along + 1)),
                (corner(along, across), corner(along + 1, across)),
            ):
                if dice.random() > 0.1:
                    streets.append(street(*piece, rank=rank, drive=drive))
    return city(*streets)


def written(path: Path, drawn: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(drawn), "utf-8")
    return path


def plainly_to(
    graph: RoadGraph, place: Place, positions: Sequence[Position], policy: Policy
) -> list[float | None]:
    """What `RoadJourneys` must say: every node looked at, and Dijkstra (1959) from the place."""
    goal = _nearest(graph, place, policy)
    if goal is None:
        return [None] * len(positions)
    times = _dijkstra(graph, goal[1])
    speed_mps = policy.assumed_speed_mps / policy.detour_factor
    said: list[float | None] = []
    for one in positions:
        start = _nearest(graph, one, policy)
        if start is None:
            said.append(None)
        else:
            off_s = (start[0] + goal[0]) / speed_mps
            said.append(round(times[start[1]] / 1000 + off_s, 3))
    return said


def _nearest(graph: RoadGraph, at: Place | Position, policy: Policy) -> tuple[float, int] | None:
    found = min(
        (great_circle_m(at.latitude, at.longitude, lat, lon), node)
        for node, (lat, lon) in enumerate(zip(graph.latitudes, graph.longitudes, strict=True))
    )
    return found if found[0] <= policy.off_street_m else None


def _dijkstra(graph: RoadGraph, goal: int) -> dict[int, int]:
    """Milliseconds from every node to one."""
    into: dict[int, list[tuple[int, int]]] = {}
    for tail, head, ms in zip(graph.tails, graph.heads, graph.travel_ms, strict=True):
        into.setdefault(head, []).append((tail, ms))
    times: dict[int, int] = {}
    ahead = [(0, goal)]
    while ahead:
        so_far, node = heapq.heappop(ahead)
        if node in times:
            continue
        times[node] = so_far
        for tail, ms in into.get(node, ()):
            heapq.heappush(ahead, (so_far + ms, tail))
    return times
