"""What the benches count, on a small model and made-up cameras."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from detect import bench
from detect.bench import CameraRun, bench_cameras, bench_limits
from detect.catalog import Catalog
from detect.detector import Detector
from detect.playback import FilePlayer
from detect.scene import Scene
from ingest.camera import Camera, CameraId
from ingest.decoding import DecodePool
from ingest.errors import StreamUnreadable
from ingest.frame import Frame
from ingest.mailbox import Mailbox
from ingest.pace import Pace
from tests.support.models import NAME, install

FPS = 50.0
RUN = CameraRun(3, FPS, 0.5, Scene.parse({"version": 1}))


@pytest.fixture
def detector(tmp_path: Path) -> Detector:
    install(tmp_path)
    return Detector.load(Catalog(tmp_path / "models", tmp_path / "weights"), NAME, threads=1)


def frames(camera: CameraId, count: int = 10) -> Iterator[Frame]:
    pace = threading.Event()
    for seq in range(count):
        pace.wait(1 / FPS)
        image = np.zeros((64, 64, 3), np.uint8)
        yield Frame(camera, seq, seq / FPS, datetime.now(UTC), 0.0, image, None)  # type: ignore[arg-type]


def player(camera: Camera, mailbox: Mailbox[Frame], pace: Pace, pool: DecodePool) -> FilePlayer:
    return FilePlayer(lambda: frames(camera.id), FPS, mailbox)


async def test_every_scheduled_frame_is_analysed_or_counted_as_dropped(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "WARM_UP_S", 0.2)
    found = await bench_cameras(RUN, detector, player)
    assert found["scheduled"] > 10
    assert found["scheduled"] == found["analysed"] + sum(found["dropped"].values())
    assert found["states"] == {"live": 3}
    assert set(found["latency_ms"]) == {"p50", "p99"}
    assert {"cameras", "cpu_cores", "rss_mb", "canvases_per_frame"} <= set(found)


async def test_frames_that_come_too_fast_are_counted_as_dropped(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "WARM_UP_S", 0.1)

    def flood(camera: Camera, mailbox: Mailbox[Frame], pace: Pace, pool: DecodePool) -> FilePlayer:
        return FilePlayer(lambda: burst(camera.id), FPS, mailbox)

    def burst(camera: CameraId) -> Iterator[Frame]:
        for frame in frames(camera, 4):
            yield from [frame] * 80

    found = await bench_cameras(replace(RUN, cameras=1), detector, flood)
    assert found["dropped"]["overrun"] > 0
    assert found["scheduled"] == found["analysed"] + sum(found["dropped"].values())


async def test_a_camera_that_cannot_be_played_ends_the_bench(detector: Detector) -> None:
    def broken(camera: Camera, mailbox: Mailbox[Frame], pace: Pace, pool: DecodePool) -> FilePlayer:
        return FilePlayer(lambda: frames(camera.id, 0), FPS, mailbox)

    with pytest.raises(StreamUnreadable, match="holds no frame"):
        await bench_cameras(RUN, detector, broken)


def test_limits(detector: Detector) -> None:
    found = bench_limits(frames(CameraId("c"), 3), detector, lambda: 3)
    assert list(found) == [
        *("decode_ms_per_frame", "inference_ms_per_frame", "engine", "model", "cores")
    ]
    assert 0 <= found["decode_ms_per_frame"]
    assert 0 < found["inference_ms_per_frame"]
    with pytest.raises(ValueError, match="no frame"):
        bench_limits(iter(()), detector, lambda: 0)


async def test_a_player_goes_on_counting_from_round_to_round() -> None:
    mailbox: Mailbox[Frame] = Mailbox(100)
    player = FilePlayer(lambda: frames(CameraId("c"), 4), FPS, mailbox)
    assert player.health().state == "connecting"
    stop, enough, loop = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop()

    def arrived() -> None:
        if len(mailbox) == 10:
            loop.call_soon_threadsafe(enough.set)

    mailbox.on_item = arrived
    playing = asyncio.create_task(player.run(stop))
    async with asyncio.timeout(10):
        await enough.wait()
        stop.set()
        await playing
    taken = []
    while (frame := mailbox.take()) is not None:
        taken.append(frame)
    assert [frame.seq for frame in taken] == list(range(len(taken)))
    assert [frame.t_s for frame in taken] == pytest.approx([n / FPS for n in range(len(taken))])
    assert player.health().state == "live"


async def test_a_clip_of_one_picture_is_not_played_faster_than_the_camera_would_send_it() -> None:
    mailbox: Mailbox[Frame] = Mailbox(100)
    again, loop = asyncio.Event(), asyncio.get_running_loop()
    rounds = iter((lambda: None, lambda: loop.call_soon_threadsafe(again.set)))

    def open_frames() -> Iterator[Frame]:
        next(rounds)()
        return frames(CameraId("c"), 1)

    player = FilePlayer(open_frames, 1 / 3600, mailbox)
    stop, shown = asyncio.Event(), asyncio.Event()
    mailbox.on_item = lambda: loop.call_soon_threadsafe(shown.set)
    playing = asyncio.create_task(player.run(stop))
    async with asyncio.timeout(10):
        await shown.wait()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(again.wait(), 3 / FPS)
    stop.set()
    await asyncio.wait_for(playing, 10)
