"""The people who act: patrols that take their offers, and operators that close what is over.

In a process of its own, over a few connections that stay open:

    python -m tests.bench.load.staff PORT STAFF.json   (ends with its input, prints what it did)
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HANDS = 8
ACCEPT_S, CLOSE_S = 1.0, 10.0


class Wire:
    """One connection to the service, kept open; a request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._pair: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, token: str, body: dict[str, Any]) -> int:
        text = json.dumps(body).encode()
        if self._pair is None:
            self._pair = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._pair
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n".encode()
            + text
        )
        head = await reader.readuntil(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length: "):
                await reader.readexactly(int(line[16:]))
        return int(head.split(b" ", 2)[1])

    def drop(self) -> None:
        if self._pair is not None:
            self._pair[1].close()
            self._pair = None


class Staff:
    """Reads one operator's feed and acts on it, a while later."""

    def __init__(self, port: int, admin: str, patrols: dict[str, str], start: int) -> None:
        self._port = port
        self._admin = admin
        self._patrols = patrols
        self._last = start
        self._seen: set[str] = set()
        self._asked: set[tuple[str, str]] = set()
        self._work: asyncio.PriorityQueue[tuple[float, str, str, str]] = asyncio.PriorityQueue()
        self.done: Counter[str] = Counter()

    async def run(self) -> None:
        hands = [asyncio.create_task(self._hand()) for _ in range(HANDS)]
        try:
            await self._listen()
        finally:
            for hand in hands:
                hand.cancel()

    async def _listen(self) -> None:
        while True:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self._port, limit=4 * 1024 * 1024
            )
            writer.write(
                f"GET /v1/alerts/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                f"{self._admin}\r\nLast-Event-ID: {self._last}\r\n\r\n".encode()
            )
            kind = b""
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    kind = line[7:].strip()
                elif line.startswith(b"id: "):
                    self._last = int(line[4:])
                elif line.startswith(b"data: ") and kind == b"alert":
                    self._heard(json.loads(line[6:]))
            writer.close()

    def _heard(self, alert: dict[str, Any]) -> None:
        now = asyncio.get_running_loop().time()
        if alert["id"] not in self._seen:
            self._seen.add(alert["id"])
            self._work.put_nowait((now + CLOSE_S, "close", alert["id"], self._admin))
        patrol = alert["patrol"]
        if alert["state"] == "dispatched" and patrol in self._patrols:
            if (alert["id"], patrol) not in self._asked:
                self._asked.add((alert["id"], patrol))
                token = self._patrols[patrol]
                self._work.put_nowait((now + ACCEPT_S, "accept", alert["id"], token))

    async def _hand(self) -> None:
        wire, loop = Wire(self._port), asyncio.get_running_loop()
        while True:
            due, what, alert, token = await self._work.get()
            if due > loop.time():
                self._work.put_nowait((due, what, alert, token))
                await asyncio.sleep(min(0.05, due - loop.time()))
                continue
            path = f"/v1/alerts/{alert}/{'answer' if what == 'accept' else 'close'}"
            body = {"answer": "accept"} if what == "accept" else {"outcome": "real"}
            try:
                status = await wire.post(path, token, body)
            except (OSError, asyncio.IncompleteReadError):
                wire.drop()
                self._work.put_nowait((loop.time() + 1.0, what, alert, token))
                continue
            self.done[f"{what} {status}"] += 1
            if status == 503:
                self._work.put_nowait((loop.time() + 1.0, what, alert, token))


async def main(port: int, told: dict[str, Any]) -> None:
    staff = Staff(port, told["admin"], dict(told["patrols"]), told["start"])
    at_work = asyncio.create_task(staff.run())
    await asyncio.to_thread(sys.stdin.read)
    at_work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await at_work
    print(json.dumps(staff.done), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())))
