"""Qalqan's own core in the race: exact mode, or the usual one, over one address a camera.

Options of the task: `exact`, `without` (savings to leave out), `economy`, `engine`, `precision`.
By default nothing is shed: what the usual mode does not manage shows as missed, not as left out.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from api.cli.analyze import load_detector
from detect.cameras import Worker
from detect.core import Core, CoreOptions
from detect.looking.look import Look, Seen
from detect.mode import EXACT, USUAL, Mode
from detect.scene import Scene
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.frame import Frame
from ingest.mailbox import Mailbox
from ingest.pace import Pace
from ingest.reader import BUDGET_S
from ingest.worker import CameraWorker
from tests.bench.peers.contract import Recorder, Task

MEASURE_S = 1.0
"""How often a node measures its load."""
LEAST_WAIT_S = 0.001
SCENE = {
    "version": 1,
    "zones": [{"name": "lawn", "polygon": [[0.0, 0.42], [0.4, 0.56], [0.9, 1.0], [0.0, 1.0]]}],
    "rules": [
        {"kind": "intrusion", "zone": "lawn", "classes": ["person"], "seconds": 1},
        {"kind": "loitering", "zone": "lawn", "seconds": 15},
    ],
}


def main() -> None:
    task = Task.read()
    recorder = Recorder(task)
    threading.Thread(target=run, args=(task, recorder), daemon=True).start()
    recorder.run()


def run(task: Task, recorder: Recorder) -> None:
    try:
        asyncio.run(watch(task, recorder))
    except Exception as error:
        fail(f"{type(error).__name__}: {error}")


async def watch(task: Task, recorder: Recorder) -> None:
    """The core over the task's cameras, for ever; ends the process when the core fails."""
    options = task.options
    detector = load_detector(
        task.network.name, 1, options.get("engine", "auto"), options.get("precision", "auto")
    )
    urls = [StreamUrl.parse(url) for url in task.urls]
    cameras = {
        CameraId(f"cam-{i}"): Camera(CameraId(f"cam-{i}"), url, task.fps)
        for i, url in enumerate(urls)
    }

    def play(camera: Camera, mailbox: Mailbox[Frame], pace: Pace) -> Worker:
        return CameraWorker(camera, detector.size, mailbox, pace=pace, pool=core.pool)

    settings = CoreOptions(mode(options), usable_cores(), options.get("economy", "when_needed"))
    core = Core(detector, settings, lambda raised: None, play)
    listen(core, recorder, {name: i for i, name in enumerate(cameras)})
    core.start()
    scene = Scene.parse(SCENE)
    await core.cameras.reconcile({name: (camera, scene) for name, camera in cameras.items()})
    while core.pipeline.failure is None:
        failure = await core.cameras.failed(MEASURE_S)
        if failure is not None:
            fail(f"a camera's worker failed: {failure!r}")
        core.measure()
        late = sum(health.late_decode for health in core.cameras.health().values())
        recorder.count(late, kept_bytes(core))
    fail(f"inference failed: {core.pipeline.failure!r}")


def asked_later_s(frame: Frame) -> float | None:
    """When an idle camera that woke asked for this frame, None when it was wanted as it came."""
    asked_s = frame.deadline_s - BUDGET_S
    return asked_s if asked_s > frame.received_s + LEAST_WAIT_S else None


def kept_bytes(core: Core) -> int:
    """Packets that all cameras keep now."""
    readers = [watched.worker._reader for watched in core.cameras._watched.values()]
    return sum(reader.kept.size_bytes for reader in readers if reader is not None)


def fail(why: str) -> None:
    """End the process, from any thread."""
    sys.stderr.write(why + "\n")
    sys.stderr.flush()
    os._exit(1)


def mode(options: dict[str, Any]) -> Mode:
    if options.get("exact"):
        return EXACT
    return USUAL.without(options.get("without", ["shed"]))


def usable_cores() -> int:
    return len(os.sched_getaffinity(0))


def listen(core: Core, recorder: Recorder, numbers: dict[CameraId, int]) -> None:
    """Note each frame when it has been through every stage."""
    count: Callable[[Frame, Look, Seen], None] = core.pipeline._count

    def noting(frame: Frame, look: Look, seen: Seen) -> None:
        count(frame, look, seen)
        now_s = time.monotonic()
        found = seen.detections
        boxes = [
            (int(label), float(score), *box)
            for label, score, box in zip(found.label, found.score, found.xyxy.tolist(), strict=True)
        ]
        number = numbers[frame.camera]
        recorder.note(number, frame.image, boxes, frame.seq, now_s, asked_later_s(frame))

    core.pipeline._count = noting


if __name__ == "__main__":
    main()
