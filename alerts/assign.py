"""Who should go: a pure choice, with a reason for everybody who was not chosen."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from alerts.alert import PatrolId, Place
from alerts.patrol import Patrol, Position
from alerts.policy import Policy

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""
KEPT = 20
"""Candidates of a decision that the account keeps in full; of the rest it keeps the reasons."""


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
    """A choice with its grounds: every patrol once, best candidate first."""

    chosen: PatrolId | None
    candidates: tuple[Candidate, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON types, to be stored with the step."""
        rest = Counter(one.reason for one in self.candidates[KEPT:])
        return {
            "chosen": self.chosen,
            "candidates": [asdict(one) for one in self.candidates[:KEPT]],
            "others": dict(sorted(rest.items())),
        }


def choose(
    place: Place | None,
    patrols: Iterable[Patrol],
    now: datetime,
    policy: Policy,
    excluded: Mapping[PatrolId, str] | None = None,
) -> Decision:
    """The nearest available patrol by great-circle distance, its position's age considered.

    `excluded` gives the reason for each patrol that may not be asked. Equal costs: the lower id.
    Nobody can be sent to an unknown place.
    """
    seen = [_look_at(place, patrol, now, policy, excluded or {}) for patrol in patrols]
    fit = sorted(
        (one for one in seen if one.cost_m is not None),
        key=lambda one: (one.cost_m, one.patrol),
    )
    unfit = sorted((one for one in seen if one.cost_m is None), key=lambda one: one.patrol)
    if not fit:
        return Decision(None, tuple(unfit))
    best = _ranked(fit[0], True, "nearest")
    others = [_ranked(one, False, f"farther than {best.name}") for one in fit[1:]]
    return Decision(best.patrol, (best, *others, *unfit))


def obstacle(patrol: Patrol, now: datetime, policy: Policy) -> str | None:
    """Why a patrol cannot be sent anywhere; None: it is available."""
    if not patrol.on_duty:
        return "off duty"
    if patrol.busy_with is not None:
        return "busy with another alert"
    if patrol.position is None:
        return "position unknown"
    if _age_s(patrol.position, now) > policy.exclude_s:
        return "position too old"
    return None


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
    excluded: Mapping[PatrolId, str],
) -> Candidate:
    position = patrol.position
    age_s = _age_s(position, now) if position else None
    apart_m = distance_m(place, position) if place and position else None
    reason = excluded.get(patrol.id) or obstacle(patrol, now, policy)
    if reason is None and place is None:
        reason = "the place of the alert is unknown"
    if reason is not None or apart_m is None or age_s is None:
        return Candidate(patrol.id, patrol.name, apart_m, age_s, None, False, reason or "")
    cost_m = apart_m + age_s * policy.assumed_speed_mps
    doubt = f", position {age_s:.0f} s old" if age_s > policy.stale_s else ""
    return Candidate(patrol.id, patrol.name, apart_m, age_s, cost_m, False, doubt)


def _ranked(one: Candidate, chosen: bool, rank: str) -> Candidate:
    return Candidate(
        one.patrol,
        one.name,
        one.distance_m,
        one.position_age_s,
        one.cost_m,
        chosen,
        f"{rank}{one.reason}",
    )


def _age_s(position: Position, now: datetime) -> float:
    # A clock that jumped back must not make a position younger than new.
    return max(0.0, (now - position.at).total_seconds())
