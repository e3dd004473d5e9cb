"""A worker whose camera has a substream."""

from __future__ import annotations

import threading

import pytest

from ingest.camera import Camera, CameraId, StreamUrl
from ingest.errors import StreamLost
from ingest.frame import Frame, FrameSize
from ingest.mailbox import Mailbox
from ingest.pace import Pace
from ingest.worker import CameraWorker
from tests.support.rtsp import wait_until
from tests.support.rtsp_fake import FakeSource

SIZE = FrameSize(160, 160)
URL = StreamUrl.parse("rtsp://guard:hunter2@10.0.0.9/gate")


async def nobody(url: StreamUrl) -> bool:
    return False


def taken(worker: CameraWorker) -> list[Frame]:
    return list(iter(worker._mailbox.take, None))


def test_beside_a_substream_health_tells_that_it_is_looked_at() -> None:
    """The main stream waits before its second key frame until the substream is there, and its
    end until that is looked at.
    """
    small = FakeSource(
        SIZE, count=30, width_px=80, height_px=60, hold=threading.Event(), begins_s=6.0
    )
    main, seen = FakeSource(SIZE, count=100, gop=50, hold=threading.Event()), []
    url = StreamUrl.parse("rtsp://guard:hunter2@10.0.0.9/small")
    pace = Pace(5, lambda image: False)
    pace.want(1, keys_only=True)
    camera = Camera(CameraId("gate"), URL, 5, url)
    worker = CameraWorker(
        camera,
        SIZE,
        Mailbox[Frame](100),
        lambda at, size: small if at == url else main,
        knock=nobody,
        pace=pace,
        pool=None,
    )
    feed = worker._timeline.place

    def place(*args: object) -> object:
        if worker.health().decoded == 49:
            wait_until(lambda: worker._aside is not None and worker._aside.is_ready)
        if worker.health().decoding == "substream" and main.hold is not None:
            main.hold.set()
        seen.append((worker.health().decoding, worker._counts.aside > 0))
        return feed(*args)  # type: ignore[arg-type]

    worker._timeline.place = place  # type: ignore[method-assign,assignment]
    with pytest.raises(StreamLost):
        worker.run_once(threading.Event())
    assert small.hold is not None
    small.hold.set()
    assert ("substream", True) in seen
    assert seen[-1] == ("all", True), "the end is decoded whole"
    health = worker.health()
    assert (health.replays, health.substream_reason) == (1, None)
    assert health.worth == health.decoded - worker._counts.quiet + worker._counts.aside // 16
    assert {frame.picture.width_px for frame in taken(worker)} == {80, 320}
