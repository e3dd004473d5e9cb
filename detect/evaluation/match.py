"""What became of a clip's events, and what each incident was worth.

An incident is **true** when it is of an event's kind and place and was raised while that event
lasted; an event is **found** when a true incident of its kind and place covers it. What is neither
true nor may be is **false**, whatever its kind: also of kinds that the truth does not speak of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from detect.guard.incidents import MOMENTARY
from detect.guard.scenes import place_name
from detect.guard.truth import Truth, TruthEvent
from detect.incident import Incident
from detect.track import Box

SLACK_S = 1.5
"""Times of truth files are read by eye; what is this near to an event is within it."""
LATE_S = 5.0
"""A short event may be over when it is certain; raised so much after its end it is still its."""
MARGIN = 0.05
"""Boxes of truth files are drawn by hand: they are grown by this part of the frame."""

Verdict = Literal["true", "again", "may be", "false"]
"""`again`: of an event that an earlier incident had found already, after it or beside it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event."""

    event: TruthEvent
    found: bool
    delay_s: float | None
    """From the moment when its rule could be fulfilled to the first incident that was raised in
    it; None where it was missed, or covered by an incident of an event before it."""
    by: int | None
    """Index of that incident."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A clip's incidents against its truth."""

    outcomes: tuple[Outcome, ...]
    """Of the sure events whose kind was watched for, in the truth's order."""
    verdicts: tuple[Verdict, ...]
    """Of the incidents, in their order."""
    watched: frozenset[str]
    """Kinds that had a rule."""


def judge(
    incidents: Sequence[Incident],
    truth: Truth,
    watched: Iterable[str],
    *,
    by_name: bool = True,
) -> Judged:
    """Match incidents, in the order of their detection, to a clip's truth.

    `by_name`: the scene's zones and lines were made of the truth (`evaluation_scene`), so that a
    place is known by its name; otherwise by where the boxes are.
    """
    kinds = frozenset(watched)
    names = _names(truth) if by_name else {}
    events = [event for event in truth.events if event.place.kind in kinds]
    hits = [
        [row for row, event in enumerate(events) if _raised_in(one, event, names.get(event))]
        for one in incidents
    ]
    verdicts, owner = _verdicts(incidents, events, hits, truth.may_be)
    outcomes = tuple(
        _outcome(row, event, incidents, verdicts, owner, names.get(event))
        for row, event in enumerate(events)
        if event.is_sure
    )
    return Judged(outcomes, tuple(verdicts), kinds)


def _names(truth: Truth) -> dict[TruthEvent, str]:
    """The zone or line of each event that has one."""
    places = {place: place_name(index) for index, place in enumerate(truth.places)}
    return {e: places[e.place] for e in truth.events if e.place.points is not None}


def _raised_in(incident: Incident, event: TruthEvent, name: str | None) -> bool:
    """Whether the incident was raised because of the event, as far as time and place tell."""
    in_time = event.start_s - SLACK_S <= incident.detected_s <= event.end_s + LATE_S
    return in_time and _covers(incident, event, name)


def _covers(incident: Incident, event: TruthEvent, name: str | None) -> bool:
    """Whether kind and place are the same and both last at some one time."""
    if incident.kind != event.place.kind:
        return False
    end_s = max(incident.detected_s, incident.end_s or incident.detected_s)
    if min(end_s, event.end_s) + SLACK_S < max(incident.start_s, event.start_s):
        return False
    if name is not None:
        return incident.zone == name
    return event.box is None or _is_in(incident, event.box)


def _is_in(incident: Incident, place: Box) -> bool:
    """Whether any of its boxes touches the place; an incident of the whole picture is anywhere."""
    x1, y1, x2, y2 = place
    grown = (x1 - MARGIN, y1 - MARGIN, x2 + MARGIN, y2 + MARGIN)
    boxes = [box.xyxy for box in incident.boxes]
    return not boxes or any(_touch(box, grown) for box in boxes)


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _verdicts(
    incidents: Sequence[Incident],
    events: Sequence[TruthEvent],
    hits: Sequence[Sequence[int]],
    may_be: frozenset[str],
) -> tuple[list[Verdict], dict[int, int]]:
    """Of each incident; and the incident that found each event first."""
    verdicts: list[Verdict] = []
    owner: dict[int, int] = {}
    for index, rows in enumerate(hits):
        one = incidents[index]
        fresh = [row for row in rows if row not in owner]
        if fresh:
            row = min(fresh, key=lambda r: (not events[r].is_sure, abs(_late(one, events[r]))))
            owner[row] = index
            verdicts.append("true" if events[row].is_sure else "may be")
        elif rows:
            # Crossings are counted: one too many is false.
            verdicts.append("false" if one.kind in MOMENTARY else "again")
        else:
            verdicts.append("may be" if one.kind in may_be else "false")
    return verdicts, owner


def _late(incident: Incident, event: TruthEvent) -> float:
    return incident.detected_s - event.due_s


def _outcome(
    row: int,
    event: TruthEvent,
    incidents: Sequence[Incident],
    verdicts: Sequence[Verdict],
    owner: dict[int, int],
    name: str | None,
) -> Outcome:
    index = owner.get(row)
    if index is not None:
        return Outcome(event, True, _late(incidents[index], event), index)
    if event.place.kind in MOMENTARY:
        return Outcome(event, False, None, None)
    for other, incident in enumerate(incidents):
        # One happening to the rule, two to whoever wrote the truth.
        if verdicts[other] in ("true", "again", "may be") and _covers(incident, event, name):
            return Outcome(event, True, None, other)
    return Outcome(event, False, None, None)
