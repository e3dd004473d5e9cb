"""Slow because others have the cores, or hung: told apart by what the kernel counts."""

from __future__ import annotations

import threading
import time

from detect.starved import Starved, run_delays_s


def test_the_thread_that_waited_most_counts_and_no_more_than_the_time_that_passed() -> None:
    told: list[dict[int, float]] = [{1: 5.0, 2: 0.0}, {1: 5.9, 2: 0.2}, {1: 6.0, 2: 9.0}]
    starved = Starved(lambda: told.pop(0))
    for now_s in (100.0, 101.0, 102.0):
        starved.measure(now_s)
    assert round(starved.since_s(100.0), 6) == 1.9
    assert round(starved.since_s(101.5), 6) == 1.0
    assert starved.since_s(102.0) == 0.0


def test_a_thread_that_is_new_or_gone_counts_nothing() -> None:
    told: list[dict[int, float]] = [{1: 5.0}, {2: 7.0}, {2: 7.5}, {}]
    starved = Starved(lambda: told.pop(0))
    for now_s in (0.0, 1.0, 2.0, 3.0):
        starved.measure(now_s)
    assert starved.since_s(0.0) == 0.5


def test_nothing_is_known_before_the_first_measurement() -> None:
    assert Starved(dict).since_s(0.0) == 0.0


def test_the_kernel_counts_for_each_thread() -> None:
    ended = threading.Event()
    waiting = threading.Thread(target=ended.wait)
    waiting.start()
    try:
        before = run_delays_s()
        assert threading.get_native_id() in before
        assert waiting.native_id in before
        starved = Starved()
        starved.measure(time.monotonic())
        starved.measure(time.monotonic())
        assert starved.since_s(0.0) >= 0.0
    finally:
        ended.set()
        waiting.join()
