"""Witnesses of a city under fault: what each side saw, to be compared afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

ANSWERS = ("accept", "en_route", "on_scene")
AWAY = (httpx.TransportError, httpx.RemoteProtocolError)


@dataclass(frozen=True)
class Event:
    """One server-sent event as its reader got it."""

    type: str
    data: Any
    id: int | None
    at: datetime
    """When it was read, UTC."""


async def events(
    http: httpx.AsyncClient, path: str, after: int | None = None
) -> AsyncIterator[Event]:
    """The events of a stream; `after` goes as `Last-Event-ID`, as browsers send it."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    async with http.stream("GET", path, headers=headers) as answer:
        answer.raise_for_status()
        kind, number = "", None
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                yield Event(kind, json.loads(line[6:]), number, datetime.now(UTC))
            elif not line:
                kind, number = "", None


@dataclass
class Reader:
    """Follows one stream through every break, resuming by `Last-Event-ID`."""

    http: httpx.AsyncClient
    path: str
    seen: list[Event] = field(default_factory=list)
    """Events with an id, in the order in which they were read."""
    breaks: int = 0

    async def run(self) -> None:
        """Follow the stream; never returns."""
        last = 0
        while True:
            try:
                async for event in events(self.http, self.path, last):
                    if event.id is not None:
                        last = event.id
                        self.seen.append(event)
                        await self.heard(event)
            except (*AWAY, httpx.HTTPStatusError):
                self.breaks += 1
            await asyncio.sleep(0.1)

    async def heard(self, event: Event) -> None:
        """What the reader does about an event."""

    def ids(self) -> list[int]:
        return [event.id for event in self.seen if event.id is not None]

    async def replay(self) -> list[int]:
        """Ids of the whole stream, read anew from its beginning to the last event seen."""
        ids: list[int] = []
        until_id = self.ids()[-1]
        async for event in events(self.http, self.path, after=0):
            if event.id is not None and event.id <= until_id:
                ids.append(event.id)
            if event.id is not None and event.id >= until_id:
                break
        return ids


@dataclass
class PatrolApp(Reader):
    """A patrol's screen: answers each offer to its end."""

    path: str = "/v1/patrols/me/stream"
    closed: list[str] = field(default_factory=list)
    """Alerts it went to and closed."""

    def offers(self) -> list[str]:
        return [event.data["id"] for event in self.seen if event.type == "offer"]

    async def heard(self, event: Event) -> None:
        if event.type == "offer":
            await self.answer(event.data["id"])

    async def answer(self, alert: str) -> None:
        """Go there and close it, as often as it takes over a bad network."""
        path = f"/v1/alerts/{alert}"
        for answer in ANSWERS:
            await self._insist(f"{path}/answer", {"answer": answer})
        await self._insist(f"{path}/close", {"outcome": "real"})
        self.closed.append(alert)

    async def _insist(self, path: str, body: dict[str, str]) -> None:
        while True:
            with contextlib.suppress(*AWAY):
                status = (await self.http.post(path, json=body)).status_code
                if status < 500:
                    return
            await asyncio.sleep(0.1)


@dataclass
class SpoolWitness:
    """Reads the node's spool from outside and notes every incident that was ever in it."""

    path: Path
    ids: set[str] = field(default_factory=set)
    waiting: int = 0
    open: frozenset[str] = frozenset()

    async def run(self, every_s: float = 0.05) -> None:
        """Look for ever. An open incident stays in the spool for seconds: none is missed."""
        while True:
            with contextlib.suppress(sqlite3.Error):
                self._look()
            await asyncio.sleep(every_s)

    def _look(self) -> None:
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as db:
            self.open = frozenset(row[0] for row in db.execute("SELECT id FROM happening"))
            queued = {row[0] for row in db.execute("SELECT id FROM changes")}
        self.waiting = len(queued)
        self.ids |= self.open | queued


@dataclass
class HealthWitness:
    """Asks `/healthz` all the time: the control process must stay up through everything."""

    http: httpx.AsyncClient
    asked: int = 0
    failures: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    async def run(self, every_s: float = 0.1) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            started = clock()
            try:
                answer = await self.http.get("/healthz")
                if answer.status_code != 200:
                    self.failures.append(f"status {answer.status_code}")
            except httpx.HTTPError as error:
                self.failures.append(repr(error))
            self.asked += 1
            self.slowest_s = max(self.slowest_s, clock() - started)
            await asyncio.sleep(every_s)


@contextlib.asynccontextmanager
async def alongside(*jobs: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run the jobs beside the block; a witness that fails fails the test."""
    tasks = [asyncio.ensure_future(job()) for job in jobs]
    try:
        yield
    finally:
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()


def repeated(alerts: list[str]) -> list[str]:
    """Those that occur more than once."""
    return [alert for alert, times in Counter(alerts).items() if times > 1]
