"""Cameras come, change and go while others are watched; the watch is real, the stream played."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

import numpy as np

from detect.batching import Batcher
from detect.cameras import CameraSet
from detect.looking.attention import Attention, Guides, WholeGaze
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.frame import Frame
from ingest.health import CameraHealth
from ingest.mailbox import Mailbox
from ingest.pace import Pace
from tests.support.incidents import NOON
from tests.support.waiting import until

GATE, YARD = CameraId("gate"), CameraId("yard")
EMPTY = Scene.parse({"version": 1, "rules": []})
LOITER = Scene.parse({"version": 1, "rules": [{"kind": "loitering", "seconds": 5}]})


class Worker:
    """A worker that runs until told to stop, and then takes as long as a test wants."""

    def __init__(self, camera: Camera, mailbox: Mailbox[Frame], may_end: asyncio.Event) -> None:
        self.camera, self.mailbox, self._may_end = camera, mailbox, may_end
        self.ended = False

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()
        await self._may_end.wait()
        self.ended = True

    def health(self) -> CameraHealth:
        return CameraHealth("live", None, NOON, 0, 0, 0, None, None, None)


@dataclass
class Setting:
    batcher: Batcher = field(default_factory=lambda: Batcher(4))
    workers: list[Worker] = field(default_factory=list)
    finished: list[CameraWatch] = field(default_factory=list)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_end.set()
        self.cameras = CameraSet(
            self.batcher,
            self._worker,
            self._attention,
            self.finished.append,
        )

    def _attention(self, camera: Camera, scene: Scene, pace: Pace) -> Attention:
        watch = CameraWatch(camera.id, scene, ("person",), None, lambda: None)  # type: ignore[arg-type,return-value]
        return Attention(watch, Guides(WholeGaze()))

    def _worker(self, camera: Camera, mailbox: Mailbox[Frame], pace: Pace) -> Worker:
        self.workers.append(Worker(camera, mailbox, self.may_end))
        return self.workers[-1]


def wanted(*cameras: CameraId, host: str = "10.0.0.1", scene: Scene = EMPTY):
    return {
        name: (Camera(name, StreamUrl.parse(f"rtsp://{host}/{name}"), 5.0), scene)
        for name in cameras
    }


def frame(camera: CameraId) -> Frame:
    return Frame(camera, 0, 0.0, NOON, 0.0, np.zeros((2, 2, 3), np.uint8), None)  # type: ignore[arg-type]


async def test_cameras_come_and_go() -> None:
    setting = Setting()
    await setting.cameras.reconcile(wanted(GATE, YARD))
    assert set(setting.cameras.attentions) == set(setting.cameras.health()) == {GATE, YARD}
    await setting.cameras.reconcile(wanted(YARD))
    assert set(setting.cameras.attentions) == {YARD}
    assert [watch.camera for watch in setting.finished] == [GATE], "what was open there ends"
    assert [worker.ended for worker in setting.workers] == [True, False]
    await setting.cameras.close()
    assert len(setting.finished) == 1, "the end of a node is not the end of what happens"


async def test_a_new_scene_changes_the_watch_and_a_new_address_the_camera() -> None:
    setting = Setting()
    await setting.cameras.reconcile(wanted(GATE))
    attention = setting.cameras.attentions[GATE]
    await setting.cameras.reconcile(wanted(GATE, scene=LOITER))
    assert setting.cameras.attentions[GATE] is attention
    assert len(setting.workers) == 1
    await setting.cameras.reconcile(wanted(GATE, scene=LOITER, host="10.0.0.2"))
    assert setting.cameras.attentions[GATE] is not attention, "time begins anew"
    assert setting.finished == [attention.watch]
    assert setting.workers[1].camera.url.host == "10.0.0.2"
    await setting.cameras.close()


async def test_a_camera_that_is_slow_to_stop_keeps_no_new_one_waiting() -> None:
    setting = Setting()
    await setting.cameras.reconcile(wanted(GATE))
    setting.may_end.clear()
    reconciling = asyncio.create_task(setting.cameras.reconcile(wanted(YARD)))
    await until(lambda: YARD in setting.cameras.attentions)
    assert not reconciling.done()
    setting.may_end.set()
    await reconciling
    await setting.cameras.close()


async def test_a_frame_under_way_is_seen_before_the_camera_ends() -> None:
    setting = Setting()
    await setting.cameras.reconcile(wanted(GATE))
    setting.workers[0].mailbox.put(frame(GATE))
    batch = setting.batcher.take(1)
    assert batch is not None
    removing = asyncio.create_task(setting.cameras.reconcile({}))
    await until(lambda: setting.workers[0].ended)
    assert setting.finished == []
    assert GATE in setting.cameras.attentions, "the frame's incident finds its watch"
    threading.Thread(target=setting.batcher.done, args=(batch,)).start()
    await removing
    assert [watch.camera for watch in setting.finished] == [GATE]
