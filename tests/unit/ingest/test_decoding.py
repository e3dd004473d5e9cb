"""Decode threads: order by deadline, a fair share each, and nothing done when nothing is to do."""

from __future__ import annotations

import threading
from collections import Counter, deque

import pytest

from ingest.decoding import GRACE_S, DecodePool, Lane
from ingest.turns import Turns
from tests.support.rtsp import wait_until


class Job:
    """Pieces of work, each wanted at a time; `doing` is called for each."""

    def __init__(self, name: str, doing, due: list[float] | None = None) -> None:  # type: ignore[no-untyped-def]
        self.name = name
        self.due = deque(due or [])
        self._doing = doing
        self.asked = 0

    def due_s(self) -> float | None:
        self.asked += 1
        return self.due[0] if self.due else None

    def work(self) -> None:
        self._doing(self, self.due.popleft())


@pytest.fixture
def pool():  # type: ignore[no-untyped-def]
    pool = DecodePool(1)
    yield pool
    pool.close()


def test_threads_must_be_some() -> None:
    with pytest.raises(ValueError, match="threads"):
        DecodePool(0)


def test_the_earliest_deadline_first_over_all_jobs(pool: DecodePool) -> None:
    done: list[tuple[str, float]] = []
    jobs = [
        Job("a", lambda job, due: done.append((job.name, due)), [5.0, 6.0]),
        Job("b", lambda job, due: done.append((job.name, due)), [1.0, 9.0]),
        Job("c", lambda job, due: done.append((job.name, due)), [3.0]),
    ]
    lanes = [pool.lane(job) for job in jobs]
    with pool.turns.turn():  # nobody begins before all have come
        for lane in lanes:
            lane.ring()
    assert all(lane.drain(5) for lane in lanes)
    assert done == [("b", 1.0), ("c", 3.0), ("a", 5.0), ("a", 6.0), ("b", 9.0)]


def test_a_job_is_in_one_thread_at_a_time_and_threads_work_side_by_side() -> None:
    pool, lock, together = DecodePool(3), threading.Lock(), threading.Barrier(3)
    running: Counter[str] = Counter()
    most: Counter[str] = Counter()
    met = threading.Event()

    def doing(job: Job, due: float) -> None:
        with lock:
            running[job.name] += 1
            most[job.name] = max(most[job.name], running[job.name])
        if due == 0:
            together.wait(5)  # breaks unless all three are at work
            met.set()
        with lock:
            running[job.name] -= 1

    lanes = [pool.lane(Job(name, doing, [float(n) for n in range(50)])) for name in "abc"]
    for lane in lanes:
        for _ in range(3):
            lane.ring()
    assert all(lane.drain(5) for lane in lanes)
    assert met.is_set()
    assert most == {"a": 1, "b": 1, "c": 1}
    pool.close()


def test_a_piece_of_work_takes_a_turn() -> None:
    turns = Turns(1)
    pool, done = DecodePool(2, turns), threading.Event()
    lane = pool.lane(Job("a", lambda job, due: done.set(), [0.0]))
    with turns.turn():
        lane.ring()
        wait_until(lambda: turns.waiting >= 1)
        assert not done.is_set()
    assert done.wait(5)
    pool.close()


def test_idle_nothing_is_done(pool: DecodePool) -> None:
    """No polling: a job is asked when it rings and after each piece, and at no other time."""
    job = Job("a", lambda job, due: None)
    lane = pool.lane(job)
    other_done = threading.Event()
    other = pool.lane(
        Job("b", lambda job, due: other_done.set() if not job.due else None, [0.0] * 9)
    )
    other.ring()
    assert other_done.wait(5)
    assert job.asked == 0
    lane.ring()
    assert lane.drain(1)
    assert job.asked == 1


def test_what_work_raises_ends_that_job_alone(pool: DecodePool) -> None:
    def fail(job: Job, due: float) -> None:
        raise KeyError(due)

    done = threading.Event()
    bad, good = pool.lane(Job("bad", fail, [1.0, 2.0])), Job("good", lambda *_: done.set(), [3.0])
    bad.ring()
    assert bad.drain(5)
    assert isinstance(bad.failure, KeyError)
    assert bad.failure.args == (1.0,)
    pool.lane(good).ring()
    assert done.wait(5)


def test_a_job_that_cannot_say_when_it_is_due_ends_alone(pool: DecodePool) -> None:
    class Broken(Job):
        def due_s(self) -> float | None:
            if not self.due:
                raise RuntimeError("no idea")
            return super().due_s()

    done: list[str] = []
    broken = pool.lane(Broken("broken", lambda job, due: done.append(job.name), [1.0]))
    other = pool.lane(Job("other", lambda job, due: done.append(job.name), [2.0]))
    broken.ring()
    assert broken.drain(5)
    broken.ring()
    other.ring()
    assert other.drain(5)
    assert done == ["broken", "other"]
    assert isinstance(broken.failure, RuntimeError)
    assert other.failure is None


def test_a_piece_that_never_ends_is_told_with_its_thread() -> None:
    now_s, began, end = 100.0, threading.Event(), threading.Event()
    pool = DecodePool(1, clock=lambda: now_s)
    threads: list[int] = []

    def doing(job: Job, due: float) -> None:
        threads.append(threading.get_ident())
        began.set()
        end.wait(5)

    assert pool.longest() is None
    lane = pool.lane(Job("a", doing, [1.0]))
    lane.ring()
    assert began.wait(5)
    now_s = 130.0
    assert pool.longest() == (30.0, threads[0])
    end.set()
    assert lane.drain(5)
    assert pool.longest() is None
    pool.close()


def test_closing_waits_for_the_piece_under_way_and_no_more(pool: DecodePool) -> None:
    began, may_end, done = threading.Event(), threading.Event(), []

    def doing(job: Job, due: float) -> None:
        began.set()
        may_end.wait(5)
        done.append(due)

    lane = pool.lane(Job("a", doing, [1.0, 2.0]))
    lane.ring()
    assert began.wait(5)
    assert not lane.close(0.01)
    may_end.set()
    assert lane.close(5)
    lane.ring()
    assert lane.drain(5)
    assert done == [1.0]


def test_the_threads_end_with_the_pool() -> None:
    pool = DecodePool(2)
    lane = pool.lane(Job("a", lambda job, due: None, [0.0]))
    lane.ring()
    threads = list(pool._threads)
    assert len(threads) == 2
    pool.close()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    lane.ring()
    assert lane.drain(1)


def test_a_slow_camera_does_not_starve_the_others() -> None:
    """Its pictures take longer than they last; served by age alone it would take everything.

    The clock is simulated: one thread, and each piece moves it by what it costs.
    """
    clock = Simulated()
    pool = DecodePool(1, clock=clock)
    cameras = {name: Camera(clock, cost_s=0.004) for name in "abcdefgh"}
    cameras["slow"] = Camera(clock, cost_s=0.4)
    lanes = {name: pool.lane(camera) for name, camera in cameras.items()}
    clock.lanes = list(lanes.values())
    with pool.turns.turn():
        for lane in lanes.values():
            lane.ring()
    for lane in lanes.values():
        assert lane.drain(20)
    pool.close()
    others = [camera for name, camera in cameras.items() if name != "slow"]
    assert cameras["slow"].done >= 2, "it gets what others leave"
    for camera in others:
        assert camera.done == Camera.COUNT, "every packet"
    late_s = [late for camera in others for late in camera.late_s]
    assert sorted(late_s)[len(late_s) * 9 // 10] < 0.45, "no longer than one slow picture"
    assert max(late_s) < 3 * 0.4 + GRACE_S


def test_a_slow_camera_comes_after_others_that_wait_for_a_turn() -> None:
    """Inference asks for turns too: the slow one's pictures are late all the time, and yet it does
    not come first for ever."""
    clock = Simulated()
    turns = Turns(1)
    pool = DecodePool(1, turns, clock)
    order: list[str] = []
    began, may_go_on = threading.Event(), threading.Event()

    def slowly(job: Job, due: float) -> None:
        order.append("slow")
        clock.now_s += 0.6
        if len(order) == 1:
            began.set()
            may_go_on.wait(5)

    lane = pool.lane(Job("slow", slowly, [0.1, 0.2, 0.3]))
    lane.ring()
    assert began.wait(5)

    def infer() -> None:
        with turns.turn(0.5):
            order.append("inference")
            asked_again.wait(5)

    asked_again = threading.Event()
    threads = [threading.Thread(target=infer) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_until(lambda: turns.waiting == 2)
    may_go_on.set()
    wait_until(lambda: len(order) == 2 and turns.waiting == 2)  # the slow one asks for the next
    asked_again.set()
    assert lane.drain(5)
    for thread in threads:
        thread.join(5)
    pool.close()
    assert order == ["slow", "inference", "inference", "slow", "slow"]


class Simulated:
    """A clock that moves by what work costs."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.lanes: list[Lane] = []

    def __call__(self) -> float:
        return self.now_s


class Camera:
    """A packet every 40 ms of simulated time; what is over a second late is left out."""

    COUNT = 250

    def __init__(self, clock: Simulated, cost_s: float) -> None:
        self._clock = clock
        self._cost_s = cost_s
        self._next = 0
        self.done = 0
        self.late_s: list[float] = []

    def due_s(self) -> float | None:
        return None if self._next >= self.COUNT else self._next * 0.04 + 0.5

    def work(self) -> None:
        now_s = self._clock.now_s
        arrives_s = self._next * 0.04
        if now_s - arrives_s > 1.0:
            self._next = min(self.COUNT, int(now_s / 0.04))
            return
        if arrives_s > now_s:  # nothing earlier is there: time passes until it comes
            self._clock.now_s = now_s = arrives_s
        self._clock.now_s += self._cost_s
        self.late_s.append(self._clock.now_s - arrives_s)
        self._next += 1
        self.done += 1
