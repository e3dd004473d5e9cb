"""A reader of one stream of the service: through every break, resumed by the last id seen."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.history import History

AWAY = (httpx.TransportError, httpx.HTTPStatusError)
SILENT_S = 15.0
"""The service beats every 10 s: a stream that is silent for longer is a dead one."""
AGAIN_S = 0.2


def client(url: str, token: str) -> httpx.AsyncClient:
    """Speaks to the service as whoever holds the token."""
    return httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=httpx.Timeout(10.0, read=SILENT_S),
        trust_env=False,
        verify=False,  # noqa: S501 - there is no TLS here, and a context costs 30 ms
    )


@dataclass
class Reader:
    """Notes every event that it gets, then lets `heard` act on it."""

    name: str
    http: httpx.AsyncClient
    path: str
    history: History
    last: int = 0
    jobs: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Follow the stream; never returns."""
        while True:
            try:
                await self._follow()
            except AWAY as error:
                self.history.note(self.name, "break", after=self.last, why=type(error).__name__)
            await asyncio.sleep(AGAIN_S)

    async def _follow(self) -> None:
        headers = {"Last-Event-ID": str(self.last)}
        async with self.http.stream("GET", self.path, headers=headers) as answer:
            answer.raise_for_status()
            kind, number = "", None
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("id: "):
                    number = int(line[4:])
                elif line.startswith("data: "):
                    self._take(kind, number, json.loads(line[6:]))
                elif not line:
                    kind, number = "", None

    def _take(self, kind: str, number: int | None, data: Any) -> None:
        if number is not None:
            self.last = number
            known = {key: data.get(key) for key in ("state", "version", "patrol", "notification")}
            alert = data.get("alert", data.get("id"))
            self.history.note(self.name, "event", id=number, type=kind, alert=alert, **known)
        self.heard(kind, data)

    def heard(self, kind: str, data: Any) -> None:
        """What the reader does about an event."""

    def start(self, job: Any) -> asyncio.Task[None]:
        task = asyncio.ensure_future(job)
        self.jobs.add(task)
        task.add_done_callback(self.jobs.discard)
        return task

    async def call(self, name: str, path: str, body: Any = None, alert: str = "") -> int:
        """Post until somebody answers; gives the status. What was answered is noted."""
        while True:
            try:
                answer = await self.http.post(path, json=body)
            except httpx.TransportError:
                status = 0
            else:
                status = answer.status_code
                if 0 < status < 500 and status != 429:
                    self.history.note(self.name, "call", call=name, alert=alert, status=status)
                    return status
            await asyncio.sleep(AGAIN_S)
