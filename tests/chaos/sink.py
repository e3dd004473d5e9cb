"""A receiver of webhooks that is not always well: it refuses, answers late, or hangs up after it
has taken a message, so that the sender cannot know and must send it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from dataclasses import dataclass, field

from tests.chaos.history import History

OK, OVERLOADED = "200 OK", "503 Service Unavailable"
REFUSES, HANGS_UP, DAWDLES = 0.05, 0.03, 0.05
LATE_S = 1.5


@dataclass
class Sink:
    """Notes every message that it gets, whatever it answers."""

    history: History
    dice: random.Random
    port: int = 0
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    async def stop(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
                body = await reader.readexactly(int(headers["content-length"]))
                answer = await self._answer(head[0].split()[1], headers["webhook-id"], body)
                writer.write(answer)
                await writer.drain()
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, path: str, name: str, body: bytes) -> bytes:
        fate = self.dice.random()
        taken = fate >= REFUSES
        if taken:
            said = hashlib.sha256(body).hexdigest()[:16]
            self.history.note(f"sink {path[1:]}", "message", id=name, body=said)
        if REFUSES <= fate < REFUSES + HANGS_UP:
            return b""
        if fate > 1 - DAWDLES:
            await asyncio.sleep(self.dice.uniform(0.1, LATE_S))
        status = OK if taken else OVERLOADED
        return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
