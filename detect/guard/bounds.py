"""Exact bounds for what was counted: a share of n, a rate an hour."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betaincinv, gammaincinv

CONFIDENCE = 0.95
DIGITS = 4
"""Of what is told."""
"""Two-sided: each bound by itself holds in 97.5 % of cases."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n`, with Clopper–Pearson bounds (Biometrika 26, 1934).

    Raises ValueError unless 0 <= hits <= n.
    """

    hits: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.n:
            raise ValueError(f"{self.hits} of {self.n} is no share")

    def __add__(self, other: Share) -> Share:
        return Share(self.hits + other.hits, self.n + other.n)

    @property
    def rate(self) -> float | None:
        """None when there was nothing to count."""
        return self.hits / self.n if self.n else None

    def low(self, confidence: float = CONFIDENCE) -> float:
        """The true share is at least this, 0 to 1."""
        if self.hits == 0:
            return 0.0
        return float(betaincinv(self.hits, self.n - self.hits + 1, (1 - confidence) / 2))

    def high(self, confidence: float = CONFIDENCE) -> float:
        """The true share is at most this, 0 to 1; 1 when nothing was counted."""
        if self.hits == self.n:
            return 1.0
        return float(betaincinv(self.hits + 1, self.n - self.hits, (1 + confidence) / 2))

    def to_dict(self) -> dict[str, float | None]:
        """JSON types: `hits`, `n`, `rate` (None when nothing was counted), `low`, `high`."""
        rate = None if self.rate is None else round(self.rate, DIGITS)
        bounds = {"low": round(self.low(), DIGITS), "high": round(self.high(), DIGITS)}
        return {"hits": self.hits, "n": self.n, "rate": rate, **bounds}


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` events in `hours`, with exact Poisson bounds (Garwood, Biometrika 28, 1936)."""

    count: int
    hours: float

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.count + other.count, self.hours + other.hours)

    @property
    def per_hour(self) -> float | None:
        return self.count / self.hours if self.hours else None

    def low(self, confidence: float = CONFIDENCE) -> float:
        """Events an hour, at least."""
        if self.count == 0 or not self.hours:
            return 0.0
        return float(gammaincinv(self.count, (1 - confidence) / 2)) / self.hours

    def high(self, confidence: float = CONFIDENCE) -> float:
        """Events an hour, at most; infinite when nothing was watched."""
        if not self.hours:
            return float("inf")
        return float(gammaincinv(self.count + 1, (1 + confidence) / 2)) / self.hours
