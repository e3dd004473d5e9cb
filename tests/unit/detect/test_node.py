"""What a node does about work that never ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from detect.blackbox import BlackBox, NotedPool
from detect.node import HOPELESS_S, STUCK_S, hanging
from detect.starved import Starved
from ingest.camera import CameraId
from ingest.decoding import DecodePool

BAD = CameraId("bad")


@dataclass
class Endless:
    """Decoding that does not return until `end`."""

    end: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)

    def due_s(self) -> float | None:
        return None if self.began.is_set() else 0.0

    def work(self) -> None:
        self.began.set()
        self.end.wait(10)


@pytest.fixture(autouse=True)
def _keep_pytests_fault_handler() -> Iterator[None]:
    import faulthandler
    import sys

    yield
    faulthandler.enable(sys.__stderr__)


def test_decoding_that_never_ends_ends_the_node_and_holds_the_camera_off(tmp_path: Path) -> None:
    now_s = 50.0
    pool = DecodePool(2, clock=lambda: now_s)
    waiting = SimpleNamespace(stuck_s=lambda: STUCK_S + 9)  # every turn is held: it only waits
    core = SimpleNamespace(pool=pool, pipeline=waiting)
    for strike in (1000.0, 1030.0):
        box, job = BlackBox(tmp_path, strike), Endless()
        lane = NotedPool(pool, BAD, box).lane(job)
        lane.ring()
        assert job.began.wait(5)
        waiting.stuck_s = lambda: 0.0
        assert hanging(core, box, strike) is None, "it has only just begun"  # type: ignore[arg-type]
        waiting.stuck_s = lambda: STUCK_S + 9
        now_s += STUCK_S + 1
        said = hanging(core, box, strike)  # type: ignore[arg-type]
        assert said == "decoding of camera bad hangs for 21 s"
        job.end.set()
        assert lane.drain(5)
    pool.close()
    assert BlackBox(tmp_path, 1031).held_off_s(BAD, 1031) > 0


def test_inference_that_hangs_is_nobodys_fault(tmp_path: Path) -> None:
    pool = DecodePool(1)
    core = SimpleNamespace(pool=pool, pipeline=SimpleNamespace(stuck_s=lambda: STUCK_S + 5))
    said = hanging(core, BlackBox(tmp_path, 1000), 1000)  # type: ignore[arg-type]
    assert said == "inference hangs for 25 s"


def test_what_waits_for_a_core_is_slow_and_not_hung(tmp_path: Path) -> None:
    stuck = SimpleNamespace(stuck_s=lambda: STUCK_S + 5)
    core, box = SimpleNamespace(pool=DecodePool(1), pipeline=stuck), BlackBox(tmp_path, 1000)
    waited = iter(({1: 0.0}, {1: 10.0}))
    starved = Starved(lambda: next(waited))
    now_s = time.monotonic()
    starved.measure(now_s - 30)
    starved.measure(now_s)
    assert hanging(core, box, 1000, starved) is None  # type: ignore[arg-type]
    stuck.stuck_s = lambda: HOPELESS_S + 1
    assert hanging(core, box, 1000, starved) == "inference hangs for 121 s"  # type: ignore[arg-type]
