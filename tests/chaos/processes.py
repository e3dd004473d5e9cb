"""The real processes of a run: control with its children, PostgreSQL; kept up, found, killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
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
ANSWERS_S = 120.0
ENDS_S = 30.0
NODE, WORKER = "tests.chaos.node", "api.courier"
"""By which word of its command line a child of control is known."""


class Nursery:
    """Forks services from a process that has their code loaded (`tests.chaos.control`)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._asking = asyncio.Lock()
        self._born: asyncio.Queue[int] = asyncio.Queue()
        self._ends: dict[int, asyncio.Future[int]] = {}
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, surroundings: dict[str, str], log: IO[bytes]) -> Nursery:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.control"),
            env=surroundings,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
        assert process.stdout is not None
        if (await process.stdout.readline()).strip() != b"ready":
            raise RuntimeError(f"the service cannot be loaded: see {log.name!r}")
        made = cls(process)
        made._reading = asyncio.create_task(made._read())
        return made

    async def bear(self, arguments: list[str]) -> int:
        """A new service; gives its process id."""
        assert self._process.stdin is not None
        async with self._asking:
            self._process.stdin.write(json.dumps(arguments).encode() + b"\n")
            return await self._born.get()

    async def end_of(self, pid: int) -> int:
        """Its exit status, once it has ended; negative: the signal that killed it."""
        return await asyncio.shield(self._end(pid))

    def lives(self, pid: int) -> bool:
        return not self._end(pid).done()

    def _end(self, pid: int) -> asyncio.Future[int]:
        return self._ends.setdefault(pid, asyncio.get_running_loop().create_future())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := (await self._process.stdout.readline()).split():
            if line[0] == b"began":
                self._ends[int(line[1])] = asyncio.get_running_loop().create_future()
                self._born.put_nowait(int(line[1]))
            elif not self._end(int(line[1])).done():
                self._end(int(line[1])).set_result(int(line[2]))

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        if self._reading is not None:
            await self._reading


@dataclass
class Control:
    """`qalqan serve` as a service manager keeps it: whenever it ends, it is started again."""

    nursery: Nursery
    arguments: list[str]
    url: str
    home: Path
    history: History
    pid: int | None = None
    """None while there is none."""
    status: int | None = None
    """With which the last one ended."""
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
            pid = self.pid = await self.nursery.bear(self.arguments)
            self.starts += 1
            self.history.note("control", "begin", pid=pid)
            self.status = await self.nursery.end_of(pid)
            self.pid = None
            self.history.note("control", "end", status=self.status)
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
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
        if self._keeper is not None:
            await asyncio.wait({self._keeper}, timeout=ENDS_S)
            self._keeper.cancel()
        return self.status


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
