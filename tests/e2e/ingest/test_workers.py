"""Workers over real servers: they come back, they stop, and they do not wait for each other."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from api.demo.virtual_cameras import VirtualCameras
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.decoding import DecodePool
from ingest.frame import Frame, FrameSize
from ingest.mailbox import Mailbox
from ingest.pace import Pace
from ingest.worker import STOP_S, CameraWorker
from tests.support.rtsp import TcpServer, camera, silent, until

pytestmark = pytest.mark.rtsp

SIZE = FrameSize(160, 160)
BACK_S = 3.0


@asynccontextmanager
async def watching(
    url: StreamUrl, name: str = "gate", fps: float = 10
) -> AsyncIterator[CameraWorker]:
    worker = CameraWorker(Camera(CameraId(name), url, fps), SIZE, Mailbox[Frame](2))
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await task


async def test_back_soon_after_the_server_is(tmp_path: Path, clip: Callable[..., bytes]) -> None:
    """Three restarts after absences that let the back-off grow; media time goes on."""
    rng = random.Random(5)
    cameras = VirtualCameras([camera(tmp_path, "gate", clip())])
    with cameras:
        async with watching(cameras.url("gate")) as worker:
            await until(lambda: worker.health().scheduled > 0, BACK_S)
            for number in range(3):
                cameras.kill()
                await until(lambda: worker.health().state == "waiting", 2)
                await asyncio.sleep(rng.uniform(1, 4))  # the absence is what is tested
                before = worker.health().scheduled
                await asyncio.to_thread(cameras.start)
                await until(lambda: worker.health().scheduled > before, BACK_S)  # noqa: B023
                assert worker.health().state == "live"
                assert worker.health().reconnects > number


async def test_a_thawed_server_is_back_as_soon(tmp_path: Path, clip: Callable[..., bytes]) -> None:
    with VirtualCameras([camera(tmp_path, "gate", clip())]) as cameras:
        async with watching(cameras.url("gate")) as worker:
            await until(lambda: worker.health().scheduled > 0, BACK_S)
            cameras.freeze()
            try:
                await until(lambda: worker.health().reason == "no_frames", 6)
                await until(lambda: worker.health().reason == "unreachable", 12)
            finally:
                cameras.thaw()
            before = worker.health().scheduled
            await until(lambda: worker.health().scheduled > before, BACK_S + 1)


async def test_dead_cameras_do_not_hold_up_live_ones(
    tmp_path: Path, clip: Callable[..., bytes]
) -> None:
    """Twelve live cameras, twelve that accept and never answer: more than any pool of threads."""
    with VirtualCameras([camera(tmp_path, "gate", clip())]) as cameras, TcpServer(silent) as dead:
        dead_url = StreamUrl.parse(f"rtsp://guard:x@127.0.0.1:{dead.port}/gate")
        stop = asyncio.Event()
        workers: dict[str, CameraWorker] = {}
        for number in range(24):
            name = f"{'dead' if number % 2 == 0 else 'live'}-{number}"
            url = dead_url if number % 2 == 0 else cameras.url("gate")
            one = Camera(CameraId(name), url, 2)
            workers[name] = CameraWorker(one, SIZE, Mailbox[Frame](2))
        tasks = [asyncio.create_task(worker.run(stop)) for worker in workers.values()]
        live = [worker for name, worker in workers.items() if name.startswith("live")]
        await until(lambda: all(worker.health().state == "live" for worker in live), 4)
        before = [worker.health().scheduled for worker in live]
        await until(
            lambda: all(
                worker.health().scheduled >= old + 6
                for worker, old in zip(live, before, strict=True)
            ),
            8,
        )
        assert all(worker.health().reconnects == 0 for worker in live)
        started_s = time.monotonic()
        stop.set()
        await asyncio.gather(*tasks)
        assert time.monotonic() - started_s < STOP_S + 1
        states = {name: worker.health() for name, worker in workers.items() if "dead" in name}
        assert {health.decoded for health in states.values()} == {0}


async def test_a_wrong_password_is_not_hammered(tmp_path: Path, clip: Callable[..., bytes]) -> None:
    with VirtualCameras([camera(tmp_path, "gate", clip())]) as cameras:
        async with watching(cameras.url("gate", password="wrong")) as worker:
            await until(lambda: worker.health().reconnects == 2, 4)
            health = worker.health()
            assert (health.state, health.reason) in (
                ("waiting", "wrong_password"),
                ("connecting", "wrong_password"),
            )
            started_s = time.monotonic()
            await until(lambda: worker.health().reconnects == 4, 8)
            assert time.monotonic() - started_s > 2  # 2 s and 4 s, each at least halved by jitter


async def test_stopping_leaves_no_thread(tmp_path: Path, clip: Callable[..., bytes]) -> None:
    with VirtualCameras([camera(tmp_path, "gate", clip())]) as cameras:
        async with watching(cameras.url("gate"), "leaves") as worker:
            await until(lambda: worker.health().state == "live", BACK_S)
        await until(
            lambda: "camera-leaves" not in [thread.name for thread in threading.enumerate()], 1
        )


async def test_an_idle_camera_decodes_key_frames_and_waking_loses_nothing(
    tmp_path: Path, clip: Callable[..., bytes]
) -> None:
    """Over real RTSP, several cameras on two threads that they share."""
    is_new = threading.Event()
    pool = DecodePool(2)
    with VirtualCameras([camera(tmp_path, "gate", clip())]) as cameras:
        stop, workers, boxes = asyncio.Event(), [], []
        for number in range(4):
            pace = Pace(10, lambda image: is_new.is_set())
            pace.want(1, keys_only=True)
            boxes.append(Mailbox[Frame](60))
            one = Camera(CameraId(f"gate-{number}"), cameras.url("gate"), 10)
            workers.append(CameraWorker(one, SIZE, boxes[-1], pace=pace, pool=pool))
        tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
        healths = lambda: [worker.health() for worker in workers]
        await until(lambda: all(health.decoding == "keys" for health in healths()), 6)
        before = [health.decoded for health in healths()]
        await until(
            lambda: all(
                health.decoded >= old + 3 for health, old in zip(healths(), before, strict=True)
            ),
            6,
        )
        assert all(h.decoded - old < 10 for h, old in zip(healths(), before, strict=True))
        is_new.set()
        await until(lambda: all(health.replays == 1 for health in healths()), 4)
        await until(lambda: all(health.decoding == "all" for health in healths()), 4)
        woken = [health.scheduled for health in healths()]
        await until(
            lambda: all(
                health.scheduled >= old + 8 for health, old in zip(healths(), woken, strict=True)
            ),
            6,
        )
        stop.set()
        await asyncio.gather(*tasks)
        assert {(health.gop_s, health.late_decode) for health in healths()} == {(1.0, 0)}
    pool.close()
    for box in boxes:
        idled_then_woke(list(iter(box.take, None)))


def idled_then_woke(frames: list[Frame]) -> None:
    """One frame a second, then ten a second from the key frame on after which it woke."""
    assert [frame.seq for frame in frames] == list(range(len(frames)))
    steps = [b.t_s - a.t_s for a, b in itertools.pairwise(frames)]
    assert min(steps) > 0
    assert all(a.captured_at < b.captured_at for a, b in itertools.pairwise(frames))
    assert sum(0.8 < step < 1.2 for step in steps) >= 2
    last_idle = max(number for number, step in enumerate(steps) if step > 0.8)
    replayed = frames[last_idle + 1 :][:12]
    assert len(replayed) >= 10
    assert max(b.t_s - a.t_s for a, b in itertools.pairwise(replayed)) < 0.2
    assert replayed[1].received_s < replayed[1].deadline_s
