"""A moment on two clocks."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from datetime import UTC, datetime, timedelta

from detect.moment import apart_s, stamp, tick_at, tick_of, utc_now

PLAIN = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_the_present_is_known_on_both_clocks() -> None:
    now, later = utc_now(), utc_now()
    assert abs((now - datetime.now(UTC)).total_seconds()) < 5
    gone_s = apart_s(now.tick, later.tick)
    assert gone_s is not None
    assert 0 <= gone_s < 5


def test_what_is_reckoned_from_it_has_no_count() -> None:
    now = utc_now()
    assert tick_of(now) == now.tick != ""
    assert tick_of(now + timedelta(seconds=1)) == ""
    assert tick_of(PLAIN) == ""
    assert deepcopy(now) == now


def test_a_stamp_holds_the_time_and_the_count_where_there_is_one() -> None:
    assert stamp("stored", PLAIN) == {"stored": "2026-11-24T12:00:00.000Z"}
    assert stamp("stored", PLAIN, "m/1.000")["stored.tick"] == "m/1.000"
    assert set(stamp("stored", utc_now())) == {"stored", "stored.tick"}


def test_counts_of_two_machines_say_nothing_of_each_other() -> None:
    assert apart_s("one/5.000", "one/6.250") == 1.25
    assert apart_s("one/5.000", "two/6.250") is None
    assert apart_s("", "") is None
    assert apart_s("one/5.000", "one/x") is None


def test_another_process_of_this_machine_goes_on_counting() -> None:
    before = tick_at(0.0).partition("/")[0]
    said = subprocess.run(
        [sys.executable, "-c", "from detect.moment import utc_now; print(utc_now().tick)"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout.strip()
    after = utc_now().tick
    assert said.partition("/")[0] == before
    gone_s = apart_s(said, after)
    assert gone_s is not None
    assert gone_s >= 0
