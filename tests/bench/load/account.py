"""What the crowd saw, held against what the store has: missed, repeated, and how late."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.alert import FeedEvent
from alerts.stores.sql import Database
from detect.incident import IncidentId

PAGE = 5000
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Feed:
    """All that was published since the bench began, and when its cause was spooled."""

    operators: Ints
    """Numbers of the operators' events, in order."""
    patrols: dict[str, list[FeedEvent]]
    raised: dict[int, float]
    """By the number of an operators' event that brought a new alert: when it was spooled."""
    offered: dict[int, float]
    """By the number of the first offer of an alert: when what made it urgent was spooled."""
    alerts: int
    unoffered: int
    """Urgent alerts for which no unit was free."""


def read_feed(opened: Database, start: int, changes: dict[str, list[tuple[float, str]]]) -> Feed:
    """Read everything behind `start`. `changes`: by incident, when each was spooled."""
    operators: list[int] = []
    patrols: dict[str, list[FeedEvent]] = defaultdict(list)
    raised: dict[int, float] = {}
    offered: dict[int, float] = {}
    seen: set[str] = set()
    asked: set[str] = set()
    urgent: set[str] = set()
    last = start
    with opened.store.read() as tx:
        while page := tx.feed_after(last, PAGE):
            last = page[-1].seq
            for event in page:
                if event.type == "alert" and event.data["severity"] != "medium":
                    urgent.add(event.alert)
                if event.patrol is None:
                    operators.append(event.seq)
                    if event.type == "alert" and event.alert not in seen:
                        seen.add(event.alert)
                        raised[event.seq] = _cause(tx, event, changes)
                    continue
                patrols[event.patrol].append(event)
                if event.type == "offer" and event.alert not in asked:
                    asked.add(event.alert)
                    offered[event.seq] = _cause(tx, event, changes)
    return Feed(
        np.array(operators, np.int64),
        dict(patrols),
        raised,
        offered,
        len(seen),
        len(urgent - asked),
    )


def _cause(tx: Any, event: FeedEvent, changes: dict[str, list[tuple[float, str]]]) -> float:
    """When the latest change that the event can tell of was spooled."""
    at = event.at.timestamp()
    spooled = [
        when
        for linked in tx.incidents(event.alert)
        for when, _ in changes.get(IncidentId(linked.incident), ())
    ]
    before = [when for when in spooled if when <= at + 0.001]
    return max(before, default=min(spooled, default=float("nan")))


def lateness(seen: dict[str, Any], which: Ints, causes: dict[int, float]) -> Floats:
    """Seconds from the spool to the client, for each event of these clients that has a cause."""
    numbers = np.array(sorted(causes), np.int64)
    times = np.array([causes[int(number)] for number in numbers])
    ends = seen["upto_ends"]
    late: list[Floats] = []
    for client in which:
        begin = ends[client - 1] if client else 0
        upto, heard = seen["upto"][begin : ends[client]], seen["times"][begin : ends[client]]
        if not len(upto):
            continue
        places = np.searchsorted(upto, numbers)
        known = places < len(upto)
        late.append(heard[places[known]] - times[known])
    return np.concatenate(late) if late else np.array([])


def own_lateness(seen: dict[str, Any], client: int, causes: dict[int, float]) -> Floats:
    """The same for one patrol: only of events that it was given."""
    begin = seen["ids_ends"][client - 1] if client else 0
    ids = {int(one) for one in seen["ids"][begin : seen["ids_ends"][client]]}
    return lateness(seen, np.array([client]), {n: at for n, at in causes.items() if n in ids})


def operators_missed(seen: dict[str, Any], which: Ints, events: Ints) -> int:
    """Clients' events that the store has and the client has not seen."""
    total, missed = int(events.sum()), 0
    for client in which:
        short = len(events) - int(seen["count"][client])
        # As many, but others: counted as one missed; the order is checked as they come.
        missed += max(short, int(seen["total"][client]) != total)
    return missed


def patrol_missed(seen: dict[str, Any], client: int, events: list[FeedEvent]) -> tuple[int, int]:
    """Missed by one patrol, and given to it though not its own.

    What did not come must have been overtaken: a later event of the same alert came instead.
    """
    begin = seen["ids_ends"][client - 1] if client else 0
    ids = {int(one) for one in seen["ids"][begin : seen["ids_ends"][client]]}
    latest: dict[str, int] = {}
    for event in events:
        if event.seq in ids:
            latest[event.alert] = event.seq
    missed = sum(
        event.seq not in ids and latest.get(event.alert, 0) < event.seq for event in events
    )
    return missed, len(ids - {event.seq for event in events})


def spread_ms(late: Floats) -> dict[str, float]:
    """Milliseconds."""
    if not len(late):
        return {"count": 0}
    points = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9, "max": 100.0}
    told = {name: round(1000 * float(np.percentile(late, at)), 1) for name, at in points.items()}
    return {"count": len(late), **told}
