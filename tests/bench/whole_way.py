"""How long from the moment a rule's condition is met to the patrol's screen, over real RTSP.

    .venv/bin/python -m tests.bench.whole_way [--runs 12] [--cameras 2] [--json FILE]

Every part is a process of its own, as in service: RTSP server, `qalqan serve`, its node; this
program is the patrols' terminals and a witness of what the cameras send. "The condition is met" is
the moment when the picture on which the rule's condition holds was sent, which the witness reads
from the stream by itself: pictures carry their number (`tests.support.stamped`). Beside it stands
`captured`, what the product says of the same picture, so that its honesty is measured, too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np

from api.demo.virtual_cameras import VirtualCamera, VirtualCameras
from tests.support.assets import clip
from tests.support.net import free_port
from tests.support.stamped import SendingWitness, encode_stamped, read_jpeg, seconds_between
from tests.support.waiting import until
from tests.support.whole import City, ServiceProcess, people, register
from tests.support.witness import Event, PatrolApp, alongside

FPS = 10
LOOP = {"start_s": 46.0, "seconds": 8.5}
"""The lawn is empty for 5.5 s, so that every loop brings one happening."""
STAGES = ("captured", "inferred", "raised", "spooled", "received", "stored", "pushed")
RULE_S = 1.0
"""How long the rule wants somebody on the lawn."""


@dataclass(frozen=True)
class Run:
    """One intrusion, from its picture to the patrol."""

    camera: str
    condition_to_patrol_s: float
    """From the sending of the picture on which the condition holds."""
    started_to_patrol_s: float
    """From the exact moment, between two analysed pictures, when the time was up."""
    captured_error_s: float
    """What the product calls the picture's capture, less when it was sent."""
    stages_ms: dict[str, float]
    """Each stage's time after the one before; the first after the sending."""


async def measure(runs: int, cameras: int, folder: Path) -> list[Run]:
    """Bring the whole up, wait for `runs` intrusions, take everything down."""
    video = folder / "stamped.h264"
    await asyncio.to_thread(encode_stamped, clip(), video, fps=FPS, **LOOP)
    names = tuple(f"lawn-{number}" for number in range(1, cameras + 1))
    served = VirtualCameras([VirtualCamera(name, video, FPS) for name in names])
    service = ServiceProcess(folder / "data", free_port())
    async with AsyncExitStack() as stack:
        stack.enter_context(served)
        stack.push_async_callback(service.stop)
        await service.start()
        token = service.token()
        admin, units = await stack.enter_async_context(people(service.url, token, cameras))
        whole = City(service.home, service.url, served, names, admin, units)
        apps = [PatrolApp(unit.http) for unit in units]
        await stack.enter_async_context(alongside(*(app.run for app in apps)))
        await register(whole)
        witnesses = {name: stack.enter_context(SendingWitness(served.url(name))) for name in names}
        say(f"{cameras} cameras, {cameras} patrols; waiting for {runs} intrusions")
        await until(lambda: sum(len(app.closed) for app in apps) >= runs, every_s=0.2)
        offers = [event for app in apps for event in app.seen if event.type == "offer"]
        measured = [await read(admin, offer, witnesses) for offer in offers]
        return [run for run in measured if run is not None][:runs]


async def read(
    admin: httpx.AsyncClient, offer: Event, witnesses: dict[str, SendingWitness]
) -> Run | None:
    """The times of one offer's way; None when the witness did not see its picture sent."""
    path = f"/v1/alerts/{offer.data['id']}"
    incident = (await admin.get(path)).json()["incidents"][0]
    number = read_jpeg((await admin.get(f"{path}/snapshot")).content)
    trace = {stage: datetime.fromisoformat(at) for stage, at in incident["trace"].items()}
    witness = witnesses[incident["payload"]["camera"]]
    sent = None if number is None else witness.sent(number, trace["captured"])
    if sent is None:
        return None
    times = [sent, *(trace[stage] for stage in STAGES[:-1]), offer.at]
    due = datetime.fromisoformat(incident["payload"]["started_at"]) + timedelta(seconds=RULE_S)
    return Run(
        camera=incident["payload"]["camera"],
        condition_to_patrol_s=seconds_between(sent, offer.at),
        started_to_patrol_s=seconds_between(due, offer.at),
        captured_error_s=seconds_between(sent, trace["captured"]),
        stages_ms={
            stage: seconds_between(before, at) * 1000
            for stage, before, at in zip(STAGES, times, times[1:], strict=False)
        },
    )


def summary(runs: list[Run], cameras: int, load: tuple[float, float]) -> dict[str, Any]:
    """The figures, seconds unless the name says otherwise."""
    return {
        "runs": len(runs),
        "cameras": cameras,
        "cores": os.cpu_count(),
        "load_before_after": load,
        "condition_to_patrol_s": spread([run.condition_to_patrol_s for run in runs]),
        "started_to_patrol_s": spread([run.started_to_patrol_s for run in runs]),
        "captured_error_s": spread([run.captured_error_s for run in runs]),
        "stages_ms": {stage: spread([run.stages_ms[stage] for run in runs], 1) for stage in STAGES},
        "each_s": [round(run.condition_to_patrol_s, 3) for run in runs],
    }


def spread(values: list[float], digits: int = 3) -> dict[str, float]:
    points = {"min": 0, "p50": 50, "p99": 99, "max": 100}
    return {
        name: round(float(np.percentile(values, point)), digits) for name, point in points.items()
    }


def table(figures: dict[str, Any]) -> str:
    rows = [("", "min", "p50", "p99", "max")]
    for key in ("condition_to_patrol_s", "started_to_patrol_s", "captured_error_s"):
        rows.append((key, *(f"{value:.3f}" for value in figures[key].values())))
    for before, stage in zip(("sent", *STAGES), STAGES, strict=False):
        values = figures["stages_ms"][stage].values()
        rows.append((f"  {before} > {stage}, ms", *(f"{value:.1f}" for value in values)))
    return "\n".join(f"{row[0]:32}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in rows)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--json", type=Path, help="where the figures go, else standard output")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    with TemporaryDirectory() as folder:
        runs = asyncio.run(measure(options.runs, options.cameras, Path(folder)))
    load = (round(before, 2), round(os.getloadavg()[0], 2))
    figures = summary(runs, options.cameras, load)
    say(table(figures))
    text = json.dumps(figures)
    if options.json:
        options.json.write_text(text + "\n", "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
