"""The live feed: the bell that commits ring, and what of it still matters to who comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from alerts.alert import AlertId

Listener = Callable[[], None]


class Feed:
    """Rings every listener after each commit. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[object, Listener] = {}

    def ring(self) -> None:
        """Something was committed. Listeners must not block or raise."""
        with self._lock:
            listeners = list(self._listeners.values())
        for listener in listeners:
            listener()

    def listen(self, ring: Listener) -> Listener:
        """Call `ring` (from any thread) after each commit until the result is called."""
        key = object()
        with self._lock:
            self._listeners[key] = ring

        def stop() -> None:
            with self._lock:
                self._listeners.pop(key, None)

        return stop


class Told(Protocol):
    """What `current` needs to know of an event."""

    @property
    def type(self) -> str: ...

    @property
    def alert(self) -> AlertId: ...


T = TypeVar("T", bound=Told)


def current(events: Sequence[T]) -> list[T]:
    """What still matters of one patrol's events, in order; the last one always does.

    An offer that was withdrawn or made anew since must not ring a phone that was away, and of
    several updates the last says it all.
    """
    kept: list[T] = []
    later: set[AlertId] = set()
    settled: set[AlertId] = set()
    for event in reversed(events):
        moot = later if event.type == "update" else settled
        if event.alert not in moot:
            kept.append(event)
        later.add(event.alert)
        if event.type != "update":
            settled.add(event.alert)
    return kept[::-1]
