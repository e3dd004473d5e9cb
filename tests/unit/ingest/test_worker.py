from __future__ import annotations

import asyncio
import itertools
import logging
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ingest import worker as module
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.decoding import DecodePool
from ingest.errors import (
    IngestError,
    StreamFrozen,
    StreamLost,
    StreamUnreachable,
    StreamUnreadable,
    WrongPassword,
)
from ingest.frame import Frame, FrameSize
from ingest.health import CameraHealth
from ingest.mailbox import Mailbox
from ingest.pace import Pace
from ingest.patience import NEXT_PICTURE_S
from ingest.reader import BUDGET_S
from ingest.sources.base import Decoded, Packet, Source
from ingest.worker import CameraWorker
from tests.support.rtsp import until, wait_until
from tests.support.rtsp_fake import FakeSource, HeldPool, InlinePool

SIZE = FrameSize(160, 160)
URL = StreamUrl.parse("rtsp://guard:hunter2@10.0.0.9/gate")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

Open = Callable[[StreamUrl, FrameSize], Source]


async def nobody(url: StreamUrl) -> bool:
    return False


def make(open_source: Open, fps: float = 10, capacity: int = 100, **more: object) -> CameraWorker:
    more = {"knock": nobody, "rng": random.Random(1), "pool": InlinePool(), **more}
    camera = Camera(CameraId("gate"), URL, fps)
    return CameraWorker(camera, SIZE, Mailbox[Frame](capacity), open_source, **more)  # type: ignore[arg-type]


def taken(worker: CameraWorker) -> list[Frame]:
    mailbox = worker._mailbox
    return list(iter(mailbox.take, None))


def test_only_scheduled_frames_are_converted() -> None:
    source = FakeSource(SIZE, count=100, fps=25)
    worker = make(lambda url, size: source, fps=5)
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    frames = taken(worker)
    assert source.converted == len(frames) == 20
    assert [frame.seq for frame in frames] == list(range(20))
    assert [frame.t_s for frame in frames] == pytest.approx([n / 5 for n in range(20)])
    assert frames[3].image.shape == (120, 160, 3)
    assert (worker.health().decoded, worker.health().scheduled) == (100, 20)
    assert source.closed == 1


def test_numbers_and_media_time_go_on_after_a_reconnect() -> None:
    worker = make(lambda url, size: FakeSource(SIZE, count=5))
    for _ in range(3):
        with pytest.raises(StreamLost):
            worker.run_once(threading.Event())
    frames = taken(worker)
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    assert all(a.t_s < b.t_s for a, b in itertools.pairwise(frames))
    assert all(a.captured_at < b.captured_at for a, b in itertools.pairwise(frames))


def test_a_halt_ends_the_play_and_closes_the_source() -> None:
    source = FakeSource(SIZE, count=10**6)
    halt = threading.Event()
    halt.set()
    worker = make(lambda url, size: source)
    worker.run_once(halt)
    assert source.closed == 1
    assert taken(worker) == []


def test_the_size_is_reported_as_it_changes() -> None:
    source = FakeSource(SIZE, count=2)
    seen: list[CameraHealth] = []
    worker = make(lambda url, size: source)

    def grow() -> None:
        seen.append(worker.health())
        source.width_px, source.height_px = 640, 360

    worker._mailbox.on_item = grow
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    sizes = [(health.codec, health.width_px, health.height_px) for health in seen]
    assert sizes == [("h264", 320, 240), ("h264", 640, 360)]


def test_a_picture_that_never_changes_is_not_watched() -> None:
    worker = make(lambda url, size: FakeSource(SIZE, count=320, is_still=True))
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    health = worker.health()
    assert (health.state, health.reason) == ("unwatched", "no_frames")
    with pytest.raises(StreamLost):
        make(lambda url, size: FakeSource(SIZE, count=320)).run_once(threading.Event())


class Script:
    """Opens, one after the other, what it is given: an error to raise or a source to play."""

    def __init__(self, *acts: IngestError | Exception | FakeSource) -> None:
        self._acts = iter(acts)
        self.opened = 0

    def __call__(self, url: StreamUrl, size: FrameSize) -> Source:
        self.opened += 1
        act = next(self._acts, StreamUnreachable("nobody"))
        if isinstance(act, Exception):
            raise act
        return act


async def test_it_goes_on_whatever_happens(caplog: pytest.LogCaptureFixture) -> None:
    """Ours, a library's, the unthinkable: never raised, always retried, the password unseen."""
    caplog.set_level(logging.DEBUG)
    script = Script(
        StreamUnreachable(f"{URL}: nobody"),
        RuntimeError(f"cannot read {URL.reveal()}"),
        FakeSource(SIZE, count=3, end=ValueError(URL.reveal())),
        FakeSource(SIZE, count=3, hold=threading.Event()),
    )
    worker = make(script)
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    await until(lambda: script.opened == 4 and worker.health().state == "live", 12)
    stop.set()
    async with asyncio.timeout(2):  # though its read blocks for ever
        await task
    assert worker.health().decoded == 6
    assert worker.health().reconnects == 3
    assert "unexpected RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


async def test_the_same_reason_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    worker = make(Script())
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    await until(lambda: worker.health().reconnects == 2, 5)
    assert (worker.health().state, worker.health().reason) in (
        ("waiting", "unreachable"),
        ("connecting", "unreachable"),
    )
    stop.set()
    await task
    assert caplog.text.count("nobody") == 1


async def test_a_stop_before_the_start_opens_nothing() -> None:
    script = Script()
    stop = asyncio.Event()
    stop.set()
    await make(script).run(stop)
    assert script.opened == 0


def later(seconds: float) -> asyncio.Future[bool]:
    """A stop that comes so much later."""
    loop = asyncio.get_running_loop()
    stopping: asyncio.Future[bool] = loop.create_future()
    loop.call_later(seconds, lambda: stopping.done() or stopping.set_result(True))
    return stopping


@pytest.mark.parametrize(
    ("answers", "error", "knocks", "returns_early"),
    [
        ([False, True], StreamUnreachable("x"), 2, True),  # it came back
        ([True], StreamUnreachable("x"), 1, False),  # somebody is there all the time
        ([], WrongPassword("x"), 0, False),  # a refusal is not hammered
        ([False, False, False, True], StreamLost("x"), 4, True),
    ],
)
async def test_only_a_return_ends_the_wait_early(
    answers: list[bool],
    error: IngestError,
    knocks: int,
    returns_early: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "KNOCK_EVERY_S", 0.02)
    script, asked = iter(answers), 0

    async def knock(url: StreamUrl) -> bool:
        nonlocal asked
        asked += 1
        return next(script, True)

    worker = make(Script(), knock=knock)
    loop = asyncio.get_running_loop()
    started_s, wait_s = loop.time(), 0.5
    await worker._rest(wait_s, error, later(10))
    assert (loop.time() - started_s < wait_s - 0.1) is returns_early
    assert asked == knocks


async def test_a_stop_ends_the_wait_and_the_knock() -> None:
    async def never(url: StreamUrl) -> bool:
        await asyncio.Event().wait()
        return True

    async with asyncio.timeout(3):
        await make(Script(), knock=never)._rest(60, StreamLost("x"), later(0.05))


async def test_a_read_that_hangs_is_given_up_and_threads_stay_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "HANG_S", 0.0)
    monkeypatch.setattr(module, "WATCH_S", 0.01)
    let_go = threading.Event()
    opened: list[FakeSource] = []

    def open_source(url: StreamUrl, size: FrameSize) -> Source:
        opened.append(FakeSource(SIZE, count=0, hold=let_go))
        return opened[-1]

    worker = make(open_source)
    errors = [await worker._play(later(10)) for _ in range(module.MAX_HANGING + 2)]
    assert {type(error) for error in errors} == {StreamFrozen}
    assert len(opened) == module.MAX_HANGING
    let_go.set()
    await until(lambda: all(thread.done() for thread in worker._hanging), 2)
    await worker._play(later(10))
    assert len(opened) == module.MAX_HANGING + 1


def test_a_short_play_does_not_reset_the_back_off() -> None:
    worker = make(Script())
    waits = [worker._after(StreamLost("x")) for _ in range(6)]
    assert waits[-1] > 5 * waits[0]
    worker._live_since_s = -100.0  # it has been live for long
    assert worker._after(StreamLost("x")) <= 0.5


def test_utc_comes_from_the_given_clock() -> None:
    clock = (NOON + timedelta(seconds=n) for n in itertools.count())
    worker = make(lambda url, size: FakeSource(SIZE, count=1), now=lambda: next(clock))
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    assert taken(worker)[0].captured_at.date() == NOON.date()


def test_packets_without_a_picture_are_unreadable_in_time() -> None:
    source = FakeSource(SIZE, count=1000, gop=10)
    source.decoder.damaged = set(range(30, 1000, 10))
    worker = make(lambda url, size: source)
    with pytest.raises(StreamUnreadable, match="no picture"):
        worker.run_once(threading.Event())
    # The last whole picture came at 2.9 s.
    assert max(source.decoder.log) == pytest.approx(29 + NEXT_PICTURE_S * 10, abs=10)
    assert source.closed == 1


def test_what_decoding_raises_ends_the_play() -> None:
    source = FakeSource(SIZE, count=100)
    worker = make(lambda url, size: source, pool=None)
    worker._mailbox.on_item = lambda: 1 / 0  # type: ignore[assignment,return-value]
    source.hold = threading.Event()
    source.hold.set()
    with pytest.raises(ZeroDivisionError):
        worker.run_once(threading.Event())
    assert source.closed == 1
    assert worker.health().scheduled == 0


def test_what_was_read_before_a_loss_is_decoded_even_when_idle() -> None:
    pace = Pace(5, lambda image: False)
    pace.want(1, keys_only=True)
    source = FakeSource(SIZE, count=48)
    worker = make(lambda url, size: source, fps=5, pace=pace)
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    assert source.decoder.log[-8:] == list(range(40, 48))
    health = worker.health()
    assert (health.gop_s, health.decoded) == (1.0, 10 + 3 + 8)


def test_health_tells_how_it_decodes() -> None:
    pace, seen = Pace(5, lambda image: False), []
    source = FakeSource(SIZE, count=35)
    worker = make(lambda url, size: source, fps=5, pace=pace)

    def note() -> None:
        seen.append((worker.health().decoding, worker.health().gop_s))
        pace.want(1, keys_only=True)

    worker._mailbox.on_item = note
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    assert seen[0] == ("all", None)
    assert ("keys", 1.0) in seen
    assert seen[-1] == ("all", 1.0), "the end is decoded whole"
    assert worker.health().replays == 1


def test_late_decoding_is_counted() -> None:
    """Arrival is far in the past: as if the machine had been busy with something else."""
    source = FakeSource(SIZE, count=40, begins_s=-60.0)
    pool = HeldPool()
    worker = make(lambda url, size: source, pool=pool)
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    assert source.decoder.log == list(range(30, 40))
    assert worker.health().late_decode == 30


def test_what_is_decoded_slowly_is_nobodys_once_the_connection_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else two connections would number frames and place them in time side by side."""
    monkeypatch.setattr(module, "DRAIN_S", 0.01)
    monkeypatch.setattr(module, "STOP_S", 0.01)
    pool, may_end, ended = DecodePool(1), threading.Event(), threading.Event()
    slow, quick = FakeSource(SIZE, count=2), FakeSource(SIZE, count=3)
    decode = slow.decoder.decode

    def slowly(packet: Packet) -> list[Decoded]:
        may_end.wait(10)
        ended.set()
        return decode(packet)

    slow.decoder.decode = slowly  # type: ignore[method-assign]
    sources = [slow, quick]
    worker = make(lambda url, size: sources.pop(0), pool=pool)
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    may_end.set()
    assert ended.wait(10)
    wait_until(lambda: pool.longest() is None)
    assert worker.health().decoded == len(taken(worker)) == 0
    monkeypatch.setattr(module, "DRAIN_S", 10.0)
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    assert [frame.seq for frame in taken(worker)] == [0, 1, 2]
    pool.close()


def test_a_pool_of_its_own_ends_with_the_play() -> None:
    before = set(threading.enumerate())  # some may be others', about to end
    worker = make(lambda url, size: FakeSource(SIZE, count=20), pool=None)
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    assert worker.health().decoded == 20
    wait_until(lambda: set(threading.enumerate()) <= before)


def test_frames_say_until_when_they_are_wanted() -> None:
    worker = make(lambda url, size: FakeSource(SIZE, count=20))
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    for frame in taken(worker):
        assert frame.deadline_s == pytest.approx(frame.received_s + BUDGET_S)
