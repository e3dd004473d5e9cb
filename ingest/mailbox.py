"""A bounded mailbox: the newest wins, and every drop is counted by its reason."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from math import inf
from typing import Generic, TypeVar

T = TypeVar("T")

OVERRUN = "overrun"
"""A newer item took its place before anybody came for it."""
EXPIRED = "expired"
"""Nobody came for it in time, and a newer item waits."""
CLOSED = "closed"
"""It arrived, or still lay there, when the mailbox was closed."""


class Mailbox(Generic[T]):
    """The only place where frames are dropped. Thread-safe; holds at most `capacity` items.

    `deadline_s` gives the time after which nobody wants an item any more, as long as there is a
    newer one: the newest is always kept.
    """

    def __init__(self, capacity: int, deadline_s: Callable[[T], float] | None = None) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, not {capacity}")
        self._lock = threading.Lock()
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._deadline_s = deadline_s
        self._closed = False
        self._drops: Counter[str] = Counter()
        self.on_item: Callable[[], None] | None = None
        """Rung after each put, outside the lock."""

    def put(self, item: T) -> None:
        """Lay an item in; drops the oldest when full."""
        with self._lock:
            if self._closed:
                self._drops[CLOSED] += 1
                return
            if len(self._items) == self._capacity:
                self._items.popleft()
                self._drops[OVERRUN] += 1
            self._items.append(item)
        ring = self.on_item
        if ring is not None:
            ring()

    def take(self, now_s: float = -inf) -> T | None:
        """The oldest item that is wanted at `now_s`; None when there is none. Never blocks."""
        with self._lock:
            while self._deadline_s is not None and len(self._items) > 1:
                if self._deadline_s(self._items[0]) >= now_s:
                    break
                self._items.popleft()
                self._drops[EXPIRED] += 1
            return self._items.popleft() if self._items else None

    def peek(self) -> T | None:
        """The oldest item, left where it is; None when there is none."""
        with self._lock:
            return self._items[0] if self._items else None

    def close(self) -> None:
        """Take no more; what still lies there counts as dropped."""
        with self._lock:
            self._closed = True
            self._drops[CLOSED] += len(self._items)
            self._items.clear()

    @property
    def drops(self) -> dict[str, int]:
        """Dropped items so far, by reason."""
        with self._lock:
            return {reason: count for reason, count in self._drops.items() if count}

    def __len__(self) -> int:
        return len(self._items)
