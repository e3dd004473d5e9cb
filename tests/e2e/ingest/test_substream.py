"""Over real RTSP: a camera with a key frame every five seconds, and its substream beside it."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from api.demo.virtual_cameras import VirtualCamera, VirtualCameras
from ingest.camera import Camera, CameraId
from ingest.decoding import DecodePool
from ingest.frame import Frame, FrameSize
from ingest.mailbox import Mailbox
from ingest.pace import Pace
from ingest.sources.encode import encode_images
from ingest.worker import CameraWorker
from tests.support.rtsp import PASSWORD, moving_images, until

pytestmark = pytest.mark.rtsp

SIZE = FrameSize(160, 160)
FPS = 10.0
GOP_S = 5.0
LONG_S = 2 * GOP_S + 5
"""A key frame, another that tells how far they are apart, and time for connecting."""


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> list[VirtualCamera]:
    """The same ten seconds twice: large with rare key frames, and small."""
    folder = tmp_path_factory.mktemp("streams")
    found = []
    for name, width, height, gop_s in (("main", 640, 480, GOP_S), ("small", 320, 240, 1.0)):
        file = folder / f"{name}.h264"
        images = moving_images(round(2 * GOP_S * FPS), 640, 480)
        encode_images(images, file, width=width, height=height, fps=FPS, gop_s=gop_s)
        found.append(VirtualCamera(name, file, FPS, user="guard", password=PASSWORD))
    return found


class Watched:
    """A worker, what it gave, and a switch for what its pictures show."""

    def __init__(self, camera: Camera, pool: DecodePool) -> None:
        self.is_new = threading.Event()
        self.pace = Pace(FPS, lambda image: self.is_new.is_set())
        self.pace.want(1, keys_only=True)
        self._box = Mailbox[Frame](600)
        self.worker = CameraWorker(camera, SIZE, self._box, pace=self.pace, pool=pool)

    def frames(self) -> list[Frame]:
        return list(iter(self._box.take, None))

    def decoding(self) -> str:
        return self.worker.health().decoding

    async def rests(self) -> None:
        await until(lambda: self.decoding() == "substream", LONG_S)


@asynccontextmanager
async def watching(main: VirtualCameras, small: VirtualCameras) -> AsyncIterator[Watched]:
    camera = Camera(CameraId("gate"), main.url("main"), FPS, small.url("small"))
    pool, stop = DecodePool(1), asyncio.Event()
    one = Watched(camera, pool)
    task = asyncio.create_task(one.worker.run(stop))
    try:
        yield one
    finally:
        stop.set()
        await task
        pool.close()


async def test_idle_the_substream_alone_is_decoded_and_waking_loses_nothing(
    streams: list[VirtualCamera],
) -> None:
    with VirtualCameras(streams) as cameras:
        async with watching(cameras, cameras) as one:
            await one.rests()
            counts = one.worker._counts
            before = replace(counts)
            await until(lambda: counts.aside >= before.aside + 30, 6)
            assert counts.pictures == before.pictures, "nothing of the main stream"
            seen = one.frames()
            one.is_new.set()
            await until(lambda: one.worker.health().replays == 1, 3)
            one.is_new.clear()
            scheduled = one.worker.health().scheduled
            await until(lambda: one.worker.health().scheduled >= scheduled + 20, 6)
            assert one.decoding() == "all"
            health = one.worker.health()
            seen += one.frames()
    assert (health.late_decode, health.reconnects, health.substream_reason) == (0, 0, None)
    assert [frame.seq for frame in seen] == list(range(len(seen)))
    assert all(a.t_s < b.t_s for a, b in itertools.pairwise(seen))
    assert all(a.captured_at < b.captured_at for a, b in itertools.pairwise(seen))
    assert {frame.image.shape for frame in seen} == {(120, 160, 3)}
    woken(seen)


def woken(seen: list[Frame]) -> None:
    """One small frame a second; then ten large ones, from right after the last small one."""
    small = [number for number, frame in enumerate(seen) if frame.picture.width_px == 320]
    last = small[-1]
    assert small == list(range(small[0], last + 1))
    assert len(small) >= 3
    idle = [b.t_s - a.t_s for a, b in itertools.pairwise(seen[small[0] : last + 1])]
    assert all(0.7 < step < 1.4 for step in idle[1:])
    replayed = seen[last : last + 10]
    assert {frame.picture.width_px for frame in replayed[1:]} == {640}
    assert max(b.t_s - a.t_s for a, b in itertools.pairwise(replayed)) < 0.35
    # They came before it woke, a second after the last quiet look, and are wanted still.
    assert replayed[1].received_s < replayed[1].deadline_s
    for frame in replayed[1:]:
        by_arrival_s = frame.received_s - seen[last].received_s
        assert frame.t_s - seen[last].t_s == pytest.approx(by_arrival_s, abs=0.15)


async def test_without_its_substream_the_main_stream_is_decoded(
    streams: list[VirtualCamera],
) -> None:
    with VirtualCameras(streams[:1]) as main, VirtualCameras(streams[1:]) as small:
        async with watching(main, small) as one:
            await one.rests()
            await until(lambda: one.worker._counts.aside > 10, 4)
            quiet = one.frames()
            small.kill()
            await until(lambda: one.decoding() == "all", 6)
            await until(lambda: one.worker.health().substream_reason is not None, 6)
            scheduled = one.worker.health().scheduled
            await until(lambda: one.worker.health().scheduled >= scheduled + 2, 4)
            frames = quiet + one.frames()
            health = one.worker.health()
            assert (health.state, health.reconnects) == ("live", 0)
            # From the last quiet look on the main stream's, in order.
            assert all(a.t_s < b.t_s for a, b in itertools.pairwise(frames))
            assert frames[-1].picture.width_px == 640
            await asyncio.to_thread(small.start)
            await until(lambda: one.decoding() == "substream", LONG_S)
            assert one.worker.health().substream_reason is None
