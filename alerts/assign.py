"""Who should go: a pure choice, with a reason for everybody who was not chosen."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from alerts.alert import PatrolId, Place
from alerts.dispatch.considered import Considered, age_s
from alerts.dispatch.distance import great_circle_m
from alerts.dispatch.journeys import By, Journeys, StraightLine
from alerts.dispatch.needs import NO_NEEDS, Needs, lacking
from alerts.dispatch.reasons import Beside, Rank, beside, of_best, of_other
from alerts.dispatch.soonest import asked_soonest
from alerts.patrol import Patrol, Position
from alerts.policy import Policy

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
    """Travel, plus the age of the position (so long it may have driven the other way), plus
    `extra_s`."""
    chosen: bool
    reason: str
    extra_s: float | None = None
    """What it lacks, the alerts of its shift and another alert that it would be taken from, as
    seconds (`alerts.dispatch.reasons.Beside`). None: nothing of it."""


NAMES = tuple(one.name for one in fields(Candidate))


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice with its grounds: every patrol once, best candidate first."""

    chosen: PatrolId | None
    candidates: tuple[Candidate, ...]
    considered: Considered
    joint: Mapping[str, Any] | None = None
    """The joint decision by which some were kept for other alerts, or in whose account it lies."""

    def to_dict(self) -> dict[str, Any]:
        """JSON types, to be stored with the step."""
        made = {**self.outcome(), "inputs": self.considered.to_dict()}
        return made if self.joint is None else {**made, "joint": dict(self.joint)}

    def outcome(self) -> dict[str, Any]:
        """The choice as it is stored, without what it was made of."""
        rest = Counter(one.reason for one in self.candidates[KEPT:])
        rest.update(self.considered.others)
        return {
            "chosen": self.chosen,
            "candidates": [_row(one) for one in self.candidates[:KEPT]],
            "others": dict(sorted(rest.items())),
        }


@dataclass(frozen=True, slots=True)
class Fit:
    """A patrol that can be sent."""

    seen: Candidate
    position: Position
    beside: Beside
    extra_s: float

    @property
    def late_s(self) -> float:
        """What its cost is beside the way."""
        return (self.seen.position_age_s or 0.0) + self.extra_s


def choose(
    place: Place | None,
    patrols: Iterable[Patrol],
    now: datetime,
    policy: Policy,
    excluded: Mapping[PatrolId, str] | None = None,
    roads: Journeys | None = None,
    *,
    needs: Needs = NO_NEEDS,
    takeable: Mapping[PatrolId, str] | None = None,
    others: Mapping[str, int] | None = None,
) -> Decision:
    """The available patrol that costs least: the one there soonest, unless another is better.

    Over the roads where they say it, else by the straight line. `excluded` gives the reason for
    each patrol that may not be asked; `takeable` the severity of the alert that a busy one may be
    taken from; `others` counts those who are not among `patrols`, for the account alone. Equal
    costs: the lower id. Nobody can be sent to an unknown place. The best `KEPT` are exact; of those
    behind, it is only known that they are behind.
    """
    units = tuple(sorted(patrols, key=lambda one: one.id))
    there = {one.id for one in units}
    considered = Considered(
        at=now,
        place=place,
        patrols=units,
        excluded={id_: why for id_, why in (excluded or {}).items() if id_ in there},
        policy=policy,
        map=roads.map if roads else None,
        needs=needs,
        takeable={id_: what for id_, what in (takeable or {}).items() if id_ in there},
        others=others or {},
    )
    fit: list[Fit] = []
    unfit = []
    for patrol in units:
        seen = _look_at(patrol, considered)
        if seen.reason or patrol.position is None:
            unfit.append(seen)
        else:
            fit.append(_fit(seen, patrol, patrol.position, considered))
    if place is None or not fit:
        return Decision(None, tuple(unfit), considered)
    ranked = _told(_by_cost(place, fit, policy, roads), policy)
    return Decision(ranked[0].patrol, (*ranked, *unfit), considered)


def obstacle(
    patrol: Patrol, now: datetime, policy: Policy, *, takeable: bool = False
) -> str | None:
    """Why a patrol cannot be sent anywhere; None: it is available, or may be taken away."""
    if not patrol.on_duty:
        return "off duty"
    if patrol.busy_with is not None and not takeable:
        return "busy with another alert"
    if patrol.position is None:
        return "position unknown"
    if age_s(patrol.position, now) > policy.exclude_s:
        return "position too old"
    return None


def distance_m(a: Place | Position, b: Place | Position) -> float:
    """Great-circle distance in metres."""
    return great_circle_m(a.latitude, a.longitude, b.latitude, b.longitude)


def unable(patrol: Patrol, needs: Needs) -> str | None:
    """Why a patrol cannot be sent to this alert, whatever it is doing; None: it can."""
    lacks = lacking(patrol.capabilities, needs.required)
    return f"lacks {' and '.join(lacks)}" if lacks else None


def _look_at(patrol: Patrol, given: Considered) -> Candidate:
    """A patrol before anybody asks for its way; with a reason: it cannot be sent."""
    place, position = given.place, patrol.position
    old_s = age_s(position, given.at) if position else None
    apart_m = round(distance_m(place, position), 1) if place and position else None
    takeable = patrol.id in given.takeable
    reason = (
        given.excluded.get(patrol.id)
        or obstacle(patrol, given.at, given.policy, takeable=takeable)
        or unable(patrol, given.needs)
    )
    if reason is None and place is None:
        reason = "the place of the alert is unknown"
    return Candidate(patrol.id, patrol.name, apart_m, old_s, None, None, None, False, reason or "")


def _fit(seen: Candidate, patrol: Patrol, position: Position, given: Considered) -> Fit:
    counts = beside(patrol, given.needs, given.takeable.get(patrol.id))
    extra_s = counts.seconds(given.policy)
    if extra_s:
        seen = replace(seen, extra_s=extra_s)
    return Fit(seen, position, counts, extra_s)


def _by_cost(place: Place, fit: Sequence[Fit], policy: Policy, roads: Journeys | None) -> list[Fit]:
    """The cheapest first. Whoever is too far to be among the first `KEPT` is not asked the way."""
    least = (roads or LINE).least(place, policy)
    ahead = []
    for one in fit:
        least_s = least.seconds(one.position.latitude, one.position.longitude)
        ahead.append((least_s + one.late_s - SLACK_S, one))
    ahead.sort(key=lambda one: (one[0], one[1].seen.patrol))
    timed: list[Fit] = []

    def ask(some: Sequence[Fit]) -> list[float]:
        asked = _timed(place, some, policy, roads)
        timed.extend(asked)
        return [one.seen.cost_s or 0.0 for one in asked]

    asked_soonest(KEPT, ahead, ask)
    behind = [one for _, one in ahead[len(timed) :]]
    timed.sort(key=lambda one: (one.seen.cost_s, one.seen.patrol))
    return [*timed, *behind]


def _timed(place: Place, some: Sequence[Fit], policy: Policy, roads: Journeys | None) -> list[Fit]:
    found = []
    times = travel_s(place, [one.position for one in some], policy, roads)
    for one, (time_s, by) in zip(some, times, strict=True):
        seen, cost_s = one.seen, round(time_s + one.late_s, 3)
        timed = Candidate(
            seen.patrol,
            seen.name,
            seen.distance_m,
            seen.position_age_s,
            time_s,
            by,
            cost_s,
            False,
            "",
            seen.extra_s,
        )
        found.append(Fit(timed, one.position, one.beside, one.extra_s))
    return found


def travel_s(
    place: Place, positions: Sequence[Position], policy: Policy, roads: Journeys | None
) -> list[tuple[float, By]]:
    """Over the roads where they say it, else by the straight line."""
    if roads is None:
        return [(time_s or 0.0, "line") for time_s in LINE.seconds_to(place, positions, policy)]
    ways = roads.seconds_to(place, positions, policy)
    unknown = [at for at, way_s in enumerate(ways) if way_s is None]
    lines = LINE.seconds_to(place, [positions[at] for at in unknown], policy)
    found: list[tuple[float, By]] = [(way_s or 0.0, "road") for way_s in ways]
    for at, line_s in zip(unknown, lines, strict=True):
        found[at] = (line_s or 0.0, "line")
    return found


def _told(ranked: Sequence[Fit], policy: Policy) -> list[Candidate]:
    """The order with the reason of each; the first one is chosen."""
    ranks = [Rank(one.seen.name, _there_s(one.seen), one.beside) for one in ranked]
    first = min(ranks, key=lambda one: math.inf if one.there_s is None else one.there_s)
    told = [_with_reason(ranked[0].seen, of_best(ranks[0], first), policy, chosen=True)]
    for one, rank in zip(ranked[1:], ranks[1:], strict=True):
        told.append(_with_reason(one.seen, of_other(rank, ranks[0]), policy))
    return told


def _there_s(one: Candidate) -> float | None:
    """Until it is there, if it drove the other way since its last position."""
    return None if one.travel_s is None else one.travel_s + (one.position_age_s or 0.0)


def _with_reason(one: Candidate, said: str, policy: Policy, *, chosen: bool = False) -> Candidate:
    old_s = one.position_age_s or 0.0
    doubt = f", position {old_s:.0f} s old" if old_s > policy.stale_s else ""
    return Candidate(
        one.patrol,
        one.name,
        one.distance_m,
        one.position_age_s,
        one.travel_s,
        one.by,
        one.cost_s,
        chosen,
        f"{said}{doubt}",
        one.extra_s,
    )


def _row(one: Candidate) -> dict[str, Any]:
    """As `asdict` gives it, which would copy each of its plain values."""
    return {name: getattr(one, name) for name in NAMES}
