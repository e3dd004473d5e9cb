"""Which units a decision looks at one by one: all of them, or the near ones by the store's index.

What comes out is the same: a unit that was not looked at costs more than those that the account
keeps, by the lower bound of `alerts.dispatch.journeys.Least`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.alert import PatrolId, Place
from alerts.assign import KEPT, LINE, SLACK_S, travel_s, unable
from alerts.dispatch.considered import age_s
from alerts.dispatch.distance import great_circle_m
from alerts.dispatch.journeys import Journeys
from alerts.dispatch.needs import NO_NEEDS, Needs
from alerts.dispatch.reasons import beside
from alerts.patrol import Patrol, Presence, presence
from alerts.policy import Policy
from alerts.ports import Reading

SCANNED = 200
"""With more units than this the store's index is asked.

A look at all of 200 takes 1.5 times as long as one by the index, of 500 five times, of 5,000 forty
times (`python -m tests.bench.nearest`). Up to here the account says of everybody, one by one, why
not.
"""
AT_FIRST = 40
MOST = 4_096
"""Who is not found among so many is looked for among all that are available."""
FARTHER = "farther than all that were looked at"
MOMENT = timedelta(milliseconds=1)
"""A position that is as old as it may be is not lost to rounding."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a unit is looked for: one alert as far as it decides who is near."""

    place: Place | None
    policy: Policy
    excluded: Mapping[PatrolId, str] = field(default_factory=dict)
    needs: Needs = NO_NEEDS


class Nearby:
    """The units of one moment of the store."""

    def __init__(self, tx: Reading, now: datetime, policy: Policy, roads: Journeys | None) -> None:
        self._tx = tx
        self._now = now
        self._roads = roads
        self._seen_after = _seen_after(now, policy)
        self._counted = tx.patrols_counted(self._seen_after)
        self.few = sum(self._counted.values()) <= SCANNED

    def free_for(self, wishes: Sequence[Wish], count: int = KEPT) -> list[Patrol]:
        """Available units, among them for each wish the `count` that cost least; by id."""
        found: dict[PatrolId, Patrol] = {}
        for wish in wishes:
            if wish.place is not None:
                found.update((one.id, one) for one in self._cheapest(wish, wish.place, count))
        return [one for _, one in sorted(found.items())]

    def busy_at(self, place: Place | None, count: int) -> list[Patrol]:
        """The nearest units with an alert."""
        if place is None:
            return []
        at = place.latitude, place.longitude
        return self._tx.nearest_patrols(*at, count, self._seen_after, busy=True)

    def others(self, looked_at: Iterable[Patrol]) -> dict[str, int]:
        """How many there are beside those, by the reason why they are not considered."""
        rest = Counter(self._counted)
        rest.subtract(presence(one, self._seen_after) for one in looked_at)
        named = {FARTHER if one is Presence.AVAILABLE else one.value: n for one, n in rest.items()}
        return {name: count for name, count in named.items() if count > 0}

    def _cheapest(self, wish: Wish, place: Place, count: int) -> list[Patrol]:
        """More and more of the nearest, until nobody beyond them can be among the first."""
        least = (self._roads or LINE).least(place, wish.policy)
        seen_after = _seen_after(self._now, wish.policy)
        centre = least.latitude, least.longitude
        most = max(AT_FIRST, 2 * count)
        while True:
            units = self._tx.nearest_patrols(*centre, most, seen_after)
            if len(units) < most:
                return units
            edge = units[-1].position
            costs = self._costs(wish, place, units)
            if edge is not None and len(costs) >= count:
                edge_m = great_circle_m(*centre, edge.latitude, edge.longitude)
                if costs[count - 1] < least.beyond_s(edge_m) - SLACK_S:
                    return units
            most = 4 * most if most < MOST else sum(self._counted.values()) + 1

    def _costs(self, wish: Wish, place: Place, units: Collection[Patrol]) -> list[float]:
        """Of those that can be sent, the least first; as `alerts.assign` reckons them."""
        fit = [
            (one, one.position)
            for one in units
            if one.position and one.id not in wish.excluded and unable(one, wish.needs) is None
        ]
        positions = [position for _, position in fit]
        times = travel_s(place, positions, wish.policy, self._roads)
        return sorted(
            time_s + age_s(at, self._now) + beside(one, wish.needs, None).seconds(wish.policy)
            for (one, at), (time_s, _) in zip(fit, times, strict=True)
        )


def _seen_after(now: datetime, policy: Policy) -> datetime:
    return now - timedelta(seconds=policy.exclude_s) - MOMENT
