"""`Idempotency-Key`: a creating POST that is sent again gets the reply of the first one."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from fastapi import Header
from pydantic import BaseModel

from api.problem import Problem

T = TypeVar("T", bound=BaseModel)

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Your own name for this creation; repeating it within a day repeats the reply.",
    ),
]


class Replies:
    """The last replies by caller, path and key: bounded in number and in age.

    Kept in memory: it answers retries of a shaky network, not of another day. One creation under a
    key runs at a time, so that two copies of a request sent at once do not both create.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        capacity: int = 1024,
        life: timedelta = timedelta(days=1),
    ) -> None:
        self._now = now
        self._capacity = capacity
        self._life = life
        self._kept: OrderedDict[str, tuple[str, BaseModel, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, scope: str, key: str | None, body: BaseModel, create: Callable[[], T]) -> T:
        """Run `create`, or give what it gave before under the same key and body.

        Raises a 422 when the key was used with another body.
        """
        if key is None:
            return create()
        name = f"{scope} {key}"
        print_of_body = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
        with self._lock:
            self._forget_old()
            if name in self._kept:
                known, reply, _ = self._kept[name]
                if known != print_of_body:
                    raise Problem(422, "This Idempotency-Key was used with another body.")
                return reply  # type: ignore[return-value]  # the same scope gives the same type
            made = create()
            self._kept[name] = (print_of_body, made, self._now())
            return made

    def _forget_old(self) -> None:
        while len(self._kept) >= self._capacity:
            self._kept.popitem(last=False)
        oldest_kept = self._now() - self._life
        while self._kept and next(iter(self._kept.values()))[2] < oldest_kept:
            self._kept.popitem(last=False)
