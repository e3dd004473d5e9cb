"""A creation under a key happens once; others do not wait for it."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel

from api.idempotency import Replies
from api.problem import Problem
from tests.support.service import Clock


class Thing(BaseModel):
    number: int = 0


BODY = Thing(number=1)


async def test_copies_wait_for_the_first_and_other_keys_do_not() -> None:
    replies, go = Replies(Clock()), asyncio.Event()
    made = 0

    async def slow() -> Thing:
        nonlocal made
        made += 1
        await go.wait()
        return Thing(number=made)

    async def fast() -> Thing:
        return Thing(number=99)

    copies = [asyncio.create_task(replies.once("s", "slow", BODY, slow)) for _ in range(3)]
    async with asyncio.timeout(5):
        assert (await replies.once("s", "fast", BODY, fast)).number == 99
        assert (await replies.once("s", None, BODY, fast)).number == 99
        go.set()
        assert {thing.number for thing in await asyncio.gather(*copies)} == {1}
    assert made == 1


async def test_a_failed_creation_is_tried_again() -> None:
    replies, attempts = Replies(Clock()), 0

    async def unlucky() -> Thing:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise Problem(503, "not now")
        return Thing(number=attempts)

    with pytest.raises(Problem):
        await replies.once("s", "k", BODY, unlucky)
    assert (await replies.once("s", "k", BODY, unlucky)).number == 2


async def test_keys_lapse_are_bounded_and_belong_to_their_scope() -> None:
    clock = Clock()
    replies = Replies(clock, capacity=2)
    numbers = iter(range(100))

    async def make() -> Thing:
        return Thing(number=next(numbers))

    async def once(scope: str, key: str) -> int:
        return (await replies.once(scope, key, BODY, make)).number

    assert [await once("s", "a"), await once("s", "a"), await once("t", "a")] == [0, 0, 1]
    clock.pass_by(3601)
    assert await once("s", "a") == 2
    await once("s", "b")
    await once("s", "c")
    assert await once("s", "a") == 5, "the oldest of more than two is forgotten"
