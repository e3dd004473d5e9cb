"""The contract of `Store`, over every adapter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import Alert, AlertId, Outcome, PatrolId, Place, State
from alerts.grouping import Vicinity
from alerts.ports import Store
from ingest.camera import CameraId
from tests.support.incidents import NOON
from tests.support.records import alert, event, linked, step, unit, waiting
from tests.support.stores import Stores


class Refused(Exception):
    """Somebody thought better of it."""


@pytest.fixture
def store(stores: Stores) -> Store:
    return stores.store


def put(store: Store, *alerts: Alert) -> None:
    with store.begin() as tx:
        for one in alerts:
            tx.put_alert(one)


# --- what is put in comes out ---


def test_every_record_comes_back_as_it_was(store: Store) -> None:
    one = alert(
        1,
        state=State.CLOSED,
        outcome=Outcome.FALSE,
        patrol=PatrolId("unit-1"),
        answer_by=NOON,
        attention_by=NOON,
        overdue_since=NOON,
        seeking_since=NOON,
    )
    with store.begin() as tx:
        tx.put_alert(one)
        tx.add_step(step(1, one.id))
        tx.put_incident(linked(1, one.id))
        tx.put_patrol(unit())
        tx.put_patrol(unit(2, position=None, busy_with=one.id))
    with store.read() as tx:
        assert tx.alert(one.id) == one
        assert tx.steps(one.id) == [step(1, one.id)]
        assert tx.incident(linked(1, one.id).incident) == linked(1, one.id)
        assert tx.incidents(one.id) == [linked(1, one.id)]
        assert tx.patrol(PatrolId("unit-1")) == unit()
        assert tx.patrols() == [unit(), unit(2, position=None, busy_with=one.id)]


def test_nothing_is_none(store: Store) -> None:
    with store.read() as tx:
        assert tx.alert(AlertId("none")) is None
        assert tx.incident(linked(1, AlertId("x")).incident) is None
        assert tx.patrol(PatrolId("none")) is None
        assert tx.steps(AlertId("none")) == []
        assert tx.incidents(AlertId("none")) == []
        assert tx.events_after(0, 10) == []
        assert tx.last_event_seq() == 0


def test_put_replaces(store: Store) -> None:
    put(store, alert(1))
    put(store, alert(1, state=State.ACKNOWLEDGED, version=2))
    with store.begin() as tx:
        tx.put_patrol(unit())
        tx.put_patrol(unit(on_duty=False))
        tx.put_incident(linked(1, AlertId("one")))
        tx.put_incident(replace(linked(1, AlertId("one")), trace={}))
    with store.read() as tx:
        assert [one.state for one in tx.page_alerts(10)] == [State.ACKNOWLEDGED]
        assert [one.on_duty for one in tx.patrols()] == [False]
        assert [one.trace for one in tx.incidents(AlertId("one"))] == [{}]


def test_a_transaction_reads_what_it_wrote(store: Store) -> None:
    with store.begin() as tx:
        tx.put_alert(alert(1))
        tx.put_patrol(unit())
        assert tx.alert(alert(1).id) == alert(1)
        assert tx.patrols() == [unit()]
        assert tx.open_alerts() == [alert(1)]


# --- all or nothing, and one at a time ---


def test_what_raises_leaves_nothing(store: Store) -> None:
    put(store, alert(1))

    def change() -> None:
        with store.begin() as tx:
            tx.put_alert(alert(1, state=State.ESCALATED))
            tx.put_alert(alert(2))
            tx.add_step(step(1, alert(1).id))
            tx.put_incident(linked(1, alert(1).id))
            tx.put_patrol(unit())
            tx.publish(event(1))
            raise Refused

    with pytest.raises(Refused):
        change()
    with store.read() as tx:
        assert tx.page_alerts(10) == [alert(1)]
        assert tx.steps(alert(1).id) == []
        assert tx.incidents(alert(1).id) == []
        assert tx.patrols() == []
        assert tx.events_after(0, 10) == []
    put(store, alert(3))


def test_a_reader_sees_one_moment_and_waits_for_no_writer(store: Store) -> None:
    put(store, alert(1))
    with store.begin() as writing:
        writing.put_alert(alert(1, version=2))
        with ThreadPoolExecutor(1) as other:
            assert other.submit(_version, store).result(timeout=4) == 1, "not committed yet"
    with store.read() as reading:
        assert [one.version for one in reading.page_alerts(10)] == [2]
        with ThreadPoolExecutor(1) as other:
            other.submit(put, store, alert(1, version=3)).result(timeout=4)
        found = reading.alert(alert(1).id)
        assert found is not None
        assert found.version == 2, "the moment has passed on"
    assert _version(store) == 3


def _version(store: Store) -> int:
    with store.read() as tx:
        found = tx.alert(alert(1).id)
        assert found is not None
        return found.version


def test_writers_take_turns(store: Store) -> None:
    put(store, alert(1))

    def add_one(_: int) -> None:
        with store.begin() as tx:
            found = tx.alert(alert(1).id)
            assert found is not None
            tx.put_alert(replace(found, version=found.version + 1))
            tx.publish(event(found.version))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(40)))
    with store.read() as tx:
        assert _version(store) == 41
        events = tx.events_after(0, 100)
        assert [one.data["number"] for one in events] == list(range(1, 41))


# --- the feed ---


def test_the_feed_is_numbered_in_order_and_parted_by_patrol(store: Store) -> None:
    with store.begin() as tx:
        seqs = [tx.publish(event(n, who)) for n, who in enumerate((None, "a", None, "b", "a"))]
    assert seqs == sorted(set(seqs))
    assert seqs[0] > 0
    with store.read() as tx:
        operators = tx.events_after(0, 10)
        assert [(one.seq, one.data) for one in operators] == [
            (seqs[0], {"number": 0}),
            (seqs[2], {"number": 2}),
        ]
        assert operators[0] == replace(event(0), seq=seqs[0])
        assert [one.seq for one in tx.events_after(0, 10, PatrolId("a"))] == [seqs[1], seqs[4]]
        assert [one.seq for one in tx.events_after(seqs[1], 10, PatrolId("a"))] == [seqs[4]]
        assert [one.seq for one in tx.events_after(0, 1)] == [seqs[0]]
        assert tx.events_after(seqs[4], 10) == []
        everybodys = tx.feed_after(0, 10)
        assert [one.seq for one in everybodys] == seqs
        assert len({one.patrol for one in everybodys}) > 1
        assert [one.seq for one in tx.feed_after(seqs[1], 2)] == seqs[2:4]
        assert tx.feed_after(seqs[4], 10) == []
        assert tx.last_event_seq() == seqs[4]


def test_a_follower_of_the_feed_misses_nothing(store: Store) -> None:
    """Numbers become visible in their order, however many write."""
    total, seen, done = 60, [], threading.Event()

    def follow() -> None:
        last = 0
        while len(seen) < total and not done.is_set():
            with store.read() as tx:
                for one in tx.events_after(last, 5):
                    seen.append(one.data["number"])
                    last = one.seq

    def write(number: int) -> None:
        with store.begin() as tx:
            tx.publish(event(number))

    follower = threading.Thread(target=follow)
    follower.start()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(total)))
    follower.join(timeout=20)
    done.set()
    assert sorted(seen) == list(range(total))


# --- searches ---


def test_open_alerts_are_the_ones_not_closed(store: Store) -> None:
    put(store, *(alert(n, state=state) for n, state in enumerate(State)))
    with store.read() as tx:
        states = [one.state for one in tx.open_alerts()]
    assert states == [state for state in State if state is not State.CLOSED]


def test_pages_go_back_in_time(store: Store) -> None:
    put(store, *(alert(n) for n in range(5)), alert(5, state=State.CLOSED))
    with store.read() as tx:
        first = tx.page_alerts(2)
        assert [one.id for one in first] == [alert(5).id, alert(4).id]
        assert [one.id for one in tx.page_alerts(2, first[-1].id)] == [alert(3).id, alert(2).id]
        assert [one.id for one in tx.page_alerts(9, alert(0).id)] == []
        assert [one.id for one in tx.page_alerts(9, None, [State.CLOSED])] == [alert(5).id]
        both = tx.page_alerts(2, None, [State.CLOSED, State.NEW])
        assert [one.id for one in both] == [alert(5).id, alert(4).id]


def test_due_alerts_are_the_open_ones_past_a_deadline(store: Store) -> None:
    at = [NOON + timedelta(seconds=n) for n in range(4)]
    put(
        store,
        alert(1, attention_by=at[3]),
        alert(2, attention_by=at[3], answer_by=at[1], state=State.DISPATCHED),
        alert(3, attention_by=at[0]),
        alert(4, attention_by=at[0], state=State.CLOSED),
        alert(5),
    )
    due: Callable[[int, int], list[str]]

    def due(second: int, limit: int) -> list[str]:
        with store.read() as tx:
            return [one.id for one in tx.due_alerts(at[second], limit)]

    assert due(0, 9) == [alert(3).id]
    assert due(1, 9) == [alert(3).id, alert(2).id], "the longest overdue first"
    assert due(3, 9) == [alert(3).id, alert(2).id, alert(1).id]
    assert due(3, 2) == [alert(3).id, alert(2).id]


def test_waiting_alerts_come_by_severity_then_age(store: Store) -> None:
    put(
        store,
        waiting(1, "medium"),
        waiting(2, "critical"),
        waiting(3, "medium"),
        replace(waiting(4, "critical"), state=State.ACKNOWLEDGED),
        replace(waiting(5, "critical"), state=State.CLOSED),
        replace(waiting(6, "critical"), seeking_since=None),
        replace(waiting(7, "critical"), state=State.DISPATCHED, patrol=PatrolId("unit-1")),
    )
    with store.read() as tx:
        found = [one.id for one in tx.waiting_alerts(9)]
        assert found == [alert(n).id for n in (2, 4, 1, 3)]
        assert len(tx.waiting_alerts(3)) == 3
    put(store, replace(waiting(2, "critical"), state=State.CLOSED))
    with store.read() as tx:
        assert alert(2).id not in [one.id for one in tx.waiting_alerts(9)]


def near(after_s: float, before_s: float, **changes: object) -> Vicinity:
    one = Vicinity(
        kinds=("intrusion",),
        camera=CameraId("north-gate"),
        seen_after=NOON + timedelta(seconds=after_s),
        began_before=NOON + timedelta(seconds=before_s),
        latitudes=(60.16, 60.18),
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def test_joinable_alerts_are_open_of_the_kind_and_touch_the_window(store: Store) -> None:
    at = [NOON + timedelta(seconds=n) for n in range(10)]
    put(
        store,
        alert(1, began_at=at[0], seen_at=at[2]),
        alert(2, began_at=at[4], seen_at=at[5]),
        alert(3, began_at=at[4], seen_at=at[5], kind="loitering"),
        alert(4, began_at=at[4], seen_at=at[5], state=State.CLOSED),
        alert(5, began_at=at[7], seen_at=at[9]),
    )

    def found(after: int, before: int) -> list[str]:
        with store.read() as tx:
            return [one.id for one in tx.joinable_alerts(near(after, before))]

    assert found(2, 7) == [alert(1).id, alert(2).id, alert(5).id], "both ends count"
    assert found(3, 6) == [alert(2).id]
    assert found(6, 6) == []
    with store.read() as tx:
        both = tx.joinable_alerts(near(4, 5, kinds=("loitering", "intrusion", "crowd")))
    assert [one.id for one in both] == [alert(2).id, alert(3).id], "of several kinds at once"


def test_joinable_alerts_are_of_the_camera_or_near_its_latitude(store: Store) -> None:
    east = Place("East", 60.175, 30.0)
    other = CameraId("other")
    put(
        store,
        alert(1, place=Place("Moved", 10.0, 10.0)),
        alert(2, camera=other, place=east),
        alert(3, camera=other, place=Place("South", 60.15, 24.94)),
        alert(4, camera=other, place=None),
        alert(5, place=None),
    )

    def found(**changes: object) -> list[str]:
        with store.read() as tx:
            return [one.id for one in tx.joinable_alerts(near(0, 9, **changes))]

    assert found() == [alert(1).id, alert(2).id, alert(5).id]
    assert found(latitudes=None) == [alert(1).id, alert(5).id]
