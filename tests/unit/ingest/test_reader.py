"""Idle cameras, waking, lateness: over a decoder that tells what it was given."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.frame import FrameSize, Image
from ingest.gop import GopMeter
from ingest.keeping import KEEP_BYTES
from ingest.pace import Pace
from ingest.reader import AWAKE_KEYS, BUDGET_S, LATE_S, Due, Reader
from ingest.schedule import Sampler
from ingest.sources.base import Decoded, Packet
from ingest.timeline import Stamp
from tests.support.rtsp_fake import BASE, FakeSource

SIZE = FrameSize(16, 12)
FPS, GOP = 10, 10
USUAL_FPS = 5.0


@dataclass
class Setting:
    """A reader whose clock is that of arrival, unless it is set otherwise."""

    fps: float = 5.0
    keys_only: bool = True
    wakes_at: int = 10**6
    gop: int = GOP
    is_file: bool = False
    posted: list[Due] = field(default_factory=list)
    placed: list[int] = field(default_factory=list)
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.source = FakeSource(SIZE, fps=FPS, gop=self.gop)
        self.decoder = self.source.decoder
        self.pace = Pace(self.fps, self._wakes)
        self.pace.want(self.fps, keys_only=self.keys_only)
        self.reader = Reader(
            self.decoder,
            self,
            Sampler(USUAL_FPS),
            self.pace,
            self.posted.append,
            gop=GopMeter(FPS),
            now=None if self.is_file else lambda: self.now_s,
        )

    def _wakes(self, image: Image) -> bool:
        return int(image[0, 0, 0]) >= self.wakes_at

    def place(self, decoded: Decoded) -> Stamp:
        assert decoded.pts is not None
        number = round(decoded.pts / 90_000 * FPS)
        self.placed.append(number)
        return Stamp(number / FPS, None)  # type: ignore[arg-type]

    def play(self, numbers: range, *, works: bool = True) -> None:
        for number in numbers:
            self.now_s = max(self.now_s, number / FPS)
            self.reader.feed(self.source.packet(number, number / FPS))
            if works:
                self.work()

    def work(self) -> None:
        while self.reader.due_s() is not None:
            self.reader.work()

    def end(self) -> None:
        self.reader.end()
        self.work()

    @property
    def times(self) -> list[int]:
        return [round(due.stamp.t_s * FPS) for due in self.posted]


def test_fully_every_picture_is_decoded_once_and_the_due_ones_are_posted() -> None:
    one = Setting(keys_only=False)
    one.play(range(40))
    assert one.decoder.log == one.placed == list(range(40))
    assert one.times == list(range(0, 40, 2))
    assert one.source.converted == 20
    waits = [due.deadline_s - due.decoded.arrived_s for due in one.posted]
    assert waits == pytest.approx([BUDGET_S] * 20)


def test_idle_the_key_frames_alone_are_decoded() -> None:
    one = Setting(fps=1)
    one.play(range(61))
    # The first group tells how long groups are.
    assert one.decoder.log == [*range(10), *(-1 - key for key in range(10, 61, 10))]
    assert one.times == list(range(0, 61, 10))
    assert one.reader.is_idle
    assert len(one.reader.kept) == 1
    assert one.reader.counts.alone == 6


def test_waking_nothing_since_the_last_quiet_key_frame_is_lost() -> None:
    one = Setting(fps=1, wakes_at=40)
    one.play(range(40))
    assert one.reader.is_idle
    one.play(range(40, 45))
    assert not one.reader.is_idle
    log = one.decoder.log
    again = log[log.index(-1 - 40) + 1 :]
    assert again == list(range(30, 45)), "from the key frame before, in order"
    assert one.placed == [*range(10), 10, 20, *range(30, 45)], "each once, none goes back"
    assert one.times == [0, 10, 20, *range(30, 45, 2)], "at the usual rate"
    assert one.reader.counts.replays == 1
    late = {due.deadline_s for due in one.posted if 30 < due.stamp.t_s * FPS < 40}
    assert late == {4.0 + BUDGET_S}, "late by design: wanted from now on"


def test_it_stays_awake_until_the_analysis_can_have_said_something() -> None:
    one = Setting(fps=1, wakes_at=40)
    one.play(range(41))
    one.wakes_at = 10**6
    one.play(range(41, 80))
    awake = [number for number in one.decoder.log if number >= 40]
    assert awake == list(range(40, 30 + 10 * AWAKE_KEYS))
    assert one.reader.is_idle


def test_wanted_fully_again_it_goes_on_at_once_with_what_was_kept() -> None:
    one = Setting(fps=5)
    one.play(range(36))
    one.pace.want(10, keys_only=False)
    one.play(range(36, 38))
    assert one.decoder.log[-8:] == list(range(30, 38))
    assert one.placed == [*range(10), 10, 20, *range(30, 38)]


def test_long_groups_are_decoded_fully() -> None:
    one = Setting(gop=12)
    one.play(range(60))
    assert one.decoder.log == list(range(60))
    assert not one.reader.is_idle


def test_idle_every_key_frame_counts_that_comes_a_second_after_the_last_give_or_take() -> None:
    one = Setting(fps=1)
    early = iter(itertools.cycle([0.0, 0.03, 0.01, 0.04]))
    place = one.place
    shift_s: dict[int, float] = {}

    def trembling(decoded: Decoded) -> Stamp:
        stamp = place(decoded)
        shift_s[round(stamp.t_s)] = next(early) if one.reader.is_idle else 0.0
        return Stamp(stamp.t_s - shift_s[round(stamp.t_s)], stamp.captured_at)

    one.reader._clock.place = trembling  # type: ignore[method-assign]
    one.play(range(121))
    assert one.reader.is_idle
    assert one.times == list(range(0, 121, 10))


def test_a_clock_that_jumps_back_after_a_key_frame_hides_nothing() -> None:
    one = Setting(fps=1, wakes_at=40)
    placed: list[float] = []

    def place(decoded: Decoded) -> Stamp:
        placed.append(decoded.arrived_s)
        return Stamp(decoded.arrived_s, None)  # type: ignore[arg-type]

    one.reader._clock.place = place  # type: ignore[method-assign]
    for number in range(60):
        packet = one.source.packet(number, number / FPS)
        if number > 30:  # the key frame 30 is the last of the old clock
            packet = replace(packet, pts=(number - 31) * 9_000)
        one.now_s = packet.arrived_s
        one.reader.feed(packet)
        one.work()
    assert [round(arrived_s * FPS) for arrived_s in placed][-30:] == list(range(30, 60))


def test_a_stream_without_another_key_frame_ends_once_it_was_lost() -> None:
    one = Setting(keys_only=False, gop=10_000)
    one.play(range(10))
    one.play(range(10, 80), works=False)  # too much was kept: all is forgotten up to a key frame
    one.play(range(80, 270))
    assert one.decoder.log == list(range(10))
    assert not one.reader.patience.is_over
    one.play(range(270, 300))
    assert one.reader.patience.is_over


def test_groups_that_grow_long_end_the_idling() -> None:
    one = Setting(fps=1)
    one.play(range(30))
    one.source.gop = 1000  # none comes any more
    one.play(range(31, 60))
    assert not one.reader.is_idle
    assert one.decoder.log[-10:] == list(range(50, 60))
    assert one.placed == sorted(set(one.placed))
    assert one.placed[-39:] == [20, *range(21, 30), *range(31, 60)]


def test_more_than_may_be_kept_is_decoded_instead() -> None:
    one = Setting(fps=1)
    one.play(range(21))
    big = one.source.packet(21, 2.1)
    one.reader.feed(Packet(big.data, KEEP_BYTES, big.is_key, big.pts, big.time_base, big.arrived_s))
    one.work()
    assert one.decoder.log[-2:] == [20, 21]


def test_a_key_frame_that_cannot_be_seen_is_not_taken_for_quiet() -> None:
    one = Setting(fps=1)
    one.play(range(30))
    one.decoder.damaged = {30}
    one.play(range(30, 45))
    log = one.decoder.log
    assert log[log.index(-1 - 30) + 1 :] == [*range(20, 31), *range(40, 45)]


def test_at_the_end_what_was_kept_is_decoded() -> None:
    one = Setting(fps=5)
    one.play(range(37))
    one.end()
    assert one.placed[-7:] == list(range(30, 37))
    assert one.reader.due_s() is None


def test_late_it_goes_on_at_the_newest_key_frame() -> None:
    one = Setting(keys_only=False)
    one.play(range(5))
    one.play(range(5, 34), works=False)
    assert one.now_s - 0.5 > LATE_S
    one.work()
    assert one.decoder.log == [*range(5), *range(30, 34)]
    assert one.reader.counts.late == 25
    assert len(one.reader.kept) == 0


@pytest.mark.parametrize("wakes", [False, True])
def test_late_when_idle_it_goes_on_at_the_newest_key_frame_too(wakes: bool) -> None:
    """Else a machine that cannot even keep up with key frames shows what was, seconds later."""
    one = Setting(fps=1, wakes_at=50 if wakes else 10**6)
    one.play(range(21))
    one.play(range(21, 53), works=False)
    one.work()
    log = one.decoder.log
    assert log[log.index(-1 - 20) + 1] == -1 - 50
    assert one.reader.counts.late == 2
    assert one.reader.is_idle is not wakes
    if wakes:
        assert one.placed == [*range(10), 10, *range(20, 53)], "what is kept is seen all the same"
    else:
        assert one.placed == [*range(10), 10, 20, 50]
        assert len(one.reader.kept) == 3


def test_late_with_no_newer_key_frame_it_goes_on_as_it_was() -> None:
    one = Setting(keys_only=False, gop=1000)
    one.play(range(1))
    one.play(range(1, 30), works=False)
    one.work()
    assert one.decoder.log == list(range(30))
    assert one.reader.counts.late == 0


def test_in_a_file_nothing_is_late() -> None:
    one = Setting(keys_only=False, is_file=True)
    one.play(range(100), works=False)
    one.work()
    assert one.decoder.log == list(range(100))


def test_too_much_kept_is_forgotten_and_counted() -> None:
    one = Setting(keys_only=False, is_file=False)
    one.play(range(95), works=False)
    one.now_s = 0.0  # not late, only too much
    one.work()
    assert len(one.decoder.log) <= 61
    assert one.decoder.log[0] % GOP == 0
    assert one.reader.counts.late == 95 - len(one.decoder.log)


def test_packets_without_pictures_try_its_patience() -> None:
    one = Setting(keys_only=False)
    one.play(range(20))
    one.decoder.damaged = set(range(20, 1000, 10))
    one.play(range(20, 69))
    assert not one.reader.patience.is_over
    one.play(range(69, 80))
    assert one.reader.patience.is_over


Act = tuple[bool, float, bool]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([1.0, 2.0, 5.0, 10.0]), st.booleans())))
def test_whatever_is_wanted_time_goes_on_and_nothing_comes_twice(acts: list[Act]) -> None:
    """Every five packets other wishes."""
    one = Setting(is_file=True)
    for number, (keys_only, fps, is_new) in enumerate(acts):
        one.pace.want(fps, keys_only=keys_only)
        one.wakes_at = 0 if is_new else 10**6
        one.play(range(number * 5, number * 5 + 5))
    one.end()
    assert one.placed == sorted(set(one.placed))
    assert one.times == sorted(set(one.times))
    count = len(acts) * 5
    missed = set(range(count)) - set(one.placed)
    for first in range(0, count, GOP):  # a group is seen whole or its key frame alone
        group = set(range(first, min(first + GOP, count)))
        assert missed & group in (set(), group - {first})
    assert len(one.reader.kept) == 0


@given(st.integers(3, 9), st.integers(0, 9))
def test_where_it_wakes_makes_no_difference_to_what_follows(group: int, extra: int) -> None:
    """From the quiet key frame before on, the same pictures as if all had been decoded."""
    last = group * GOP + extra + 1
    idle, full = Setting(wakes_at=group * GOP), Setting(keys_only=False)
    for one in (idle, full):
        one.play(range(last))
        one.end()
    since = (group - 1) * GOP
    assert [n for n in idle.placed if n >= since] == [n for n in full.placed if n >= since]
    assert all(a < b for a, b in itertools.pairwise(idle.times))


def test_without_timestamps_the_shown_picture_is_passed_over_once() -> None:
    one = Setting(fps=1)
    placed: list[float] = []

    def place(decoded: Decoded) -> Stamp:
        placed.append(decoded.arrived_s)
        return Stamp(decoded.arrived_s, None)  # type: ignore[arg-type]

    one.reader._clock.place = place  # type: ignore[method-assign]
    for number in range(36):
        packet = one.source.packet(number, number / FPS)
        one.reader.feed(Packet(number, 1000, packet.is_key, None, BASE, packet.arrived_s))
        one.work()
    one.pace.want(5, keys_only=False)
    one.work()
    assert placed == pytest.approx(
        [*(n / FPS for n in range(10)), 1, 2, *(n / FPS for n in range(30, 36))]
    )
