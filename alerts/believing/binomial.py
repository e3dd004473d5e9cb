"""How sure a share is that was counted: Clopper-Pearson bounds. Pure, standard library only.

C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of
the binomial", Biometrika 26 (1934). The bounds are quantiles of beta distributions, so that counts
may be fractions: sums of weights, scaled to the number of equal votes they are worth.
"""

from __future__ import annotations

import math

STEPS = 60
"""Halvings of the interval 0 to 1: beyond the precision of a float."""
TERMS = 300
TINY = 1e-300


def bounds(hits: float, trials: float, confidence: float) -> tuple[float, float]:
    """Lower and upper bound of a share, 0 to 1, each missed with (1 - `confidence`) / 2 at most.

    `hits` of `trials`, 0 <= hits <= trials; nothing counted: 0 to 1.
    """
    missed = (1 - confidence) / 2
    hits = min(max(hits, 0.0), trials)
    low = 0.0 if hits <= 0 else beta_quantile(missed, hits, trials - hits + 1)
    high = 1.0 if hits >= trials else beta_quantile(1 - missed, hits + 1, trials - hits)
    return low, high


def beta_quantile(probability: float, a: float, b: float) -> float:
    """The x below which a beta distribution lies with that probability; a, b > 0."""
    if b == 1:  # all votes agree, as they mostly do: these two have a formula
        return float(probability ** (1 / a))
    if a == 1:
        return -math.expm1(math.log1p(-probability) / b)
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        if beta_below(middle, a, b) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_below(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # there the fraction converges slowly: the mirror image is quick
        return 1 - beta_below(1 - x, b, a)
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return math.exp(log_front) * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        before = value
        for step in (even, odd):
            d = 1 / _not_zero(1 + step * d)
            c = _not_zero(1 + step / c)
            value *= c * d
        if abs(value - before) <= 1e-14 * abs(value):
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY
