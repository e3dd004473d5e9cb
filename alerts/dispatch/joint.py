"""Who goes where when several alerts wait: one pure decision over all of them.

The gravest first: what is less severe gets only whom no graver one goes with. Among equals as many
as possible are served, at the least total of costs (`alerts.assign`), of which each second that an
alert has waited is taken off: with too few patrols, who waits longest is not passed over for ever.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.alert import AlertId, PatrolId, Place
from alerts.dispatch.considered import packed, policy_of, unit_of, unit_row, unpacked
from alerts.dispatch.costs import Costs, Waiting
from alerts.dispatch.journeys import Journeys
from alerts.dispatch.needs import Needs
from alerts.dispatch.pairing import Pairing
from alerts.patrol import Patrol
from alerts.policy import Policy
from detect.incident import SEVERITIES

GRAVER = "wanted for a graver alert"
EQUAL = "wanted for another alert"
SAME_S = 0.0005
"""Costs are in whole milliseconds."""
START = 8
"""So many of the cheapest are listed for an alert at first."""
WIDER = 4


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
    costs = Costs(units, now, roads)
    rows = [Row(one, costs, len(waiting)) for one in waiting]
    pairs: dict[AlertId, PatrolId] = {}
    taken: set[int] = set()
    for severity in SEVERITIES:
        tier = [row for row in rows if row.one.severity == severity]
        for row, number in _shared_out(tier, taken, pairing):
            pairs[row.one.alert] = units[number].id
            taken.add(number)
    used = {number for row in rows for number in row.listed}
    kept = tuple(units[number] for number in sorted(used))
    return Joint(now, waiting, kept, roads.map if roads else None, pairing.name, pairs)


class Row:
    """An alert with the cheapest patrols for it: a few at first, more if they are needed."""

    def __init__(self, one: Waiting, costs: Costs, most: int) -> None:
        self.one = one
        self._costs = costs
        self._most = most
        """Of so many of the cheapest one is left by all other alerts: nobody else can be needed."""
        self._count = min(START, most)
        self._list()

    def _list(self) -> None:
        self.listed, self.whole = self._costs.cheapest(self.one, self._count)
        self.whole = self.whole or self._count >= self._most

    @property
    def beyond_s(self) -> float:
        """Who is not listed costs at least so much."""
        return math.inf if self.whole else max(self.listed.values(), default=math.inf)

    def widen(self) -> None:
        self._count = min(self._most, WIDER * self._count)
        self._list()


def _shared_out(rows: Sequence[Row], taken: set[int], pairing: Pairing) -> list[tuple[Row, int]]:
    """The pairs of one severity: the best over all patrols, though not all are listed."""
    while True:
        free = sorted({number for row in rows for number in row.listed if number not in taken})
        table = [_row(row.listed, free, row.one.waited_s) for row in rows]
        found = {}
        if free and rows:
            found = {at: to for at, to in enumerate(pairing.pairs(table)) if to is not None}
        short = _too_short(rows, table, found)
        if not short:
            break
        for row in short:
            row.widen()
    _settle(found, table)
    return [(rows[at], free[to]) for at, to in sorted(found.items())]


def _too_short(
    rows: Sequence[Row], table: Sequence[Sequence[float]], found: Mapping[int, int]
) -> list[Row]:
    """Whose list is to be longer, for somebody beyond its end might be better.

    The duals of the assignment say it: what a patrol is worth to the others is never below zero,
    so none beyond a list is better while the alert's own price is not above what it would cost.
    """
    alone = [row for at, row in enumerate(rows) if at not in found and not row.whole]
    if alone or all(row.whole for row in rows):
        return alone
    dear = 1.0 + 2 * sum(
        max((abs(one) for one in row if one < math.inf), default=0) for row in table
    )
    pays = {at: table[at][to] for at, to in found.items()}
    price = _prices(table, found, pays, dear)
    return [
        row
        for at, row in enumerate(rows)
        if not row.whole and pays[at] - price[found[at]] > row.beyond_s - row.one.waited_s - SAME_S
    ]


def _prices(
    table: Sequence[Sequence[float]],
    found: Mapping[int, int],
    pays: Mapping[int, float],
    dear: float,
) -> list[float]:
    """Of each column, zero or below: the shortest ways by exchanging, which end (Bellman, Ford).

    Who stays alone pays `dear`: more than any exchange can bring.
    """
    price = [0.0] * (len(table[0]) if table else 0)
    holder = {to: at for at, to in found.items()}
    ahead = deque(range(len(table)))
    waits = set(ahead)
    near = [[(to, one) for to, one in enumerate(row) if one < math.inf] for row in table]
    while ahead:
        at = ahead.popleft()
        waits.discard(at)
        base = price[found[at]] - pays[at] if at in found else -dear
        for to, one in near[at]:
            if base + one < price[to] - SAME_S:
                price[to] = base + one
                other = holder.get(to)
                if other is not None and other not in waits:
                    waits.add(other)
                    ahead.append(other)
    return price


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
