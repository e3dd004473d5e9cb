"""Learnt costs: what is known, what is guessed, and what is not believed."""

from __future__ import annotations

import pytest

from detect.costs import SLOWEST, CostTable, FixedCosts
from ingest.frame import FrameSize

WIDE, SQUARE = FrameSize(416, 256), FrameSize(416, 416)


def warm() -> CostTable:
    """A table whose shapes have all run once, at a price that says nothing."""
    costs = CostTable()
    for batch in (1, 8):
        for size in (WIDE, SQUARE):
            costs.learn(batch, size, 100.0)
    return costs


def test_what_was_measured_is_given_back() -> None:
    costs = warm()
    costs.learn(1, WIDE, 0.01)
    assert costs.seconds(1, WIDE) == 0.01


def test_measurements_are_averaged_over_some_runs() -> None:
    costs = warm()
    costs.learn(1, WIDE, 0.010)
    for _ in range(50):
        costs.learn(1, WIDE, 0.020)
    assert costs.seconds(1, WIDE) == pytest.approx(0.020, rel=0.02)


def test_one_run_that_was_held_up_hardly_counts() -> None:
    costs = warm()
    costs.learn(1, WIDE, 0.010)
    costs.learn(1, WIDE, 10.0)
    assert costs.seconds(1, WIDE) <= 0.010 * (1 + 0.1 * SLOWEST)


def test_another_shape_is_guessed_by_its_pixels_from_the_nearest() -> None:
    costs = warm()
    costs.learn(1, WIDE, 0.016)
    costs.learn(8, SQUARE, 0.050)
    assert costs.seconds(1, FrameSize(416, 128)) == pytest.approx(0.008)
    assert costs.seconds(8, WIDE) == pytest.approx(0.050 * 256 / 416)


def test_without_any_measurement_more_pixels_cost_more() -> None:
    costs = CostTable()
    assert 0 < costs.seconds(1, WIDE) < costs.seconds(1, SQUARE) < costs.seconds(2, SQUARE)


def test_fixed_costs_learn_nothing() -> None:
    costs = FixedCosts()
    before = costs.seconds(1, WIDE)
    costs.learn(1, WIDE, 100.0)
    assert costs.seconds(1, WIDE) == before > 0


def test_the_run_that_makes_the_engine_ready_for_a_shape_is_not_counted() -> None:
    costs = CostTable()
    costs.learn(1, WIDE, 5.0)
    costs.learn(1, WIDE, 0.01)
    assert costs.seconds(1, WIDE) == 0.01
