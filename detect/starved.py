"""How long this process has waited for a core that others had: then slow work is not hung work."""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

TASKS = Path("/proc/self/task")
KEPT = 300
"""Measurements, one a second."""


def run_delays_s() -> dict[int, float]:
    """By thread, the seconds it was ready to run and did not (`schedstat` of Linux); else empty."""
    found = {}
    for task in TASKS.glob("*/schedstat"):
        try:
            _, waited_ns, _ = task.read_text().split()
        except (OSError, ValueError):  # the thread has ended
            continue
        found[int(task.parent.name)] = int(waited_ns) / 1e9
    return found


class Starved:
    """Call `measure` about once a second."""

    def __init__(self, read: Callable[[], Mapping[int, float]] = run_delays_s) -> None:
        self._read = read
        self._last: Mapping[int, float] = {}
        self._last_s: float | None = None
        self._times: deque[float] = deque(maxlen=KEPT)
        self._totals: deque[float] = deque(maxlen=KEPT)

    def measure(self, now_s: float) -> None:
        """`now_s`: monotonic. The thread that waited most counts: work is held up by one."""
        delays = self._read()
        since = [waited - self._last[tid] for tid, waited in delays.items() if tid in self._last]
        most_s = max(since, default=0.0)
        if self._last_s is not None:
            most_s = min(most_s, max(0.0, now_s - self._last_s))
        self._last, self._last_s = delays, now_s
        self._times.append(now_s)
        self._totals.append((self._totals[-1] if self._totals else 0.0) + most_s)

    def since_s(self, begin_s: float) -> float:
        """Seconds of the time from then to the last measurement, or of what is remembered of it."""
        if not self._times:
            return 0.0
        place = max(0, bisect.bisect_right(self._times, begin_s) - 1)
        return self._totals[-1] - self._totals[place]
