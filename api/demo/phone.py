"""A patrol's phone: the public HTTP interface with the unit's own token, over a bad network."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import httpx

from api.demo.streets import Node

RETRY_S = 1.0
SILENT_S = 25.0
"""A stream that does not even beat for this long is dead."""
TIMEOUT = httpx.Timeout(10.0, read=SILENT_S)


@dataclass(frozen=True, slots=True)
class Message:
    """One event of the patrol's stream."""

    kind: str
    """`hello`, `offer`, `update` or `withdrawn`."""
    data: dict[str, Any]


class Phone:
    """Talks to the service, again and again until it is heard, except where there is no network."""

    def __init__(self, client: httpx.AsyncClient, *, shared: bool = False) -> None:
        """`client` carries the base address and the token.

        `shared`: a person may use the unit on a device of their own; once that one reports
        where it is, this phone is silent about it, and says of no message that it has it.
        """
        self._client = client
        self._shared = shared
        self._reported: Node | None = None
        self._covered = asyncio.Event()
        self._covered.set()
        self._lost = asyncio.Event()
        self._last_id: str | None = None
        self._saying: set[asyncio.Task[bool]] = set()

    def lose_network(self) -> None:
        """Into the tunnel: the stream breaks, nothing comes or goes."""
        self._covered.clear()
        self._lost.set()

    def find_network(self) -> None:
        """Out of it: the stream resumes after the last event that came."""
        self._lost.clear()
        self._covered.set()

    async def report(self, place: Node) -> None:
        """Send a position once; one that does not get through is soon replaced by the next."""
        if not self._covered.is_set():
            return
        body = {"longitude": place[0], "latitude": place[1]}
        try:
            if self._shared and await self._another_reports():
                return
            await self._client.put("/v1/patrols/me/position", json=body)
            self._reported = place
        except httpx.TransportError:
            return

    async def _another_reports(self) -> bool:
        if self._reported is None:
            return False
        unit = (await self._client.get("/v1/patrols/me")).json()
        return (unit.get("longitude"), unit.get("latitude")) != self._reported

    async def begin_shift(self) -> None:
        await self._insist("PATCH", "/v1/patrols/me", {"on_duty": True})

    async def answer(self, alert: str, answer: str, note: str = "") -> bool:
        """Answer an offer or report on the way; False when the service refuses it."""
        body = {"answer": answer, "note": note}
        return await self._insist("POST", f"/v1/alerts/{alert}/answer", body)

    async def close(self, alert: str, outcome: str, note: str) -> bool:
        """Close an alert from the scene; False when the service refuses it."""
        body = {"outcome": outcome, "note": note}
        return await self._insist("POST", f"/v1/alerts/{alert}/close", body)

    async def messages(self) -> AsyncGenerator[Message]:
        """The unit's events for ever: reconnects and resumes where it was cut."""
        while True:
            await self._covered.wait()
            try:
                async with contextlib.aclosing(self._connection()) as connection:
                    async for message in connection:
                        self._confirm(message)
                        yield message
            except (httpx.TransportError, httpx.HTTPStatusError):
                await asyncio.sleep(RETRY_S)

    def _confirm(self, message: Message) -> None:
        """Say that an offer has come; nothing waits for it."""
        alert = message.data.get("alert") if message.kind == "hello" else message.data
        told = (alert or {}).get("notification")
        if told and not self._shared:
            path = f"/v1/notifications/{told}/receipt"
            saying = asyncio.create_task(self._insist("POST", path, {"stage": "delivered"}))
            self._saying.add(saying)
            saying.add_done_callback(self._saying.discard)

    async def _connection(self) -> AsyncGenerator[Message]:
        """Server-sent events of one connection, until it ends or the network goes."""
        headers = {"Last-Event-ID": self._last_id} if self._last_id is not None else {}
        kind = ""
        async with self._client.stream("GET", "/v1/patrols/me/stream", headers=headers) as answer:
            answer.raise_for_status()
            async with contextlib.aclosing(self._lines(answer)) as lines:
                async for line in lines:
                    field, _, value = line.partition(": ")
                    if field == "id":
                        self._last_id = value
                    elif field == "event":
                        kind = value
                    elif field == "data":
                        yield Message(kind, json.loads(value))

    async def _lines(self, answer: httpx.Response) -> AsyncGenerator[str]:
        lines = answer.aiter_lines()
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            while True:
                line = asyncio.ensure_future(anext(lines, None))
                try:
                    await asyncio.wait({line, lost}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not line.done():
                        line.cancel()
                        await asyncio.gather(line, return_exceptions=True)
                if line.cancelled() or (text := line.result()) is None:
                    return
                yield text
        finally:
            lost.cancel()

    async def _insist(self, method: str, path: str, body: dict[str, Any]) -> bool:
        while True:
            await self._covered.wait()
            try:
                answer = await self._client.request(method, path, json=body)
            except httpx.TransportError:
                await asyncio.sleep(RETRY_S)
                continue
            if answer.status_code < 500 and answer.status_code != 429:
                return answer.is_success
            await asyncio.sleep(RETRY_S)
