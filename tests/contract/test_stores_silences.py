"""The contract of what stores know of silences, over every adapter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import State
from alerts.calm.silence import Circle, Silence, SilenceId
from alerts.calm.silence_desk import SilenceOrder
from alerts.ports import Store
from ingest.camera import CameraId
from tests.support.incidents import NOON
from tests.support.patrols import OPERATOR, OTHER_OPERATOR, Desk
from tests.support.stores import Stores

HOUR = timedelta(hours=1)


@pytest.fixture
def store(stores: Stores) -> Store:
    return stores.store


def silence(number: int, **changes: object) -> Silence:
    one = Silence(
        SilenceId(f"silence-{number}"),
        "заборды бояу",
        "operator:Айгүл",
        NOON,
        NOON + number * HOUR,
        CameraId("north-gate"),
        "intrusion",
        "lawn",
        Circle(60.17, 24.94, 120.5),
        critical=True,
    )
    return replace(one, **changes)  # type: ignore[arg-type]


def put(store: Store, *silences: Silence) -> None:
    with store.begin() as tx:
        for one in silences:
            tx.put_silence(one)


def test_a_silence_comes_back_as_it_was_and_is_replaced(store: Store) -> None:
    plain = silence(2, camera=None, kind=None, zone=None, within=None, critical=False)
    put(store, silence(1), plain)
    ended = replace(silence(1), ended_at=NOON, ended_by="admin:dana", version=2)
    with store.read() as tx:
        assert tx.silence(SilenceId("silence-1")) == silence(1)
        assert tx.silence(SilenceId("silence-2")) == plain
        assert tx.silence(SilenceId("none")) is None
    put(store, ended)
    with store.read() as tx:
        assert tx.silence(SilenceId("silence-1")) == ended


def test_those_in_force_the_first_to_end_first(store: Store) -> None:
    early = replace(silence(9), ended_at=NOON + timedelta(minutes=30))
    put(store, silence(3), silence(1), silence(2), early)
    with store.read() as tx:
        assert [one.id[-1] for one in tx.silences(NOON)] == ["9", "1", "2", "3"]
        assert [one.id[-1] for one in tx.silences(NOON + HOUR)] == ["2", "3"], "the end excluded"
        assert tx.silences(NOON + 3 * HOUR) == []


def test_all_that_ever_were_newest_first(store: Store) -> None:
    put(store, *[silence(number) for number in (3, 1, 2)])
    with store.read() as tx:
        assert [one.id[-1] for one in tx.page_silences(2)] == ["3", "2"]
        assert [one.id[-1] for one in tx.page_silences(2, SilenceId("silence-2"))] == ["1"]


def test_nothing_of_a_failed_change_is_kept(store: Store) -> None:
    def fail() -> None:
        with store.begin() as tx:
            tx.put_silence(silence(1))
            raise KeyError("thought better of it")

    with pytest.raises(KeyError):
        fail()
    with store.read() as tx:
        assert tx.page_silences(9) == []


def test_the_whole_way_of_a_silence_and_of_shelving(store: Store) -> None:
    desk = Desk(store=store)
    unit = desk.unit("one")
    made = desk.silences.make(SilenceOrder("works", HOUR, camera=CameraId("north-gate")), OPERATOR)
    alert = desk.receive(1, kind="crowd", severity="high")
    shelf = desk.receive(2, kind="fire", severity="medium", camera=CameraId("next-door"))
    desk.silences.shelve(shelf, OPERATOR, timedelta(minutes=5), "not now")
    assert (desk.alert(alert).silenced_by, desk.alert(alert).patrol) == (made.id, None)
    desk.wait(301, unit)
    assert desk.alert(shelf).state is State.ESCALATED
    desk.silences.end(made.id, OTHER_OPERATOR)
    assert (desk.alert(alert).silenced_by, desk.alert(alert).patrol) == (None, unit)
    assert desk.silences.silence(made.id).ended_by == "operator:bolat"
