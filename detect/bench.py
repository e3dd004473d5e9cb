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
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from detect.batching import Batcher
from detect.cameras import CameraSet, MakeWorker
from detect.detector import Detector
from detect.ids import uuid7
from detect.incident import IncidentId
from detect.node import MAX_BATCH, MAX_WAIT_S, utc_now
from detect.pipeline import Pipeline
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import Camera, CameraId
from ingest.frame import Frame

WARM_UP_S = 3.0
"""Opening streams and first inferences are left out of the figures."""


@dataclass(frozen=True, slots=True)
class CameraRun:
    """How a bench of cameras is to be run."""

    cameras: int
    fps: float
    seconds: float
    scene: Scene


async def bench_cameras(
    run: CameraRun,
    detector: Detector,
    make_worker: MakeWorker,
    make_camera: Callable[[int], Camera],
) -> dict[str, Any]:
    """Watch N cameras for some seconds and count. Keys as the command line documents them."""
    batcher = Batcher(max_batch=MAX_BATCH, max_wait_s=MAX_WAIT_S)

    def make_watch(camera: CameraId, scene: Scene) -> CameraWatch:
        return CameraWatch(
            camera,
            scene,
            detector.classes,
            detector.ref,
            new_id=lambda: IncidentId(uuid7(utc_now())),
        )

    cameras = CameraSet(batcher, make_worker, make_watch, lambda watch: None)
    pipeline = Pipeline(
        batcher,
        detector,
        cameras.watches,
        lambda raised: None,
        now=utc_now,
        monotonic=time.monotonic,
        threads=max(1, os.cpu_count() or 1),
    )
    pipeline.start()
    wanted = {make_camera(n).id: (make_camera(n), run.scene) for n in range(run.cameras)}
    await cameras.reconcile(wanted)
    await asyncio.sleep(WARM_UP_S)
    before, cpu_before, wall_before = _counts(cameras, pipeline), _cpu_s(), time.monotonic()
    pipeline.tally.latency_s.clear()
    await asyncio.sleep(run.seconds)
    after, cpu_s, wall_s = _counts(cameras, pipeline), _cpu_s(), time.monotonic()
    latency_ms = np.array(pipeline.tally.latency_s or [0.0]) * 1000
    states = Counter(health.state for health in cameras.health().values())
    await cameras.close()
    await asyncio.to_thread(pipeline.stop)
    dropped = Counter(after.dropped)
    dropped.subtract(before.dropped)
    return {
        "cameras": run.cameras,
        "scheduled": after.scheduled - before.scheduled,
        "analysed": after.analysed - before.analysed,
        "dropped": {reason: count for reason, count in dropped.items() if count},
        "cpu_cores": round((cpu_s - cpu_before) / (wall_s - wall_before), 3),
        "rss_mb": round(_rss_mb(), 1),
        "latency_ms": {
            "p50": round(float(np.percentile(latency_ms, 50)), 1),
            "p99": round(float(np.percentile(latency_ms, 99)), 1),
        },
        "canvases_per_frame": 1.0,
        "fps": run.fps,
        "seconds": round(wall_s - wall_before, 2),
        "model": detector.ref.name,
        "states": dict(states),
    }


def bench_limits(frames: Any, detector: Detector, decoded: Callable[[], int]) -> dict[str, Any]:
    """Time decoding alone and inference alone, each as processor time on one thread.

    `frames` iterates over the frames of a file, `decoded()` says how many pictures were decoded.
    """
    cpu_before = time.process_time()
    sample: Frame | None = None
    for frame in frames:
        sample = sample or frame
    decode_s = time.process_time() - cpu_before
    if sample is None:
        raise ValueError("the source has no frame")
    for _ in range(3):
        detector.detect([sample.image])
    times_s = []
    for _ in range(30):
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
    scheduled: int
    analysed: int
    dropped: Counter[str]


def _counts(cameras: CameraSet, pipeline: Pipeline) -> _Counts:
    dropped: Counter[str] = Counter()
    for reasons in cameras.drops().values():
        dropped.update(reasons)
    return _Counts(
        scheduled=sum(health.scheduled for health in cameras.health().values()),
        analysed=pipeline.tally.analysed.total(),
        dropped=dropped,
    )


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
