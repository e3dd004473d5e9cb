"""Whether another service is asked at all: after a failure it is left alone for a while."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


class Circuit:
    """Of one service. Thread-safe. What opens and closes it is told once."""

    def __init__(
        self, name: str, rest_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._closed_at: float | None = None
        """Until then it rests; None: it works."""
        self.why: str | None = None
        """What went wrong last, while it rests or is only being tried again."""

    @property
    def rests(self) -> bool:
        return self._closed_at is not None and self._clock() < self._closed_at

    def failed(self, why: str, meanwhile: str) -> None:
        with self._lock:
            first = self._closed_at is None
            self._closed_at, self.why = self._clock() + self._rest_s, why
        if first:
            log.warning("%s: %s; %s", self._name, why, meanwhile)

    def worked(self) -> None:
        if self._closed_at is None:
            return
        with self._lock:
            self._closed_at = self.why = None
        log.warning("%s works again", self._name)
