"""Overload that keeps itself up must end: still cameras settle to key frames, none forgotten."""

from __future__ import annotations

from tests.bench.rush import Rush


def test_cameras_that_connect_all_at_once_settle_to_key_frames_and_none_is_forgotten() -> None:
    """150 need twice what there is until they idle, and four fifths of it afterwards."""
    rush = Rush(150)
    for second in range(1, 31):
        rush.run_to(second)
        if second == 3:
            assert rush.meter.load.used_cores > 1.9, "it is a rush"
            assert rush.idle == 0
    assert rush.idle == 150
    assert rush.meter.load.used_cores < 1.9
    for one in rush.watched.values():
        assert sum(t_s >= 15.0 for t_s in one.looks_s) >= 14, "one a second, sooner or later in it"
    assert rush.longest_s(10.0, whole=True) < 6.0
