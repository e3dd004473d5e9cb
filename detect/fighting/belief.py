"""What is believed of a place when judgements of a head come one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log


@dataclass(slots=True)
class Belief:
    """A mean of log odds that fades: one judgement alone convinces nobody, and some in a row do."""

    memory_s: float = 1.0
    """Time over which judgements are averaged."""
    prior: float = -2.0
    """Log odds before anything was judged."""
    most: float = 4.0
    """Log odds that one judgement counts for at most, either way;"""
    step_s: float = 0.4
    """and the time that it speaks for at most."""
    first_s: float = 0.2
    """The first judgement of all speaks for so long."""
    forget_s: float = 3.0
    """After so long without a judgement nothing is carried on."""
    learnt_s: float = 20.0
    """Time in which it is learnt what a camera's judgements are usually."""
    odds: float = -2.0
    """What is believed now, as log odds."""
    usual: float = -2.0
    """Log odds that are usual here; of a new camera the prior."""
    judged_s: float | None = None

    def weigh(self, t_s: float, chance: float, less: float = 0.0) -> None:
        """Take a judgement (a probability) of media time `t_s`; `less` log odds are taken off."""
        odds = log(chance / (1 - chance)) if 0 < chance < 1 else (chance - 0.5) * 1e3
        odds = min(max(odds - less, -self.most), self.most)
        gap_s = self.first_s if self.judged_s is None else min(t_s - self.judged_s, self.step_s)
        self.odds += (1 - exp(-gap_s / self.memory_s)) * (odds - self.odds)
        self.usual += (1 - exp(-gap_s / self.learnt_s)) * (odds - self.usual)
        self.judged_s = t_s

    @property
    def surplus(self) -> float:
        """What is believed beyond what is usual, where more than the prior is: a busy camera's
        judgements are always higher.
        """
        return self.odds - max(0.0, self.usual - self.prior)

    def fade(self, t_s: float) -> bool:
        """Nothing was judged at `t_s`. Whether all has been forgotten."""
        if self.judged_s is not None and t_s - self.judged_s <= self.forget_s:
            return False
        self.odds, self.judged_s = self.prior, None
        return True

    @property
    def chance(self) -> float:
        """What is believed, as a probability."""
        return 1 / (1 + exp(-self.odds))
