"""Positions taken in, over every store: many in one commit, and none acknowledged that is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest

from alerts.alert import PatrolId
from alerts.dispatch.whereabouts import Fix, Whereabouts
from alerts.errors import NotFound, StoreUnavailable
from alerts.patrol import Position
from alerts.ports import Reading, Store, Transaction
from tests.support.incidents import NOON
from tests.support.records import unit
from tests.support.rtsp import wait_until
from tests.support.stores import Stores

IDS = [PatrolId(f"unit-{n}") for n in range(40)]


class Watched:
    """A store whose commits are counted, and that may be made to wait or to fail."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.commits = 0
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()
        self.failing = False

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        self.entered.set()
        self.open.wait(20)
        with self._store.begin() as tx:
            yield tx
            if self.failing:
                raise StoreUnavailable("the disk is full")
        self.commits += 1

    def read(self) -> AbstractContextManager[Reading]:
        return self._store.read()

    def close(self) -> None:
        self._store.close()


@pytest.fixture
def watched(stores: Stores) -> Watched:
    made = Watched(stores.store)
    with stores.store.begin() as tx:
        for number in range(len(IDS)):
            tx.put_patrol(unit(number, position=None))
    return made


def at(number: int, ago_s: float = 0) -> Position:
    return Position(60 + number / 100, 25.0, NOON - timedelta(seconds=ago_s))


def test_reports_that_come_meanwhile_are_one_commit(watched: Watched) -> None:
    desk = Whereabouts(watched, lambda: NOON)
    watched.open.clear()
    with ThreadPoolExecutor(len(IDS)) as pool:
        first = pool.submit(desk.report, IDS[0], at(0))
        wait_until(watched.entered.is_set)
        rest = [pool.submit(desk.report, IDS[n], at(n)) for n in range(1, len(IDS))]
        wait_until(lambda: len(desk._waiting) == len(rest))
        assert not any(one.done() for one in (first, *rest)), "nothing is committed yet"
        watched.open.set()
        units = [one.result(20) for one in (first, *rest)]
    assert [one.position for one in units] == [at(n) for n in range(len(IDS))]
    assert watched.commits == 2
    with watched.read() as tx:
        assert tx.positions(IDS) == {one: at(n) for n, one in enumerate(IDS)}


def test_whoever_was_in_a_commit_that_failed_is_told(watched: Watched) -> None:
    desk = Whereabouts(watched, lambda: NOON)
    watched.open.clear()
    watched.failing = True
    with ThreadPoolExecutor(4) as pool:
        told = [pool.submit(desk.report, one, at(1)) for one in IDS[:4]]
        wait_until(lambda: watched.entered.is_set() and len(desk._waiting) == 3)
        watched.open.set()
        for one in told:
            with pytest.raises(StoreUnavailable, match="the disk is full"):
                one.result(20)
    with watched.read() as tx:
        assert set(tx.positions(IDS).values()) == {None}
    watched.failing = False
    assert desk.report(IDS[0], at(2)).position == at(2)


def test_an_unknown_unit_holds_nobody_up(watched: Watched) -> None:
    desk = Whereabouts(watched, lambda: NOON)
    with pytest.raises(NotFound, match="there is no patrol nobody"):
        desk.report(PatrolId("nobody"), at(1))
    given = [(PatrolId("nobody"), at(1)), (IDS[0], at(1))]
    assert desk.take(given) == [Fix.UNKNOWN, Fix.TAKEN]


def test_of_one_unit_the_latest_stays_in_whatever_order(watched: Watched) -> None:
    desk = Whereabouts(watched, lambda: NOON)
    one = IDS[0]
    assert desk.take([(one, at(1, 5)), (one, at(2, 9)), (one, at(3, 5)), (one, at(4, -60))]) == [
        Fix.TAKEN,
        Fix.OLDER,
        Fix.TAKEN,
        Fix.TAKEN,
    ]
    with watched.read() as tx:
        assert tx.positions([one])[one] == Position(60.04, 25.0, NOON), "the future is now"
    back = Whereabouts(watched, lambda: NOON - timedelta(minutes=5))
    early = Position(59.0, 25.0, NOON - timedelta(minutes=6))
    assert back.take([(one, early)]) == [Fix.TAKEN], "the clock has gone back"


def test_many_threads_at_once_lose_nothing(watched: Watched) -> None:
    desk = Whereabouts(watched, lambda: NOON)

    def drive(number: int) -> None:
        for step in range(10, -1, -1):
            desk.report(IDS[number], at(number * 10 + 10 - step, step))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(drive, range(12)))
    with watched.read() as tx:
        found = tx.positions(IDS[:12])
    assert found == {IDS[n]: at(n * 10 + 10) for n in range(12)}
