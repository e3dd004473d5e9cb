"""The streams of the API over whichever transport: one suite of tests for all of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.http_server import listen, make_server
from tests.support.service import Service
from tests.support.waiting import until

Told = dict[str, Any]
"""`type`, `id` and `data` of one event."""
OPERATORS, OWN = "/v1/alerts", "/v1/patrols/me"


@asynccontextmanager
async def served(service: Service) -> AsyncIterator[int]:
    """The application behind the real HTTP server; gives its port."""
    listening = listen("127.0.0.1", 0)
    server = make_server(service.app)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await until(lambda: server.started)
        yield int(listening.getsockname()[1])
    finally:
        service.app.state.qalqan.streams.close()
        server.should_exit = True
        await serving


@dataclass
class Line:
    """One open stream."""

    events: asyncio.Queue[Told | None] = field(default_factory=asyncio.Queue)
    """None: it has ended."""
    status: int = 200
    """What the request was answered with; otherwise than 200 there are no events."""
    code: int | None = None
    """With which a WebSocket was closed."""
    socket: ClientConnection | None = None

    async def take(self, count: int) -> list[Told]:
        """The next events, beats left out."""
        found: list[Told] = []
        async with asyncio.timeout(10):
            while len(found) < count:
                event = await self.events.get()
                assert event is not None, "the stream has ended"
                found += [event] if event["type"] != "beat" else []
        return found

    async def rest(self) -> list[Told]:
        """All that comes before it ends."""
        found: list[Told] = []
        async with asyncio.timeout(10):
            while (event := await self.events.get()) is not None:
                found += [event] if event["type"] != "beat" else []
        return found


@asynccontextmanager
async def by_events(
    port: int, path: str, headers: dict[str, str], after: int | None = None
) -> AsyncIterator[Line]:
    """Server-sent events."""
    line = Line()
    query = "" if after is None else f"?after={after}"
    url = f"http://127.0.0.1:{port}{path}/stream{query}"
    async with httpx.AsyncClient(timeout=10) as http:
        async with http.stream("GET", url, headers=headers) as answer:
            line.status = answer.status_code
            reading = asyncio.create_task(_read_events(answer, line))
            try:
                yield line
            finally:
                reading.cancel()


async def _read_events(answer: httpx.Response, line: Line) -> None:
    event: Told = {"type": "", "id": None, "data": None}
    if answer.status_code == 200:
        async for text in answer.aiter_lines():
            name, _, value = text.partition(": ")
            if name == "event":
                event["type"] = value
            elif name == "id":
                event["id"] = int(value)
            elif name == "data":
                line.events.put_nowait({**event, "data": json.loads(value)})
                event = {"type": "", "id": None, "data": None}
    line.events.put_nowait(None)


@asynccontextmanager
async def by_socket(
    port: int, path: str, headers: dict[str, str], after: int | None = None
) -> AsyncIterator[Line]:
    """A WebSocket."""
    line = Line()
    query = "" if after is None else f"?after={after}"
    given = dict(headers)
    name = given.pop("Host", f"127.0.0.1:{port}")
    url = f"ws://{name}{path}/ws{query}"
    try:
        socket = await connect(
            url, additional_headers=given, proxy=None, host="127.0.0.1", port=port
        )
    except InvalidStatus as refused:
        line.status = refused.response.status_code
        yield line
        return
    line.socket = socket
    reading = asyncio.create_task(_read_socket(socket, line))
    try:
        yield line
    finally:
        reading.cancel()
        await socket.close()


async def _read_socket(socket: ClientConnection, line: Line) -> None:
    try:
        while True:
            line.events.put_nowait(json.loads(await socket.recv()))
    except ConnectionClosed:
        line.code = socket.close_code
        line.events.put_nowait(None)


TRANSPORTS = {"events": by_events, "socket": by_socket}
