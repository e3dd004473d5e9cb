"""What every store promises of notifications, deliveries and endpoints."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.alert import AlertId
from alerts.notification import (
    SLOTS,
    Delivery,
    Endpoint,
    EndpointId,
    Event,
    Notification,
    Stage,
    answered,
    moot,
    notification_id,
    received,
    slot_of,
)
from alerts.ports import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALERT = AlertId("a1")


def told(
    attempt: int = 1, recipient: str = "patrol:p1", after_s: float | None = 10
) -> Notification:
    return Notification(
        id=notification_id(ALERT, recipient, attempt),
        alert=ALERT,
        recipient=recipient,
        attempt=attempt,
        event=Event.OFFER,
        created_at=NOW,
        channels=(("stream", "push"), ("apprise",)),
        receipt_by=None if after_s is None else NOW + timedelta(seconds=after_s),
        data={"id": ALERT, "why_in": {"kk": "қалқан"}},
    )


def on_its_way(number: int, endpoint: str = "e1", due_s: float | None = 0) -> Delivery:
    return Delivery(
        id=f"n{number}/{endpoint}",
        notification=notification_id(ALERT, "patrol:p1", number),
        alert=ALERT,
        endpoint=EndpointId(endpoint),
        channel="push",
        due=None if due_s is None else NOW + timedelta(seconds=due_s),
        created_at=NOW,
    )


def reached(name: str = "e1", owner: str = "patrol:p1") -> Endpoint:
    return Endpoint(EndpointId(name), "push", owner, "phone", b"\x00\xff secret", NOW)


def test_a_notification_comes_back_as_it_was_put(store: Store) -> None:
    one = told()
    with store.begin() as tx:
        tx.put_notification(one)
        assert tx.notification(one.id) == one
    with store.read() as tx:
        assert tx.notification(one.id) == one
        assert tx.notifications(ALERT) == [one]
        assert tx.notifications(AlertId("")) == []


def test_put_again_replaces_and_keeps_its_place(store: Store) -> None:
    first, second = told(1), told(2)
    later = received(first, Stage.SEEN, NOW + timedelta(seconds=3))
    with store.begin() as tx:
        for one in (first, second, later):
            tx.put_notification(one)
    with store.read() as tx:
        assert tx.notifications(ALERT) == [later, second]
        assert tx.latest_notification(ALERT, "patrol:p1") == second
        assert tx.latest_notification(ALERT, "patrol:p2") is None


def test_due_are_those_that_no_device_has_confirmed_in_time(store: Store) -> None:
    soon, late, never = told(1, after_s=10), told(2, after_s=5), told(3, after_s=None)
    heard = received(told(4, after_s=1), Stage.DELIVERED, NOW)
    with store.begin() as tx:
        for one in (soon, late, never, heard):
            tx.put_notification(one)
    with store.read() as tx:
        assert tx.due_notifications(NOW + timedelta(seconds=4), 10) == []
        assert tx.due_notifications(NOW + timedelta(seconds=10), 10) == [late, soon]
        assert tx.due_notifications(NOW + timedelta(seconds=10), 1) == [late]


def test_deliveries_are_due_by_time_until_they_are_over(store: Store) -> None:
    first, second, over = on_its_way(1, due_s=2), on_its_way(2, due_s=1), on_its_way(3, due_s=None)
    with store.begin() as tx:
        for one in (first, second, over):
            tx.put_delivery(one)
    with store.read() as tx:
        assert tx.due_deliveries(NOW + timedelta(seconds=1), 10) == [second]
        assert tx.due_deliveries(NOW + timedelta(seconds=2), 10) == [second, first]
        assert tx.deliveries(ALERT) == [first, second, over]
        assert tx.delivery(over.id) == over
        mine = tx.endpoint_deliveries(EndpointId("e1"), 10)
        assert mine == [over, second, first]
        assert tx.endpoint_deliveries(EndpointId("e1"), 1, before=over.id) == [second]
        assert tx.endpoint_deliveries(EndpointId("e1"), 10, before=first.id) == []
        assert tx.endpoint_deliveries(EndpointId("e1"), 10, before="unheard of") == []
        assert tx.endpoint_deliveries(EndpointId("e2"), 10) == []
    with store.begin() as tx:
        tx.put_delivery(replace(second, due=None, outcome="accepted"))
    with store.read() as tx:
        assert tx.due_deliveries(NOW + timedelta(seconds=2), 10) == [first]
        ids = [one.id for one in tx.endpoint_deliveries(EndpointId("e1"), 10)]
        assert ids == [over.id, second.id, first.id]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_share_what_is_due_by_endpoint(store: Store, workers: int) -> None:
    due = [on_its_way(1, endpoint=f"e{number}") for number in range(40)]
    with store.begin() as tx:
        for one in due:
            tx.put_delivery(one)
    with store.read() as tx:
        shares = [tx.due_deliveries(NOW, 100, worker, workers) for worker in range(workers)]
    assert sorted(one.id for share in shares for one in share) == sorted(one.id for one in due)
    for number, share in enumerate(shares):
        assert all(slot_of(one.endpoint) % workers == number for one in share)
        assert share


def test_what_is_not_over_is_counted_with_the_first_of_it(store: Store) -> None:
    with store.read() as tx:
        assert tx.undelivered() == (0, None)
    later, over, first = on_its_way(1, due_s=900), on_its_way(2, due_s=None), on_its_way(3)
    with store.begin() as tx:
        for one in (over, later, first):
            tx.put_delivery(one)
        tx.put_delivery(replace(later, tries=1))
    with store.read() as tx:
        assert tx.undelivered() == (2, replace(later, tries=1))


def test_endpoints_keep_their_secret_apart(store: Store) -> None:
    mine, city = reached(), replace(reached("e2", "city"), events=(Event.ALARM,))
    with store.begin() as tx:
        tx.put_endpoint(mine)
        tx.put_endpoint(city)
        tx.put_endpoint(replace(mine, retired_at=NOW, retired_why="410"))
    with store.read() as tx:
        assert tx.endpoint(mine.id) == replace(mine, retired_at=NOW, retired_why="410")
        assert tx.endpoints("city") == [city]
        assert [one.id for one in tx.endpoints()] == ["e1", "e2"]
        assert tx.endpoint(EndpointId("nobody")) is None


def test_what_fails_half_way_leaves_nothing(store: Store) -> None:
    class Halt(Exception):
        pass

    def half_way() -> None:
        with store.begin() as tx:
            tx.put_notification(told())
            tx.put_delivery(on_its_way(1))
            tx.put_endpoint(reached())
            raise Halt

    with pytest.raises(Halt):
        half_way()
    with store.read() as tx:
        assert (tx.notifications(ALERT), tx.deliveries(ALERT), tx.endpoints()) == ([], [], [])


def test_words_of_devices_never_go_back() -> None:
    back = NOW - timedelta(minutes=5)
    seen = received(told(), Stage.SEEN, back)
    assert (seen.accepted_at, seen.delivered_at, seen.seen_at) == (NOW, NOW, NOW)
    again = received(seen, Stage.DELIVERED, NOW + timedelta(seconds=9))
    assert again == seen
    gone = answered(seen, "accept", back)
    assert gone.answered_at == NOW
    assert moot(gone, NOW) == gone
    assert answered(gone, "decline", NOW).answer == "accept"


def test_slots_are_spread() -> None:
    assert len({slot_of(EndpointId(f"endpoint-{n}")) for n in range(2000)}) == SLOTS
