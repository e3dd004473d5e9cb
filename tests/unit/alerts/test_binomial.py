"""The bounds of a share, beside SciPy's."""

from __future__ import annotations

import pytest
from scipy import stats

from alerts.believing.binomial import beta_below, beta_quantile, bounds


@pytest.mark.parametrize("trials", [1, 2, 12, 47, 100, 1000])
@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.97, 1])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_bounds_are_those_of_clopper_and_pearson(
    trials: int, share: float, confidence: float
) -> None:
    hits = round(trials * share)
    theirs = stats.binomtest(hits, trials).proportion_ci(confidence, "exact")
    assert bounds(hits, trials, confidence) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize(("a", "b"), [(0.3, 7.2), (12.5, 0.4), (88.8, 3.3), (1, 1), (400, 600)])
@pytest.mark.parametrize("probability", [0.005, 0.2, 0.5, 0.995])
def test_fractions_of_votes_have_quantiles_too(a: float, b: float, probability: float) -> None:
    theirs = stats.beta.ppf(probability, a, b)
    assert beta_quantile(probability, a, b) == pytest.approx(theirs, abs=1e-9)


def test_nothing_counted_says_nothing() -> None:
    assert bounds(0, 0, 0.95) == (0, 1)


def test_more_votes_make_it_narrower_and_more_sureness_wider() -> None:
    def width(hits: float, trials: float, confidence: float) -> float:
        low, high = bounds(hits, trials, confidence)
        assert 0 <= low <= hits / trials <= high <= 1
        return high - low

    assert width(3, 10, 0.95) > width(30, 100, 0.95) > width(30, 100, 0.8)


@pytest.mark.parametrize("shape", [(1.0, 1.0), (7.3, 1.0), (1.0, 7.3), (250.0, 1.0), (1.0, 250.0)])
def test_where_there_is_a_formula_it_says_what_the_distribution_does(
    shape: tuple[float, float],
) -> None:
    for probability in (0.025, 0.5, 0.975):
        found = beta_quantile(probability, *shape)
        assert beta_below(found, *shape) == pytest.approx(probability, rel=1e-9)
