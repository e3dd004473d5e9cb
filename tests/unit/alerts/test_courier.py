"""The courier: what is due is sent, what fails is tried again, nothing is lost and none waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from alerts.alert import AlertId
from alerts.errors import StoreUnavailable
from alerts.notification import (
    CITY,
    Delivery,
    Endpoint,
    EndpointId,
    Event,
    Notification,
    Stage,
    moot,
    notification_id,
    received,
)
from alerts.notify.backoff import Backoff
from alerts.notify.channel import EndpointGone, Message, MessageRefused, TryAgain
from alerts.notify.courier import AT_ONCE, OF_CITY, OF_ONE, Courier
from alerts.stores.memory import MemoryStore
from tests.support.rtsp import wait_until

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATROL = "patrol:p1"


@dataclass
class Gateway:
    """A channel that a test holds in its hand."""

    name: str = "push"
    fails: list[Exception] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    """(message, endpoint), every try."""
    holds: dict[str, threading.Event] = field(default_factory=dict)
    """Endpoints that hang until their event is set."""
    inside: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    closed: bool = False

    def send(self, message: Message, endpoint: Endpoint, secret: str) -> str:
        assert secret == f"secret of {endpoint.id}"
        with self.lock:
            self.sent.append((message.id, endpoint.id))
            self.inside += 1
            fault = self.fails.pop(0) if self.fails else None
        if endpoint.id in self.holds:
            assert self.holds[endpoint.id].wait(20)
        with self.lock:
            self.inside -= 1
        if fault is not None:
            raise fault
        return "201"

    def close(self) -> None:
        self.closed = True


@dataclass
class Post:
    store: MemoryStore
    gateway: Gateway
    courier: Courier
    now: datetime = START

    def write(self, number: int = 1, endpoint: str = "e1", owner: str = PATROL) -> str:
        whose = PATROL if owner == PATROL else f"endpoint:{endpoint}"
        event = Event.OFFER if owner == PATROL else Event.ALERT
        id_ = notification_id(AlertId("a1"), whose, number)
        told = Notification(id_, AlertId("a1"), whose, number, event, self.now)
        way = Delivery(
            f"{id_}/{endpoint}", id_, told.alert, EndpointId(endpoint), "push", self.now, self.now
        )
        with self.store.begin() as tx:
            tx.put_notification(told)
            if tx.endpoint(EndpointId(endpoint)) is None:
                tx.put_endpoint(
                    Endpoint(EndpointId(endpoint), "push", owner, "phone", b"x", self.now)
                )
            tx.put_delivery(way)
        return way.id

    def rounds(self) -> None:
        """Until nothing is on its way and nothing is due."""
        self.courier.round()
        wait_until(lambda: self.courier.round() == 0 and self.courier.under_way == 0)

    def delivery(self, id_: str) -> Delivery:
        with self.store.read() as tx:
            found = tx.delivery(id_)
        assert found is not None
        return found

    def endpoint(self, id_: str = "e1") -> Endpoint:
        with self.store.read() as tx:
            found = tx.endpoint(EndpointId(id_))
        assert found is not None
        return found


@pytest.fixture
def post() -> Iterator[Post]:
    store, gateway = MemoryStore(), Gateway()
    made = Post(store, gateway, None)  # type: ignore[arg-type]
    made.courier = Courier(
        store,
        {"push": gateway},
        lambda endpoint: f"secret of {endpoint.id}",
        lambda: made.now,
        dice=Random(1),
    )
    yield made
    for hold in gateway.holds.values():
        hold.set()
    made.courier.close()


def test_what_is_due_is_sent_once_and_noted(post: Post) -> None:
    way = post.write()
    post.rounds()
    post.rounds()
    assert post.gateway.sent == [("a1.1.patrol:p1", "e1")]
    found = post.delivery(way)
    assert (found.outcome, found.accepted_at, found.tries) == ("accepted", START, 1)
    with post.store.read() as tx:
        assert tx.notifications(AlertId("a1"))[0].accepted_at == START
        said = [event.type for event in tx.events_after(0, 10)]
    assert said == ["notified"], "operators see that it was taken"


def test_what_fails_comes_back_later_and_later(post: Post) -> None:
    post.gateway.fails = [TryAgain("503") for _ in range(6)]
    way = post.write()
    waits = []
    for _ in range(6):
        post.rounds()
        due = post.delivery(way).due
        assert due is not None
        waits.append((due - post.now).total_seconds())
        post.now = due
    for tries, wait_s in enumerate(waits):
        assert 0.5 * 2**tries <= wait_s <= 1.5 * 2**tries
    assert post.endpoint().failing_since == START
    assert post.delivery(way).error == "503"
    post.rounds()
    assert post.delivery(way).outcome == "accepted"
    assert post.endpoint().failing_since is None
    assert {message for message, _ in post.gateway.sent} == {"a1.1.patrol:p1"}, "one id for all"


def test_the_receiver_may_ask_for_time(post: Post) -> None:
    post.gateway.fails = [TryAgain("429", after_s=120)]
    way = post.write()
    post.rounds()
    due = post.delivery(way).due
    assert due is not None
    assert due >= START + timedelta(seconds=120)


def test_an_endpoint_that_is_gone_is_retired_and_what_waits_for_it_ends(post: Post) -> None:
    post.gateway.fails = [EndpointGone("410 Gone")]
    first = post.write(1)
    post.rounds()
    second = post.write(2)
    post.rounds()
    assert post.endpoint().retired_why == "410 Gone"
    assert post.delivery(first).outcome == post.delivery(second).outcome == "gone"
    assert len(post.gateway.sent) == 1


def test_a_message_that_is_refused_is_not_tried_again(post: Post) -> None:
    post.gateway.fails = [MessageRefused("413 too large")]
    way = post.write()
    post.rounds()
    assert (post.delivery(way).outcome, post.delivery(way).due) == ("refused", None)
    assert post.endpoint().in_use


@pytest.mark.parametrize("end", ["moot", "seen"])
def test_an_offer_that_is_over_is_not_sent(post: Post, end: str) -> None:
    way = post.write()
    with post.store.begin() as tx:
        told = tx.notifications(AlertId("a1"))[0]
        over = moot(told, START) if end == "moot" else received(told, Stage.SEEN, START)
        tx.put_notification(over)
    post.rounds()
    assert post.gateway.sent == []
    assert post.delivery(way).outcome == "moot"


def test_a_fault_of_a_channel_loses_nothing(post: Post) -> None:
    post.gateway.fails = [RuntimeError("a bug")]
    way = post.write()
    post.rounds()
    assert post.delivery(way).error == "a fault of the channel: RuntimeError"
    post.now += timedelta(seconds=2)
    post.rounds()
    assert post.delivery(way).outcome == "accepted"


def test_an_endpoint_that_hangs_holds_up_no_other(post: Post) -> None:
    post.gateway.holds["slow"] = threading.Event()
    for number in range(1, 301):
        post.write(number, "slow", owner=CITY)
    quick = post.write(1, "quick")
    post.courier.round()
    wait_until(lambda: bool(post.courier.round() or post.delivery(quick).accepted_at))
    wait_until(lambda: post.courier.round() == 0 and post.delivery(quick).accepted_at is not None)
    assert post.courier.under_way == OF_ONE


def test_the_city_leaves_room_for_patrols(post: Post) -> None:
    for number in range(40):
        post.gateway.holds[f"c{number}"] = threading.Event()
        for event in range(1, 11):
            post.write(event, f"c{number}", owner=CITY)
    quick = post.write(1, "quick")
    wait_until(lambda: post.courier.round() == 0 and post.delivery(quick).accepted_at is not None)
    assert post.courier.under_way == OF_CITY < AT_ONCE


def test_one_that_failed_gets_one_try_at_a_time(post: Post) -> None:
    post.gateway.fails = [TryAgain("down")] * OF_ONE
    for number in range(1, 11):
        post.write(number)
    post.courier.round()
    wait_until(lambda: post.gateway.inside == 0 and len(post.gateway.sent) >= OF_ONE)
    post.gateway.holds["e1"] = threading.Event()
    wait_until(lambda: post.courier.round() == 0 and post.courier.under_way == 1)


def test_two_couriers_share_and_a_new_one_goes_on(post: Post) -> None:
    for number in range(30):
        post.write(1, f"e{number}")
    shares = [Gateway(), Gateway()]
    for worker, gateway in enumerate(shares):
        one = Courier(
            post.store,
            {"push": gateway},
            lambda endpoint: f"secret of {endpoint.id}",
            lambda: post.now,
            worker=worker,
            workers=2,
        )
        wait_until(lambda one=one: one.round() == 0 and one.under_way == 0)  # type: ignore[misc]
        one.close()
        assert gateway.closed
    sent = [endpoint for gateway in shares for _, endpoint in gateway.sent]
    assert sorted(sent) == sorted(f"e{number}" for number in range(30))
    assert all(gateway.sent for gateway in shares)


def test_what_came_back_while_the_database_was_away_is_noted_later(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = post.write()
    post.courier.round()
    wait_until(lambda: len(post.gateway.sent) == 1 and post.gateway.inside == 0)

    def away() -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(post.store, "begin", away)
        with pytest.raises(StoreUnavailable):
            wait_until(lambda: post.courier.round() < 0)
    post.rounds()
    assert post.delivery(way).outcome == "accepted"
    assert len(post.gateway.sent) == 1, "it was not sent again"


def test_a_clock_that_goes_back_keeps_nobody_waiting(post: Post) -> None:
    post.gateway.fails = [TryAgain("503")]
    way = post.write()
    post.rounds()
    post.now -= timedelta(minutes=5)
    post.rounds()
    found = post.delivery(way)
    assert found.outcome == "accepted"
    assert found.ended_at is not None
    assert found.ended_at >= found.created_at


def test_what_a_day_could_not_deliver_is_given_up_and_kept(post: Post) -> None:
    post.gateway.schedule_s = (60.0, 3600.0)  # type: ignore[attr-defined]
    post.gateway.give_up_s = 86_400.0  # type: ignore[attr-defined]
    post.gateway.fails = [TryAgain("down")] * 100
    way = post.write(owner=CITY)
    for _ in range(60):
        post.rounds()
        due = post.delivery(way).due
        if due is None:
            break
        post.now = due
    assert post.delivery(way).outcome == "given up"
    assert post.now - START >= timedelta(days=1)


def test_waits_are_bounded_and_differ() -> None:
    plain, dice = Backoff(), Random(2)
    waits = [plain.wait_s(tries, None, dice) for tries in range(1, 2000)]
    assert max(waits) <= 1.5 * plain.longest_s
    assert len(set(waits[20:])) > 1000
    assert Backoff(schedule_s=(5.0, 300.0)).wait_s(1, None, dice) <= 7.5
    assert 300 * 0.5 <= Backoff(schedule_s=(5.0, 300.0)).wait_s(9, None, dice) <= 450
    assert plain.wait_s(1, 1e9, dice) <= 1.5 * 3600


def test_nothing_is_due_for_what_was_replaced(post: Post) -> None:
    way = post.write()
    with post.store.begin() as tx:
        tx.put_endpoint(replace(tx.endpoints()[0], retired_at=START, retired_why="signed out"))
    post.rounds()
    assert (post.delivery(way).outcome, post.delivery(way).error) == ("gone", "signed out")


def test_what_cannot_be_noted_holds_up_no_other_and_is_not_sent_for_ever(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = post.write(1, "e1"), post.write(1, "e2")
    note = post.courier._note_one

    def stumbling(tx: object, came: Any) -> None:
        if came.job.delivery.id == bad:
            raise KeyError("a body of another release")
        note(tx, came)  # type: ignore[arg-type]

    monkeypatch.setattr(post.courier, "_note_one", stumbling)
    post.courier.round()
    wait_until(lambda: len(post.gateway.sent) == 2 and post.gateway.inside == 0)
    wait_until(lambda: post.courier.round() == 0 and post.delivery(good).outcome == "accepted")
    assert post.delivery(bad).due is not None
    assert post.courier.under_way == 1
    assert sorted(endpoint for _, endpoint in post.gateway.sent) == ["e1", "e2"]


def test_a_value_error_of_a_channel_is_not_taken_for_a_wrong_key(post: Post) -> None:
    post.gateway.fails = [ValueError("a bug")]
    way = post.write()
    post.rounds()
    assert post.delivery(way).error == "a fault of the channel: ValueError"
