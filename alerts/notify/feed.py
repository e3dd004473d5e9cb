"""The bell behind the live feed: commits ring it, streams listen to it."""

from __future__ import annotations

import threading
from collections.abc import Callable

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
