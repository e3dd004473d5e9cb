"""Who goes where when several alerts wait: one pure decision over all of them.

The gravest first: what is less severe gets only whom no graver one goes with. Among equals as many
as possible are served, at the least total of costs (`alerts.assign`), of which each second that an
alert has waited is taken off: with too few patrols, who waits longest is not passed over for ever.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Any

from alerts.alert import AlertId, PatrolId, Place
from alerts.assign import SLACK_S, obstacle, travel_s, unable
from alerts.considered import age_s, packed, policy_of, unit_of, unit_row, unpacked
from alerts.journeys import Journeys
from alerts.needs import Needs
from alerts.pairing import Pairing
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.reasons import beside
from alerts.soonest import asked_soonest
from detect.incident import SEVERITIES

GRAVER = "wanted for a graver alert"
EQUAL = "wanted for another alert"
SAME_S = 0.0005
"""Costs are in whole milliseconds."""


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
class Joint:
    """The decision with its grounds."""

    at: datetime
    alerts: tuple[Waiting, ...]
    """The gravest first, of equals the one that has waited longest."""
    patrols: tuple[Patrol, ...]
    """By id."""
    map: str | None
    by: str
    """The name of the pairing."""
    pairs: Mapping[AlertId, PatrolId]

    def kept_from(self, alert: AlertId) -> dict[PatrolId, str]:
        """Whom that alert may not have, for they go to others that are no less severe."""
        ranks = {one.alert: SEVERITIES.index(one.severity) for one in self.alerts}
        own = ranks.get(alert, len(SEVERITIES))
        return {
            patrol: GRAVER if ranks[other] < own else EQUAL
            for other, patrol in self.pairs.items()
            if other != alert and ranks[other] <= own
        }

    def to_dict(self) -> dict[str, Any]:
        """JSON types, packed; an alert's policy by its place among `policies`.

        `id` is of the content: one moment may see several of these.
        """
        policies: list[dict[str, float]] = []
        rows = []
        for one in self.alerts:
            numbers = policy_of(one.policy)
            if numbers not in policies:
                policies.append(numbers)
            where = one.place
            rows.append(
                [
                    one.alert,
                    one.severity,
                    [where.name, where.latitude, where.longitude] if where else None,
                    one.waited_s,
                    dict(sorted(one.excluded.items())),
                    list(one.needs.required),
                    list(one.needs.preferred),
                    policies.index(numbers),
                ]
            )
        grounds = {
            "at": self.at.isoformat(),
            "alerts": packed(rows),
            "units": packed([unit_row(one, self.at) for one in self.patrols]),
            "policies": policies,
            "map": self.map,
            "by": self.by,
            "pairs": dict(sorted(self.pairs.items())),
        }
        return {"id": _digest(grounds), **grounds}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Joint:
        """Raises `KeyError`, `TypeError` or `ValueError` for what another release has stored."""
        at = datetime.fromisoformat(stored["at"])
        policies = [Policy(**numbers) for numbers in stored["policies"]]
        return cls(
            at=at,
            alerts=tuple(_waiting(row, policies) for row in unpacked(stored["alerts"])),
            patrols=tuple(unit_of(row, at) for row in unpacked(stored["units"])),
            map=stored["map"],
            by=stored["by"],
            pairs=stored["pairs"],
        )


def together(
    alerts: Iterable[Waiting],
    patrols: Iterable[Patrol],
    now: datetime,
    pairing: Pairing,
    roads: Journeys | None = None,
) -> Joint:
    """Decide. Only patrols that may be wanted for one of them are kept."""
    waiting = tuple(
        sorted(alerts, key=lambda one: (SEVERITIES.index(one.severity), -one.waited_s, one.alert))
    )
    units = tuple(sorted(patrols, key=lambda one: one.id))
    costs = Costs(units, now, len(waiting), roads)
    rows = [costs.of(one) for one in waiting]
    used = sorted({unit for row in rows for unit in row})
    pairs: dict[AlertId, PatrolId] = {}
    taken: set[int] = set()
    for severity in SEVERITIES:
        tier = [at for at, one in enumerate(waiting) if one.severity == severity]
        free = [unit for unit in used if unit not in taken]
        if not tier or not free:
            continue
        table = [_row(rows[at], free, waiting[at].waited_s) for at in tier]
        found = {at: to for at, to in enumerate(pairing.pairs(table)) if to is not None}
        _settle(found, table)
        for at, to in found.items():
            pairs[waiting[tier[at]].alert] = units[free[to]].id
            taken.add(free[to])
    kept = tuple(units[at] for at in used)
    return Joint(now, waiting, kept, roads.map if roads else None, pairing.name, pairs)


@dataclass(frozen=True, slots=True)
class Able:
    """Who can be sent at all, by number, and what each costs beside the way."""

    numbers: list[int]
    positions: list[Position]
    late_s: list[float]


class Costs:
    """What `alerts.assign` gives as `cost_s`, for many alerts over the same patrols."""

    def __init__(
        self, units: Sequence[Patrol], now: datetime, count: int, roads: Journeys | None
    ) -> None:
        self._units = units
        self._now = now
        self._count = count
        """Of so many of the cheapest one is left by all other alerts: nobody else can be needed."""
        self._roads = roads
        self._able: dict[Any, Able] = {}

    def of(self, one: Waiting) -> dict[int, float]:
        """The cheapest, by their number."""
        if one.place is None:
            return {}
        able = self._able_for(one)
        if one.excluded:
            able = _without(able, {self._units[at].id: at for at in able.numbers}, one.excluded)
        if not able.numbers:
            return {}
        cheapest = nsmallest(self._count, self._asked(one.place, able, one.policy))
        return {number: cost_s for cost_s, number in cheapest}

    def _able_for(self, one: Waiting) -> Able:
        key = one.needs, tuple(policy_of(one.policy).values())
        known = self._able.get(key)
        if known is None:
            known = self._able[key] = self._looked_at(one.needs, one.policy)
        return known

    def _looked_at(self, needs: Needs, policy: Policy) -> Able:
        able = Able([], [], [])
        for number, unit in enumerate(self._units):
            position = unit.position
            if position is None or obstacle(unit, self._now, policy) or unable(unit, needs):
                continue
            able.numbers.append(number)
            able.positions.append(position)
            extra_s = beside(unit, needs, None).seconds(policy)
            able.late_s.append(age_s(position, self._now) + extra_s)
        return able

    def _asked(self, place: Place, able: Able, policy: Policy) -> Iterable[tuple[float, int]]:
        if self._roads is None or 2 * self._count >= len(able.numbers):
            return self._timed(place, range(len(able.numbers)), able, policy)
        least = self._roads.least(place, policy)
        ahead = sorted(
            (least.seconds(where.latitude, where.longitude) + late_s - SLACK_S, at)
            for at, (where, late_s) in enumerate(zip(able.positions, able.late_s, strict=True))
        )
        found: list[tuple[float, int]] = []

        def ask(some: Sequence[int]) -> list[float]:
            asked = self._timed(place, some, able, policy)
            found.extend(asked)
            return [cost_s for cost_s, _ in asked]

        asked_soonest(self._count, ahead, ask)
        return found

    def _timed(
        self, place: Place, some: Sequence[int], able: Able, policy: Policy
    ) -> list[tuple[float, int]]:
        times = travel_s(place, [able.positions[at] for at in some], policy, self._roads)
        return [
            (round(time_s + able.late_s[at], 3), able.numbers[at])
            for at, (time_s, _) in zip(some, times, strict=True)
        ]


def _without(able: Able, at: Mapping[PatrolId, int], excluded: Mapping[PatrolId, str]) -> Able:
    out = {at[patrol] for patrol in excluded if patrol in at}
    kept = [index for index, number in enumerate(able.numbers) if number not in out]
    return Able(
        [able.numbers[index] for index in kept],
        [able.positions[index] for index in kept],
        [able.late_s[index] for index in kept],
    )


def _row(costs: Mapping[int, float], units: Sequence[int], waited_s: float) -> list[float]:
    return [costs.get(unit, math.inf) - waited_s for unit in units]


def _settle(found: dict[int, int], costs: Sequence[Sequence[float]]) -> None:
    """Where two could exchange their units at the same total, who is first gets the sooner one.

    Two alerts at one place are such: else it would be the method's affair. Each exchange brings an
    earlier row a lower cost, so it ends.
    """
    rows = sorted(found)
    settled = False
    while not settled:
        settled = True
        for rank, one in enumerate(rows):
            for other in rows[rank + 1 :]:
                mine, its = found[one], found[other]
                before_s = costs[one][mine] + costs[other][its]
                after_s = costs[one][its] + costs[other][mine]
                gains_s = costs[one][mine] - costs[one][its]
                if gains_s > SAME_S and after_s <= before_s + SAME_S:
                    found[one], found[other] = its, mine
                    settled = False


def _digest(grounds: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(grounds, sort_keys=True).encode()).hexdigest()[:16]


def _waiting(row: list[Any], policies: Sequence[Policy]) -> Waiting:
    alert, severity, where, waited_s, excluded, required, preferred, policy = row
    return Waiting(
        alert=AlertId(alert),
        severity=severity,
        place=Place(*where) if where else None,
        waited_s=waited_s,
        excluded={PatrolId(id_): reason for id_, reason in excluded.items()},
        needs=Needs(tuple(required), tuple(preferred)),
        policy=policies[policy],
    )
