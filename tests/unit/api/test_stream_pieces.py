"""How a stream's bytes reach the client through the real server."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alerts.access import Role
from tests.support.service import make_service
from tests.support.told import served


async def test_a_client_of_http_1_0_is_given_the_events_bare_and_one_of_1_1_in_pieces(
    tmp_path: Path,
) -> None:
    service = make_service(tmp_path)
    token = service.token(Role.OPERATOR)
    service.raise_alert(1)
    async with served(service) as port, asyncio.timeout(10):
        for version in ("1.0", "1.1"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                f"GET /v1/alerts/stream?after=0 HTTP/{version}\r\nHost: localhost\r\n"
                f"Authorization: Bearer {token}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            if version == "1.0":
                assert b"chunked" not in head
                assert await reader.readuntil(b"\n\n") == b"retry: 1000\n\n"
                assert (await reader.readline()) == b"event: alert\n"
            else:
                assert b"transfer-encoding: chunked" in head.lower()
                pieces = [await _piece(reader) for _ in range(2)]
                assert pieces[0] == b"retry: 1000\n\n"
                assert pieces[1].startswith(b"event: alert\nid: 1\ndata: {")
                assert pieces[1].endswith(b"}\n\n")
            writer.close()


async def _piece(reader: asyncio.StreamReader) -> bytes:
    size = int(await reader.readline(), 16)
    piece = await reader.readexactly(size)
    assert await reader.readexactly(2) == b"\r\n"
    return piece
