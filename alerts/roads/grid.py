"""Things on a city's map in cells, so that the nearest of a place are found without a scan."""

from __future__ import annotations

import heapq
import math
from collections.abc import Hashable, Iterator
from typing import Any, Generic, TypeVar

from alerts.dispatch.distance import EARTH_RADIUS_M, great_circle_m

Key = TypeVar("Key", bound=Hashable)

DEGREE_M = math.radians(1) * EARTH_RADIUS_M
NEVER_LESS_M = DEGREE_M * (1 - 1e-9)
"""A degree of latitude, but for what numbers are rounded."""
NOTHING: dict[Any, tuple[float, float]] = {}
CURVED = 0.999
"""Over a city's cells the earth is that flat: what a ring of cells is away is never overstated."""


class Grid(Generic[Key]):
    """Points in WGS 84 degrees. For a region some hundred kilometres wide, off the antimeridian.

    Distances are great circles; the order is exact, of equals the lower key.
    """

    def __init__(self, cell_m: float, latitude: float) -> None:
        """Cells `cell_m` wide and high at that latitude."""
        self._high = cell_m / DEGREE_M
        self._wide = self._high / max(0.01, math.cos(math.radians(latitude)))
        self._cells: dict[tuple[int, int], dict[Key, tuple[float, float]]] = {}
        self._where: dict[Key, tuple[int, int]] = {}
        self._farthest = abs(latitude)

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, key: object) -> bool:
        return key in self._where

    def put(self, key: Key, latitude: float, longitude: float) -> None:
        """Insert, or move."""
        cell = self._cell(latitude, longitude)
        if self._where.get(key, cell) != cell:
            self.remove(key)
        self._where[key] = cell
        self._cells.setdefault(cell, {})[key] = (latitude, longitude)
        self._farthest = max(self._farthest, abs(latitude))

    def remove(self, key: Key) -> None:
        cell = self._where.pop(key)
        there = self._cells[cell]
        del there[key]
        if not there:
            del self._cells[cell]

    def around(
        self, latitude: float, longitude: float, within_m: float = math.inf
    ) -> Iterator[tuple[float, Key]]:
        """(Metres, key) of all within that distance, the nearest first."""
        middle = self._cell(latitude, longitude)
        side_m = self._side_m(latitude)
        found: list[tuple[float, Key]] = []
        ring, left = 0, len(self._where)
        while left and (ring - 1) * side_m <= within_m:
            # Rings wider than all that is there: the rest at once.
            whole = 8 * ring > len(self._cells)
            cells = self._beyond(middle, ring) if whole else _ring(middle, ring)
            for cell in cells:
                for key, (lat, lon) in self._cells.get(cell, NOTHING).items():
                    left -= 1
                    heapq.heappush(found, (great_circle_m(latitude, longitude, lat, lon), key))
            # Nothing in the next ring is nearer than this one is deep.
            safe_m = math.inf if whole or not left else ring * side_m
            while found and found[0][0] <= min(safe_m, within_m):
                yield heapq.heappop(found)
            ring += 1
        while found and found[0][0] <= within_m:
            yield heapq.heappop(found)

    def nearest(
        self, latitude: float, longitude: float, within_m: float
    ) -> tuple[float, Key] | None:
        """The first of `around`."""
        middle = self._cell(latitude, longitude)
        side_m = self._side_m(latitude)
        best: tuple[float, Key] | None = None
        least_m, ring = within_m, 0
        while (ring - 1) * side_m <= least_m:
            whole = 8 * ring > len(self._cells)
            for cell in self._beyond(middle, ring) if whole else _ring(middle, ring):
                for key, (lat, lon) in self._cells.get(cell, NOTHING).items():
                    # Most are farther by their latitude alone.
                    if abs(lat - latitude) * NEVER_LESS_M > least_m:
                        continue
                    found = great_circle_m(latitude, longitude, lat, lon), key
                    if found[0] <= least_m and (best is None or found < best):
                        best, least_m = found, found[0]
            if whole:
                break
            ring += 1
        return best

    def _cell(self, latitude: float, longitude: float) -> tuple[int, int]:
        return math.floor(latitude / self._high), math.floor(longitude / self._wide)

    def _side_m(self, latitude: float) -> float:
        """The shorter side of the smallest cell between there and everything that is known."""
        polar = max(self._farthest, abs(latitude))
        wide_m = self._wide * DEGREE_M * max(0.0, math.cos(math.radians(polar)))
        return CURVED * min(self._high * DEGREE_M, wide_m)

    def _beyond(self, middle: tuple[int, int], ring: int) -> list[tuple[int, int]]:
        """The cells of that ring and all outside it."""
        row, column = middle
        return [
            cell for cell in self._cells if max(abs(cell[0] - row), abs(cell[1] - column)) >= ring
        ]


def _ring(middle: tuple[int, int], ring: int) -> Iterator[tuple[int, int]]:
    """The cells so many steps away."""
    row, column = middle
    if ring == 0:
        yield middle
        return
    for across in range(-ring, ring + 1):
        yield row - ring, column + across
        yield row + ring, column + across
    for along in range(1 - ring, ring):
        yield row + along, column - ring
        yield row + along, column + ring
