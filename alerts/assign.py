"""Who should go: a pure choice, with a reason for everybody who was not chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from alerts.alert import PatrolId, Place
from alerts.considered import Considered, age_s
from alerts.distance import great_circle_m
from alerts.journeys import By, Journeys, StraightLine
from alerts.patrol import Patrol, Position
from alerts.policy import Policy
from alerts.soonest import asked_soonest

KEPT = 20
"""Candidates of a decision that the account keeps in full; of the rest it keeps the reasons."""
LINE = StraightLine()
SLACK_S = 0.01
"""Times are in milliseconds and sums of rounded numbers: a lower bound is this much lower."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One patrol as the choice saw it."""

    patrol: PatrolId
    name: str
    distance_m: float | None
    """Of the straight line."""
    position_age_s: float | None
    travel_s: float | None
    """None: excluded, or so far that the way was not asked for."""
    by: By | None
    """Over the streets, or by the straight line where they do not say it."""
    cost_s: float | None
    """Travel plus the age of the position: so long it may have driven the other way."""
    chosen: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice with its grounds: every patrol once, best candidate first."""

    chosen: PatrolId | None
    candidates: tuple[Candidate, ...]
    considered: Considered

    def to_dict(self) -> dict[str, Any]:
        """JSON types, to be stored with the step."""
        return {**self.outcome(), "inputs": self.considered.to_dict()}

    def outcome(self) -> dict[str, Any]:
        """The choice as it is stored, without what it was made of."""
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
    roads: Journeys | None = None,
) -> Decision:
    """The available patrol that is there soonest, its position's age considered.

    Over the roads where they say it, else by the straight line. `excluded` gives the reason for
    each patrol that may not be asked. Equal costs: the lower id. Nobody can be sent to an unknown
    place. The best `KEPT` are exact; of those behind, it is only known that they are behind.
    """
    units = tuple(sorted(patrols, key=lambda one: one.id))
    of_these = {one.id: excluded[one.id] for one in units if excluded and one.id in excluded}
    version = roads.map if roads else None
    considered = Considered(now, place, units, of_these, policy, version)
    fit: list[tuple[Candidate, Position]] = []
    unfit = []
    for patrol in units:
        seen = _look_at(patrol, considered)
        if seen.reason or patrol.position is None:
            unfit.append(seen)
        else:
            fit.append((seen, patrol.position))
    if place is None or not fit:
        return Decision(None, tuple(unfit), considered)
    ranked = _by_cost(place, fit, policy, roads)
    best = _told(ranked[0], True, "soonest there", policy)
    others = [_told(one, False, f"later than {best.name}", policy) for one in ranked[1:]]
    return Decision(best.patrol, (best, *others, *unfit), considered)


def obstacle(patrol: Patrol, now: datetime, policy: Policy) -> str | None:
    """Why a patrol cannot be sent anywhere; None: it is available."""
    if not patrol.on_duty:
        return "off duty"
    if patrol.busy_with is not None:
        return "busy with another alert"
    if patrol.position is None:
        return "position unknown"
    if age_s(patrol.position, now) > policy.exclude_s:
        return "position too old"
    return None


def distance_m(a: Place | Position, b: Place | Position) -> float:
    """Great-circle distance in metres."""
    return great_circle_m(a.latitude, a.longitude, b.latitude, b.longitude)


def _look_at(patrol: Patrol, given: Considered) -> Candidate:
    """A patrol before anybody asks for its way; with a reason: it cannot be sent."""
    place, position = given.place, patrol.position
    old_s = age_s(position, given.at) if position else None
    apart_m = round(distance_m(place, position), 1) if place and position else None
    reason = given.excluded.get(patrol.id) or obstacle(patrol, given.at, given.policy)
    if reason is None and place is None:
        reason = "the place of the alert is unknown"
    return Candidate(patrol.id, patrol.name, apart_m, old_s, None, None, None, False, reason or "")


def _by_cost(
    place: Place,
    fit: Sequence[tuple[Candidate, Position]],
    policy: Policy,
    roads: Journeys | None,
) -> list[Candidate]:
    """The cheapest first. Whoever is too far to be among the first `KEPT` is not asked the way."""
    least = (roads or LINE).least(place, policy)
    ahead = []
    for seen, position in fit:
        least_s = least.seconds(position.latitude, position.longitude)
        bound_s = least_s + (seen.position_age_s or 0.0) - SLACK_S
        ahead.append((bound_s, (seen, position)))
    ahead.sort(key=lambda one: (one[0], one[1][0].patrol))
    timed: list[Candidate] = []

    def ask(some: Sequence[tuple[Candidate, Position]]) -> list[float]:
        asked = _timed(place, some, policy, roads)
        timed.extend(asked)
        return [one.cost_s or 0.0 for one in asked]

    asked_soonest(KEPT, ahead, ask)
    behind = [seen for _, (seen, _) in ahead[len(timed) :]]
    timed.sort(key=lambda one: (one.cost_s, one.patrol))
    return [*timed, *behind]


def _timed(
    place: Place,
    some: Sequence[tuple[Candidate, Position]],
    policy: Policy,
    roads: Journeys | None,
) -> list[Candidate]:
    positions = [position for _, position in some]
    lines = LINE.seconds_to(place, positions, policy)
    ways = roads.seconds_to(place, positions, policy) if roads else [None] * len(some)
    found = []
    for (seen, _), way_s, line_s in zip(some, ways, lines, strict=True):
        by: By = "line" if way_s is None else "road"
        travel_s = line_s if way_s is None else way_s
        cost_s = round((travel_s or 0.0) + (seen.position_age_s or 0.0), 3)
        found.append(replace(seen, travel_s=travel_s, by=by, cost_s=cost_s))
    return found


def _told(one: Candidate, chosen: bool, rank: str, policy: Policy) -> Candidate:
    old_s = one.position_age_s or 0.0
    doubt = f", position {old_s:.0f} s old" if old_s > policy.stale_s else ""
    return replace(one, chosen=chosen, reason=f"{rank}{doubt}")
