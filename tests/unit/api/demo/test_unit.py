"""A simulated crew's decisions, with a phone that records and a clock that obeys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, cast

import pytest

from api.demo.phone import Message, Phone
from api.demo.streets import Edge, Node, Streets, metres
from api.demo.temper import Temper
from api.demo.unit import Beat, Unit

HOME: Node = (24.94, 60.17)
SCENE: Node = (24.943, 60.17)
EAGER = Temper(reaction_s=3.0, declines=0.0)


class RecordingPhone:
    """Says yes to everything but `refuses`."""

    def __init__(self, refuses: str | None = None) -> None:
        self.said: list[tuple[str, ...]] = []
        self._refuses = refuses

    async def answer(self, alert: str, answer: str, note: str = "") -> bool:
        self.said.append((alert, answer))
        return answer != self._refuses

    async def close(self, alert: str, outcome: str, note: str) -> bool:
        self.said.append((alert, "close", outcome))
        return True


def streets() -> Streets:
    length = metres(HOME, SCENE)
    return Streets({HOME: [Edge(SCENE, length, 8.0)], SCENE: [Edge(HOME, length, 8.0)]})


def crew(phone: RecordingPhone, temper: Temper | None, sleep: Callable[[float], Awaitable[None]]):  # type: ignore[no-untyped-def]
    return Unit(
        streets(), cast("Phone", phone), Beat(HOME), temper, Random(5), speed=1.0, sleep=sleep
    )


def alert(state: str, id: str = "a1") -> dict[str, Any]:
    place = {"name": "Gate", "longitude": SCENE[0], "latitude": SCENE[1]}
    return {"id": id, "state": state, "kind": "intrusion", "place": place}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the condition is a plain function
            await asyncio.sleep(0)


async def test_an_offer_is_accepted_driven_to_and_closed() -> None:
    phone = RecordingPhone()

    async def sleep(seconds: float) -> None:
        unit.car.advance(seconds)
        await asyncio.sleep(0)

    unit = crew(phone, EAGER, sleep)
    await unit.take(Message("offer", alert("dispatched")))
    await unit.take(Message("offer", alert("dispatched")))
    await until(lambda: len(phone.said) == 4)
    assert [said[1] for said in phone.said] == ["accept", "en_route", "on_scene", "close"]
    assert unit.car.place == SCENE


@pytest.mark.parametrize(
    ("temper", "refuses", "said"),
    [
        (Temper(declines=1.0), None, ["decline"]),
        (EAGER, "accept", ["accept"]),
        (EAGER, "en_route", ["accept", "en_route"]),
    ],
)
async def test_whoever_declines_or_comes_too_late_stays(
    temper: Temper, refuses: str | None, said: list[str]
) -> None:
    phone = RecordingPhone(refuses)
    unit = crew(phone, temper, lambda _s: asyncio.sleep(0))
    await unit.take(Message("offer", alert("dispatched")))
    await until(lambda: len(phone.said) == len(said))
    for _ in range(50):
        await asyncio.sleep(0)
    assert [words[1] for words in phone.said] == said
    assert unit.car.stands


async def test_a_withdrawn_offer_is_not_answered() -> None:
    phone = RecordingPhone()
    never = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await never.wait()

    unit = crew(phone, EAGER, sleep)
    await unit.take(Message("offer", alert("dispatched")))
    await unit.take(Message("withdrawn", alert("dispatched", "another")))
    await unit.take(Message("withdrawn", alert("timed_out")))
    never.set()
    for _ in range(50):
        await asyncio.sleep(0)
    assert phone.said == []


async def test_after_a_tunnel_the_greeting_tells_what_is_still_ours() -> None:
    phone = RecordingPhone()

    async def sleep(seconds: float) -> None:
        unit.car.advance(seconds)
        await asyncio.sleep(0)

    unit = crew(phone, EAGER, sleep)
    await unit.take(Message("hello", {"patrol": {}, "alert": None}))
    await unit.take(Message("hello", {"patrol": {}, "alert": alert("accepted")}))
    await until(lambda: len(phone.said) == 3)
    assert [said[1] for said in phone.said] == ["en_route", "on_scene", "close"]


async def test_a_persons_car_drives_when_the_person_accepts_and_answers_nothing() -> None:
    phone = RecordingPhone()
    unit = crew(phone, None, asyncio.sleep)
    await unit.take(Message("offer", alert("dispatched")))
    assert unit.car.stands
    await unit.take(Message("update", alert("accepted")))
    assert not unit.car.stands
    assert phone.said == []
