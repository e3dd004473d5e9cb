"""Which devices of a unit can be woken, over every store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from alerts.alert import Actor, PatrolId
from alerts.notification import EndpointId, Stage
from alerts.policy import Policy
from alerts.ports import Store
from alerts.push_desk import MOST_DEVICES, Device, PushDesk, PushState
from alerts.service import AlertService
from tests.support.incidents import NOON

ADMIN = Actor("admin", "aigul")


@dataclass
class Room:
    """The desk, the service beside it, and a clock that a test turns."""

    store: Store
    now_: list[datetime] = field(default_factory=lambda: [NOON])

    def __post_init__(self) -> None:
        now = lambda: self.now_[0]
        self.desk = PushDesk(self.store, now, lambda: None)
        self.alerts = AlertService(self.store, lambda camera: None, Policy(), now, lambda: None)

    def later(self, seconds: float = 1) -> None:
        self.now_[0] += timedelta(seconds=seconds)

    def unit(self) -> PatrolId:
        return self.alerts.register_patrol("Unit 7", ADMIN).id

    def state(self, unit: PatrolId) -> PushState:
        patrol = self.alerts.patrol(unit)
        standing = self.desk.standing(patrol)
        assert self.desk.standings([patrol]) == {unit: standing}
        return standing.state


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store)


def device(number: int = 1) -> Device:
    id_ = EndpointId(f"push-{number:032x}")
    return Device(id_, b"sealed", "push.example.com", {"digest": str(number)})


def test_a_device_is_a_hope_until_it_has_answered_in_this_shift(room: Room) -> None:
    unit = room.unit()
    assert room.state(unit) is PushState.NONE
    made, new = room.desk.subscribe(unit, device())
    assert new
    assert room.desk.subscribe(unit, device()) == (made, False)
    room.later()
    room.desk.begin_shift(room.alerts.set_duty(unit, True, ADMIN))
    assert room.state(unit) is PushState.UNVERIFIED
    with room.store.read() as tx:
        (told,) = [one for one in tx.notifications("") if one.patrol == unit]  # type: ignore[arg-type]
        delivery = tx.delivery(f"{told.id}/{made.id}")
    assert delivery is not None
    assert delivery.due == room.now_[0]
    room.later()
    room.alerts.receipt(told.id, unit, Stage.DELIVERED)
    assert room.state(unit) is PushState.VERIFIED
    room.desk.begin_shift(room.alerts.patrol(unit))
    with room.store.read() as tx:
        assert tx.latest_notification(told.alert, told.recipient) == tx.notification(told.id)


def test_each_device_is_tested_by_a_message_of_its_own(room: Room) -> None:
    unit = room.unit()
    for number in range(MOST_DEVICES + 1):
        room.desk.subscribe(unit, device(number))
        room.later()
    told = room.desk.test(unit)
    assert len({one.id for one in told}) == MOST_DEVICES
    room.alerts.receipt(told[0].id, unit, Stage.DELIVERED)
    verified = [one for one in room.desk.devices(unit) if one.verified_at is not None]
    assert [one.id for one in verified] == [told[0].data["endpoint"]]


def test_what_was_taken_back_can_be_given_again(room: Room) -> None:
    unit, other = room.unit(), room.unit()
    room.desk.subscribe(unit, device())
    assert room.desk.unsubscribe(unit) == 1
    assert room.desk.unsubscribe(unit) == 0
    assert room.state(unit) is PushState.NONE
    assert room.desk.subscribe(other, device())[1]
    assert (room.state(unit), room.state(other)) == (PushState.NONE, PushState.UNVERIFIED)
