"""Whom the rules would send to an alert, of what the store says at this moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Any

from alerts.alert import Alert, AlertId, PatrolId
from alerts.assign import Decision, choose, distance_m
from alerts.dispatch.costs import Waiting
from alerts.dispatch.joint import Joint, together
from alerts.dispatch.journeys import Journeys
from alerts.dispatch.nearby import Nearby, Wish
from alerts.dispatch.needs import needs_of
from alerts.dispatch.pairing import AugmentingPaths
from alerts.patrol import Patrol
from alerts.plans import for_alert
from alerts.policy import Policy
from alerts.ports import Reading
from alerts.transitions import LEAVABLE
from detect.incident import SEVERITIES

PREEMPTED = "was sent to a graver alert"
BESIDE = 20
"""So many others that wait are considered when a single alert is decided on."""
NEAR = 64
"""So many busy patrols, the nearest, may be taken from what they are doing."""
EXACT = AugmentingPaths()


@dataclass(frozen=True, slots=True)
class Agreed:
    """A joint decision made before, which this alert is part of."""

    joint: Joint
    grounds: Mapping[str, Any]
    """As they are stored."""
    kept_with: AlertId | None = None
    """In whose account they lie already."""


def decide(
    tx: Reading,
    alert: Alert,
    now: datetime,
    city: Policy,
    roads: Journeys | None,
    agreed: Agreed | None = None,
) -> Decision:
    """The choice for one alert. Whom others that wait, no less severe, need is kept for them."""
    policy = for_alert(city, alert, now)
    nearby = Nearby(tx, now, policy, roads)
    agreed = agreed or _with_others(tx, alert, nearby, now, city, roads)
    kept = agreed.joint.kept_from(alert.id) if agreed else {}
    excluded = {**kept, **refused(alert, now, policy)}
    needs = needs_of(alert.kind, alert.severity, policy)
    if nearby.few:
        patrols, others = tx.patrols(), None
    else:
        wish = Wish(alert.place, policy, excluded, needs)
        busy = nearby.busy_at(alert.place, NEAR) if may_take(alert, policy) else []
        patrols = [*nearby.free_for([wish]), *busy]
        others = nearby.others(patrols)
    decision = choose(
        alert.place,
        patrols,
        now,
        policy,
        excluded,
        roads,
        needs=needs,
        takeable=takeable(tx, alert, patrols, policy),
        others=others,
    )
    if agreed is None or not kept:
        return decision
    if agreed.kept_with is None:
        return replace(decision, joint=agreed.grounds)
    reference = {"id": agreed.grounds["id"], "kept_with": agreed.kept_with}
    return replace(decision, joint=reference)


def refused(alert: Alert, now: datetime, policy: Policy) -> dict[PatrolId, str]:
    """Patrols that may not be asked at present, with the reason. A refusal lapses."""
    lasts = timedelta(seconds=policy.refusal_s)
    return {one.patrol: one.reason for one in alert.refusals if now - one.at < lasts}


def waiting(alert: Alert, now: datetime, city: Policy) -> Waiting:
    """An alert as the joint decision sees it."""
    policy = for_alert(city, alert, now)
    since = alert.seeking_since or now
    return Waiting(
        alert=alert.id,
        severity=alert.severity,
        place=alert.place,
        waited_s=max(0.0, (now - since).total_seconds()),
        excluded=refused(alert, now, policy),
        needs=needs_of(alert.kind, alert.severity, policy),
        policy=policy,
    )


def free_for(tx: Reading, wanted: Sequence[Waiting], nearby: Nearby) -> list[Patrol]:
    """Whoever may go to one of these in a joint decision: all that are free, or enough of them.

    With n alerts each of them goes with one of the n that cost it least, or as well with one.
    """
    if nearby.few:
        return unoccupied(tx.patrols())
    wishes = [Wish(one.place, one.policy, one.excluded, one.needs) for one in wanted]
    return nearby.free_for(wishes, len(wishes))


def unoccupied(patrols: Iterable[Patrol]) -> list[Patrol]:
    """Who may be free for some alert; whether for this one is looked at closer."""
    return [one for one in patrols if one.on_duty and one.busy_with is None and one.position]


def may_take(alert: Alert, policy: Policy) -> bool:
    """Whether it may take a patrol from a less severe one."""
    return alert.severity in policy.preempt_severities and alert.place is not None


def takeable(
    tx: Reading, alert: Alert, patrols: Sequence[Patrol], policy: Policy
) -> dict[PatrolId, str]:
    """Who is on its way to a less severe alert that can be left, and its severity.

    An alert is left once at most, and never when it is loud already. Only `preempt_severities`
    take, and only from what is less severe than themselves: what is left takes from nobody.
    """
    place = alert.place
    if place is None or not may_take(alert, policy):
        return {}
    busy = [
        (distance_m(place, one.position), one.id, one.busy_with)
        for one in patrols
        if one.busy_with not in (None, alert.id) and one.on_duty and one.position is not None
    ]
    found: dict[PatrolId, str] = {}
    for _, patrol, busy_with in nsmallest(NEAR, busy):
        other = tx.alert(busy_with) if busy_with else None
        if other is not None and other.patrol == patrol and _can_be_left(other, alert, policy):
            found[patrol] = other.severity
    return found


def _can_be_left(other: Alert, graver: Alert, policy: Policy) -> bool:
    less_severe = SEVERITIES.index(other.severity) > SEVERITIES.index(graver.severity)
    loud = other.overdue_since is not None
    takes_itself = other.severity in policy.preempt_severities
    return less_severe and other.state in LEAVABLE and not (loud or other.preempted or takes_itself)


def _with_others(
    tx: Reading,
    alert: Alert,
    nearby: Nearby,
    now: datetime,
    city: Policy,
    roads: Journeys | None,
) -> Agreed | None:
    """With the others that wait and are no less severe; None: there is nothing to agree on."""
    rank = SEVERITIES.index(alert.severity)
    others = [
        one
        for one in tx.waiting_alerts(BESIDE + 1)
        if one.id != alert.id and SEVERITIES.index(one.severity) <= rank
    ][:BESIDE]
    if not others:
        return None
    wanted = [waiting(one, now, city) for one in (alert, *others)]
    free = free_for(tx, wanted, nearby)
    if not free:
        return None
    joint = together(wanted, free, now, EXACT, roads)
    return Agreed(joint, joint.to_dict())
