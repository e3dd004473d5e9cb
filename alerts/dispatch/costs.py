"""What it costs to send each of many patrols to each of many alerts; far ones are not asked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Any

from alerts.alert import AlertId, PatrolId, Place
from alerts.assign import LINE, SLACK_S, obstacle, travel_s, unable
from alerts.dispatch.considered import age_s, policy_of
from alerts.dispatch.distance import great_circle_m
from alerts.dispatch.journeys import Journeys
from alerts.dispatch.needs import Needs
from alerts.dispatch.reasons import beside
from alerts.dispatch.soonest import asked_soonest
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.roads.grid import Grid

FEW = 64
"""So many patrols are asked all; more are looked for around the place."""
IN_A_CELL = 4
ROUND_THE_WORLD = 180.0
"""Degrees: wider than this, cells are no help."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that wants a patrol."""

    alert: AlertId
    severity: str
    place: Place | None
    waited_s: float
    excluded: Mapping[PatrolId, str]
    needs: Needs
    policy: Policy
    """The numbers that hold for it."""


@dataclass(frozen=True, slots=True)
class Able:
    """Who can be sent at all, by number, and what each costs beside the way."""

    numbers: list[int]
    positions: list[Position]
    late_s: list[float]
    cells: Grid[int] | None
    """Their places in these lists; None: they are few."""


class Costs:
    """What `alerts.assign` gives as `cost_s`, for many alerts over the same patrols."""

    def __init__(self, units: Sequence[Patrol], now: datetime, roads: Journeys | None) -> None:
        self._units = units
        self._now = now
        self._roads = roads
        self._able: dict[Any, Able] = {}

    def cheapest(self, one: Waiting, count: int) -> tuple[dict[int, float], bool]:
        """The cost by the number of the patrol; and whether there are no others."""
        if one.place is None:
            return {}, True
        able = self._able_for(one)
        out = (
            {at for at, number in enumerate(able.numbers) if self._units[number].id in one.excluded}
            if one.excluded
            else set()
        )
        found: list[tuple[float, int]] = []
        place, policy = one.place, one.policy

        def ask(some: Sequence[int]) -> list[float]:
            times = travel_s(place, [able.positions[at] for at in some], policy, self._roads)
            asked = [
                (round(time_s + able.late_s[at], 3), able.numbers[at])
                for at, (time_s, _) in zip(some, times, strict=True)
            ]
            found.extend(asked)
            return [cost_s for cost_s, _ in asked]

        if able.cells is None:
            ask([at for at in range(len(able.numbers)) if at not in out])
        else:
            asked_soonest(count, self._ahead(place, able.cells, policy, out), ask)
        kept = nsmallest(count, found)
        everybody = len(kept) == len(able.numbers) - len(out)
        return {number: cost_s for cost_s, number in kept}, everybody

    def _ahead(
        self, place: Place, cells: Grid[int], policy: Policy, out: set[int]
    ) -> Iterator[tuple[float, int]]:
        """By what they cost at least."""
        least = (self._roads or LINE).least(place, policy)
        for apart_m, at in cells.around(least.latitude, least.longitude):
            if at not in out:
                yield least.beyond_s(apart_m) - SLACK_S, at

    def _able_for(self, one: Waiting) -> Able:
        key = one.needs, tuple(policy_of(one.policy).values())
        known = self._able.get(key)
        if known is None:
            known = self._able[key] = self._looked_at(one.needs, one.policy)
        return known

    def _looked_at(self, needs: Needs, policy: Policy) -> Able:
        numbers, positions, late_s = [], [], []
        for number, unit in enumerate(self._units):
            position = unit.position
            if position is None or obstacle(unit, self._now, policy) or unable(unit, needs):
                continue
            numbers.append(number)
            positions.append(position)
            late_s.append(age_s(position, self._now) + beside(unit, needs, None).seconds(policy))
        return Able(numbers, positions, late_s, _cells(positions))


def _cells(positions: Sequence[Position]) -> Grid[int] | None:
    if len(positions) <= FEW:
        return None
    south, north = (edge(one.latitude for one in positions) for edge in (min, max))
    west, east = (edge(one.longitude for one in positions) for edge in (min, max))
    if east - west > ROUND_THE_WORLD:
        return None
    area_m2 = great_circle_m(south, west, north, west) * great_circle_m(south, west, south, east)
    grid: Grid[int] = Grid(max(1.0, math.sqrt(area_m2 * IN_A_CELL / len(positions))), south)
    for at, one in enumerate(positions):
        grid.put(at, one.latitude, one.longitude)
    return grid
