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


@given(
    st.lists(
        st.tuples(st.floats(0.001, 0.4), st.sampled_from([0.5, 1.0, 3.0, 5.0, 10.0])), max_size=200
    )
)
def test_a_rate_that_changes_makes_no_burst(steps: list[tuple[float, float]]) -> None:
    """Two frames are as far apart as the rate says, a slot's width of grace within one rate."""
    sampler, again = Sampler(5), Sampler(5)
    t_s, last_s, last_fps, is_same = 0.0, None, 5.0, True
    for step_s, fps in steps:
        t_s += step_s
        is_same = is_same and fps == last_fps
        last_fps = fps
        is_due = sampler.due(t_s, fps)
        assert is_due == again.due(t_s, fps), "deterministic"
        if is_due:
            if last_s is not None and not is_same:
                assert t_s - last_s >= 1 / fps - 1e-5
            last_s, is_same = t_s, True


def test_a_new_rate_holds_from_the_last_frame_on() -> None:
    sampler = Sampler(1)
    rates = [1.0] * 16 + [10.0] * 4 + [2.0] * 12
    due = [n for n, fps in enumerate(rates) if sampler.due(n / 10, fps)]
    assert due == [0, 10, 16, 17, 18, 19, 24, 29]
