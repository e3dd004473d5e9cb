"""How long a camera stays away after its server is back: 20 restarts of a real RTSP server.

    python -m tests.bench.reconnect [--restarts 20] [--seed 1]

Each time the server is killed (SIGKILL), stays away for 1 to 8 s so that the back-off has grown,
and is started on the same port. Measured is the time from the moment it listens again to the
first new frame in the mailbox. Prints one line of JSON; the goal is a p95 of at most 3 s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from pathlib import Path

import numpy as np

from api.demo.virtual_cameras import VirtualCameras
from ingest.camera import Camera, CameraId
from ingest.frame import Frame, FrameSize
from ingest.mailbox import Mailbox
from ingest.worker import CameraWorker
from tests.support.rtsp import annex_b, camera, until

GOAL_S = 3.0


async def measure(folder: Path, restarts: int, seed: int) -> list[float]:
    """Seconds of absence after each return of the server."""
    rng = random.Random(seed)
    cameras = VirtualCameras([camera(folder, "gate", annex_b("h264", 320, 240, 40, 20, folder))])
    mailbox: Mailbox[Frame] = Mailbox(2)
    stop = asyncio.Event()
    times = []
    with cameras:
        one = Camera(CameraId("gate"), cameras.url("gate"), 10)
        worker = CameraWorker(one, FrameSize(416, 416), mailbox)
        task = asyncio.create_task(worker.run(stop))
        await until(lambda: worker.health().scheduled > 0, 10)
        for number in range(restarts):
            cameras.kill()
            away_s = rng.uniform(1, 8)
            await asyncio.sleep(away_s)
            while mailbox.take() is not None:
                pass
            await asyncio.to_thread(cameras.start)
            times.append(await until(lambda: len(mailbox) > 0, 30))
            sys.stderr.write(f"{number + 1:2d}: away {away_s:.1f} s, back in {times[-1]:.2f} s\n")
        stop.set()
        await task
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times = asyncio.run(measure(Path(folder), options.restarts, options.seed))
    p50, p95 = np.percentile(times, (50, 95))
    result = {
        "restarts": len(times),
        "back_s": {
            "p50": round(float(p50), 2),
            "p95": round(float(p95), 2),
            "max": round(max(times), 2),
        },
        "goal_s": GOAL_S,
    }
    print(json.dumps(result))
    return 0 if p95 <= GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main())
