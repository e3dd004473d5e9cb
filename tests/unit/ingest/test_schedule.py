from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.schedule import Sampler


@given(st.floats(0.5, 30), st.lists(st.floats(0.001, 0.5), min_size=1, max_size=200))
def test_it_never_exceeds_its_rate(fps: float, steps: list[float]) -> None:
    sampler = Sampler(fps)
    t_s, due = 0.0, 0
    for step in steps:
        due += sampler.due(t_s)
        t_s += step
    assert due <= t_s * fps + 1


@pytest.mark.parametrize(("source", "fps"), [(25, 5), (25, 10), (30, 7), (10, 5), (10, 10)])
def test_it_keeps_its_rate_without_drift(source: int, fps: int) -> None:
    sampler = Sampler(fps)
    assert sum(sampler.due(n / source) for n in range(source * 60)) == fps * 60


def test_a_slow_source_is_taken_whole_and_a_gap_is_not_made_up_for() -> None:
    sampler = Sampler(5)
    assert [sampler.due(t_s) for t_s in (0.0, 1.0, 2.0, 2.01, 9.0, 9.05)] == [
        True,
        True,
        True,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("fps", [0, -1, 241, float("nan")])
def test_rates_that_make_no_sense(fps: float) -> None:
    with pytest.raises(ValueError, match="fps"):
        Sampler(fps)
