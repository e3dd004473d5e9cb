"""Exact bounds agree with SciPy's own, and hold as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from detect.guard.bounds import Rate, Share


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (0, 5), (5, 5), (49, 50), (3, 7), (980, 1000)])
def test_a_share_has_clopper_pearson_bounds(hits: int, n: int) -> None:
    share = Share(hits, n)
    if n == 0:
        assert (share.rate, share.low(), share.high()) == (None, 0.0, 1.0)
        return
    exact = stats.binomtest(hits, n).proportion_ci(0.95, method="exact")
    assert share.low() == pytest.approx(exact.low, abs=1e-9)
    assert share.high() == pytest.approx(exact.high, abs=1e-9)


def test_the_bounds_hold_at_least_as_often_as_they_say() -> None:
    random, truth = np.random.default_rng(5), 0.07
    counts = random.binomial(40, truth, 2000).tolist()
    held = [Share(k, 40).low() <= truth <= Share(k, 40).high() for k in counts]
    assert np.mean(held) >= 0.95


def test_a_share_is_no_more_than_all() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        Share(3, 2)


@pytest.mark.parametrize("count", [0, 1, 12])
def test_a_rate_has_garwood_bounds(count: int) -> None:
    rate = Rate(count, 2.0)
    low = stats.chi2.ppf(0.025, 2 * count) / 4 if count else 0.0
    assert rate.low() == pytest.approx(low)
    assert rate.high() == pytest.approx(stats.chi2.ppf(0.975, 2 * count + 2) / 4)
    assert rate.per_hour == count / 2


def test_shares_and_rates_add_up() -> None:
    assert Share(1, 2) + Share(3, 5) == Share(4, 7)
    assert Rate(1, 0.5) + Rate(0, 1.5) == Rate(1, 2.0)
    assert Rate(0, 0.0).per_hour is None
