"""`Idempotency-Key`: a creating POST that is sent again gets the reply of the first one."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, TypeVar, cast

from fastapi import Header
from pydantic import BaseModel

from api.problem import Problem

T = TypeVar("T", bound=BaseModel)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Your own name for this creation: sent again within an hour, it is answered "
        "as the first time and nothing is created.",
    ),
]


@dataclass(slots=True)
class _Underway:
    """The creation that runs under one name, and how many wait for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Replies:
    """The last replies by caller, path and key: bounded in number and in age.

    Kept in memory: it answers retries of a shaky network, not of another day. One creation under a
    name runs at a time, so that two copies of a request sent at once do not both create; creations
    under other names do not wait. Used from the event loop alone. Replies hold new tokens, which
    are stored nowhere else: another reason for a short life.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        capacity: int = 1024,
        life: timedelta = timedelta(hours=1),
    ) -> None:
        self._now = now
        self._capacity = capacity
        self._life = life
        self._kept: OrderedDict[str, tuple[str, BaseModel, datetime]] = OrderedDict()
        self._underway: dict[str, _Underway] = {}

    async def once(
        self, scope: str, key: str | None, body: BaseModel, create: Callable[[], Awaitable[T]]
    ) -> T:
        """Run `create`, or give what it gave before under the same key and body.

        A creation that fails is not kept: the next attempt runs. Raises a 422 when the key was used
        with another body.
        """
        if key is None:
            return await create()
        name = f"{scope} {key}"
        body_hash = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
        with self._named(name) as lock:
            async with lock:
                self._forget_old()
                if name in self._kept:
                    known, reply, _ = self._kept[name]
                    if known != body_hash:
                        raise Problem(422, "This Idempotency-Key was used with another body.")
                    return cast("T", reply)  # the same scope gives the same type
                made = await create()
                self._kept[name] = (body_hash, made, self._now())
                return made

    @contextmanager
    def _named(self, name: str) -> Iterator[asyncio.Lock]:
        underway = self._underway.setdefault(name, _Underway())
        underway.users += 1
        try:
            yield underway.lock
        finally:
            underway.users -= 1
            if not underway.users:
                del self._underway[name]

    def _forget_old(self) -> None:
        while len(self._kept) >= self._capacity:
            self._kept.popitem(last=False)
        oldest_kept = self._now() - self._life
        while self._kept and next(iter(self._kept.values()))[2] < oldest_kept:
            self._kept.popitem(last=False)
