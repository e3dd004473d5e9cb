"""Which incidents of two runs are the same happening."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detect.guard.scenes import place_name
from detect.guard.truth import Truth, TruthEvent
from detect.incident import Incident

NEAR_S = 1.5
"""Two that are this near in time overlap: a run at 1 frame a second sees no sooner."""
MOMENTARY = frozenset({"line_crossing"})
"""Kinds that are over as soon as they are seen: each is a happening of its own."""


@dataclass(frozen=True, slots=True)
class Span:
    """What two incidents, or an incident and an event of the truth, are compared by."""

    key: str
    """Kind, place and rule; only alike ones are compared."""
    start_s: float
    end_s: float
    detected_s: float
    """Of an event: when its rule is fulfilled at the earliest."""
    is_momentary: bool

    def overlap_s(self, other: Span) -> float:
        """How long both last, each grown by `NEAR_S`; at most 0 when they are apart."""
        if self.key != other.key:
            return 0.0
        end_s = min(self.end_s, other.end_s) + NEAR_S
        return end_s - max(self.start_s, other.start_s)


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of the wanted spans, by index into each."""

    pairs: tuple[tuple[int, int], ...]
    """Wanted and got, one to one; of those that overlap, the nearest in detection first."""
    found: frozenset[int]
    """Wanted ones that were got: paired, or covered by one that lasts (two made into one)."""
    extra: frozenset[int]
    """Got ones that overlap nothing wanted. A happening reported in pieces is not extra, unless
    it is a momentary one: every crossing too many is."""


def match(wanted: Sequence[Span], got: Sequence[Span]) -> Matched:
    """Match by key and overlap in time."""
    overlaps = [
        (abs(span.detected_s - other.detected_s), row, column)
        for row, span in enumerate(wanted)
        for column, other in enumerate(got)
        if span.overlap_s(other) > 0
    ]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, row, column in sorted(overlaps):
        if row not in pairs and column not in taken:
            pairs[row] = column
            taken.add(column)
    found, known = set(pairs), set(taken)
    for _, row, column in overlaps:
        if not wanted[row].is_momentary:
            found.add(row)
            known.add(column)
    extra = frozenset(range(len(got))) - known
    return Matched(tuple(sorted(pairs.items())), frozenset(found), extra)


def incident_spans(incidents: Iterable[Incident]) -> list[Span]:
    return [
        Span(
            json.dumps(one.rule, sort_keys=True),
            one.start_s,
            one.detected_s if one.end_s is None else max(one.end_s, one.detected_s),
            one.detected_s,
            one.kind in MOMENTARY,
        )
        for one in incidents
    ]


@dataclass(frozen=True, slots=True)
class AgainstTruth:
    """What became of the truth's events in one run."""

    events: tuple[TruthEvent, ...]
    """The sure ones."""
    found: frozenset[int]
    """Indices of `events`."""
    delays_s: dict[int, float]
    """Detected after the rule was fulfilled at the earliest, by index of `events`."""
    false: frozenset[int]
    """Indices of the run's incidents that the truth denies: where it tells everything that
    happens, or of kinds that it says do not."""
    known: frozenset[int]
    """Indices of the run's incidents that the truth has."""


def against_truth(incidents: Sequence[Incident], truth: Truth) -> AgainstTruth:
    """Match a run's incidents to a clip's truth, whose places the scene was made of."""
    names = {place: place_name(index) for index, place in enumerate(truth.places)}
    judged = {(p.kind, names[p] if p.points is not None else None) for p in truth.places}
    got = [
        Span(_place_key(one.kind, one.zone), span.start_s, span.end_s, one.detected_s, False)
        for one, span in zip(incidents, incident_spans(incidents), strict=True)
    ]
    wanted = [
        Span(
            _place_key(e.place.kind, names[e.place] if e.place.points is not None else None),
            e.start_s,
            e.end_s,
            e.due_s,
            e.place.kind in MOMENTARY,
        )
        for e in truth.events
    ]
    matched = match(wanted, got)
    rows = [row for row, event in enumerate(truth.events) if event.is_sure]
    places = {row: index for index, row in enumerate(rows)}
    return AgainstTruth(
        events=tuple(truth.events[row] for row in rows),
        found=frozenset(places[row] for row in matched.found if row in places),
        delays_s={
            places[row]: got[column].detected_s - wanted[row].detected_s
            for row, column in matched.pairs
            if row in places
        },
        false=frozenset(
            column
            for column in matched.extra
            if (incidents[column].kind, incidents[column].zone) in judged
            or incidents[column].kind in truth.negative_for
        ),
        known=frozenset(range(len(got))) - matched.extra,
    )


def _place_key(kind: str, zone: str | None) -> str:
    return json.dumps([kind, zone])
