"""The decode threads that all cameras share: the earliest deadline first, and a fair share each.

Earliest deadline first alone would let one camera whose pictures are very slow to decode (8K,
or made to be so) take everything: what it is late with is always the oldest. So a camera that has
used more than its share while others waited is put behind by as much; it gets what they leave.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count
from math import inf
from typing import NamedTuple, Protocol

from ingest.turns import Turns

GRACE_S = 0.25
"""Thread time that a camera may use beyond its share: waking, it decodes a second at once."""
FAIR_SHARE = 0.1
"""Of a thread: what a camera may use for good however many there are; 1080p takes as much."""
MOST_BEHIND_S = 4.0
"""A camera is put behind by no more than this, so that it is not forgotten."""


TURN_S = 0.006
"""A turn goes on with the same camera's packets, where several wait, until it has taken so long,"""
NEAR_S = 0.05
"""as long as no other camera's packet is more urgent by more than this."""


class Job(Protocol):
    """One camera's decoding. Both are called by one thread at a time."""

    def due_s(self) -> float | None:
        """When (monotonic) the next piece of work is wanted done; None when there is none."""
        ...

    def work(self) -> None:
        """One piece: some milliseconds."""
        ...


class Piece(NamedTuple):
    """A piece of work under way."""

    seconds: float
    """So far."""
    thread: int
    """Ident of the thread that it is done in."""


class Lane:
    """One job in a pool. Any thread may use it."""

    def __init__(self, pool: DecodePool, job: Job) -> None:
        self._pool = pool
        self._job = job
        self._is_queued = False
        self._is_running = False
        self._is_closed = False
        self._debt_s = 0.0
        self._debt_at_s = 0.0
        self._debt_round = 0
        self.failure: BaseException | None = None
        """What a piece of work raised; nothing is done for this job any more."""

    def ring(self) -> None:
        """There may be work."""
        self._pool._ring(self)

    def drain(self, timeout_s: float) -> bool:
        """Wait until no work is left; False when it took too long."""
        return self._pool._wait(lambda: not (self._is_queued or self._is_running), timeout_s)

    def close(self, timeout_s: float) -> bool:
        """No more work; waits for the piece under way. False when that takes too long."""
        self._pool._remove(self)
        return self._pool._wait(lambda: not self._is_running, timeout_s)


class DecodePool:
    """Threads that wait for work and for a turn, and do not poll. They end with `close`."""

    def __init__(
        self,
        threads: int,
        turns: Turns | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}")
        self.turns = turns or Turns(threads)
        self._count = threads
        self._clock = clock
        self._lock = threading.Lock()
        self._has_work = threading.Condition(self._lock)
        self._is_settled = threading.Condition(self._lock)
        self._queue: list[tuple[float, int, Lane]] = []
        self._order = count()
        self._lanes = 0
        self._round = 0  # counts the times that a thread found nothing to do for anybody
        self._threads: list[threading.Thread] = []
        self._under_way: dict[int, float] = {}  # by thread, since when
        self._is_closed = False

    def lane(self, job: Job) -> Lane:
        """Take on a job."""
        with self._lock:
            self._lanes += 1
            if not self._threads and not self._is_closed:
                self._threads = [
                    threading.Thread(target=self._serve, name=f"decode-{number}", daemon=True)
                    for number in range(self._count)
                ]
                for thread in self._threads:
                    thread.start()
        return Lane(self, job)

    def close(self) -> None:
        """Let the threads end; pieces under way are finished."""
        with self._lock:
            self._is_closed = True
            self._queue.clear()
            self._has_work.notify_all()
            self._is_settled.notify_all()

    def longest(self) -> Piece | None:
        """The piece that has been under way for longest; None when none is.

        One that takes many seconds never ends: it holds a turn that all others need.
        """
        with self._lock:
            if not self._under_way:
                return None
            thread, began_s = min(self._under_way.items(), key=lambda item: item[1])
            return Piece(self._clock() - began_s, thread)

    def _serve(self) -> None:
        while (deadline_s := self._earliest_s()) is not None:
            with self.turns.turn(deadline_s):
                # Only now: something earlier may have come meanwhile.
                while (lane := self._take()) is not None:
                    started_s = self._clock()
                    try:
                        self._work(lane)
                    except Exception as error:  # handed to whoever reads the stream
                        lane.failure = error
                    self._done(lane, started_s)
                    if not self.turns.may_go_on(self._next_s()):
                        break

    def _work(self, lane: Lane) -> None:
        """What the lane has to do, for one turn: to hand on after every packet costs more."""
        began_s = self._clock()
        lane._job.work()
        while self._clock() - began_s < TURN_S and not lane._is_closed:
            due_s = lane._job.due_s()
            if due_s is None or due_s > self._next_s() + NEAR_S:
                return
            lane._job.work()

    def _next_s(self) -> float:
        """The earliest deadline of those who wait."""
        with self._lock:
            return self._queue[0][0] if self._queue else inf

    def _earliest_s(self) -> float | None:
        """Wait for work; its deadline, None once closed."""
        with self._lock:
            while not self._queue:
                if self._is_closed:
                    return None
                if not self.turns.waiting:
                    self._round += 1
                self._has_work.wait()
            return self._queue[0][0]

    def _take(self) -> Lane | None:
        with self._lock:
            if not self._queue:
                return None
            lane = heapq.heappop(self._queue)[2]
            lane._is_queued, lane._is_running = False, True
            self._under_way[threading.get_ident()] = self._clock()
            return lane

    def _done(self, lane: Lane, started_s: float) -> None:
        with self._lock:
            now_s = self._clock()
            del self._under_way[threading.get_ident()]
            lane._is_running = False
            self._settle(lane, now_s)
            most_s = GRACE_S + MOST_BEHIND_S * self._share
            lane._debt_s = min(most_s, lane._debt_s + now_s - started_s)
            if not self._enqueue(lane):
                self._is_settled.notify_all()

    def _ring(self, lane: Lane) -> None:
        with self._lock:
            if not (lane._is_queued or lane._is_running):
                if self._enqueue(lane):
                    self._has_work.notify()

    def _enqueue(self, lane: Lane) -> bool:
        """Put the lane in the queue if it has work; whether it has."""
        if lane._is_closed or lane.failure is not None or self._is_closed:
            return False
        try:
            due_s = lane._job.due_s()
        except Exception as error:  # it must end neither a thread nor anybody else's job
            lane.failure = error
            return False
        if due_s is None:
            return False
        self._settle(lane, self._clock())
        behind_s = min(MOST_BEHIND_S, max(0.0, lane._debt_s - GRACE_S) / self._share)
        lane._is_queued = True
        heapq.heappush(self._queue, (due_s + behind_s, next(self._order), lane))
        return True

    def _settle(self, lane: Lane, now_s: float) -> None:
        """What the lane has used is forgiven at the rate of its share, and altogether when a
        thread was free: then it took nothing from anybody.
        """
        if lane._debt_round != self._round:
            lane._debt_s = 0.0
        lane._debt_s = max(0.0, lane._debt_s - (now_s - lane._debt_at_s) * self._share)
        lane._debt_at_s, lane._debt_round = now_s, self._round

    @property
    def _share(self) -> float:
        """Of one thread, for each job."""
        return min(1.0, max(FAIR_SHARE, self._count / max(1, self._lanes)))

    def _remove(self, lane: Lane) -> None:
        with self._lock:
            if lane._is_closed:
                return
            lane._is_closed = True
            self._lanes -= 1
            if lane._is_queued:
                lane._is_queued = False
                self._queue = [entry for entry in self._queue if entry[2] is not lane]
                heapq.heapify(self._queue)
            self._is_settled.notify_all()

    def _wait(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        with self._lock:
            return self._is_settled.wait_for(lambda: self._is_closed or condition(), timeout_s)
