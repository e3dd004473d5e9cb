"""The end of the feed, in memory once for all streams.

New events are read once and made into JSON once, then handed to every stream that they concern.
Whoever is behind what is kept here reads from the store, a few at a time: memory is bounded, and
nothing is missed.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from alerts.alert import AlertId, FeedEvent, PatrolId
from alerts.notify.feed import current
from api.events import Batch, Event

EVENTS_AT_ONCE = 200
"""Events of one page from the store."""
MAX_EVENTS = 20_000
MAX_KEPT_BYTES = 16 * 1024 * 1024
"""Of JSON; with 150 events a second a client may have been away for well over a minute."""
BATCH_BYTES = 64 * 1024
"""About so much goes to a client in one write; a client that does not read holds no more."""
READERS = 2
"""Clients that read from the store at a time; the others wait in memory, as a few words each."""


class Told(Protocol):
    """The feed as it is stored. Raises `StoreUnavailable`; called from worker threads."""

    def events_after(self, seq: int, limit: int, patrol: PatrolId | None = None) -> list[FeedEvent]:
        """The operators' events after `seq`, or one patrol's."""
        ...

    def feed_after(self, seq: int, limit: int) -> list[FeedEvent]:
        """Everybody's events after `seq`."""
        ...

    def last_event_seq(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One event of the feed, as it is kept."""

    seq: int
    type: str
    alert: AlertId
    patrol: PatrolId | None
    event: Event

    @classmethod
    def of(cls, one: FeedEvent) -> Line:
        event = Event.of(one.type, one.data, one.seq)
        return cls(one.seq, one.type, one.alert, one.patrol, event)


class Lines:
    """The latest of one reader's lines, oldest first."""

    def __init__(self) -> None:
        self._seqs: list[int] = []
        self._lines: list[Line] = []

    def __bool__(self) -> bool:
        return bool(self._seqs)

    def add(self, line: Line) -> None:
        self._seqs.append(line.seq)
        self._lines.append(line)

    def after(self, seq: int) -> Iterator[Line]:
        """Those behind `seq`, in order."""
        for place in range(bisect_right(self._seqs, seq), len(self._lines)):
            yield self._lines[place]

    def forget(self, upto: int) -> None:
        """Let go of those up to and with `upto`."""
        place = bisect_right(self._seqs, upto)
        del self._seqs[:place], self._lines[:place]


class Tail:
    """What is kept of the feed's end: all events behind `floor`, up to `head`."""

    def __init__(
        self, told: Told, max_events: int = MAX_EVENTS, max_bytes: int = MAX_KEPT_BYTES
    ) -> None:
        self._told = told
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._readers = asyncio.Semaphore(READERS)
        self.stop()

    def begin(self, last: int) -> None:
        """Keep what comes behind the event `last`."""
        self.head: int | None = last
        self.floor = last

    def stop(self) -> None:
        """Keep nothing: everybody reads from the store."""
        self.head, self.floor = None, 0
        self._kept: deque[Line] = deque()
        self._bytes = 0
        self._lines: dict[PatrolId | None, Lines] = {}
        self._batches: dict[int, Batch] = {}
        """Operators' batches by where their reader stands: most stand at the same place."""

    @property
    def has_begun(self) -> bool:
        return self.head is not None

    # --- what comes ---

    def last(self) -> int:
        """Where the feed ends at present; in a worker thread."""
        return self._told.last_event_seq()

    def read(self) -> list[Line]:
        """What is new in the store, a page of it; in a worker thread."""
        seen = self.head or 0
        return [Line.of(one) for one in self._told.feed_after(seen, EVENTS_AT_ONCE)]

    def add(self, lines: Sequence[Line]) -> Collection[PatrolId | None]:
        """Keep what `read` gave; tells whom it concerns."""
        self._batches.clear()
        concerned = set()
        for line in lines:
            self._kept.append(line)
            self._bytes += _size(line)
            self._lines.setdefault(line.patrol, Lines()).add(line)
            concerned.add(line.patrol)
            self.head = line.seq
        self._let_go()
        return concerned

    def _let_go(self) -> None:
        while len(self._kept) > self._max_events or self._bytes > self._max_bytes:
            # A few more than needed: lists are not cut at their beginning for each single event.
            thinner: set[PatrolId | None] = set()
            for _ in range(max(1, len(self._kept) // 16)):
                line = self._kept.popleft()
                self._bytes -= _size(line)
                self.floor = line.seq
                thinner.add(line.patrol)
            for patrol in thinner:
                self._lines[patrol].forget(self.floor)
                if not self._lines[patrol]:
                    del self._lines[patrol]

    # --- what is asked ---

    def behind(self, seen: int) -> bool:
        """Whether who has seen all up to `seen` must read from the store."""
        return seen < self.floor

    def batch(self, seen: int, patrol: PatrolId | None) -> Batch:
        """What is kept behind `seen`; for operators, or for one patrol what still matters."""
        if patrol is not None:
            lines = self._lines.get(patrol)
            found = current([*lines.after(seen)]) if lines else []
            return _batch(found, max(seen, self.head or 0), None)
        known = self._batches.get(seen)
        if known is None:
            operators = self._lines.get(None)
            some = operators.after(seen) if operators else ()
            known = self._batches[seen] = _batch(some, max(seen, self.head or 0), BATCH_BYTES)
        return known

    async def page(self, seen: int, patrol: PatrolId | None) -> Batch:
        """What the store has behind `seen`, a page of it. Raises `StoreUnavailable`."""
        async with self._readers:
            head = self.head or 0  # all up to here is committed, so it is in what is read next
            found = await asyncio.to_thread(self._told.events_after, seen, EVENTS_AT_ONCE, patrol)
        whole = len(found) < EVENTS_AT_ONCE
        upto = max(seen, found[-1].seq if found else 0, head if whole else 0)
        lines = [Line.of(one) for one in (found if patrol is None else current(found))]
        return _batch(lines, upto, None)


def _batch(lines: Iterable[Line], upto: int, limit: int | None) -> Batch:
    """One batch of about `limit` bytes; `upto` when all fitted."""
    events: list[Event] = []
    size = 0
    for line in lines:
        events.append(line.event)
        size += len(line.event.json)
        if limit is not None and size >= limit:
            return Batch(events, line.seq)
    return Batch(events, upto)


def _size(line: Line) -> int:
    return len(line.event.json) + 200  # what a line needs beside its text
