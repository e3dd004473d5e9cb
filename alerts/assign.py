"""Who should go: a pure choice, with a reason for everybody who was not chosen."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from alerts.alert import PatrolId, Place
from alerts.patrol import Patrol, Position
from alerts.policy import Policy

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One patrol as the choice saw it."""

    patrol: PatrolId
    name: str
    distance_m: float | None
    position_age_s: float | None
    cost_m: float | None
    """Distance plus how far it may have moved since its position; None when excluded."""
    chosen: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice with its grounds, best candidate first."""

    chosen: PatrolId | None
    candidates: tuple[Candidate, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON types, to be stored with the step."""
        return {"chosen": self.chosen, "candidates": [asdict(one) for one in self.candidates]}


def choose(
    place: Place | None,
    patrols: Iterable[Patrol],
    now: datetime,
    policy: Policy,
    excluded: Collection[PatrolId] = (),
) -> Decision:
    """The nearest available patrol by great-circle distance, its position's age considered."""
    seen = [_look_at(place, patrol, now, policy, excluded) for patrol in patrols]
    fit = sorted(
        (one for one in seen if one.cost_m is not None),
        key=lambda one: (one.cost_m or 0.0, one.patrol),
    )
    rest = sorted((one for one in seen if one.cost_m is None), key=lambda one: one.patrol)
    ranked = [
        Candidate(
            one.patrol,
            one.name,
            one.distance_m,
            one.position_age_s,
            one.cost_m,
            rank == 0,
            f"nearest{one.reason}" if rank == 0 else f"farther than {fit[0].name}{one.reason}",
        )
        for rank, one in enumerate(fit)
    ]
    return Decision(fit[0].patrol if fit else None, (*ranked, *rest))


def distance_m(a: Place | Position, b: Place | Position) -> float:
    """Great-circle distance in metres by the haversine formula."""
    lat_a, lat_b = math.radians(a.latitude), math.radians(b.latitude)
    half_lat = (lat_b - lat_a) / 2
    half_lon = math.radians(b.longitude - a.longitude) / 2
    h = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, h)))


def _look_at(
    place: Place | None,
    patrol: Patrol,
    now: datetime,
    policy: Policy,
    excluded: Collection[PatrolId],
) -> Candidate:
    position = patrol.position
    # A clock that jumped back must not make a position younger than new.
    age_s = max(0.0, (now - position.at).total_seconds()) if position else None
    apart_m = distance_m(place, position) if place and position else None
    obstacle = _obstacle(patrol, age_s, policy, excluded)
    cost_m, reason = None, obstacle or ""
    if obstacle is None and age_s is not None:
        cost_m = (apart_m or 0.0) + age_s * policy.assumed_speed_mps
        if age_s > policy.stale_s:
            reason = f", position {age_s:.0f} s old"
    return Candidate(patrol.id, patrol.name, apart_m, age_s, cost_m, False, reason)


def _obstacle(
    patrol: Patrol, age_s: float | None, policy: Policy, excluded: Collection[PatrolId]
) -> str | None:
    if not patrol.on_duty:
        return "off duty"
    if patrol.id in excluded:
        return "has declined or not answered"
    if patrol.busy_with is not None:
        return "busy with another alert"
    if age_s is None:
        return "position unknown"
    if age_s > policy.exclude_s:
        return f"position {age_s:.0f} s old"
    return None
