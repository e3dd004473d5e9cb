"""How long cameras are unwatched after a kill -9 of the node, and of the cameras' server.

    .venv/bin/python -m tests.bench.faults [--kills 5] [--cameras 3] [--json FILE]

Every part is a process of its own, alerts flow all the while and patrols answer them. A node is
back when another process has inferred a frame of every camera; cameras are back when a frame of
each has been inferred after their server's return. At the end the spool's witness, the store and
the patrols' screens are compared: what was lost, and what was offered twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.whole_way import LOOP, spread
from tests.support.net import free_port
from tests.support.waiting import until
from tests.support.whole import (
    City,
    ServiceProcess,
    all_live,
    incidents,
    node_of,
    none_live,
    people,
    register,
    streams,
)
from tests.support.witness import HealthWitness, PatrolApp, SpoolWitness, alongside, repeated


async def measure(kills: int, cameras: int, folder: Path) -> dict[str, Any]:
    """Kill the node and the cameras' server in turn, `kills` times each."""
    names, served = await streams(cameras, **LOOP)
    service = ServiceProcess(folder / "data", free_port())
    async with AsyncExitStack() as stack:
        stack.enter_context(served)
        stack.push_async_callback(service.stop)
        await service.start()
        admin, units = await stack.enter_async_context(people(service.url, service.token(), 2))
        whole = City(service.home, service.url, served, names, admin, units)
        apps = [PatrolApp(unit.http) for unit in units]
        spool, health = SpoolWitness(service.home / "spool.db"), HealthWitness(admin)
        jobs = [*(app.run for app in apps), spool.run, health.run]
        await stack.enter_async_context(alongside(*jobs))
        await register(whole)
        node_s, cameras_s = [], []
        for turn in range(1, kills + 1):
            await until(lambda: spool.open)
            node_s.append(await kill_node(whole))
            cameras_s.append(await kill_cameras(whole))
            say(f"turn {turn}: node {node_s[-1]:.2f} s, cameras {cameras_s[-1]:.2f} s")
        await until(lambda: spool.waiting == 0)
        seen = set(spool.ids)
        lost = seen - set(await incidents(whole))
        return {
            "kills": kills,
            "cameras": cameras,
            "cores": os.cpu_count(),
            "node_back_s": spread(node_s),
            "cameras_back_s": spread(cameras_s),
            "incidents": len(seen),
            "lost": len(lost),
            "alerts_answered": sum(len(app.closed) for app in apps),
            "offered_twice": sum(len(repeated(app.offers())) for app in apps),
            "healthz": {"asked": health.asked, "failed": len(health.failures)},
        }


async def kill_node(whole: City) -> float:
    """Seconds from the kill until another node has inferred a frame of every camera."""
    killed = node_of(whole.home)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    return await seconds_until(
        lambda: node_of(whole.home) not in (None, killed), lambda: all_live(whole)
    )


async def kill_cameras(whole: City) -> float:
    """Seconds from the server's return until a frame of every camera has been inferred."""
    await asyncio.to_thread(whole.cameras.kill)
    await until(lambda: none_live(whole), every_s=0.05)
    await asyncio.to_thread(whole.cameras.start)
    return await seconds_until(lambda: all_live(whole))


async def seconds_until(*conditions: Any) -> float:
    clock = asyncio.get_running_loop().time
    started = clock()
    for condition in conditions:
        await until(condition, every_s=0.05)
    return clock() - started


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--cameras", type=int, default=3)
    parser.add_argument("--json", type=Path, help="where the figures go, else standard output")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        figures = asyncio.run(measure(options.kills, options.cameras, Path(folder)))
    text = json.dumps(figures)
    if options.json:
        options.json.write_text(text + "\n", "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
