from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.timeline import LIE_S, STEP_UTC_S, Timeline

BASE = Fraction(1, 90_000)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def place(timeline: Timeline, pts: int | None, second: float) -> tuple[float, datetime]:
    stamp = timeline.place(pts, BASE, 100 + second, NOON + timedelta(seconds=second))
    return stamp.t_s, stamp.captured_at


def off_s(at: datetime, second: float) -> float:
    return abs((at - NOON).total_seconds() - second)


def test_media_time_follows_the_stream_not_the_network() -> None:
    timeline = Timeline()
    place(timeline, 9_000, 0.0)
    t_s, at = place(timeline, 18_000, 0.35)  # a late packet
    assert t_s == pytest.approx(0.1)
    assert off_s(at, 0.1) < 0.001


@pytest.mark.parametrize("bits", [32, 33])
def test_a_wrap_is_followed_exactly(bits: int) -> None:
    timeline = Timeline()
    place(timeline, 2**bits - 4_500, 0.0)
    assert place(timeline, 4_500, 0.27)[0] == pytest.approx(0.1)
    assert timeline.jumps == 0


@pytest.mark.parametrize("after", [0, -5_000_000, 4_009_000 - 90, 40_000_000_000])
def test_a_jump_is_bridged_by_the_arrival_clock(after: int) -> None:
    timeline = Timeline()
    place(timeline, 4_000_000, 0.0)
    place(timeline, 4_009_000, 0.1)
    t_s, at = place(timeline, after, 0.2)
    assert t_s == pytest.approx(0.2)
    assert off_s(at, 0.2) < 0.001
    assert timeline.jumps == 1
    assert place(timeline, after + 9_000, 0.3)[0] == pytest.approx(0.3)


def test_missing_stamps_fall_back_to_arrival_and_time_never_stands() -> None:
    timeline = Timeline()
    place(timeline, None, 0.0)
    assert place(timeline, None, 0.2)[0] == pytest.approx(0.2)
    assert place(timeline, None, 0.2)[0] > 0.2
    assert place(timeline, 9_000, 0.3)[0] == pytest.approx(0.301, abs=0.002)


def test_frames_held_up_on_the_way_keep_their_distance() -> None:
    """Nothing for 3.5 s, then all at once: a network, not a jump of the camera's clock."""
    timeline = Timeline()
    for number in range(10):
        place(timeline, number * 9_000, number / 10)
    late = [place(timeline, number * 9_000, 4.4)[0] for number in range(10, 45)]
    assert late[0] == pytest.approx(1.0)
    assert late[-1] == pytest.approx(4.4)
    assert timeline.jumps == 0


@pytest.mark.parametrize("ticks", [0, 30, 18_000])
def test_a_clock_that_stands_crawls_or_races_is_not_believed(ticks: int) -> None:
    """Placed by the stream alone such a camera would never, or too often, be analysed."""
    timeline = Timeline()
    seconds = [number / 10 for number in range(600)]
    placed = [place(timeline, number * ticks, second) for number, second in enumerate(seconds)]
    assert timeline.jumps == 1
    last_ten_s = placed[-1][0] - placed[-101][0]
    assert last_ten_s == pytest.approx(10, abs=0.2)
    assert abs(placed[-1][0] - seconds[-1]) < LIE_S + 1
    assert off_s(placed[-1][1], seconds[-1]) < STEP_UTC_S


def test_a_new_connection_goes_on_where_the_old_one_ended() -> None:
    timeline = Timeline()
    place(timeline, 0, 0.0)
    place(timeline, 90_000, 1.0)
    timeline.reconnect()
    assert place(timeline, 90_000 * 2, 4.0)[0] == pytest.approx(4.0)
    assert place(timeline, 90_000 * 3, 5.0)[0] == pytest.approx(5.0)
    assert timeline.jumps == 0


def test_utc_follows_a_slow_drift_without_a_step() -> None:
    """A camera whose clock is 200 parts in a million slow, for an hour."""
    timeline = Timeline()
    ats = [place(timeline, second * 89_982, float(second))[1] for second in range(3600)]
    assert off_s(ats[-1], 3599) < 0.05
    steps = [(b - a).total_seconds() for a, b in itertools.pairwise(ats)]
    assert max(abs(step - 1) for step in steps) < 0.001


@pytest.mark.parametrize("set_by_s", [-3600, 3600])
def test_utc_goes_along_once_when_the_machine_clock_is_set(set_by_s: int) -> None:
    timeline = Timeline()
    ats = []
    for second in range(20):
        now = NOON + timedelta(seconds=second + (set_by_s if second >= 10 else 0))
        ats.append(timeline.place(second * 90_000, BASE, float(second), now))
    steps = [(b.captured_at - a.captured_at).total_seconds() for a, b in itertools.pairwise(ats)]
    assert [number for number, step in enumerate(steps) if abs(step - 1) > 0.1] == [9]
    assert steps[9] == pytest.approx(1 + set_by_s)
    assert [stamp.t_s for stamp in ats] == pytest.approx(list(range(20)))


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(2**34), 2**34),
            st.floats(0, 5),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_time_only_grows_whatever_comes(frames: list[tuple[int | None, float, bool]]) -> None:
    timeline, second, last = Timeline(), 0.0, None
    for pts, wait_s, again in frames:
        second += wait_s
        if again:
            timeline.reconnect()
        t_s, at = place(timeline, pts, second)
        assert off_s(at, second) <= STEP_UTC_S + 0.001
        if last is not None:
            assert last < t_s <= last + wait_s + 3.001
        last = t_s
