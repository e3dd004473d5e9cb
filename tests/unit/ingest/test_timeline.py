from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from ingest.timeline import Timeline

BASE = Fraction(1, 90_000)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def place(timeline: Timeline, pts: int | None, second: float) -> tuple[float, datetime]:
    stamp = timeline.place(pts, BASE, 100 + second, NOON + timedelta(seconds=second))
    return stamp.t_s, stamp.captured_at


def test_media_time_follows_the_stream_not_the_network() -> None:
    timeline = Timeline()
    place(timeline, 9_000, 0.0)
    t_s, at = place(timeline, 18_000, 0.35)  # a late packet
    assert t_s == pytest.approx(0.1)
    assert abs(at - NOON - timedelta(seconds=0.1)) < timedelta(milliseconds=1)


@pytest.mark.parametrize("after", [0, -5_000_000, 2**33 - 1])
def test_a_jump_or_a_wrap_is_bridged_by_the_arrival_clock(after: int) -> None:
    timeline = Timeline()
    place(timeline, 4_000_000, 0.0)
    place(timeline, 4_009_000, 0.1)
    t_s, _ = place(timeline, after, 0.2)
    assert t_s == pytest.approx(0.2)
    assert timeline.jumps == 1


def test_missing_stamps_fall_back_to_arrival_and_time_never_stands() -> None:
    timeline = Timeline()
    place(timeline, None, 0.0)
    assert place(timeline, None, 0.2)[0] == pytest.approx(0.2)
    assert place(timeline, None, 0.2)[0] > 0.2


def test_utc_is_anchored_again_after_drift() -> None:
    timeline = Timeline()
    place(timeline, 0, 0.0)
    for second in range(1, 20):
        _, at = place(timeline, second * 60_000, float(second))  # a clock at two thirds speed
    assert abs((at - NOON).total_seconds() - 19) <= 2.1
