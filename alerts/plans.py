"""Which policy holds for an alert: by its kind, its severity, its district and the hour there.

Rules are read from the top; each sets what it names and no rule above it has set. What none sets
is the city's own number. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, tzinfo
from typing import Any

from alerts.alert import Place
from alerts.dispatch.distance import great_circle_m
from alerts.policy import Policy
from detect.incident import SEVERITIES

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CITY = "the city's own"
"""Where a number is from that no rule sets."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Everything within `radius_m` of a point. WGS 84 degrees."""

    latitude: float
    longitude: float
    radius_m: float

    def __contains__(self, place: Place) -> bool:
        at = self.latitude, self.longitude
        return great_circle_m(*at, place.latitude, place.longitude) <= self.radius_m


@dataclass(frozen=True, slots=True)
class Outlined:
    """A polygon of (latitude, longitude); across the 180th meridian it must be drawn in two."""

    points: tuple[tuple[float, float], ...]

    def __contains__(self, place: Place) -> bool:
        y, x, inside = place.latitude, place.longitude, False
        before = self.points[-1]
        for point in self.points:
            (y0, x0), (y1, x1) = before, point
            if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
                inside = not inside
            before = point
        return inside


District = Ring | Outlined


@dataclass(frozen=True, slots=True)
class Hours:
    """Local times of a day, the end excluded. One that ends before it begins goes over midnight."""

    begin: time
    end: time

    def covers(self, moment: datetime) -> bool:
        """`moment` is local. What goes over midnight belongs to the day on which it begins."""
        at = moment.time()
        if self.begin < self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end

    def begun_yesterday(self, moment: datetime) -> bool:
        return self.begin >= self.end and moment.time() < self.end

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class When:
    """To what a rule applies. What is empty does not matter."""

    kinds: frozenset[str] = frozenset()
    severities: frozenset[str] = frozenset()
    districts: tuple[str, ...] = ()
    hours: Hours | None = None
    days: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """Some numbers for some alerts."""

    name: str
    when: When
    then: Mapping[str, Any]
    """By the name of a field of `Policy`."""


@dataclass(frozen=True, slots=True)
class Plans:
    """The rules of a city, and what their words mean."""

    rules: tuple[Rule, ...] = ()
    districts: Mapping[str, District] = field(default_factory=dict)
    timezone: tzinfo | None = None
    """In which the hours are meant; None: UTC."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may ask of an alert."""

    kind: str
    severity: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule looked at."""

    rule: Rule
    mismatch: str | None
    """Why it does not apply; None: it does."""
    sets: tuple[str, ...] = ()
    """What of it counts: not set by a rule above."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbers for one alert at one moment, and where each comes from."""

    policy: Policy
    because: Mapping[str, str]
    """The rule's name by the field's, for what rules have set."""
    verdicts: tuple[Verdict, ...]
    """Every rule, from the top."""


def for_alert(policy: Policy, facts: Any, now: datetime) -> Policy:
    """The numbers that hold for an alert (anything with a kind, a severity and a place) now."""
    if policy.plans is None or not policy.plans.rules:
        return policy
    return planned(policy, Facts(facts.kind, facts.severity, facts.place), now).policy


def planned(policy: Policy, facts: Facts, now: datetime) -> Plan:
    """The same, with every rule's say."""
    plans = policy.plans or Plans()
    values: dict[str, Any] = {}
    because: dict[str, str] = {}
    verdicts = []
    for rule in plans.rules:
        mismatch = _mismatch(rule.when, facts, plans, now)
        fresh = () if mismatch else tuple(name for name in rule.then if name not in values)
        for name in fresh:
            values[name], because[name] = rule.then[name], rule.name
        verdicts.append(Verdict(rule, mismatch, fresh))
    return Plan(replace(policy, **values), because, tuple(verdicts))


def _mismatch(when: When, facts: Facts, plans: Plans, now: datetime) -> str | None:
    if when.kinds and facts.kind not in when.kinds:
        return f"{facts.kind} is not one of its kinds ({_named(when.kinds)})"
    if when.severities and facts.severity not in when.severities:
        severities = sorted(when.severities, key=SEVERITIES.index)
        return f"{facts.severity} is not one of its severities ({_named(severities, sort=False)})"
    if when.districts and not _within(when.districts, facts.place, plans.districts):
        where = "its place is unknown" if facts.place is None else "it is elsewhere"
        return f"{where} ({_named(when.districts)})"
    return _wrong_time(when, now.astimezone(plans.timezone or now.tzinfo))


def _wrong_time(when: When, local: datetime) -> str | None:
    if when.hours is not None and not when.hours.covers(local):
        return f"it is {local:%H:%M} there, not {when.hours}"
    if when.days:
        day = local.weekday()
        if when.hours is not None and when.hours.begun_yesterday(local):
            day -= 1  # the night of a Friday lasts into Saturday
        if DAYS[day] not in when.days:
            return (
                f"it is {DAYS[day]} there ({_named(sorted(when.days, key=DAYS.index), sort=False)})"
            )
    return None


def _within(names: Sequence[str], place: Place | None, districts: Mapping[str, District]) -> bool:
    return place is not None and any(place in districts[name] for name in names)


def _named(names: Iterable[str], *, sort: bool = True) -> str:
    return ", ".join(sorted(names) if sort else names)
