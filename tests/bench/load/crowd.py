"""Everybody who listens, in one process of few words: raw sockets, and no parsing but of ids.

    python -m tests.bench.load.crowd PORT LISTENERS.json RESULT.npz   (orders on stdin, a line each)

Orders: `cut SECONDS COUNT` breaks so many random connections, spread over so many seconds;
`end` waits until nothing comes any longer, and writes what was seen. It shares the machine with the
service, so it does as little as it can; what it costs is in the result.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import resource
import sys
import time
from array import array
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.waiting import until

ID = re.compile(rb"\nid: (\d+)\ndata: ")
LONGEST_HEAD = 64
AWAY_S = 2.0
"""A client that was cut off is back within so long."""
QUIET_S = 3.0


class Listener(asyncio.Protocol):
    """One client's connection, and what it has seen over all its connections."""

    def __init__(self, number: int, path: str, token: str, start: int, keeps: bool) -> None:
        self.number = number
        self._path = path
        self._token = token
        self._start = start
        self._keeps = keeps
        self.last = 0
        self.count = 0
        self.total = 0
        self.repeated = 0
        self.breaks = 0
        self.refused = 0
        self.cut = False
        self.heard_s = 0.0
        self.ids = array("q")
        """Of a patrol: every id."""
        self.times = array("d")
        """When something came; with `upto`, the last id in it."""
        self.upto = array("q")
        self._rest = b""
        self._transport: asyncio.Transport | None = None
        self.on_lost: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._rest = b""
        where = f"Last-Event-ID: {self.last}\r\n" if self.last else ""
        path = self._path if self.last else f"{self._path}?after={self._start}"
        transport.write(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self._token}\r\n"
            f"{where}\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        now = time.time()
        self.heard_s = now
        if self._rest:
            data = self._rest + data
        end = data.rfind(b"\n\n")
        if end < 0:
            self._rest = data
            return
        if data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 200"):
            self.refused += 1
        # Whole events alone count: what is torn in the middle is asked for again.
        whole, self._rest = data[: end + 2], data[end + 1 :]
        found = [int(one) for one in ID.findall(whole)]
        if not found:
            return
        if found[0] <= self.last or found != sorted({*found}):
            self.repeated += 1
        self.last = found[-1]
        self.count += len(found)
        self.total += sum(found)
        self.times.append(now)
        self.upto.append(self.last)
        if self._keeps:
            self.ids.extend(found)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.breaks += not self.cut
        self.cut = False
        self.on_lost(self)

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    def break_off(self) -> None:
        """As a phone that loses its network: no farewell."""
        if self._transport is not None:
            self.cut = True
            self._transport.abort()


class Crowd:
    """All of them."""

    def __init__(self, port: int, listeners: list[dict[str, Any]]) -> None:
        self._port = port
        self._lots = random.Random(11)
        self._ending = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.all = [
            Listener(number, one["path"], one["token"], one["start"], one["keeps"])
            for number, one in enumerate(listeners)
        ]
        for one in self.all:
            one.on_lost = self._lost

    async def connect_all(self) -> None:
        """In small groups, as people come on shift."""
        for first in range(0, len(self.all), 50):
            await asyncio.gather(*(self._connect(one) for one in self.all[first : first + 50]))
        await until(lambda: all(one.heard_s for one in self.all), every_s=0.05)

    async def cut(self, seconds: float, count: int) -> int:
        """Break so many connections at random moments; gives how many."""
        loop = asyncio.get_running_loop()
        began, done = loop.time(), 0
        for at in sorted(self._lots.uniform(0, seconds) for _ in range(count)):
            await asyncio.sleep(max(0.0, began + at - loop.time()))
            one = self._lots.choice(self.all)
            for _ in range(50):
                if one.is_open:
                    break
                one = self._lots.choice(self.all)
            if one.is_open:
                one.break_off()
                done += 1
        return done

    async def end(self) -> None:
        """Until all are back and nothing has come for a while."""
        await until(lambda: all(one.is_open for one in self.all), every_s=0.1)
        await until(lambda: time.time() - self._last_heard() > QUIET_S, every_s=0.1)
        self._ending = True

    def _last_heard(self) -> float:
        return max(one.times[-1] if one.times else 0.0 for one in self.all)

    def _lost(self, one: Listener) -> None:
        if not self._ending:
            self._start(self._come_back(one))

    async def _come_back(self, one: Listener) -> None:
        await asyncio.sleep(self._lots.uniform(0, AWAY_S))
        await self._connect(one)

    async def _connect(self, one: Listener) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.create_connection(lambda: one, "127.0.0.1", self._port)
                return
            except OSError:
                await asyncio.sleep(0.2)

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def write(crowd: Crowd, path: Path) -> None:
    """What was seen, as arrays."""
    names = ("last", "count", "total", "repeated", "breaks", "refused")
    found: dict[str, Any] = {
        name: np.array([getattr(one, name) for one in crowd.all], dtype=np.int64) for name in names
    }
    for name, kind in (("ids", "q"), ("times", "d"), ("upto", "q")):
        arrays = [getattr(one, name) for one in crowd.all]
        found[f"{name}_ends"] = np.cumsum([len(one) for one in arrays])
        flat = array(kind)
        for one in arrays:
            flat.extend(one)
        found[name] = np.array(flat)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    found["cpu_s"] = np.array(usage.ru_utime + usage.ru_stime)
    np.savez(path, **found)


async def main(port: int, listeners: str, result: Path) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    crowd = Crowd(port, json.loads(listeners))
    began = time.monotonic()
    await crowd.connect_all()
    print(json.dumps({"connected": len(crowd.all), "s": time.monotonic() - began}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        words = line.split()
        if words[0] == "cut":
            done = await crowd.cut(float(words[1]), int(words[2]))
            print(json.dumps({"cut": done}), flush=True)
        else:
            await crowd.end()
            write(crowd, result)
            print(json.dumps({"ended": True}), flush=True)
            return


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]).read_text(), Path(sys.argv[3])))
