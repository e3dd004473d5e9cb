"""How many cameras this machine watches over real RTSP, and how far that is from its limit.

    .venv/bin/python -m tests.bench.cameras_over_rtsp --cameras 8 --fps 5 --seconds 30

Serves the opencv-doc clip as H.264 from a real RTSP server, runs `qalqan bench limits` on the same
video and `qalqan bench cameras` on the stream, and prints both. The limit is what all cores could
do if they did nothing but decode every picture and look at the scheduled ones; the server's own
processor time is shown apart, for it shares the machine here.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from api.demo.virtual_cameras import VirtualCamera, VirtualCameras
from ingest.sources.encode import encode_clip
from tests.support.assets import clip

QALQAN = Path(sys.executable).with_name("qalqan")
SOURCE_FPS = 10.0
WIDTH, HEIGHT = 768, 576


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--model", default="nanodet-g-416")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "clip.h264"
        encode_clip(clip(), video, width=WIDTH, height=HEIGHT, fps=SOURCE_FPS)
        limits = qalqan("bench", "limits", "--source", str(video), "--model", options.model)
        with VirtualCameras([VirtualCamera("clip", video, SOURCE_FPS)]) as server:
            cameras, sender_cores = bench_cameras(options, server)
    print(json.dumps({"limits": limits, "cameras": cameras, **distance(options, limits)}, indent=2))
    print(json.dumps({"sender_cores": round(sender_cores, 3)}))
    missed = cameras["scheduled"] - cameras["analysed"]
    print(f"{cameras['scheduled']} scheduled, {missed} missed")
    return 0 if missed == 0 else 1


def bench_cameras(
    options: argparse.Namespace, server: VirtualCameras
) -> tuple[dict[str, Any], float]:
    """What the command prints, and the cores that the sender took meanwhile."""
    sender = psutil.Process(server.pid)
    before, began_s = sum(sender.cpu_times()[:2]), time.monotonic()
    found = qalqan(
        *("bench", "cameras", "--source", server.url("clip").reveal(), "--exact"),
        *("--cameras", str(options.cameras), "--fps", str(options.fps)),
        *("--seconds", str(options.seconds), "--model", options.model),
    )
    used_s = sum(sender.cpu_times()[:2]) - before
    return found, used_s / (time.monotonic() - began_s)


def distance(options: argparse.Namespace, limits: dict[str, Any]) -> dict[str, float]:
    """Cameras that the cores could carry at most, and the part of that which was asked of them."""
    decode_ms = SOURCE_FPS * limits["decode_ms_per_frame"]
    camera_ms = decode_ms + options.fps * limits["inference_ms_per_frame"]
    most = limits["cores"] * 1000 / camera_ms
    return {"cameras_at_the_limit": round(most, 2), "load": round(options.cameras / most, 3)}


def qalqan(*arguments: str) -> dict[str, Any]:
    done = subprocess.run([QALQAN, *arguments, "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    sys.exit(main())
