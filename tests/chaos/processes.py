"""The real processes of a run: control with its children, PostgreSQL; kept up, found, killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx

from tests.chaos.history import History
from tests.chaos.stream import client
from tests.support.postgresql import OwnServer

AGAIN_S = 0.2
LOOK_S = 0.05
ANSWERS_S = 60.0
NODE, WORKER = "tests.chaos.node", "api.courier"
"""By which word of its command line a child of control is known."""


@dataclass
class Control:
    """`qalqan serve` as a service manager keeps it: whenever it ends, it is started again."""

    command: list[str]
    environment: dict[str, str]
    url: str
    home: Path
    history: History
    log: IO[bytes]
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    wanted: bool = True
    _keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, and return once it serves."""
        self._keeper = asyncio.create_task(self._keep())
        async with asyncio.timeout(ANSWERS_S):
            await self.serves()

    async def _keep(self) -> None:
        while self.wanted:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
            )
            self.starts += 1
            self.history.note("control", "begin", pid=self.process.pid)
            status = await self.process.wait()
            self.history.note("control", "end", status=status)
            await asyncio.sleep(AGAIN_S)

    async def serves(self) -> None:
        """Return once it answers."""
        async with client(self.url, "nobody") as http:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get("/healthz")).status_code == 200:
                        return
                assert self._keeper is not None
                assert not self._keeper.done(), "nobody keeps control up any longer"
                await asyncio.sleep(LOOK_S)

    @property
    def pid(self) -> int | None:
        process = self.process
        return process.pid if process is not None and process.returncode is None else None

    def children(self, word: str) -> list[int]:
        """Those of its children whose command line has the word, the oldest first."""
        if self.pid is None:
            return []
        with contextlib.suppress(OSError):
            listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
            return sorted(pid for pid in map(int, listed.split()) if word in _words(pid))
        return []

    def workers(self) -> list[int]:
        """Its delivery workers."""
        return self.children(WORKER)

    def node(self) -> int | None:
        """The node that works: who holds the spool."""
        with contextlib.suppress(OSError, ValueError):
            holder = int((self.home / "spool.db.lock").read_text())
            return holder if holder in self.children(NODE) else None
        return None

    async def stop(self) -> int | None:
        """End it in good order; gives its exit status."""
        self.wanted = False
        process = self.process
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        return process.returncode if process else None


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []


@dataclass
class Postgres:
    """A server of our own that is started again whenever it is down and wanted."""

    server: OwnServer
    history: History
    wanted: bool = True
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def keep(self) -> None:
        """For ever."""
        while True:
            async with self.lock:
                if self.wanted and not self.server.is_up():
                    self.history.note("postgresql", "begin")
                    with contextlib.suppress(subprocess.SubprocessError):  # a full disk: again
                        await asyncio.to_thread(self.server.start)
            await asyncio.sleep(AGAIN_S)

    async def kill(self, dice: random.Random) -> str:
        """The whole server, or one process of a connection: then it recovers by itself."""
        async with self.lock:
            backends = self.server.backends()
            if backends and dice.random() < 0.4:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(dice.choice(backends), signal.SIGKILL)
                return "backend"
            if self.server.is_up():
                await asyncio.to_thread(self.server.kill)
                return "server"
        return ""

    async def away(self, seconds: float) -> None:
        """Stopped, as for an upgrade, with all its clients thrown out."""
        async with self.lock:
            self.wanted = False
            with contextlib.suppress(subprocess.SubprocessError):
                await asyncio.to_thread(self.server.stop)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.wanted = True


async def locked_for(database: Path, seconds: float) -> None:
    """Another process holds the file's write lock, as a backup that hangs does."""
    script = (
        "import sqlite3, sys, time\n"
        "db = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)\n"
        "db.execute('BEGIN EXCLUSIVE')\n"
        "time.sleep(float(sys.argv[2]))\n"
        "db.execute('ROLLBACK')\n"
    )
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(database), str(seconds)
    )
    try:
        await holder.wait()
    finally:
        if holder.returncode is None:
            holder.kill()
            await holder.wait()


def environment(*more: dict[str, str]) -> dict[str, str]:
    """Of the processes under test."""
    made = {**os.environ, "QALQAN_CAMERA_NETWORKS": "127.0.0.0/8"}
    for one in more:
        made.update(one)
    return made
