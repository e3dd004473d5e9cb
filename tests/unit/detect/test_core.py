"""The core on a small real model: cameras in, incidents and reports out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from api.looking import Load, Looking
from detect.catalog import Catalog
from detect.core import Core, CoreOptions
from detect.detector import Detector
from detect.mode import EXACT, USUAL, Mode
from detect.moment import utc_now
from detect.pipeline import Raised
from detect.playback import FilePlayer
from detect.report import Report
from detect.scene import Scene
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.frame import Frame
from ingest.mailbox import Mailbox
from ingest.pace import Pace
from tests.support.models import NAME, install
from tests.support.waiting import until

GATE = CameraId("gate")
CAMERA = Camera(GATE, StreamUrl.parse("rtsp://10.0.0.1/gate"), 50.0)
SCENE = Scene.parse({"version": 1, "rules": [{"kind": "intrusion", "seconds": 0}]})
PICTURE = SimpleNamespace(width_px=64, height_px=64)


def frames(pace: threading.Event) -> Iterator[Frame]:
    """A grey picture, fifty times a second."""
    began, seq = utc_now(), 0
    while not pace.wait(0.02):
        image = np.full((64, 64, 3), 100, np.uint8)
        at = began + timedelta(seconds=seq / 50)
        yield Frame(GATE, seq, seq / 50, at, 0.0, image, PICTURE)  # type: ignore[arg-type]
        seq += 1


class Setting:
    """A core that watches one played camera."""

    def __init__(self, folder: Path, mode: Mode) -> None:
        install(folder)
        detector = Detector.load(Catalog(folder / "models", folder / "weights"), NAME, threads=1)
        self.halt = threading.Event()
        self.raised: list[Raised] = []
        self.core = Core(detector, CoreOptions(mode, cores=2), self.raised.append, self._play)
        self.now_s = 0.0
        self.report = Report(self.core, lambda: self.now_s)

    def _play(self, camera: Camera, mailbox: Mailbox[Frame], pace: Pace) -> FilePlayer:
        return FilePlayer(lambda: frames(self.halt), 50.0, mailbox)

    async def run_until_analysed(self, count: int) -> None:
        self.core.start()
        await self.core.cameras.reconcile({GATE: (CAMERA, SCENE)})
        await until(lambda: self.core.pipeline.tally.analysed[GATE] >= count)

    async def close(self) -> None:
        self.halt.set()
        await self.core.close(5.0)


@pytest.mark.parametrize("mode", [EXACT, USUAL])
async def test_frames_of_a_camera_come_through_and_the_report_can_be_read(
    tmp_path: Path, mode: Mode
) -> None:
    setting = Setting(tmp_path, mode)
    await setting.run_until_analysed(20)
    setting.core.measure()
    said = setting.report.cameras()[GATE]
    looking = Looking.read(said)
    assert looking.is_degraded is False
    assert looking.decoding == "all"
    assert sum(looking.looks.values()) >= 20
    if mode is EXACT:
        assert set(looking.looks) == {"full"}
    machine = setting.report.machine()
    assert Load.read(machine["load"]).capacity_cores == 2
    assert machine["engine"]
    await setting.close()
    assert setting.core.pipeline.failure is None


async def test_an_overloaded_machine_degrades_the_coverage_and_says_why(tmp_path: Path) -> None:
    setting = Setting(tmp_path, USUAL)
    await setting.run_until_analysed(1)
    setting.core.service.set(2, 2.0)
    said = setting.report.cameras()[GATE]
    assert (said["coverage"], said["coverage_reason"]) == ("degraded", "overload")
    setting.core.service.set(1, 1.0)
    assert setting.report.cameras()[GATE]["coverage"] == "full", "the first level denies nothing"
    await setting.close()


async def test_rates_are_told_over_some_seconds_and_a_single_late_frame_is_no_alarm(
    tmp_path: Path,
) -> None:
    setting = Setting(tmp_path, USUAL)
    await setting.run_until_analysed(1)
    await setting.close()
    tally = setting.core.pipeline.tally
    for second in range(10):
        setting.now_s, tally.analysed[GATE] = float(second), 100 + second
        fps, late = setting.report.rates(GATE, tally.analysed[GATE], late=second // 9)
    assert fps == pytest.approx(1.0)
    assert 0 < late < 0.2


async def test_a_camera_that_goes_is_forgotten(tmp_path: Path) -> None:
    setting = Setting(tmp_path, USUAL)
    await setting.run_until_analysed(3)
    setting.halt.set()
    await setting.core.cameras.reconcile({})
    setting.core.forget(GATE)
    assert setting.report.cameras() == {}
    assert GATE not in setting.core.pipeline.latest
    await setting.close()


async def test_closing_ends_every_thread_of_the_core(tmp_path: Path) -> None:
    setting = Setting(tmp_path, USUAL)
    await setting.run_until_analysed(1)
    await setting.close()

    def left() -> list[str]:
        return [t.name for t in threading.enumerate() if t.name.startswith(("decode-", "infer"))]

    async with asyncio.timeout(10):
        await until(lambda: not left())
