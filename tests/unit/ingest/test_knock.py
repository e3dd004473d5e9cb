from __future__ import annotations

import asyncio
import socket

import pytest

from ingest.camera import StreamUrl
from ingest.knock import knock
from tests.support.rtsp import TcpServer, answering, silent

ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"


def url(port: int, scheme: str = "rtsp") -> StreamUrl:
    return StreamUrl.parse(f"{scheme}://guard:hunter2@127.0.0.1:{port}/gate?token=t0ken")


async def test_who_answers_is_there_and_is_told_no_secret() -> None:
    heard: list[bytes] = []

    def serve(sock: socket.socket) -> None:
        heard.append(sock.recv(4096))
        sock.sendall(ANSWER)

    with TcpServer(serve) as server:
        assert await knock(url(server.port))
    assert heard[0].startswith(b"OPTIONS rtsp://127.0.0.1:")
    assert heard[0].endswith(b"\r\n\r\n")
    assert b"hunter2" not in heard[0]
    assert b"t0ken" not in heard[0]


async def test_a_refusal_is_an_answer_too() -> None:
    with TcpServer(answering(b"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\n")) as server:
        assert await knock(url(server.port))


@pytest.mark.parametrize(("scheme", "there"), [("rtsp", False), ("http", True), ("rtsps", True)])
async def test_an_open_port_is_enough_for_all_but_rtsp(scheme: str, there: bool) -> None:
    with TcpServer(silent) as server:
        async with asyncio.timeout(2):
            assert await knock(url(server.port, scheme), answer_s=0.2) is there


async def test_nobody_and_who_hangs_up_are_not_there() -> None:
    with TcpServer(lambda sock: sock.shutdown(socket.SHUT_RDWR)) as server:
        assert not await knock(url(server.port))
    assert not await knock(url(server.port))
