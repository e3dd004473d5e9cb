"""Streams that play and then stop, in every way a real one stops."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.demo.virtual_cameras import VirtualCameras
from ingest.camera import StreamUrl
from ingest.errors import IngestError, StreamFrozen, StreamLost
from ingest.frame import FrameSize
from ingest.sources.base import Source
from ingest.sources.rtsp import READ_S, open_stream
from tests.support.rtsp import PASSWORD, TcpServer, camera, through

pytestmark = pytest.mark.rtsp

SIZE = FrameSize(160, 160)


@pytest.fixture
def cameras(tmp_path: Path, clip: Callable[..., bytes]) -> Iterator[VirtualCameras]:
    with VirtualCameras([camera(tmp_path, "gate", clip())]) as running:
        yield running


def lost(source: Source, limit_s: float, fault: Callable[[], None] = lambda: None) -> IngestError:
    """What a playing source raises after the fault, within the limit."""
    pictures = source.pictures()
    for _ in range(5):
        next(pictures)
    fault()
    last_s = [time.monotonic()]
    with pytest.raises(IngestError) as caught:
        last_s.extend(time.monotonic() for _ in pictures)
    source.close()
    assert time.monotonic() - last_s[-1] < limit_s
    assert PASSWORD not in f"{caught.value} {caught.value!r}"
    assert "127.0.0.1" in str(caught.value)
    return caught.value


def test_killed_is_a_silent_end(cameras: VirtualCameras) -> None:
    error = lost(open_stream(cameras.url("gate"), SIZE), 1.0, cameras.kill)
    assert (type(error), error.reason) == (StreamLost, "lost")


def test_frozen(cameras: VirtualCameras) -> None:
    try:
        error = lost(open_stream(cameras.url("gate"), SIZE), READ_S + 1, cameras.freeze)
    finally:
        cameras.thaw()
    assert (type(error), error.reason) == (StreamFrozen, "no_frames")


def behind(cameras: VirtualCameras, port: int) -> StreamUrl:
    return StreamUrl.parse(cameras.url("gate").reveal().replace(str(cameras.port), str(port)))


def test_a_connection_that_stands_and_carries_nothing(cameras: VirtualCameras) -> None:
    with TcpServer(through(cameras.port, 150_000, then="stall")) as proxy:
        error = lost(open_stream(behind(cameras, proxy.port), SIZE), READ_S + 1)
    assert type(error) is StreamFrozen


def test_cut_in_the_middle_of_a_frame(cameras: VirtualCameras) -> None:
    with TcpServer(through(cameras.port, 150_001, then="cut")) as proxy:
        error = lost(open_stream(behind(cameras, proxy.port), SIZE), 1.0)
    assert error.reason in ("lost", "unreadable")
