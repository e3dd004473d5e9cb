"""What every console shows beside the alerts: where the units are, and which cameras are watched.

Read from the store once a second at most, however many consoles look at it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from api.cameras.service import watch_reply
from api.events import Batch, Event
from api.patrols.schemas import patrol_reply
from api.wiring import Services

T = TypeVar("T")

FRESH_S = 1.0


class Kept(Generic[T]):
    """A value that is read again when it is older than `fresh_s`. Thread-safe."""

    def __init__(
        self,
        read: Callable[[], T],
        fresh_s: float = FRESH_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._fresh_s = fresh_s
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: tuple[T, float] | None = None

    def __call__(self) -> T:
        """The value; `read`'s errors pass through and nothing is kept of them."""
        with self._lock:
            now = self._clock()
            if self._kept is None or now - self._kept[1] >= self._fresh_s:
                self._kept = (self._read(), now)
            return self._kept[0]


class Panel:
    """Something that streams show whole: made into JSON once, whenever it has changed."""

    def __init__(self, kind: str, read: Callable[[], Any]) -> None:
        self._kind = kind
        self._read = read
        self._shown: Any = None
        self.version = 0
        """Grows with each change."""
        self.batch: Batch | None = None
        """None: it was never looked at."""

    def look(self) -> bool:
        """Read it; tells whether it has changed. Called from one thread at a time."""
        now = self._read()
        if self.batch is not None and now == self._shown:
            return False
        self._shown = now
        self.batch = Batch((Event.of(self._kind, now),))
        self.version += 1
        return True

    def forget(self) -> None:
        """What was seen is old: show nothing until it is looked at."""
        self.batch = None


class Board:
    """The units and the cameras' watch states, in the JSON form of the streams."""

    def __init__(self, services: Services, fresh_s: float = FRESH_S) -> None:
        self._services = services
        self.patrols = Kept(self._patrols, fresh_s)
        """Every unit, by id."""
        self.cameras = Kept(self._cameras, fresh_s)
        """`{"id", "watch"}` of every camera, by id."""
        self.patrols_panel = Panel("patrols", self.patrols)
        self.cameras_panel = Panel("cameras", self.cameras)

    def _patrols(self) -> list[dict[str, Any]]:
        units = self._services.alerts.patrols()
        lately = self._services.push.lately
        return [patrol_reply(unit, lately(unit)).model_dump(mode="json") for unit in units]

    def _cameras(self) -> list[dict[str, Any]]:
        watch = self._services.nodes.watch
        return [
            {"id": one.id, "watch": watch_reply(watch(one.id)).model_dump(mode="json")}
            for one in self._services.cameras.list()
        ]
