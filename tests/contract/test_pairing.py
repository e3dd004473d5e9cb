"""Every way to pair gives as many pairs as there can be, at the least total: as trying all does."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.dispatch.pairing import AugmentingPaths, Pairing
from api.pairing import LinearSum

ADAPTERS = [AugmentingPaths(), LinearSum()]
INF = math.inf


@st.composite
def tables(draw: st.DrawFn) -> list[list[float]]:
    width = draw(st.integers(0, 5))
    cost = st.one_of(st.just(INF), st.integers(-5, 9).map(float), st.floats(-1e6, 1e6))
    rows = st.lists(st.lists(cost, min_size=width, max_size=width), max_size=5)
    return draw(rows)


def by_trying(costs: list[list[float]]) -> tuple[int, float]:
    """(Pairs, their total): the best of all assignments."""
    width = len(costs[0]) if costs else 0
    columns = [*range(width), *[None] * len(costs)]
    best = (0, 0.0)
    for order in set(permutations(columns, len(costs))):
        some = [row[at] for row, at in zip(costs, order, strict=True) if at is not None]
        if INF not in some and (-len(some), sum(some)) < (-best[0], best[1]):
            best = (len(some), sum(some))
    return best


@pytest.mark.parametrize("pairing", ADAPTERS, ids=lambda one: one.name)
@given(costs=tables())
@example(costs=[])
@example(costs=[[], []])
@example(costs=[[INF, INF]])
@example(costs=[[1.0], [2.0], [0.0]])  # more wait than can go
@example(costs=[[1.0, 2.0], [1.0, INF]])  # the cheapest pair would leave one alone
@example(costs=[[-3.0, INF, 5.0], [INF, INF, INF], [1.0, 1.0, 1.0]])
@settings(max_examples=60, deadline=None)
def test_the_best_there_is(pairing: Pairing, costs: list[list[float]]) -> None:
    found = pairing.pairs(costs)
    assert len(found) == len(costs)
    taken = [at for at in found if at is not None]
    assert len(set(taken)) == len(taken), "a column given twice"
    some = [row[at] for row, at in zip(costs, found, strict=True) if at is not None]
    count, total = by_trying(costs)
    assert len(some) == count
    assert sum(some) == pytest.approx(total, abs=1e-3)
    assert pairing.pairs(costs) == found


@given(data=st.data(), rows=st.integers(1, 30), columns=st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_all_agree_on_larger_ones(data: st.DataObject, rows: int, columns: int) -> None:
    dice = data.draw(st.randoms(use_true_random=False))
    costs = [
        [INF if dice.random() < 0.3 else float(dice.randrange(1000)) for _ in range(columns)]
        for _ in range(rows)
    ]
    totals = set()
    for pairing in ADAPTERS:
        found = pairing.pairs(costs)
        some = [row[at] for row, at in zip(costs, found, strict=True) if at is not None]
        totals.add((len(some), sum(some)))
    assert len(totals) == 1
