"""How much is asked of the people who look at alerts, measured as EEMUA 191 and ISA-18.2 do. Pure.

Counted are alerts that asked somebody to look: what was for review or silenced when it came to be
is told apart. The numbers are of ten-minute periods for each operator.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.alert import Alert, LinkedIncident, State
from alerts.calm.flood import WINDOW, FloodPolicy, counts
from detect.incident import SEVERITIES

MANY_AT_MOST = 10
"""Cameras and kinds that are named as the worst."""
STALE = timedelta(hours=24)
CHATTERS, CHATTER_S = 3, 60.0
"""ISA-18.2: a rule that speaks so often in so many seconds chatters."""
TARGET_MIX = {"critical": 0.05, "high": 0.15, "medium_and_low": 0.8}
"""EEMUA 191: about 5 % high, 15 % medium and 80 % low priority."""
LOADS = ((1.0, "acceptable"), (2.0, "manageable"), (10.0, "demanding"))
"""Alerts per operator in ten minutes, in the mean, and what is said of up to so many."""
OVERLOADED = "unacceptable"


@dataclass(frozen=True, slots=True)
class Worst:
    """One of those that raise most."""

    name: str
    count: int
    share: float
    """Of all that were counted."""


@dataclass(frozen=True, slots=True)
class Periods:
    """The ten-minute periods of the span."""

    number: int
    mean: float
    """Alerts of one for each operator; likewise `peak`."""
    peak: float
    peak_at: datetime | None
    """When the worst period began; None: nothing was raised."""
    in_flood: float
    """Share of them in which more came than `FloodPolicy.begins_above` for each operator."""
    load: str
    """What is said of the mean: `acceptable`, `manageable`, `demanding` or `unacceptable`."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Seconds from an alert to the first thing that somebody in the control room did about it."""

    answered: int
    unanswered: int
    """Nobody in the control room ever did anything: a patrol did, or it is waiting."""
    p50_s: float | None
    p95_s: float | None


@dataclass(frozen=True, slots=True)
class AlarmReport:
    """What a span of time asked of people."""

    since: datetime
    until: datetime
    operators: int
    alerts: int
    """That asked somebody to look; the rest of the report is about these."""
    in_review: int
    silenced: int
    shelved: int
    periods: Periods
    mix: dict[str, float]
    """Share by severity; empty where there is nothing."""
    worst_cameras: tuple[Worst, ...]
    worst_kinds: tuple[Worst, ...]
    stale: int
    """Open for more than a day."""
    chattering: tuple[Worst, ...]
    """Rules (CAMERA/KIND/ZONE) that repeat themselves, by all their incidents."""
    answering: Answering


def report(
    alerts: Iterable[Alert],
    since: datetime,
    until: datetime,
    operators: int,
    now: datetime,
    policy: FloodPolicy,
    incidents_of: Callable[[Alert], Sequence[LinkedIncident]] = lambda alert: (),
) -> AlarmReport:
    """Of the alerts raised in [since, until), in any order. Raises `ValueError` for no span.

    `incidents_of` is asked for alerts of several incidents alone.
    """
    if until <= since:
        raise ValueError("the span of time must end after it begins")
    found = sorted((one for one in alerts if since <= one.opened_at < until), key=_when)
    counted = [one for one in found if counts(one)]
    return AlarmReport(
        since=since,
        until=until,
        operators=max(1, operators),
        alerts=len(counted),
        in_review=sum(one.review for one in found),
        silenced=sum(one.silenced_by is not None for one in found),
        shelved=sum(one.shelved_by is not None for one in found),
        periods=_periods(counted, since, until, max(1, operators), policy),
        mix=_mix(counted),
        worst_cameras=_worst(counted, lambda one: one.camera),
        worst_kinds=_worst(counted, lambda one: one.kind),
        stale=sum(one.state is not State.CLOSED and now - one.opened_at > STALE for one in counted),
        chattering=_chattering(counted, incidents_of),
        answering=_answering(counted),
    )


def _when(alert: Alert) -> datetime:
    return alert.opened_at


def _periods(
    alerts: Sequence[Alert], since: datetime, until: datetime, operators: int, policy: FloodPolicy
) -> Periods:
    """The last period may be shorter than the others; it counts as one."""
    number = math.ceil((until - since) / WINDOW)
    by_period = Counter(int((one.opened_at - since) / WINDOW) for one in alerts)
    worst, most = max(by_period.items(), key=lambda one: (one[1], -one[0]), default=(None, 0))
    above = sum(count / operators > policy.begins_above for count in by_period.values())
    mean = len(alerts) / operators / ((until - since) / WINDOW)
    return Periods(
        number=number,
        mean=mean,
        peak=most / operators,
        peak_at=None if worst is None else since + worst * WINDOW,
        in_flood=above / number,
        load=next((word for limit, word in LOADS if mean <= limit), OVERLOADED),
    )


def _mix(alerts: Sequence[Alert]) -> dict[str, float]:
    by_severity = Counter(one.severity for one in alerts)
    return {one: by_severity[one] / len(alerts) for one in SEVERITIES} if alerts else {}


def _worst(alerts: Sequence[Alert], name: Callable[[Alert], str]) -> tuple[Worst, ...]:
    return _ranked(Counter(name(one) for one in alerts), len(alerts))


def _ranked(found: Counter[str], total: int) -> tuple[Worst, ...]:
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))[:MANY_AT_MOST]
    return tuple(Worst(name, count, count / total) for name, count in ranked)


def _chattering(
    alerts: Sequence[Alert], incidents_of: Callable[[Alert], Sequence[LinkedIncident]]
) -> tuple[Worst, ...]:
    """Rules that repeat themselves, with all that they said."""
    said: dict[str, list[datetime]] = {}
    for alert in alerts:
        for rule, at in _said(alert, incidents_of):
            said.setdefault(rule, []).append(at)
    found = Counter({rule: len(times) for rule, times in said.items() if _chatters(sorted(times))})
    return _ranked(found, sum(len(times) for times in said.values()))


def _said(
    alert: Alert, incidents_of: Callable[[Alert], Sequence[LinkedIncident]]
) -> Iterator[tuple[str, datetime]]:
    linked = incidents_of(alert) if alert.incident_count > 1 else ()
    for one in linked:
        told = one.payload
        at = datetime.fromisoformat(str(told["started_at"]))
        yield _rule(told["camera"], told["kind"], told.get("zone")), at
    if not linked:
        yield _rule(alert.camera, alert.kind, alert.zone), alert.began_at


def _rule(camera: str, kind: str, zone: str | None) -> str:
    return "/".join((camera, kind, zone or ""))


def _chatters(times: Sequence[datetime]) -> bool:
    pairs = zip(times, times[CHATTERS - 1 :], strict=False)
    return any((last - first).total_seconds() <= CHATTER_S for first, last in pairs)


def _answering(alerts: Sequence[Alert]) -> Answering:
    taken = sorted(
        max(0.0, (one.attended_at - one.opened_at).total_seconds())
        for one in alerts
        if one.attended_at is not None
    )
    return Answering(
        answered=len(taken),
        unanswered=len(alerts) - len(taken),
        p50_s=_quantile(taken, 0.5),
        p95_s=_quantile(taken, 0.95),
    )


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest that is not exceeded by less than this share of them."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
