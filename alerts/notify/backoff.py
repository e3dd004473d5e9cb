"""How long to wait before the next try: longer each time, never all at once."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Backoff:
    """By default for ever: a second, then twice as long each time up to five minutes."""

    schedule_s: tuple[float, ...] = ()
    """After the first try, the second, and so on; the last one goes on. Empty: doubling."""
    give_up_s: float | None = None
    """Since it was written; None: never."""
    first_s: float = 1.0
    longest_s: float = 300.0

    def wait_s(self, tries: int, asked_s: float | None, dice: Random) -> float:
        """After so many tries, from half to one and a half times the plain wait.

        What the receiver asked for is a lower bound, an hour at most.
        """
        plain_s = self._plain_s(tries)
        asked = min(max(asked_s or 0.0, 0.0), 3600.0)
        return max(asked, plain_s) * dice.uniform(1.0 if asked else 0.5, 1.5)

    def longest_wait_s(self, tries: int) -> float:
        """No wait after so many tries is longer, unless the receiver asked for it."""
        return 1.5 * self._plain_s(tries) if tries else 0.0

    def _plain_s(self, tries: int) -> float:
        if self.schedule_s:
            return self.schedule_s[min(tries, len(self.schedule_s)) - 1]
        return min(self.longest_s, self.first_s * 2.0 ** min(tries - 1, 30))

    def is_enough(self, since_s: float) -> bool:
        return self.give_up_s is not None and since_s >= self.give_up_s


def backoff_of(channel: object) -> Backoff:
    """A channel may say what is the custom of its kind: `schedule_s`, `give_up_s`."""
    return Backoff(
        schedule_s=tuple(getattr(channel, "schedule_s", ())),
        give_up_s=getattr(channel, "give_up_s", None),
    )
