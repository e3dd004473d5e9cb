"""Keeps the node process alive: started, watched, restarted, ended with its parent.

The node's standard input is a pipe that this process holds: should the control process be killed,
the pipe closes and the node ends by itself, its incidents safe in its spool.

Half of a node's start is loading its code, and most of all when the machine is busy. So another
one may wait beside it, code loaded and nothing else: it takes over with a word on its input.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

log = logging.getLogger(__name__)

Process = asyncio.subprocess.Process

BAD_START = 2
"""Exit status for what a restart alone does not mend: no model, a full disk."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the supervisor waits for what, in seconds."""

    restart_s: float = 0.1
    """Before the first restart; doubles while nodes die young."""
    restart_cap_s: float = 2.0
    """Together with the start of a process still under 5 s: cameras must not stay unwatched."""
    bad_start_s: float = 5.0
    young_s: float = 10.0
    """A node that lived this long is restarted at once again."""
    start_s: float = 90.0
    """For a node's first report: some engines compile their model."""
    silent_s: float = 15.0
    """A node that has not reported for this long is hung and is killed."""
    end_s: float = 3.5
    """For an ending in good order, a little more than the node gives itself."""
    look_s: float = 0.5
    spare_s: float = 1.0
    """After a node's first report, before its spare is started: first things first."""


class Supervisor:
    """Runs one child command for as long as the service lives.

    `heard_s` gives when the child last reported, on the monotonic clock `monotonic`. `on_call`: the
    command waits for a line on its input before it starts its work, and a spare is kept waiting.
    """

    def __init__(
        self,
        command: Sequence[str],
        heard_s: Callable[[], float | None],
        patience: Patience | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        on_call: bool = False,
    ) -> None:
        self._command = list(command)
        self._heard_s = heard_s
        self._patience = patience or Patience()
        self._monotonic = monotonic
        self._on_call = on_call
        self._process: Process | None = None
        self._spare: asyncio.Task[Process] | None = None
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The running child's process id."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    async def run(self, stop: asyncio.Event) -> None:
        """Start the child, start it again whenever it ends, until `stop`."""
        try:
            await self._run(stop)
        finally:
            if self._spare is not None:
                with contextlib.suppress(OSError, ProcessLookupError):
                    spare = await self._spare
                    spare.kill()  # it has nothing to lose
                    await spare.wait()

    async def _run(self, stop: asyncio.Event) -> None:
        patience = self._patience
        pause_s = patience.restart_s
        while not stop.is_set():
            started_s = self._monotonic()
            said = ""
            try:
                status = await self._run_once(stop)
                said = f"the node ended with status {status}"
            except OSError as error:  # no memory, no process to be had: that may pass
                status, said = BAD_START, f"the node cannot be started ({error})"
            if stop.is_set():
                return
            self.restarts += 1
            if self._monotonic() - started_s >= patience.young_s:
                pause_s = patience.restart_s
            wait_s = patience.bad_start_s if status == BAD_START else pause_s
            pause_s = min(pause_s * 2, patience.restart_cap_s)
            log.error("%s; starting it again in %.1f s", said, wait_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait_s)

    async def _run_once(self, stop: asyncio.Event) -> int:
        started_s = self._monotonic()
        process = self._process = await self._next()
        log.info("node started with process id %d", process.pid)
        ended = asyncio.create_task(process.wait())
        others = [asyncio.create_task(stop.wait()), asyncio.create_task(self._hung(started_s))]
        sparing = asyncio.create_task(self._keep_spare(started_s))
        try:
            await asyncio.wait({ended, *others}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await self._end(process, ended, kill=not stop.is_set())
            return await ended
        finally:
            for task in (*others, sparing):
                task.cancel()
            if not ended.done():  # this task was cancelled: leave no process behind
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await ended

    async def _next(self) -> Process:
        """The spare if there is one that lives, else a fresh process; told to work."""
        process: Process | None = None
        if self._spare is not None:
            spare, self._spare = self._spare, None
            with contextlib.suppress(OSError):
                process = await spare
        if process is None or process.returncode is not None:
            process = await self._spawn()
        if self._on_call and process.stdin is not None:
            process.stdin.write(b"\n")
        return process

    async def _spawn(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, start_new_session=True
        )

    async def _keep_spare(self, started_s: float) -> None:
        """Once the node works, have the next one wait beside it."""
        while self._on_call and self._spare is None:
            heard_s = self._heard_s()
            if heard_s is not None and heard_s >= started_s + self._patience.spare_s:
                self._spare = asyncio.create_task(self._spawn())
            await asyncio.sleep(self._patience.look_s)

    async def _hung(self, started_s: float) -> None:
        """Return when the node has been silent for too long."""
        patience = self._patience
        while True:
            await asyncio.sleep(patience.look_s)
            heard_s = self._heard_s()
            if heard_s is None or heard_s < started_s:
                silent_s, limit_s = self._monotonic() - started_s, patience.start_s
            else:
                silent_s, limit_s = self._monotonic() - heard_s, patience.silent_s
            if silent_s > limit_s:
                log.critical("the node has not reported for %.0f s; killing it", silent_s)
                return

    async def _end(
        self, process: asyncio.subprocess.Process, ended: asyncio.Task[int], *, kill: bool
    ) -> None:
        """Ask politely by closing its input, then kill it."""
        if not kill and process.stdin is not None:
            process.stdin.close()
            if (await asyncio.wait({ended}, timeout=self._patience.end_s))[0]:
                return
            log.warning("the node does not end by itself; killing it")
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def node_command(
    *, socket: str, data: str, models: str, weights: str, model: str, options: Sequence[str] = ()
) -> list[str]:
    """The command line of a node on call. It carries no secret: addresses travel over the link."""
    command = [sys.executable, "-m", "detect.node", "--socket", socket, "--data", data]
    command += ["--models", models, "--weights", weights, "--model", model, "--on-call"]
    return [*command, *options]
