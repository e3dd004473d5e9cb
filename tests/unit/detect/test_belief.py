"""Belief: judgements averaged over time."""

from __future__ import annotations

import pytest

from detect.fighting.belief import Belief


def after(chances: list[float], step_s: float = 0.2) -> Belief:
    belief = Belief()
    for index, chance in enumerate(chances):
        belief.weigh(index * step_s, chance)
    return belief


def test_one_judgement_convinces_nobody_and_many_do() -> None:
    assert after([0.99]).chance < 0.3
    assert after([0.99] * 15).chance > 0.8


def test_what_counts_is_time_and_not_the_number_of_pictures() -> None:
    slow, fast = after([0.9] * 11, 0.4), after([0.9] * 41, 0.1)

    assert slow.odds == pytest.approx(fast.odds, abs=0.35)


def test_certainty_itself_is_no_error() -> None:
    assert 0 < after([1.0, 0.0, 1.0]).chance < 1


def test_what_was_believed_long_ago_is_forgotten() -> None:
    belief = after([0.99] * 10)

    assert not belief.fade(belief.judged_s + 1.0)  # type: ignore[operator]
    assert belief.fade(20.0)
    assert belief.odds == belief.prior


def test_where_it_is_always_lively_more_is_needed() -> None:
    lively, quiet = after([0.45] * 300), after([0.05] * 300)
    for belief in (lively, quiet):
        assert belief.judged_s is not None
        for _ in range(10):
            belief.weigh(belief.judged_s + 0.2, 0.8)

    assert quiet.surplus == quiet.odds
    assert lively.surplus < lively.odds - 1
