"""Cameras that cannot be opened: the right reason, in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.demo.virtual_cameras import VirtualCameras
from ingest.camera import StreamUrl
from ingest.errors import (
    IngestError,
    NoSuchStream,
    StreamRefused,
    StreamUnreachable,
    StreamUnreadable,
    WrongPassword,
)
from ingest.frame import FrameSize
from ingest.probe import probe
from ingest.sources.rtsp import OPEN_S, open_stream
from tests.support.rtsp import PASSWORD, TcpServer, answering, camera, garbage, silent

pytestmark = pytest.mark.rtsp

SIZE = FrameSize(160, 160)


@pytest.fixture
def cameras(tmp_path: Path, clip: Callable[..., bytes]) -> Iterator[VirtualCameras]:
    with VirtualCameras([camera(tmp_path, "gate", clip())]) as running:
        yield running


def refused(url: StreamUrl, limit_s: float = 1.0) -> IngestError:
    """What opening raises, within the limit."""
    started_s = time.monotonic()
    with pytest.raises(IngestError) as caught:
        open_stream(url, SIZE)
    assert time.monotonic() - started_s < limit_s
    text = f"{caught.value} {caught.value!r}"
    assert PASSWORD not in text
    assert "127.0.0.1" in text
    assert "\n" not in text
    assert caught.value.__cause__ is None
    return caught.value


def at(port: int, scheme: str = "rtsp") -> StreamUrl:
    return StreamUrl.parse(f"{scheme}://guard:{PASSWORD.replace(':', '%3A')}@127.0.0.1:{port}/gate")


def test_wrong_password(cameras: VirtualCameras) -> None:
    error = refused(cameras.url("gate", password=PASSWORD + "x"))
    assert (type(error), error.reason) == (WrongPassword, "wrong_password")


def test_no_password(cameras: VirtualCameras) -> None:
    error = refused(StreamUrl.parse(f"rtsp://127.0.0.1:{cameras.port}/gate"))
    assert type(error) is WrongPassword


def test_wrong_path(cameras: VirtualCameras) -> None:
    url = cameras.url("gate").reveal().replace("/gate", "/garden")
    error = refused(StreamUrl.parse(url))
    assert (type(error), error.reason) == (NoSuchStream, "no_such_stream")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = refused(at(port))
    assert (type(error), error.reason) == (StreamUnreachable, "unreachable")


@pytest.mark.parametrize("scheme", ["rtsp", "http", "rtsps"])
def test_accepts_and_never_answers(scheme: str) -> None:
    with TcpServer(silent) as server:
        error = refused(at(server.port, scheme), OPEN_S + 1)
    assert type(error) is StreamUnreachable


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_answers_garbage(scheme: str) -> None:
    with TcpServer(garbage) as server:
        error = refused(at(server.port, scheme), OPEN_S + 1)
    assert type(error) in (StreamUnreachable, StreamUnreadable)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("403 Forbidden", WrongPassword),
        ("453 Not Enough Bandwidth", StreamRefused),
        ("503 Service Unavailable", StreamRefused),
    ],
)
def test_says_no(status: str, kind: type[IngestError]) -> None:
    reply = f"RTSP/1.0 {status}\r\nCSeq: 1\r\nContent-Length: 0\r\n\r\n".encode()
    with TcpServer(answering(reply)) as server:
        error = refused(at(server.port))
    assert type(error) is kind


@pytest.mark.parametrize(
    "reply",
    [
        "302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n",
        "200 OK\r\nContent-Length: 99\r\n\r\n#EXTM3U\n#EXTINF:1,\n{elsewhere}\n#EXT-X-ENDLIST\n",
    ],
    ids=["redirect", "playlist"],
)
def test_a_camera_cannot_lead_elsewhere(reply: str) -> None:
    asked: list[bytes] = []

    def elsewhere(sock: socket.socket) -> None:
        asked.append(sock.recv(100))

    with TcpServer(elsewhere) as inside:
        text = "HTTP/1.0 " + reply.format(elsewhere=f"http://127.0.0.1:{inside.port}/secret")
        with TcpServer(answering(text.encode())) as server:
            refused(at(server.port, "http"), OPEN_S + 1)
    assert asked == []


async def test_probe_says_the_same(cameras: VirtualCameras) -> None:
    info = await probe(cameras.url("gate"))
    assert (info.codec, info.width_px, info.height_px, info.fps) == ("h264", 320, 240, 20.0)
    with pytest.raises(WrongPassword):
        await probe(cameras.url("gate", password="no"))
    with TcpServer(silent) as server, pytest.raises(StreamUnreachable):
        await probe(at(server.port))
