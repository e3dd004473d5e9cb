from __future__ import annotations

import threading
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.turns import Turns
from tests.support.rtsp import wait_until


class Ticking:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_no_core_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="cores"):
        Turns(0)


def test_the_earliest_deadline_is_next_whoever_came_first() -> None:
    turns, order = Turns(1), []

    def compute(deadline_s: float) -> None:
        with turns.turn(deadline_s):
            order.append(deadline_s)

    deadlines = [5.0, inf, 1.0, 3.0, 2.0]
    threads = []
    with turns.turn():
        for deadline_s in deadlines:
            threads.append(threading.Thread(target=compute, args=(deadline_s,)))
            threads[-1].start()
            count = len(threads)
            wait_until(lambda: turns.waiting == count)  # noqa: B023
    for thread in threads:
        thread.join(5)
    assert order == sorted(deadlines)
    assert turns.waiting == 0


def test_equal_deadlines_are_served_as_they_came() -> None:
    turns, order = Turns(1), []

    def compute(number: int) -> None:
        with turns.turn(1.0):
            order.append(number)

    threads = [threading.Thread(target=compute, args=(number,)) for number in range(6)]
    with turns.turn():
        for number, thread in enumerate(threads):
            thread.start()
            wait_until(lambda: turns.waiting == number + 1)  # noqa: B023
    for thread in threads:
        thread.join(5)
    assert order == list(range(6))


@given(
    cores=st.integers(1, 3),
    work=st.lists(st.tuples(st.floats(0, 10), st.booleans()), min_size=1, max_size=12),
)
def test_never_too_many_at_once_and_no_turn_is_lost(
    cores: int, work: list[tuple[float, bool]]
) -> None:
    turns, lock = Turns(cores), threading.Lock()
    running = most = failed = 0

    def compute(deadline_s: float, fails: bool) -> None:
        nonlocal running, most, failed
        try:
            with turns.turn(deadline_s):
                with lock:
                    running += 1
                    most = max(most, running)
                with lock:
                    running -= 1
                if fails:
                    raise KeyError(deadline_s)
        except KeyError:
            with lock:
                failed += 1

    threads = [threading.Thread(target=compute, args=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    assert most <= cores
    assert failed == sum(fails for _, fails in work)
    held = [turns.turn() for _ in range(cores)]
    for turn in held:  # as many as there were: none blocks
        turn.__enter__()
    for turn in held:
        turn.__exit__(None, None, None)


class Interrupted(threading.Thread):
    """Waits for a turn and is interrupted while it does, as a main thread may be."""

    def __init__(self, turns: Turns, gate: InterruptibleGate) -> None:
        super().__init__()
        self._turns = turns
        self._gate = gate
        self.was_interrupted = False

    def run(self) -> None:
        try:
            with self._turns.turn(0.0):
                pass
        except KeyboardInterrupt:
            self.was_interrupted = True


class InterruptibleGate:
    """A lock whose second acquisition raises when told to."""

    def __init__(self, told: threading.Event) -> None:
        self._told = told
        self._acquired = 0

    def acquire(self) -> None:
        self._acquired += 1
        if self._acquired > 1:
            self._told.wait(5)
            raise KeyboardInterrupt

    def release(self) -> None:
        pass


@pytest.mark.parametrize("is_granted_first", [False, True])
def test_an_interrupt_while_waiting_loses_no_turn(
    is_granted_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = threading.Event()
    turns = Turns(1)
    waiting = Interrupted(turns, InterruptibleGate(told))
    real = threading.Lock
    with turns.turn():
        monkeypatch.setattr("ingest.turns.threading.Lock", lambda: InterruptibleGate(told))
        waiting.start()
        wait_until(lambda: turns.waiting == 1)
        monkeypatch.setattr("ingest.turns.threading.Lock", real)
        if not is_granted_first:
            told.set()
            waiting.join(5)
            assert turns.waiting == 0
    told.set()
    waiting.join(5)
    assert waiting.was_interrupted
    done = threading.Event()
    threading.Thread(target=lambda: turns._take(0.0) or done.set(), daemon=True).start()
    assert done.wait(5)


def test_how_busy_it_is_counts_turns_under_way() -> None:
    clock = Ticking()
    turns = Turns(2, clock)
    assert turns.busy_s == 0
    with turns.turn():
        clock.now_s += 1
        assert turns.busy_s == pytest.approx(1)
        with turns.turn():
            clock.now_s += 2
        assert turns.busy_s == pytest.approx(5)
    clock.now_s += 10
    assert turns.busy_s == pytest.approx(5)


def test_a_turn_that_is_handed_over_counts_on() -> None:
    clock = Ticking()
    turns = Turns(1, clock)
    has, may_end = threading.Event(), threading.Event()

    def compute() -> None:
        with turns.turn():
            has.set()
            may_end.wait(5)

    thread = threading.Thread(target=compute)
    with turns.turn():
        thread.start()
        wait_until(lambda: turns.waiting == 1)
        clock.now_s += 3
    assert has.wait(5)
    clock.now_s += 4
    may_end.set()
    thread.join(5)
    assert turns.busy_s == pytest.approx(7)


def test_who_has_a_turn_may_go_on_unless_somebody_clearly_more_urgent_waits() -> None:
    turns = Turns(1)
    with turns.turn():
        assert turns.may_go_on(5.0), "nobody waits"
        waiter = threading.Thread(target=_take_one, args=(turns, 4.99))
        waiter.start()
        wait_until(lambda: turns.waiting > 0)
        assert turns.may_go_on(5.0), "hardly more urgent"
        assert turns.may_go_on(3.0)
        assert not turns.may_go_on(6.0)
    waiter.join(5)


def _take_one(turns: Turns, deadline_s: float) -> None:
    with turns.turn(deadline_s):
        pass
