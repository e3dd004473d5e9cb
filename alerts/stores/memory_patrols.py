"""Units in memory; see `alerts.ports.Transaction`. The nearest by a scan, as indexes must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alerts.alert import PatrolId
from alerts.dispatch.distance import great_circle_m
from alerts.patrol import Patrol, Position, Presence, presence


class MemoryPatrols:
    """The part of a transaction that knows units."""

    def __init__(self, patrols: dict[PatrolId, Patrol]) -> None:
        self._patrols = patrols

    def patrol(self, patrol: PatrolId) -> Patrol | None:
        return self._patrols.get(patrol)

    def put_patrol(self, patrol: Patrol) -> None:
        self._patrols[patrol.id] = patrol

    def patrols(self) -> list[Patrol]:
        return [patrol for _, patrol in sorted(self._patrols.items())]

    def positions(self, patrols: Sequence[PatrolId]) -> dict[PatrolId, Position | None]:
        return {one: self._patrols[one].position for one in patrols if one in self._patrols}

    def put_positions(self, positions: Mapping[PatrolId, Position]) -> None:
        for patrol, position in positions.items():
            self._patrols[patrol] = replace(self._patrols[patrol], position=position)

    def nearest_patrols(
        self,
        latitude: float,
        longitude: float,
        limit: int,
        seen_after: datetime,
        busy: bool = False,
    ) -> list[Patrol]:
        wanted = Presence.BUSY if busy else Presence.AVAILABLE
        found = [
            (great_circle_m(latitude, longitude, at.latitude, at.longitude), one.id, one)
            for one in self._patrols.values()
            if (at := one.position) is not None
            and at.at >= seen_after
            and presence(one, seen_after) is wanted
        ]
        return [one for _, _, one in sorted(found)[: max(0, limit)]]

    def patrols_counted(self, seen_after: datetime) -> dict[Presence, int]:
        return dict(Counter(presence(one, seen_after) for one in self._patrols.values()))
