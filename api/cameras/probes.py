"""Looking at streams, a few at a time: each look is a process of its own and takes seconds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import CapacityLimiter, to_thread

from api.problem import Problem
from api.wiring import Probe, Resolve
from ingest.camera import StreamUrl
from ingest.sources.base import SourceInfo

WAITING = 64
"""Requests that may wait for their look; beyond them a 429."""
WAIT_S = 60.0


class Probes:
    """Resolves and probes addresses for the requests of one application.

    Bounded, so that a caller who registers hundreds of cameras at once neither forks hundreds of
    processes nor takes the threads that operators' requests need.
    """

    def __init__(
        self,
        resolve: Resolve,
        probe: Probe,
        at_once: int | None = None,
        waiting: int = WAITING,
        wait_s: float = WAIT_S,
    ) -> None:
        self._resolve = resolve
        self._probe = probe
        self._running = asyncio.Semaphore(at_once or max(2, os.cpu_count() or 1))
        self._waiting = waiting
        self._wait_s = wait_s
        self._here = 0
        # Names are looked up on threads of their own: a dead name server holds each for a while.
        self._lookups = CapacityLimiter(8)

    async def pin(self, url: StreamUrl) -> StreamUrl:
        """The address with its host resolved. Raises `IngestError`."""
        return await to_thread.run_sync(
            self._resolve, url, limiter=self._lookups, abandon_on_cancel=True
        )

    async def look(self, pinned: StreamUrl) -> SourceInfo:
        """What the stream carries. Raises `IngestError`, or a 429 or 503 when too many look."""
        async with self._turn():
            return await self._probe(pinned)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._here >= self._waiting:
            raise Problem(
                429, "Too many streams are being looked at.", headers={"Retry-After": "5"}
            )
        self._here += 1
        try:
            try:
                async with asyncio.timeout(self._wait_s):
                    await self._running.acquire()
            except TimeoutError:
                raise Problem(
                    503, "The streams before this one take too long.", headers={"Retry-After": "10"}
                ) from None
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._here -= 1
