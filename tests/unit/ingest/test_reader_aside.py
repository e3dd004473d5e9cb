"""A camera with rare key frames is looked at through its substream: decoders tell what they got."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from ingest.frame import FrameSize, Image
from ingest.gop import GopMeter
from ingest.keeping import KEEP_ASIDE_BYTES, KEEP_ASIDE_S
from ingest.pace import Pace
from ingest.packets import KeptPackets
from ingest.reader import BUDGET_S, Due, Reader
from ingest.schedule import Sampler
from ingest.sources.base import Decoded, Packet
from ingest.timeline import Stamp
from tests.support.rtsp_fake import FakeSource

SIZE = FrameSize(16, 12)
FPS = 10
GOP = 50
USUAL_FPS = 5.0
LAG_S = 0.03
"""The substream arrives so much later than the main stream."""


class Small:
    """A substream whose packets are put by the test."""

    def __init__(self) -> None:
        self.source = FakeSource(SIZE, fps=FPS, gop=FPS, width_px=64, height_px=48)
        self.kept = KeptPackets()
        self.is_ready = True
        self.left = 0

    def due_s(self) -> float | None:
        head = self.kept.head()
        return head.arrived_s if head else None

    def work(self) -> list[Decoded]:
        packet, _ = self.kept.take()
        return self.source.decoder.decode(packet) if packet else []

    def leave(self) -> None:
        self.left += 1


@dataclass
class Setting:
    """Media time is that of arrival."""

    keys_only: bool = True
    wakes_at: int = 10**6
    gop: int = GOP
    has_aside: bool = True
    posted: list[Due] = field(default_factory=list)
    placed: list[float] = field(default_factory=list)
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.source = FakeSource(SIZE, fps=FPS, gop=self.gop)
        self.log = self.source.decoder.log
        self.small = Small()
        self.pace = Pace(1, self._wakes)
        self.pace.want(1, keys_only=self.keys_only)
        self.reader = Reader(
            self.source.decoder,
            self,
            Sampler(USUAL_FPS),
            self.pace,
            self.posted.append,
            gop=GopMeter(FPS),
            now=lambda: self.now_s,
            aside=self.small if self.has_aside else None,
        )

    def _wakes(self, image: Image) -> bool:
        return int(image[0, 0, 0]) >= self.wakes_at

    def place(self, decoded: Decoded) -> Stamp:
        self.placed.append(round(decoded.arrived_s, 3))
        return Stamp(decoded.arrived_s, None)  # type: ignore[arg-type]

    def play(self, numbers: range, *, size_bytes: int = 1000) -> None:
        for number in numbers:
            self.now_s = max(self.now_s, number / FPS + LAG_S)
            packet = self.source.packet(number, number / FPS)
            self.reader.feed(
                Packet(
                    number,
                    size_bytes,
                    packet.is_key,
                    packet.pts,
                    packet.time_base,
                    packet.arrived_s,
                )
            )
            self.work()
            self.small.kept.put(self.small.source.packet(number, number / FPS + LAG_S))
            if not self.reader.is_aside:
                self.small.kept.skip_to_newest_key()
            self.work()

    def work(self) -> None:
        while self.reader.due_s() is not None:
            self.reader.work()

    @property
    def asides(self) -> list[float]:
        return [round(due.stamp.t_s, 3) for due in self.posted if due.is_aside]

    @property
    def mains(self) -> list[int]:
        return [round(due.stamp.t_s * FPS) for due in self.posted if not due.is_aside]


def test_idle_the_substream_alone_is_decoded() -> None:
    one = Setting()
    one.play(range(140))
    # The first group tells how long groups are; then the second key frame is where it rests.
    assert one.log == list(range(50))
    assert one.reader.is_aside
    assert one.reader.counts.aside == len(one.small.source.decoder.log) == 100, "from its group on"
    assert one.small.source.converted == len(one.asides) == 9, "one a second"
    assert len(one.reader.kept) == 40, "from the last key frame on"


def test_waking_nothing_since_the_last_quiet_look_is_lost() -> None:
    one = Setting(wakes_at=80)
    one.play(range(90))
    quiet_s = one.asides[-1]
    assert one.log[50:] == list(range(50, 90)), "all since the key frame, in order"
    seen = [n for n in one.mains if n >= 50]
    assert seen == list(range(seen[0], 90, 2)), "at the usual rate"
    assert 0 < seen[0] / FPS - quiet_s <= 1 / USUAL_FPS + 1 / FPS
    after = [t_s for t_s in one.placed if t_s > quiet_s]
    assert after == [n / FPS for n in range(int(quiet_s * FPS) + 1, 90)], "each once"
    assert all(a < b for a, b in itertools.pairwise(one.placed))
    assert one.small.left == one.reader.counts.replays == 1


def test_what_is_late_since_it_was_kept_is_wanted_from_waking_on() -> None:
    one = Setting(wakes_at=80)
    one.play(range(90))
    woke_s = next(n for n in one.mains if n / FPS > one.asides[-1]) / FPS
    late = [due for due in one.posted if not due.is_aside and woke_s <= due.stamp.t_s < 8.0]
    assert late
    assert len({due.deadline_s for due in late}) == 1
    assert late[0].deadline_s >= max(due.stamp.t_s for due in late) + BUDGET_S


def test_decoding_a_whole_group_after_all_is_not_being_late() -> None:
    """It takes two seconds, in which a new key frame comes: everything is decoded still."""
    one = Setting()
    one.play(range(97))
    assert one.reader.is_aside
    one.pace.want(5, keys_only=False)
    for number in range(97, 117):
        one.now_s = number / FPS
        one.reader.feed(one.source.packet(number, number / FPS))
        for _ in range(2):
            one.reader.work()
    one.work()
    assert one.log[50:] == list(range(50, 117))
    assert one.reader.counts.late == 0
    late = [due for due in one.posted if due.stamp.t_s > one.asides[-1]]
    assert all(due.deadline_s > due.decoded.arrived_s for due in late)


def test_wanted_fully_it_goes_on_from_the_last_quiet_look() -> None:
    one = Setting()
    one.play(range(75))
    quiet_s = one.asides[-1]
    one.pace.want(10, keys_only=False)
    one.play(range(75, 80))
    after = [t_s for t_s in one.placed if t_s > quiet_s]
    assert after == [n / FPS for n in range(int(quiet_s * FPS) + 1, 80)]


def test_it_stays_awake_until_the_analysis_can_have_said_something() -> None:
    one = Setting(wakes_at=85)
    one.play(range(97))
    assert not one.reader.is_aside
    one.wakes_at = 10**6
    one.play(range(97, 101))
    assert not one.reader.is_aside, "the next key frame comes sooner than an answer can"
    one.play(range(101, 151))
    assert one.reader.is_aside
    assert one.log[-1] == 149


def test_without_a_substream_everything_is_decoded() -> None:
    one = Setting(has_aside=False)
    one.play(range(140))
    assert one.log == list(range(140))


def test_lost_the_main_stream_is_decoded_from_what_was_kept() -> None:
    one = Setting()
    one.play(range(75))
    quiet_s = one.asides[-1]
    one.small.is_ready = False
    one.play(range(75, 130))
    assert one.log[50:] == list(range(50, 130))
    after = [t_s for t_s in one.placed if t_s > quiet_s]
    assert after == [n / FPS for n in range(int(quiet_s * FPS) + 1, 130)]
    one.small.is_ready = True
    one.play(range(130, 170))
    assert one.reader.is_aside


def test_short_groups_need_no_substream() -> None:
    one = Setting(gop=10)
    one.play(range(60))
    assert one.reader.is_idle
    assert not one.reader.wants_aside
    assert one.small.source.decoder.log == []


def test_it_is_wanted_once_groups_are_known_to_be_long() -> None:
    one = Setting()
    one.play(range(10))
    assert not one.reader.wants_aside
    one.play(range(10, 13))
    assert one.reader.wants_aside
    one.pace.want(1, keys_only=False)
    assert not one.reader.wants_aside


def test_groups_longer_than_may_be_kept_are_decoded() -> None:
    one = Setting(gop=int(KEEP_ASIDE_S * FPS) + 20)
    one.play(range(300))
    assert one.log == list(range(300))
    assert not one.reader.wants_aside


def test_more_than_may_be_kept_is_decoded_instead() -> None:
    one = Setting()
    one.play(range(60))
    assert one.reader.is_aside
    one.play(range(60, 75), size_bytes=KEEP_ASIDE_BYTES // 10)
    assert not one.reader.is_aside
    assert one.log[50:] == list(range(50, 75))


def test_at_the_end_what_was_kept_is_decoded() -> None:
    one = Setting()
    one.play(range(75))
    one.reader.end()
    one.work()
    assert one.log[50:] == list(range(50, 75))


def test_a_quiet_time_does_not_try_its_patience() -> None:
    one = Setting()
    one.play(range(600))
    one.source.decoder.damaged = {550}
    one.pace.want(5, keys_only=False)
    one.play(range(600, 601))
    assert not one.reader.patience.is_over


Act = tuple[bool, float, bool, bool]


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([1.0, 2.0, 5.0]), st.booleans(), st.booleans()),
        max_size=40,
    )
)
def test_whatever_is_wanted_time_goes_on_and_nothing_comes_twice(acts: list[Act]) -> None:
    """Every five packets other wishes."""
    one = Setting(gop=20)
    for number, (keys_only, fps, is_new, is_ready) in enumerate(acts):
        one.pace.want(fps, keys_only=keys_only)
        one.wakes_at = 0 if is_new else 10**6
        one.small.is_ready = is_ready
        one.play(range(number * 5, number * 5 + 5))
    one.reader.end()
    one.work()
    assert one.placed == sorted(set(one.placed))
    mains = [round(t_s * FPS) for t_s in one.placed if round(t_s * FPS, 3) % 1 == 0]
    asides = [t_s for t_s in one.placed if round(t_s * FPS, 3) % 1]
    for a, b in itertools.pairwise(mains):  # a gap ends with a quiet look
        assert b == a + 1 or any(b / FPS - 0.11 <= t_s < b / FPS for t_s in asides)
    assert len(one.reader.kept) == 0
