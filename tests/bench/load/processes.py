"""The bench's own processes, and what a process costs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")


class Helper:
    """A module of the bench as a process: a line in, a line of JSON out."""

    def __init__(self, name: str, *words: str | int | Path) -> None:
        self._command = [sys.executable, "-m", f"tests.bench.load.{name}", *map(str, words)]
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    async def start(self) -> None:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, limit=64 * 1024 * 1024
        )

    async def hear(self) -> dict[str, Any]:
        """The next line it says."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._command[2]} has ended with {await self.process.wait()}")
        told: dict[str, Any] = json.loads(line)
        return told

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")

    async def ask(self, line: str) -> dict[str, Any]:
        self.say(line)
        return await self.hear()

    def close(self) -> None:
        """Nothing more will be said."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


def rss_mb(pid: int) -> float:
    """Resident memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


@dataclass
class MemoryWitness:
    """Looks at a process's memory once a second."""

    pid: int
    seen: list[tuple[float, float]] = field(default_factory=list)

    async def run(self) -> None:
        while True:
            self.seen.append((time.monotonic(), rss_mb(self.pid)))
            await asyncio.sleep(1.0)

    def figures(self) -> dict[str, float]:
        """Megabytes: means of the first, the middle and the last tenth, and the most."""
        values = [value for _, value in self.seen]
        tenth = max(1, len(values) // 10)
        middle = len(values) // 2
        parts = {
            "start": values[:tenth],
            "middle": values[middle : middle + tenth],
            "end": values[-tenth:],
        }
        told = {name: round(sum(some) / len(some), 1) for name, some in parts.items()}
        return {**told, "most": round(max(values), 1)}
