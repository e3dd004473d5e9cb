"""Keeps the courier processes alive: started, woken, heard, started again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from alerts.notify.feed import Feed
from api.courier import COMMITTED, Orders
from api.streams import Bell

log = logging.getLogger(__name__)

RESTART_S, RESTART_CAP_S = 0.1, 5.0
YOUNG_S = 10.0
"""One that lived this long is started again at once."""
SILENT_S = 15.0
"""One that has not been heard of for so long hangs, and is killed."""
START_S = 60.0
END_S = 2.0

PAUSE_S = 0.05
"""Between two wakings: many commits a second are looked at together."""

Process = asyncio.subprocess.Process


class Couriers:
    """As many processes as the settings say, for as long as the service lives."""

    def __init__(self, orders: Orders, feed: Feed, ring: Callable[[], None]) -> None:
        """`orders`: of the first; the others differ in their number alone."""
        self._orders = orders
        self._feed = feed
        self._ring = ring
        self._running: dict[int, Process] = {}
        self._heard: dict[int, float] = {}
        self.restarts = 0

    @property
    def pids(self) -> list[int]:
        """Of the running processes."""
        return [one.pid for one in self._running.values() if one.returncode is None]

    def missing(self) -> str | None:
        """What keeps notifications from being sent, in one line."""
        away = self._orders.workers - len(self._heard)
        return f"{away} of {self._orders.workers} couriers are not at work" if away else None

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        bell = Bell(asyncio.get_running_loop())
        deaf = self._feed.listen(bell.ring)
        try:
            async with asyncio.TaskGroup() as group:
                waking = group.create_task(self._wake(bell))
                workers = [
                    group.create_task(self._keep(number, stop))
                    for number in range(self._orders.workers)
                ]
                await asyncio.wait(workers)
                waking.cancel()
        finally:
            deaf()

    async def _wake(self, bell: Bell) -> None:
        while True:
            await bell.wait(None)
            bell.clear()  # what rings from here on counts for the next round
            for process in self._running.values():
                if process.stdin is not None and process.returncode is None:
                    # One word that waits says as much as many.
                    if process.stdin.transport.get_write_buffer_size() == 0:
                        process.stdin.write(b"\n")
            await asyncio.sleep(PAUSE_S)

    async def _keep(self, number: int, stop: asyncio.Event) -> None:
        pause_s = RESTART_S
        while not stop.is_set():
            began_s = time.monotonic()
            try:
                said = f"courier {number} ended with status {await self._once(number, stop)}"
            except OSError as error:
                said = f"courier {number} cannot be started ({error})"
            if stop.is_set():
                return
            self.restarts += 1
            if time.monotonic() - began_s >= YOUNG_S:
                pause_s = RESTART_S
            log.error("%s; starting it again in %.1f s", said, pause_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)
            pause_s = min(2 * pause_s, RESTART_CAP_S)

    async def _once(self, number: int, stop: asyncio.Event) -> int:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "api.courier"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert process.stdin is not None  # noqa: S101 - narrows the type
        self._running[number] = process
        process.stdin.write(replace(self._orders, worker=number).to_line().encode())
        ended = asyncio.create_task(process.wait())
        hearing = asyncio.create_task(self._hear(number, process))
        others = [asyncio.create_task(stop.wait()), asyncio.create_task(self._hangs(number))]
        try:
            await asyncio.wait({ended, *others}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done() and stop.is_set():
                process.stdin.close()
                await asyncio.wait({ended}, timeout=END_S)
        finally:
            for task in (*others, hearing):
                task.cancel()
            if not ended.done():
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            status = await ended
            self._running.pop(number, None)
            self._heard.pop(number, None)
        return status

    async def _hear(self, number: int, process: Process) -> None:
        assert process.stdout is not None  # noqa: S101 - narrows the type
        while line := await process.stdout.readline():
            self._heard[number] = time.monotonic()
            if line.strip() == COMMITTED.encode():
                self._ring()

    async def _hangs(self, number: int) -> None:
        """Return when it has been silent for too long."""
        began_s = time.monotonic()
        while True:
            await asyncio.sleep(1.0)
            heard_s = self._heard.get(number)
            now_s = time.monotonic()
            late = now_s - began_s > START_S if heard_s is None else now_s - heard_s > SILENT_S
            if late:
                log.critical("courier %d has not been heard of; killing it", number)
                return
