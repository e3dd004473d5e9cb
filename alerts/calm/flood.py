"""When more comes than people can look at: flood mode, with hysteresis. Pure.

EEMUA 191 calls more than ten new alarms in ten minutes for each operator a flood; it is over when
fewer than five came in ten. Flood mode changes how alerts are shown and what sounds: it drops none,
and whatever is critical, calls loudly, or is high and nobody's stands by itself (`stands_out`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.alert import Alert, State

WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class FloodPolicy:
    """What a city may change."""

    begins_above: float = 10
    """New alerts in ten minutes for each operator: more is a flood."""
    ends_below: float = 5
    """And fewer is none any more."""
    operators: int | None = None
    """How many people look at alerts. None: as many as have the console open, one at least."""


@dataclass(frozen=True, slots=True)
class Flood:
    """How it stands."""

    on: bool
    since: datetime | None
    """Since when there is a flood, or since when there is none; None: not known."""
    raised: int
    """New alerts of the last ten minutes; counted no further than `most_wanted` of them."""
    operators: int
    looked_at: datetime


def flooded(
    known: Flood | None, raised: int, operators: int, now: datetime, policy: FloodPolicy
) -> Flood:
    """How it stands now. What was known too long ago, or of a later time, says nothing."""
    operators = max(1, operators)
    rate = raised / operators
    fresh = known is not None and timedelta(0) <= now - known.looked_at < WINDOW
    was_on = known is not None and fresh and known.on
    on = rate >= policy.ends_below if was_on else rate > policy.begins_above
    if known is not None and fresh and on is known.on:
        return replace(known, raised=raised, operators=operators, looked_at=now)
    return Flood(on, now, raised, operators, now)


def most_wanted(operators: int, policy: FloodPolicy) -> int:
    """So many new alerts need be counted at most: more decides nothing."""
    return max(200, int(policy.begins_above * max(1, operators)) + 1)


def counts(alert: Alert) -> bool:
    """Whether it asked somebody to look at it: what was for review, or silenced, did not."""
    return not alert.review and alert.silenced_by is None


def stands_out(alert: Alert) -> bool:
    """Whether it stands by itself in a flood: critical, loud, or high and nobody has it."""
    if alert.state is State.CLOSED:
        return False
    if alert.severity == "critical":
        return True
    if alert.is_quiet or alert.review:
        return False
    loud = alert.state is State.ESCALATED or alert.overdue_since is not None
    untaken = alert.state in (State.NEW, State.DISPATCHED) and alert.acknowledged_by is None
    return loud or (alert.severity == "high" and untaken)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Alerts of one kind at one place, shown as one line in a flood."""

    place: str
    kind: str
    alerts: tuple[Alert, ...]


def bundled(alerts: Sequence[Alert]) -> tuple[list[Alert], list[Bundle]]:
    """What stands by itself, in the order given, and the rest by place and kind, most first.

    Every alert is in one of the two, once.
    """
    alone = [one for one in alerts if stands_out(one)]
    rest: dict[tuple[str, str], list[Alert]] = {}
    for one in alerts:
        if not stands_out(one):
            place = one.place.name if one.place else one.camera
            rest.setdefault((place, one.kind), []).append(one)
    bundles = [Bundle(place, kind, tuple(found)) for (place, kind), found in rest.items()]
    return alone, sorted(bundles, key=lambda one: (-len(one.alerts), one.place, one.kind))
