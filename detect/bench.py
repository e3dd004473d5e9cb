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
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from detect.batching import MAX_WAIT_S, Batcher
from detect.cameras import MAILBOX_FRAMES, Worker
from detect.detector import Detector
from detect.ids import uuid7
from detect.incident import IncidentId
from detect.pipeline import Pipeline
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame
from ingest.mailbox import Mailbox

WARM_UP_S = 3.0
"""Opening streams and first inferences are left out of the figures."""
DRAIN_S = 5.0
"""Frames that were scheduled within the time may be analysed this long after it."""
WARM_UP_RUNS, TIMED_RUNS = 3, 30

MakeWorker = Callable[[CameraId, Mailbox[Frame]], Worker]


@dataclass(frozen=True, slots=True)
class CameraRun:
    """How a bench of cameras is to be run."""

    cameras: int
    fps: float
    seconds: float
    scene: Scene


async def bench_cameras(
    run: CameraRun, detector: Detector, make_worker: MakeWorker
) -> dict[str, Any]:
    """Watch N cameras for some seconds and count. Keys as the command line documents them.

    `scheduled` are the frames that came due within the time, `analysed` those of them that went
    through every stage; what is missing was dropped, by reason. Raises what ends a worker.
    """
    bench = _Bench(run, detector, make_worker)
    await bench.play(WARM_UP_S)
    bench.pipeline.tally.latency_s.clear()
    before, cpu_before, wall_before = bench.counts(), _cpu_s(), time.monotonic()
    await bench.play(run.seconds)
    cpu_s, wall_s = _cpu_s() - cpu_before, time.monotonic() - wall_before
    states = bench.states()
    after = await bench.end()
    latency_ms = np.array(bench.pipeline.tally.latency_s or [0.0]) * 1000
    return {
        "cameras": run.cameras,
        "scheduled": after.scheduled - before.scheduled,
        "analysed": after.analysed - before.analysed - before.under_way,
        "dropped": dict(after.dropped - before.dropped),
        "cpu_cores": round(cpu_s / wall_s, 3),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "latency_ms": {
            "p50": round(float(np.percentile(latency_ms, 50)), 1),
            "p99": round(float(np.percentile(latency_ms, 99)), 1),
        },
        "canvases_per_frame": 1.0,
        "fps": run.fps,
        "seconds": round(wall_s, 2),
        "model": detector.ref.name,
        "states": states,
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
        started = time.thread_time()
        detector.detect([sample.image])
        times_s.append(time.thread_time() - started)
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
    analysed: int
    dropped: Counter[str]

    @property
    def under_way(self) -> int:
        return self.scheduled - self.analysed - self.dropped.total()


class _Bench:
    """Cameras, batcher and pipeline, started."""

    def __init__(self, run: CameraRun, detector: Detector, make_worker: MakeWorker) -> None:
        names = [CameraId(f"bench-{number}") for number in range(run.cameras)]
        self._mailboxes: list[Mailbox[Frame]] = [Mailbox(MAILBOX_FRAMES) for _ in names]
        self._workers = [
            make_worker(name, box) for name, box in zip(names, self._mailboxes, strict=True)
        ]
        self._batcher = Batcher(max_batch=detector.batch_frames, max_wait_s=MAX_WAIT_S)
        for name, mailbox in zip(names, self._mailboxes, strict=True):
            self._batcher.add(name, mailbox)
        self.pipeline = Pipeline(
            self._batcher,
            detector,
            {name: _watch(name, run.scene, detector) for name in names},
            lambda raised: None,
            now=_utc_now,
            monotonic=time.monotonic,
            threads=max(1, os.cpu_count() or 1),
        )
        self.pipeline.start()
        self._stop = asyncio.Event()
        self._playing = [asyncio.create_task(worker.run(self._stop)) for worker in self._workers]

    async def play(self, seconds: float) -> None:
        """Let it run. Raises what ends a worker or the inference before that."""
        ended, _ = await asyncio.wait(
            self._playing, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION
        )
        for task in ended:
            await self.end()
            task.result()
        if self.pipeline.failure is not None:
            raise self.pipeline.failure

    async def end(self) -> _Counts:
        """Stop the cameras, let what is under way come through, stop; the final counts."""
        self._stop.set()
        await asyncio.gather(*self._playing, return_exceptions=True)
        await asyncio.to_thread(self._drain)
        for mailbox in self._mailboxes:
            mailbox.close()
        self._batcher.close()
        await asyncio.to_thread(self.pipeline.stop)
        return self.counts()

    def _drain(self) -> None:
        """Return when every scheduled frame has come through, or it is too late."""
        give_up_s = time.monotonic() + DRAIN_S
        while self.counts().under_way > 0 and time.monotonic() < give_up_s:
            time.sleep(0.01)

    def counts(self) -> _Counts:
        # In this order: what is counted as analysed or dropped is surely counted as scheduled.
        dropped: Counter[str] = Counter()
        for mailbox in self._mailboxes:
            dropped.update(mailbox.drops)
        analysed = self.pipeline.tally.analysed.total()
        scheduled = sum(worker.health().scheduled for worker in self._workers)
        return _Counts(scheduled, analysed, dropped)

    def states(self) -> dict[str, int]:
        return dict(Counter(worker.health().state for worker in self._workers))


def _watch(camera: CameraId, scene: Scene, detector: Detector) -> CameraWatch:
    return CameraWatch(
        camera,
        scene,
        detector.classes,
        detector.ref,
        new_id=lambda: IncidentId(uuid7(_utc_now())),
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
