"""Whether scores mean what they say: of incidents scored 0.8, eight in ten should be true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detect.guard.bounds import Share

BINS = 10

Scored = tuple[float, bool]
"""An incident's score, 0 to 1, and whether it was true."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The incidents whose score lies in one tenth."""

    low: float
    high: float
    mean_score: float
    true: Share


@dataclass(frozen=True, slots=True)
class Reliability:
    """A reliability diagram (DeGroot and Fienberg, The Statistician 32, 1983)."""

    bins: tuple[Bin, ...]
    """Those that hold something, from the lowest score."""
    n: int

    @property
    def error(self) -> float | None:
        """Expected calibration error: how far score and share of truth are apart in a bin, on
        average over the incidents (Naeini et al., AAAI 2015). None without incidents.
        """
        if self.n == 0:
            return None
        apart = (b.true.n * abs(b.mean_score - (b.true.rate or 0.0)) for b in self.bins)
        return sum(apart) / self.n


def reliability(scored: Sequence[Scored]) -> Reliability:
    """Put scored incidents into tenths."""
    bins = []
    for index in range(BINS):
        low, high = index / BINS, (index + 1) / BINS
        here = [one for one in scored if min(int(one[0] * BINS), BINS - 1) == index]
        if here:
            mean = sum(score for score, _ in here) / len(here)
            bins.append(Bin(low, high, mean, Share(sum(true for _, true in here), len(here))))
    return Reliability(tuple(bins), len(scored))
