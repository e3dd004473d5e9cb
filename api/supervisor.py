"""Keeps the node process alive: started, watched, restarted, ended with its parent.

The node's standard input is a pipe that this process holds: should the control process be killed,
the pipe closes and the node ends by itself, its incidents safe in its spool.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

log = logging.getLogger(__name__)

RESTART_S = 0.5
RESTART_CAP_S = 10.0
STEADY_S = 30.0
"""A node that lived this long is restarted at once again."""
SILENT = timedelta(seconds=15)
"""A node that has not reported its health for this long is hung and is killed."""
BAD_START = 2
"""Exit status for bad input (a model that cannot be loaded): said once, retried slowly."""


class Supervisor:
    """Runs one child command for as long as the service lives."""

    def __init__(
        self,
        command: Sequence[str],
        heard_at: Callable[[], datetime | None],
        now: Callable[[], datetime],
    ) -> None:
        self._command = list(command)
        self._heard_at = heard_at
        self._now = now
        self._process: asyncio.subprocess.Process | None = None
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The running child's process id."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    async def run(self, stop: asyncio.Event) -> None:
        """Start the child, start it again whenever it ends, until `stop`."""
        pause_s = RESTART_S
        clock = asyncio.get_running_loop().time
        while not stop.is_set():
            started = clock()
            status = await self._run_once(stop)
            if stop.is_set():
                return
            self.restarts += 1
            steady = clock() - started > STEADY_S
            pause_s = RESTART_S if steady else min(pause_s * 2, RESTART_CAP_S)
            if status != BAD_START and self.restarts <= 3:
                pause_s = RESTART_S
            log.error("the node ended with status %s; starting it again in %.1f s", status, pause_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)

    async def _run_once(self, stop: asyncio.Event) -> int:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, start_new_session=True
        )
        log.info("node started with process id %d", self._process.pid)
        ended = asyncio.create_task(self._process.wait())
        stopping = asyncio.create_task(stop.wait())
        hung = asyncio.create_task(self._hung(self._now()))
        await asyncio.wait({ended, stopping, hung}, return_when=asyncio.FIRST_COMPLETED)
        for task in (stopping, hung):
            task.cancel()
        if not ended.done():
            await self._end(self._process, ended, kill=not stop.is_set())
        return await ended

    async def _hung(self, started_at: datetime) -> None:
        """Return when the node has been silent for too long."""
        while True:
            await asyncio.sleep(1.0)
            heard = self._heard_at()
            last = max(heard, started_at) if heard else started_at
            if self._now() - last > SILENT:
                log.critical("the node has not reported for %s; killing it", SILENT)
                return

    async def _end(
        self, process: asyncio.subprocess.Process, ended: asyncio.Task[int], *, kill: bool
    ) -> None:
        """Ask politely by closing its input, then with SIGTERM, then with SIGKILL."""
        with contextlib.suppress(ProcessLookupError):
            if kill:
                process.kill()
                return
            if process.stdin is not None:
                process.stdin.close()
            for insist in (process.terminate, process.kill):
                if (await asyncio.wait({ended}, timeout=4.0))[0]:
                    return
                insist()


def node_command(
    *, socket: str, data: str, models: str, weights: str, model: str, threads: int | None = None
) -> list[str]:
    """The command line of a node. It carries no secret: addresses travel over the link."""
    command = [sys.executable, "-m", "detect.node", "--socket", socket, "--data", data]
    command += ["--models", models, "--weights", weights, "--model", model]
    return command if threads is None else [*command, "--threads", str(threads)]
