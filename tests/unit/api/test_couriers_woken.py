"""How often the couriers are woken."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from alerts.notify.feed import Feed
from api.courier import Orders
from api.couriers import Couriers
from api.settings import Settings
from tests.support.waiting import until

COUNTS = """
import sys
sys.stdin.readline()
print("here", flush=True)
for line in sys.stdin:
    print("woken", flush=True)
"""


async def test_many_commits_wake_a_courier_a_few_times_and_the_last_one_always(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    feed = Feed()
    heard: list[bytes] = []
    couriers = Couriers(Orders(Settings(home=tmp_path), 0, 1), feed, lambda: None)
    started = asyncio.create_subprocess_exec

    async def counting(*_: object, **given: object) -> object:
        return await started(sys.executable, "-c", COUNTS, **given)  # type: ignore[arg-type]

    async def hear(number: int, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            couriers._heard[number] = 0.0
            heard.append(line)

    async def never(number: int) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio, "create_subprocess_exec", counting)
    monkeypatch.setattr(couriers, "_hear", hear)
    monkeypatch.setattr(couriers, "_hangs", never)
    stop = asyncio.Event()
    running = asyncio.create_task(couriers.run(stop))
    await until(lambda: heard)
    loop = asyncio.get_running_loop()
    began_s, rung = loop.time(), 0
    while loop.time() < began_s + 0.3:
        feed.ring()
        rung += 1
        await asyncio.sleep(0)
    took_s = loop.time() - began_s
    during = len(heard)
    feed.ring()
    await until(lambda: len(heard) > during)
    assert rung > 20
    assert len(heard) <= 4 + took_s / 0.05
    stop.set()
    await running
