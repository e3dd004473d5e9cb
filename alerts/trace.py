"""The way of an alert, in its times: from the camera's picture to the patrol on the scene. Pure.

Of the incident that raised it and the patrol that went; each offer to another patrol is a branch.
What each stage means stands in `MEANING`. A duration is counted on the machine's own count where
both ends have one of the same machine: then it is exact, even if somebody set the clock meanwhile.
Else it is the difference of two wall clocks, or of one that may have been set: it is said to be
uncertain, and where it would be negative nothing is said of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from alerts.alert import Alert, LinkedIncident, PatrolId, State, Step
from alerts.notification import Event, Notification, NotificationId
from alerts.transitions import UNDER_WAY
from detect.moment import TICK, apart_s

MEANING = {
    "captured": "the camera took the picture in which it was found",
    "inferred": "the picture was analysed",
    "raised": "the rule's condition was met",
    "spooled": "the node had it on its disk",
    "arrived": "the service had it from the node",
    "stored": "the service had it in its database: from here on it is an alert",
    "notified": "the offer to the patrol was in the database, in the same commit as the decision",
    "received": "a device of the patrol said that it has the offer",
    "seen": "a device of the patrol said that it is before a person's eyes",
    "accepted": "the patrol said yes",
    "en_route": "the patrol set out",
    "on_scene": "the patrol was there",
    "closed": "the matter was closed",
}
"""By stage, in the order of the way."""
STAGES = tuple(MEANING)
_OF_INCIDENT = {
    "captured": "captured",
    "inferred": "inferred",
    "raised": "raised",
    "spooled": "spooled",
    "arrived": "received",
    "stored": "stored",
}
"""By stage, what it is called in the incident's own trace."""
_BY_STATE = {
    State.ACCEPTED: "accepted",
    State.EN_ROUTE: "en_route",
    State.ON_SCENE: "on_scene",
}
HAIR_S = 0.002
"""Times are kept in milliseconds: two that differ by less backwards are the same."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something was, on the wall clock and where known on the machine's own count."""

    at: datetime
    tick: str = ""

    def until_s(self, later: Stamp) -> tuple[float | None, bool]:
        """Seconds until `later`, never negative, and whether they are certain."""
        counted_s = apart_s(self.tick, later.tick)
        passed_s = (later.at - self.at).total_seconds() if counted_s is None else counted_s
        if passed_s < -HAIR_S:
            return None, False
        return max(0.0, passed_s), counted_s is not None


@dataclass(frozen=True, slots=True)
class Reached:
    """One stage of the way."""

    stage: str
    at: datetime
    """By the wall clock of that moment."""
    took_s: float | None
    """Since the stage before it here; None for the first, and where nobody can say."""
    uncertain: bool = False
    """The two clocks may differ, or the one may have been set meanwhile."""
    tick: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer to one patrol."""

    patrol: PatrolId
    ended: str
    """`accepted`, `declined`, `lapsed`, `withdrawn`, or empty while it waits for an answer."""
    way: tuple[Reached, ...]
    """`notified`, `received`, `seen`, and `accepted` if it was."""
    notification: NotificationId | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """The whole way."""

    incident: str | None
    """Which raised the alert; its id is the id of the trace, see `trace_id`."""
    way: tuple[Reached, ...]
    """With the patrol that went or is asked now."""
    offers: tuple[Offer, ...]
    """All of them, in their order."""


@dataclass(slots=True)
class _Asked:
    """An offer as the account tells it."""

    patrol: PatrolId
    stamps: dict[str, Stamp]
    ended: str = ""
    over: bool = False
    """The patrol does not have it any more."""
    told: Notification | None = None


def trace_of(
    alert: Alert,
    incidents: Sequence[LinkedIncident],
    steps: Sequence[Step],
    notifications: Sequence[Notification],
) -> Trace:
    """The way of one alert as far as it has come."""
    first = _raising(incidents, steps)
    stamps = _of_incident(first.trace) if first else {}
    asked = _asked(steps)
    _matched(asked, notifications)
    went = asked[-1] if asked and not asked[-1].over else None
    if went is not None:
        stamps |= went.stamps
    closing = [step for step in steps if step.after is State.CLOSED]
    if alert.state is State.CLOSED and closing:
        stamps["closed"] = Stamp(closing[0].at, closing[0].tick)
    offers = tuple(
        Offer(one.patrol, one.ended, _way(_until_answer(one)), one.told.id if one.told else None)
        for one in asked
    )
    return Trace(str(first.incident) if first else None, _way(stamps), offers)


def trace_id(incident: str) -> str:
    """The id of a trace (W3C Trace Context, 32 hex digits): every process knows the same.

    A UUID has as many bits; what is no UUID gets its own by a hash.
    """
    try:
        return UUID(incident).hex
    except ValueError:
        return hashlib.blake2s(incident.encode(), digest_size=16).hexdigest()


def span_id(incident: str, stage: str) -> str:
    """The id of a stage's span (16 hex digits); of the whole way: of the stage `alert`."""
    return hashlib.blake2s(f"{incident}/{stage}".encode(), digest_size=8).hexdigest()


def _raising(incidents: Sequence[LinkedIncident], steps: Sequence[Step]) -> LinkedIncident | None:
    """The incident that raised the alert."""
    raised = next((step.detail.get("incident") for step in steps if step.action == "raise"), None)
    found = (one for one in incidents if one.incident == raised)
    return next(found, incidents[0] if incidents else None)


def _of_incident(trace: Mapping[str, str]) -> dict[str, Stamp]:
    stamps = {}
    for stage, name in _OF_INCIDENT.items():
        at = _read(trace.get(name, ""))
        if at is not None:
            stamps[stage] = Stamp(at, trace.get(f"{name}{TICK}", ""))
    return stamps


def _asked(steps: Iterable[Step]) -> list[_Asked]:
    """Who was asked, in order, and how far each came."""
    asked: list[_Asked] = []
    for step in steps:
        has_it = asked[-1] if asked and not asked[-1].over else None
        stamp = Stamp(step.at, step.tick)
        if step.action == "dispatch":
            _ended(has_it, "withdrawn")
            asked.append(_Asked(PatrolId(str(step.detail.get("patrol"))), {"notified": stamp}))
        elif has_it is None:
            continue
        elif step.before is not step.after and step.after in _BY_STATE:
            has_it.stamps.setdefault(_BY_STATE[step.after], stamp)
            has_it.ended = "accepted"
        elif step.action == "decline":
            _ended(has_it, "declined")
        elif step.action == "lapse":
            _ended(has_it, "lapsed")
        elif step.after is State.CLOSED and "accepted" in has_it.stamps:
            break  # it went, and stays on record
        elif step.after not in UNDER_WAY:
            _ended(has_it, "withdrawn")
    return asked


def _ended(one: _Asked | None, how: str) -> None:
    if one is not None:
        one.over, one.ended = True, how


def _matched(asked: Sequence[_Asked], notifications: Iterable[Notification]) -> None:
    """Give each offer its notification: to the same patrol, the last to the last.

    From the end, for an account may be older than its notifications.
    """
    left: dict[PatrolId | None, list[Notification]] = {}
    for told in notifications:
        if told.event is Event.OFFER:
            left.setdefault(told.patrol, []).append(told)
    for one in reversed(asked):
        if left.get(one.patrol):
            one.told = left[one.patrol].pop()
            one.stamps |= _of_notification(one.told)
            _known_by_answer(one.stamps)


def _known_by_answer(stamps: dict[str, Stamp]) -> None:
    """Who has answered knows of it: a device that says so later was not the first to tell."""
    accepted = stamps.get("accepted")
    for stage in ("received", "seen"):
        if accepted is None or stage not in stamps:
            continue
        waited_s = apart_s(stamps[stage].tick, accepted.tick)
        if waited_s is not None and waited_s < 0:
            stamps[stage] = accepted


def _of_notification(told: Notification) -> dict[str, Stamp]:
    said = {"received": (told.delivered_at, "delivered"), "seen": (told.seen_at, "seen")}
    return {
        stage: Stamp(at, told.ticks.get(name, ""))
        for stage, (at, name) in said.items()
        if at is not None
    }


def _until_answer(one: _Asked) -> dict[str, Stamp]:
    kept = ("notified", "received", "seen", "accepted")
    return {stage: stamp for stage, stamp in one.stamps.items() if stage in kept}


def _way(stamps: Mapping[str, Stamp]) -> tuple[Reached, ...]:
    """The stages in their order, each with what it took."""
    way: list[Reached] = []
    before: Stamp | None = None
    for stage in STAGES:
        stamp = stamps.get(stage)
        if stamp is None:
            continue
        took_s, certain = before.until_s(stamp) if before else (None, True)
        way.append(Reached(stage, stamp.at, took_s, not certain, stamp.tick))
        before = stamp
    return tuple(way)


def _read(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None
