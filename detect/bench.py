"""`qalqan bench`: what this machine carries, and how far that is from its limits.

`cameras` runs the production stages (workers, mailboxes, batches, detector, tracker, rules) and
counts; `limits` measures decoding alone and inference alone, each on one core.
"""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from detect.cameras import Worker
from detect.core import Core, CoreOptions
from detect.detector import Detector
from detect.mode import EXACT, Economy, Mode
from detect.scene import Scene
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.decoding import DecodePool
from ingest.frame import Frame
from ingest.mailbox import Mailbox
from ingest.pace import Pace

WARM_UP_S = 3.0
"""Opening streams and first inferences are left out of the figures."""
DRAIN_S = 5.0
"""Frames that were scheduled within the time may be analysed this long after it."""
MEASURE_S = 1.0
"""How often the load is measured, as a node does."""
TEARDOWN_S = 5.0
WARM_UP_RUNS, TIMED_RUNS = 3, 30

BENCH_URL = StreamUrl.parse("rtsp://bench.invalid/stream")
"""The cameras of a bench have an address like any other; who plays them knows what they show."""


class MakeWorker(Protocol):
    """Plays one camera of a bench."""

    def __call__(
        self, camera: Camera, mailbox: Mailbox[Frame], pace: Pace, pool: DecodePool
    ) -> Worker: ...


@dataclass(frozen=True, slots=True)
class CameraRun:
    """How a bench of cameras is to be run."""

    cameras: int
    fps: float
    seconds: float
    scene: Scene
    mode: Mode = EXACT
    economy: Economy = "when_needed"
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)


async def bench_cameras(
    run: CameraRun, detector: Detector, make_worker: MakeWorker
) -> dict[str, Any]:
    """Watch N cameras for some seconds and count. Keys as the command line documents them.

    `scheduled` are the frames that came due within the time, `analysed` those of them that went
    through every stage; what is missing was dropped, by reason. Raises what ends a worker.
    """
    bench = _Bench(run, detector, make_worker)
    await bench.start()
    await bench.play(WARM_UP_S)
    tally = bench.core.pipeline.tally
    tally.latency_s.clear()
    before, cpu_before, wall_before = bench.counts(), _cpu_s(), time.monotonic()
    await bench.play(run.seconds)
    cpu_s, wall_s = _cpu_s() - cpu_before, time.monotonic() - wall_before
    states, load = bench.states(), bench.core.meter.load
    after = await bench.end()
    latency_ms = np.array(tally.latency_s or [0.0]) * 1000
    analysed = after.analysed - before.analysed - before.under_way
    looks = after.looks - before.looks
    return {
        "cameras": run.cameras,
        "scheduled": after.scheduled - before.scheduled,
        "analysed": analysed,
        "dropped": dict(after.dropped - before.dropped),
        "cpu_cores": round(cpu_s / wall_s, 3),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "latency_ms": {
            "p50": round(float(np.percentile(latency_ms, 50)), 1),
            "p99": round(float(np.percentile(latency_ms, 99)), 1),
        },
        "canvases_per_frame": round((after.canvases - before.canvases) / max(1, analysed), 3),
        "fps": run.fps,
        "seconds": round(wall_s, 2),
        "model": detector.ref.name,
        "engine": detector.engine_name,
        "states": states,
        "looks": dict(looks),
        "whys": dict(bench.core.pipeline.tally.whys),
        "decoded": after.decoded - before.decoded,
        "late_decode": after.late_decode - before.late_decode,
        "demand": round(load.demand, 3),
        "shed_level": load.level,
        "least_analysed": min((after.by_camera - before.by_camera).values(), default=0),
    }


def bench_limits(
    frames: Iterable[Frame], detector: Detector, decoded: Callable[[], int]
) -> dict[str, Any]:
    """Time decoding alone and inference alone, each as processor time on one thread.

    `frames` iterates over the frames of a file, `decoded()` says how many pictures were decoded.
    Raises ValueError when there is no frame.
    """
    cpu_before = time.process_time()
    sample: Frame | None = None
    for frame in frames:
        sample = sample or frame
    decode_s = time.process_time() - cpu_before
    if sample is None:
        raise ValueError("the source has no frame")
    for _ in range(WARM_UP_RUNS):
        detector.detect([sample.image])
    times_s = []
    for _ in range(TIMED_RUNS):
        started = time.process_time()
        detector.detect([sample.image])
        times_s.append(time.process_time() - started)
    return {
        "decode_ms_per_frame": round(decode_s / max(1, decoded()) * 1000, 3),
        "inference_ms_per_frame": round(float(np.median(times_s)) * 1000, 3),
        "engine": detector.engine_name,
        "model": detector.ref.name,
        "cores": os.cpu_count() or 1,
    }


@dataclass(frozen=True, slots=True)
class _Counts:
    """Frames so far; each scheduled one is analysed, dropped or under way."""

    scheduled: int
    by_camera: Counter[CameraId]
    """Analysed."""
    dropped: Counter[str]
    looks: Counter[str]
    canvases: float
    decoded: int
    late_decode: int
    """Packets left out because decoding was behind."""

    @property
    def analysed(self) -> int:
        return self.by_camera.total()

    @property
    def under_way(self) -> int:
        return self.scheduled - self.analysed - self.dropped.total()


class _Bench:
    """The core over N cameras that nobody keeps the incidents of."""

    def __init__(self, run: CameraRun, detector: Detector, make_worker: MakeWorker) -> None:
        def play(camera: Camera, mailbox: Mailbox[Frame], pace: Pace) -> Worker:
            return make_worker(camera, mailbox, pace, self.core.pool)

        options = CoreOptions(run.mode, run.cores, run.economy)
        self.core = Core(detector, options, lambda raised: None, play)
        self._wanted = {
            (name := CameraId(f"bench-{number}")): (Camera(name, BENCH_URL, run.fps), run.scene)
            for number in range(run.cameras)
        }

    async def start(self) -> None:
        self.core.start()
        await self.core.cameras.reconcile(self._wanted)

    async def play(self, seconds: float) -> None:
        """Let it run. Raises what ends a worker or the inference before that."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            failure = await self.core.cameras.failed(min(MEASURE_S, left_s))
            failure = failure or self.core.pipeline.failure
            if failure is not None:
                await self.core.close(TEARDOWN_S)
                raise failure
            self.core.measure()

    async def end(self) -> _Counts:
        """Stop the cameras, let what is under way come through, stop; the final counts."""
        await self.core.cameras.halt()
        await asyncio.to_thread(self._drain)
        counts = self.counts()
        await self.core.close(TEARDOWN_S)
        return counts

    def _drain(self) -> None:
        """Return when every scheduled frame has come through, or it is too late."""
        give_up_s = time.monotonic() + DRAIN_S
        while self.counts().under_way > 0 and time.monotonic() < give_up_s:
            time.sleep(0.01)

    def counts(self) -> _Counts:
        # In this order: what is counted as analysed or dropped is surely counted as scheduled.
        dropped: Counter[str] = Counter()
        for drops in self.core.cameras.drops().values():
            dropped.update(drops)
        tally = self.core.pipeline.tally
        looks: Counter[str] = Counter()
        for (_, kind), times in list(tally.looks.items()):
            looks[kind] += times
        analysed, canvases = Counter(tally.analysed), tally.canvases
        health = self.core.cameras.health().values()
        scheduled = sum(one.scheduled for one in health)
        decoded = sum(one.decoded for one in health)
        late_decode = sum(one.late_decode for one in health)
        return _Counts(scheduled, analysed, dropped, looks, canvases, decoded, late_decode)

    def states(self) -> dict[str, int]:
        return dict(Counter(one.state for one in self.core.cameras.health().values()))


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
