"""What a client may say over a WebSocket, and what ends it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alerts.access import Role
from api import http_protocol
from api.guard import MAX_BODY_BYTES
from api.ws import MAX_MESSAGE_BYTES, MESSAGES
from tests.support.service import CAMERA, Service, make_service
from tests.support.told import OPERATORS, OWN, Line, by_socket, served
from tests.support.waiting import until


@dataclass
class Here:
    service: Service
    port: int

    def listen(self, role: Role, path: str, token: str | None = None) -> Any:
        given = token or self.service.token(role)
        return by_socket(self.port, path, {"Authorization": f"Bearer {given}"})


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    service = make_service(tmp_path)
    async with served(service) as port:
        yield Here(service, port)


async def say(line: Line, text: str | bytes) -> None:
    assert line.socket is not None
    await line.socket.send(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not json", 1007),
        (b"\x00\x01", 1007),
        ("[" * 2000, 1007),
        ("[1]", 1008),
        ('{"type":"close"}', 1008),
        ('{"type":"receipt","notification":"x","stage":"seen"}', 1008),
        ("x" * (MAX_MESSAGE_BYTES + 1), 1009),
    ],
)
async def test_what_a_client_may_not_say_ends_it(text: str | bytes, code: int, here: Here) -> None:
    async with here.listen(Role.OPERATOR, OPERATORS) as line:
        await say(line, text)
        assert await line.rest() == []
        assert line.code == code


async def test_a_client_that_never_stops_talking_is_cut_off(here: Here) -> None:
    async with here.listen(Role.OPERATOR, OPERATORS) as line:
        for _ in range(MESSAGES):
            await say(line, '{"type":"pong"}')
        here.service.raise_alert(1)
        await line.take(1)
        await say(line, '{"type":"pong"}')
        assert await line.rest() == []
        assert line.code == 1008


async def test_a_patrol_says_that_it_has_its_offer(here: Here) -> None:
    service = here.service
    await service.as_role(Role.ADMIN).post("/v1/cameras", json=CAMERA)
    unit = service.unit()
    token = service.token(Role.PATROL, unit)
    own = service.client(token)
    await own.patch("/v1/patrols/me", json={"on_duty": True})
    await own.put("/v1/patrols/me/position", json={"latitude": 60.17, "longitude": 24.94})
    async with here.listen(Role.PATROL, OWN, token) as line:
        alert = service.raise_alert(1)
        _, offer = await line.take(2)
        told = service.services.alerts.alert(alert).notifications[0]
        assert offer["data"]["id"] == alert
        about = {"type": "receipt", "notification": told.id, "stage": "delivered"}
        await say(line, json.dumps(about))
        while (answer := (await line.take(1))[0])["type"] != "receipt":
            pass
        assert answer["data"] == {"notification": told.id, "stage": "delivered"}
        assert service.services.alerts.alert(alert).notifications[0].delivered_at is not None
        await say(line, json.dumps({**about, "notification": "of-nobody"}))
        while (answer := (await line.take(1))[0])["type"] != "receipt":
            pass
        assert "refused" in answer["data"]
        await say(line, json.dumps({**about, "stage": "answered"}))
        assert await line.rest() == []
        assert line.code == 1008


async def test_a_socket_outlives_the_patience_for_a_head(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol.ImpatientProtocol, "head_s", 0.05)
    async with here.listen(Role.OPERATOR, OPERATORS) as line:
        assert line.socket is not None
        await line.socket.ping()
        await asyncio.get_running_loop().run_in_executor(None, silent_client_is_dropped, here.port)
        here.service.raise_alert(1)
        assert len(await line.take(1)) == 1


def silent_client_is_dropped(port: int) -> None:
    """Another connection, on which no head comes, lasts as long as the patience does."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as other:
        assert other.recv(1) == b""


async def test_a_client_that_does_not_read_is_cut_off(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for it is no more than its socket and one batch hold."""
    monkeypatch.setattr(http_protocol.Unread, "unread_s", 0.3)
    token = here.service.token(Role.OPERATOR)
    streams = here.service.app.state.qalqan.streams
    reader, writer = await asyncio.open_connection("127.0.0.1", here.port, limit=1024)
    head = f"GET /v1/alerts/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}"
    writer.write(f"{head}\r\n\r\n".encode())
    await reader.readuntil(b"retry: 1000")
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    numbers = iter(range(1, 100_000))

    def more() -> None:
        for _ in range(50):
            number = next(numbers)
            here.service.raise_alert(number, kind=f"kind-{number}", why="x" * 100_000)

    async with asyncio.timeout(60):
        while len(streams):
            await asyncio.to_thread(more)
    writer.close()


async def test_a_stream_whose_client_sends_too_much_ends(here: Here) -> None:
    token = here.service.token(Role.OPERATOR)
    streams = here.service.app.state.qalqan.streams
    _, writer = await asyncio.open_connection("127.0.0.1", here.port)
    head = f"GET /v1/alerts/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}"
    writer.write(f"{head}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    await until(lambda: len(streams) == 1)
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    async with asyncio.timeout(20):
        for _ in range(MAX_BODY_BYTES // 65536 + 2):
            writer.write(chunk)
        await until(lambda: len(streams) == 0)
    writer.close()
