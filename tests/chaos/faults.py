"""Carries out the plan: one fault after the other, many of them at the same time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.clock import Clock
from tests.chaos.disk import SmallDisk
from tests.chaos.history import History
from tests.chaos.plan import Fault
from tests.chaos.processes import Control, Postgres, locked_for
from tests.chaos.progress import Progress
from tests.chaos.proxy import Link
from tests.support.waiting import until

PATIENCE_S = 60.0
"""For a process to be there, so that it can be killed; else control is."""
STUCK_S = 12.0
"""No progress for so long: the next fault strikes all the same."""
YOUNG = 0.15
"""Of kills of control: it need not serve yet."""


@dataclass
class Injector:
    """Everything that can be broken, and what has been."""

    history: History
    control: Control
    links: list[Link]
    clock: Clock | None
    disk: SmallDisk | None
    postgres: Postgres | None
    progress: Progress
    rival: Callable[[], Awaitable[bool]]
    """Starts a second service on the same database; gives whether it served."""
    has_workers: bool = True
    kills: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, faults: list[Fault]) -> None:
        """Until all have struck and what they broke is whole again."""
        try:
            for fault in faults:
                await self._turn_of(fault)
                await self._strike(fault)
            await asyncio.gather(*self._under_way)
        finally:
            for task in self._under_way:
                task.cancel()
            if self.clock and self.clock.ahead_s:
                self.clock.step(-self.clock.ahead_s)
            if self.disk:
                self.disk.free()

    async def _turn_of(self, fault: Fault) -> None:
        """Wait for the work to come so far; not for ever, for it may be this that holds it up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STUCK_S):
                await until(lambda: self.progress.share() >= fault.at, every_s=0.05)

    async def _strike(self, fault: Fault) -> None:
        facts = fault.facts
        match fault.kind:
            case "kill":
                await self._kill(facts["process"], random.Random(facts["dice"]))
            case "away":
                self._beside(self._away(facts["seconds"]))
            case "full":
                self._beside(self._full(facts["seconds"]))
            case "clock":
                self._step(facts["seconds"])
            case "link":
                self._beside(self._trouble(facts))
            case "rival":
                self._beside(self._second())

    def _beside(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    # --- kills ---

    async def _kill(self, process: str, dice: random.Random) -> None:
        """Wait for the process to be there and kill it: a plan of 200 kills kills 200 times."""
        if process == "worker" and not self.has_workers:
            process = "node"
        if process == "postgresql" and self.postgres is not None:
            how = await self.postgres.kill(dice)
            if how:
                self._count("postgresql", how=how)
                return
            process = "control"  # it is away: something else dies then
        if process == "control":
            if dice.random() >= YOUNG:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.control.serves(), PATIENCE_S)
            await self._killed("control")
        elif not await self._killed(process):
            await self._killed("control")

    async def _killed(self, process: str) -> bool:
        """Whether it was there within some seconds, and so is no more."""
        find = {"node": self.control.node, "control": self._control, "worker": self._worker}[
            process
        ]
        async with self._starting:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await until(find)
            except TimeoutError:
                return False
            pid = find()
            if pid is None:
                return False
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self._count(process, pid=pid)
            await until(lambda: find() != pid)
        return True

    def _control(self) -> int | None:
        return self.control.pid

    def _worker(self) -> int | None:
        workers = self.control.workers()
        return workers[0] if workers else None

    def _count(self, process: str, **facts: Any) -> None:
        self.kills[process] += 1
        self.history.note("chaos", "kill", process=process, **facts)

    # --- everything else ---

    async def _away(self, seconds: float) -> None:
        self._begin("away", seconds=seconds)
        if self.postgres is not None:
            await self.postgres.away(seconds)
        else:
            await locked_for(self.control.home / "qalqan.db", seconds)
        self.history.note("chaos", "back", of="away")

    async def _full(self, seconds: float) -> None:
        if self.disk is None:
            return
        self._begin("full", seconds=seconds)
        await asyncio.to_thread(self.disk.fill)
        await asyncio.sleep(seconds)
        self.disk.free()
        self.history.note("chaos", "back", of="full")

    def _step(self, seconds: int) -> None:
        if self.clock is not None:
            self.clock.step(seconds)
            self._begin("clock", seconds=seconds, ahead_s=self.clock.ahead_s)

    async def _trouble(self, facts: dict[str, Any]) -> None:
        dice = random.Random(facts["dice"])
        hit = dice.sample(self.links, max(1, round(facts["share"] * len(self.links))))
        self._begin(f"link {facts['how']}", links=len(hit), seconds=facts["seconds"])
        for link in hit:
            if facts["how"] == "reset":
                link.reset()
            elif facts["how"] == "cut":
                link.cut()
            else:
                link.delay_s = facts["delay_s"]
        if facts["how"] != "reset":
            await asyncio.sleep(facts["seconds"])
            for link in hit:
                link.heal()

    async def _second(self) -> None:
        # While the first one lives and holds its claim, the second must not.
        async with self._starting, self.postgres.lock if self.postgres else asyncio.Lock():
            await self.control.serves()
            self._begin("rival")
            self.history.note("rival", "end", served=await self.rival())

    def _begin(self, kind: str, **facts: Any) -> None:
        self.others[kind] += 1
        self.history.note("chaos", kind, **facts)
