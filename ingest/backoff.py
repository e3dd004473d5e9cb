"""How long to wait before the next try."""

from __future__ import annotations

import random

FIRST_S = 0.5
CAP_S = 10.0


class Backoff:
    """0.5 s, doubling to 10 s, each drawn between half and the whole (jitter)."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._next_s = FIRST_S

    def next_s(self) -> float:
        """Seconds to wait now; the next wait is longer."""
        wait_s = self._next_s * self._rng.uniform(0.5, 1.0)
        self._next_s = min(self._next_s * 2, CAP_S)
        return wait_s

    def reset(self) -> None:
        """It worked: begin again with the shortest wait."""
        self._next_s = FIRST_S
