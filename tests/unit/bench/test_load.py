"""The account of the load bench finds what is missed, repeated and late."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alerts.alert import AlertId, FeedEvent, PatrolId
from tests.bench.load import account
from tests.bench.load.crowd import Crowd, Listener, write
from tests.support.incidents import NOON

UNIT = PatrolId("unit-1")


def chunk(*numbers: int) -> bytes:
    """As the service sends it: one chunk of whole events."""
    events = b"".join(b"event: alert\nid: %d\ndata: {}\n\n" % number for number in numbers)
    return b"%x\r\n%s\r\n" % (len(events), events)


def listening(*pieces: bytes, keeps: bool = False) -> Listener:
    one = Listener(0, "/v1/alerts/stream", "qk_", 0, keeps)
    for piece in pieces:
        one.data_received(piece)
    return one


def test_what_is_torn_in_two_counts_once() -> None:
    whole = chunk(1, 2) + chunk(3)
    for cut in range(len(whole)):
        one = listening(whole[:cut], whole[cut:])
        assert (one.count, one.total, one.last, one.repeated) == (3, 6, 3, 0)


@pytest.mark.parametrize("numbers", [(1, 1), (2, 1), (1, 2, 2, 3)])
def test_what_comes_twice_or_out_of_order_is_seen(numbers: tuple[int, ...]) -> None:
    assert listening(chunk(*numbers)).repeated == 1
    assert listening(*(chunk(number) for number in numbers)).repeated == 1


async def seen_by(tmp_path: Path, *listeners: Listener) -> dict[str, Any]:
    crowd = Crowd(0, [])
    crowd.all = list(listeners)
    path = tmp_path / "seen.npz"
    await asyncio.to_thread(write, crowd, path)
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


async def test_what_operators_missed_is_counted(tmp_path: Path) -> None:
    listeners = (
        listening(chunk(1, 2, 4)),
        listening(chunk(1, 2)),
        listening(chunk(1, 2, 3)),  # as many, but not the same
    )
    seen = await seen_by(tmp_path, *listeners)
    events = np.array([1, 2, 4])
    found = [account.operators_missed(seen, np.array([n]), events) for n in range(3)]
    assert found == [0, 1, 1]


async def test_a_patrol_missed_what_no_later_word_overtook(tmp_path: Path) -> None:
    def event(seq: int, alert: str, kind: str = "offer") -> FeedEvent:
        return FeedEvent(seq, NOON, kind, AlertId(alert), UNIT, {})

    events = [event(1, "a"), event(2, "a", "withdrawn"), event(3, "b")]
    seen = await seen_by(
        tmp_path,
        listening(chunk(2, 3), keeps=True),
        listening(chunk(2), keeps=True),
        listening(chunk(1, 3), keeps=True),
        listening(chunk(2, 3, 9), keeps=True),
    )
    found = [account.patrol_missed(seen, client, events) for client in range(4)]
    assert found == [(0, 0), (1, 0), (1, 0), (0, 1)]


async def test_lateness_is_from_the_spool_to_the_client(tmp_path: Path) -> None:
    one = listening(chunk(1, 2), chunk(3), keeps=True)
    one.times[0], one.times[1] = 10.0, 12.0
    seen = await seen_by(tmp_path, one)
    late = account.lateness(seen, np.array([0]), {1: 9.5, 3: 11.9, 7: 1.0})
    assert late == pytest.approx([0.5, 0.1])
    assert account.own_lateness(seen, 0, {2: 9.0}) == pytest.approx([1.0])
    assert account.spread_ms(late)["max"] == 500.0
    assert account.spread_ms(np.array([])) == {"count": 0}
