"""The race's own judgement: numbers on pictures, times of sending, verdicts, the search for N."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.bench.peers.contract import Record
from tests.bench.peers.judge import Arrival, Sending, Verdict, Window, judge
from tests.bench.peers.search import most_sustained
from tests.bench.peers.stamp import BITS, read_stamp, stamp

FPS = 25.0
SENDING = Sending(FPS, 250, (0, 75), {0: 100.0, 1: 100.5})
WINDOW = Window(110.0, 120.0)
PERSON = frozenset({0})


def seen(
    camera: int, count: int, *, after_s: float = 0.1, box: tuple[float, ...] = (), seq: int = 0
) -> Record:
    """A record of the camera's picture `count`, done so long after it was sent."""
    number = (SENDING.starts[camera] + count) % SENDING.pictures
    done_s = SENDING.base_s[camera] + count / FPS + after_s
    boxes = ((0, 0.9, *box),) if box else ()
    return Record(camera, number, done_s, boxes, seq)  # type: ignore[arg-type]


def steady(cameras: int = 2, every: int = 5, after_s: float = 0.1) -> list[Record]:
    """Every fifth picture of 25 seconds."""
    return [
        seen(camera, count, after_s=after_s, seq=count // every)
        for camera in range(cameras)
        for count in range(0, 625, every)
    ]


def verdict(records: list[Record], **more: object) -> Verdict:
    return judge(records, SENDING, WINDOW, **{"fps": 5.0, "cameras": 2, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [0, 1, 4095, (1 << BITS) - 1, 2730])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_stamp_is_read_from_any_scale(number: int, step: int) -> None:
    picture = np.full((720, 1280, 3), 90, np.uint8)
    marked = stamp(picture, number)
    assert read_stamp(marked[::step, ::step]) == number
    assert read_stamp(picture) is None


def test_stamp_leaves_the_luma_plane_as_it_is() -> None:
    picture = np.full((720, 1280, 3), 90, np.uint8)
    luma = [stamp(picture, number)[:16, :800] @ (0.114, 0.587, 0.299) for number in (0, 8191)]
    assert np.abs(luma[0] - luma[1]).max() < 1


def test_sent_is_the_latest_picture_with_the_number() -> None:
    second_round = seen(1, 250 + 30, after_s=0.3)
    count, sent_s = SENDING.sent(second_round)
    assert count == 280
    assert second_round.done_s - sent_s == pytest.approx(0.3)


def test_steady_contestant_keeps_up() -> None:
    found = verdict(steady())
    assert found.failures == ()
    assert (found.done, found.scheduled) == (100, 100)
    assert found.p50_ms == pytest.approx(100, abs=1)


def test_picture_seen_twice_counts_once() -> None:
    assert verdict(steady() + steady()).done == 100


def test_one_camera_makes_up_for_no_other() -> None:
    records = [seen(0, count) for count in range(0, 625, 2)]
    found = verdict(records)
    assert found.done == 50
    assert "50 of 100" in found.failures[0]


def test_late_pictures_fail() -> None:
    assert any("p99" in why for why in verdict(steady(after_s=0.6)).failures)


def test_growing_queue_fails() -> None:
    growing = [
        replace(record, done_s=record.done_s + max(0.0, record.done_s - 110) * 0.02)
        for record in steady()
    ]
    assert any("grew" in why for why in verdict(growing).failures)


def test_own_pace_is_judged_by_what_it_asked_for() -> None:
    slow = [seen(c, 25 * n, seq=n) for c in range(2) for n in range(25)]
    assert verdict(slow, own_pace=True).failures == ()
    thinned = [record for record in slow if record.seq not in (13, 14, 15)]
    failures = verdict(thinned, own_pace=True).failures
    assert any("scheduled" in why for why in failures)
    assert any("not looked at" in why for why in failures)


def test_what_was_skipped_before_it_was_scheduled_counts() -> None:
    slow = [seen(c, 25 * n, seq=n) for c in range(2) for n in range(25)]
    assert verdict(slow, own_pace=True, skipped=5).failures


def test_camera_never_looked_at_fails_own_pace() -> None:
    slow = [seen(0, 25 * n, seq=n) for n in range(25)]
    assert any("not looked at" in why for why in verdict(slow, own_pace=True).failures)


def test_arrival_counts_when_its_box_is_found_within_two_seconds() -> None:
    box = (0.4, 0.4, 0.5, 0.6)
    arrival = Arrival(25, PERSON, {picture: box for picture in range(25, 76)})
    # Camera 0 shows picture 25 at 101.0 s and again 10 s later, camera 1 at 108.5 and 118.5 s
    # (too late for its two seconds to end within the window).
    there = [seen(0, 250 + 45, box=box)]
    elsewhere = [seen(0, 250 + 45, box=(0.1, 0.1, 0.2, 0.2))]
    late = [seen(0, 250 + 80, box=box)]
    for records, found in ((there, 1), (elsewhere, 0), (late, 0), ([], 0)):
        result = verdict(records, arrivals=[arrival])
        assert (result.arrivals_seen, result.arrivals) == (found, 1)


def test_what_an_idle_camera_asks_for_late_counts_from_then() -> None:
    late = [replace(r, done_s=r.done_s + 0.8, asked_s=r.done_s + 0.7) for r in steady()]
    found = verdict(late, own_pace=True)
    assert found.failures == ()
    assert found.p99_ms == pytest.approx(100, abs=1)
    assert found.p99_sent_ms == pytest.approx(900, abs=1)
    assert found.asked_later == 100


def test_arrival_that_is_reported_late_is_not_seen() -> None:
    box = (0.4, 0.4, 0.5, 0.6)
    arrival = Arrival(25, PERSON, {picture: box for picture in range(25, 76)})
    result = verdict([seen(0, 250 + 45, box=box, after_s=1.5)], arrivals=[arrival])
    assert (result.arrivals_seen, result.arrivals) == (0, 1)
    result = verdict([seen(0, 250 + 45, box=box, after_s=0.5)], arrivals=[arrival])
    assert result.arrival_max_s == pytest.approx(20 / 25 + 0.5, abs=0.01)


@pytest.mark.parametrize("limit", [0, 1, 2, 5, 12, 13, 40, 128])
@pytest.mark.parametrize("guess", [1, 8, 20])
def test_search_finds_the_limit(limit: int, guess: int) -> None:
    probed: list[int] = []

    def keeps_up(cameras: int) -> bool:
        probed.append(cameras)
        return cameras <= limit

    assert most_sustained(guess, keeps_up, lambda cameras: cameras <= limit) == limit
    assert len(probed) == len(set(probed))


def test_search_goes_down_until_confirmed() -> None:
    found = most_sustained(8, lambda cameras: cameras <= 10, lambda cameras: cameras <= 8)
    assert found == 8
