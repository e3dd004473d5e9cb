"""At most N threads compute at a time: decoding and inference share the cores by this."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from math import inf

CLEARLY_S = 0.03
"""By how much somebody who waits must be more urgent to have a turn handed over."""


class Turns:
    """Gives out turns to compute, the earliest deadline first. Thread-safe.

    A thread must not ask for a second turn while it has one: with one core it would wait for
    itself. Free turns cost about a microsecond; nobody spins.
    """

    def __init__(self, cores: int, clock: Callable[[], float] = time.monotonic) -> None:
        if cores < 1:
            raise ValueError(f"cores must be at least 1, not {cores}")
        self.cores = cores
        self._clock = clock
        self._lock = threading.Lock()
        self._taken = 0
        self._waiting: list[tuple[float, int, threading.Lock]] = []
        self._order = count()
        self._busy_s = 0.0  # what ended turns took, less the starts of those under way

    @contextmanager
    def turn(self, deadline_s: float = inf) -> Iterator[None]:
        """Compute within the block. `deadline_s` (monotonic) is when the result is wanted."""
        self._take(deadline_s)
        try:
            yield
        finally:
            self._give_back()

    def may_go_on(self, deadline_s: float) -> bool:
        """Whether who has a turn may use it for more work, wanted by then, without asking again.

        So it may unless somebody waits who is clearly more urgent: to hand a turn to another
        thread costs a third of a millisecond, in which nobody computes.
        """
        with self._lock:
            return not self._waiting or self._waiting[0][0] > deadline_s - CLEARLY_S

    @property
    def busy_s(self) -> float:
        """Core-seconds of turns so far, those under way included; load is its growth by time,
        divided by `cores`.
        """
        with self._lock:
            return self._busy_s + self._taken * self._clock()

    @property
    def waiting(self) -> int:
        """Threads that wait for a turn."""
        return len(self._waiting)

    def _take(self, deadline_s: float) -> None:
        with self._lock:
            if self._taken < self.cores:
                self._taken += 1
                self._busy_s -= self._clock()
                return
            gate = threading.Lock()
            gate.acquire()
            ticket = (deadline_s, next(self._order), gate)
            heapq.heappush(self._waiting, ticket)
        try:
            gate.acquire()
        except BaseException:  # an interrupt while waiting: leave the line, or pass the turn on
            with self._lock:
                is_waiting = ticket in self._waiting
                if is_waiting:
                    self._waiting.remove(ticket)
                    heapq.heapify(self._waiting)
            if not is_waiting:
                self._give_back()
            raise

    def _give_back(self) -> None:
        with self._lock:
            if self._waiting:
                # Handed over, so that nobody can slip in between; one ends as the other begins.
                heapq.heappop(self._waiting)[2].release()
                return
            self._taken -= 1
            self._busy_s += self._clock()
