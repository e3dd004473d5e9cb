"""The substream beside the main stream: when it is opened, read, given up and tried again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import pytest

from ingest.aside import (
    FIRST_WAIT_S,
    LINGER_S,
    LONGEST_WAIT_S,
    OTHER_ASPECT,
    STALE_S,
    WELL_S,
    Aside,
    ExactSize,
)
from ingest.camera import StreamUrl
from ingest.errors import IngestError, StreamLost, StreamUnreachable, WrongPassword
from ingest.frame import FrameSize
from ingest.patience import FIRST_PICTURE_S
from ingest.sources.base import Source, SourceInfo
from tests.support.rtsp import wait_until
from tests.support.rtsp_fake import FakeSource

SIZE = FrameSize(416, 416)
URL = StreamUrl.parse("rtsp://guard:hunter2@10.0.0.9/small")
MAIN = SourceInfo("h264", 2688, 1520, 25.0)


class Setting:
    """A clock that stands, and sources that play until they are let go."""

    def __init__(self, *acts: FakeSource | Exception) -> None:
        self.now_s = time.monotonic()
        self.acts = list(acts)
        self.sizes: list[FrameSize] = []
        self.rung = threading.Event()
        self.aside = Aside("gate", URL, SIZE, self._open, lambda: self.now_s)
        self.aside.ring = self.rung.set

    def _open(self, url: StreamUrl, size: FrameSize) -> Source:
        assert url == URL
        self.sizes.append(size)
        act = self.acts.pop(0)
        if isinstance(act, Exception):
            raise act
        return act

    def tend(self, *, is_wanted: bool = True, info: SourceInfo = MAIN) -> None:
        self.aside.tend(info, is_wanted=is_wanted)

    def ended(self) -> None:
        wait_until(lambda: self.aside._session is None or self.aside._session.is_done)

    def opened(self, count: int = 1) -> None:
        self.tend()
        wait_until(lambda: len(self.sizes) == count)


def playing(count: int = 20, **more: object) -> tuple[FakeSource, Callable[[], None]]:
    """A source that blocks after `count` packets, and what lets it end."""
    let_go = threading.Event()
    more = {"width_px": 640, "height_px": 360, "hold": let_go, **more}
    return FakeSource(SIZE, count=count, **more), let_go.set  # type: ignore[arg-type]


def test_it_is_opened_when_wanted_at_the_size_of_the_main_streams_images() -> None:
    source, let_go = playing()
    one = Setting(source)
    one.tend(is_wanted=False)
    assert not one.aside.is_ready
    one.opened()
    assert one.sizes == [ExactSize(*SIZE.fit(2688, 1520))]
    assert one.sizes[0].fit(640, 360) == (416, 235), "640x360 alone would give 234 rows"
    wait_until(lambda: one.aside.is_ready and len(one.aside._kept) == 10)
    assert one.aside.due_s() is not None
    let_go()
    one.ended()
    assert source.closed == 1


def test_not_looked_at_only_its_newest_group_lies_here() -> None:
    source, let_go = playing(count=27)
    one = Setting(source)
    one.opened()
    wait_until(lambda: one.aside.is_ready and len(one.aside._kept) == 7)
    shown = [picture for _ in range(7) for picture in one.aside.work()]
    assert source.decoder.log == list(range(20, 27))
    assert len(shown) == 7
    assert one.aside.is_ready, "it has caught up"
    assert one.aside.work() == []
    let_go()
    one.ended()
    assert one.aside.work() == [], "its decoder is not used any more"


def test_left_alone_it_is_let_go_after_a_while() -> None:
    source, let_go = playing()
    one = Setting(source)
    one.opened()
    wait_until(lambda: one.aside.is_ready)
    one.now_s += LINGER_S - 1
    one.tend(is_wanted=False)
    assert one.aside._session is not None
    assert not one.aside._session.halt.is_set()
    one.now_s += 2
    one.tend(is_wanted=False)
    assert not one.aside.is_ready
    one.tend()  # wanted again, while the thread still blocks: not doubled
    assert len(one.sizes) == 1
    let_go()
    one.ended()
    assert one.aside.reason is None, "nothing is wrong with it"


def test_at_rest_its_thread_ends_when_it_can() -> None:
    source, let_go = playing()
    one = Setting(source)
    one.opened()
    wait_until(lambda: one.aside.is_ready)
    one.aside.rest(0.01)  # it blocks in its read
    assert not one.aside.is_ready
    assert source.closed == 0
    let_go()
    one.aside.rest(5.0)
    assert source.closed == 1
    assert one.aside.reason is None


def test_silent_it_is_not_relied_on() -> None:
    source, let_go = playing()
    one = Setting(source)
    one.opened()
    wait_until(lambda: one.aside.is_ready)
    one.now_s += STALE_S + 0.1
    assert not one.aside.is_ready
    let_go()
    one.ended()


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [
        (StreamUnreachable(f"{URL}: nobody"), FIRST_WAIT_S),
        (StreamLost(f"{URL}: ended"), FIRST_WAIT_S),
        (RuntimeError(URL.reveal()), FIRST_WAIT_S),
        (WrongPassword(f"{URL}: refused"), LONGEST_WAIT_S),
    ],
)
def test_lost_it_is_tried_again_later(
    error: Exception, wait_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    source, let_go = playing()
    one = Setting(error, source)
    one.opened()
    one.ended()
    assert one.aside.reason == (error.reason if isinstance(error, IngestError) else "failed")
    one.now_s += wait_s - 0.1
    one.tend()
    assert len(one.sizes) == 1
    one.now_s += 0.2
    one.opened(2)
    wait_until(lambda: one.aside.is_ready)
    one.aside.work()
    assert one.aside.reason is None
    assert "hunter2" not in caplog.text
    let_go()
    one.ended()


def test_waits_double_until_it_played_for_long() -> None:
    one = Setting(*(StreamLost("x") for _ in range(20)))
    waits = []
    for count in range(1, 9):
        one.opened(count)
        one.ended()
        waits.append(one.aside._again_s - one.now_s)
        one.now_s = one.aside._again_s
    assert waits[:3] == pytest.approx([FIRST_WAIT_S, 2 * FIRST_WAIT_S, 4 * FIRST_WAIT_S])
    assert waits[-1] == pytest.approx(LONGEST_WAIT_S)
    source, let_go = playing()
    one.acts.insert(0, source)
    one.opened(9)
    wait_until(lambda: one.aside.is_ready)
    one.now_s += WELL_S + 1
    let_go()
    one.ended()
    assert one.aside._again_s - one.now_s == pytest.approx(FIRST_WAIT_S)


def test_another_aspect_is_not_used_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    sources = [playing(width_px=640, height_px=480)[0] for _ in range(2)]
    one = Setting(*sources)
    for count in (1, 2):
        one.opened(count)
        one.ended()
        one.now_s += LONGEST_WAIT_S + 1
    assert one.aside.reason == OTHER_ASPECT
    assert [source.closed for source in sources] == [1, 1]
    assert caplog.text.count("aspect") == 1


def test_an_aspect_that_only_its_pictures_tell_is_noticed() -> None:
    source, let_go = playing(width_px=0, height_px=0)
    one = Setting(source)
    one.opened()
    wait_until(lambda: one.aside.is_ready)
    source.width_px, source.height_px = 640, 480
    assert one.aside.work() == []
    assert one.aside.reason == OTHER_ASPECT
    assert not one.aside.is_ready
    let_go()
    one.ended()


def test_a_main_stream_of_another_size_needs_another_connection() -> None:
    (source, let_go), (other, let_other_go) = playing(), playing()
    one = Setting(source, other)
    one.opened()
    wait_until(lambda: one.aside.is_ready)
    info = SourceInfo("h264", 1920, 1080, 25.0)
    one.tend(info=info)
    assert not one.aside.is_ready
    let_go()
    one.ended()
    one.tend(info=info)
    wait_until(lambda: len(one.sizes) == 2)
    assert one.sizes[1].fit(640, 360) == (416, 234)
    let_other_go()
    one.ended()


def test_packets_without_a_picture_are_of_no_use() -> None:
    source, let_go = playing(count=10)
    source.decoder.damaged = set(range(0, 1000, 10))
    one = Setting(source)
    one.opened()
    wait_until(lambda: one.aside.is_ready and len(one.aside._kept) == 10)
    for _ in range(10):
        one.aside.work()
    for number in (0, 10, 20):
        packet = source.packet(number, one.now_s + number * FIRST_PICTURE_S / 19)
        one.aside._kept.put(packet)
        one.aside.work()
    assert one.aside.reason == "unreadable"
    let_go()
    one.ended()


def test_a_thread_that_cannot_be_had_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    one = Setting()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        one.tend()
    assert (one.aside.reason, one.aside.is_ready) == ("failed", False)
    one.tend()
    assert one.sizes == []
