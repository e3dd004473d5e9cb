"""The cameras one process watches: a worker, a mailbox, a pace and the attention it gets, each
changed while running.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from detect.batching import Batcher
from detect.looking.attention import Attention
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import Camera, CameraId
from ingest.frame import Frame
from ingest.health import CameraHealth
from ingest.mailbox import Mailbox
from ingest.pace import Pace, Wanted

log = logging.getLogger(__name__)

MAILBOX_FRAMES = 12
"""As many as come at once when an idle camera wakes and its last second is decoded after all.
Otherwise older frames go as soon as they are late: they are worth nothing to an operator."""
SETTLE_S = 5.0
"""How long a frame under way may take; inference that hangs longer ends the node anyway."""


class Worker(Protocol):
    """What is needed of `ingest.worker.CameraWorker`."""

    def run(self, stop: asyncio.Event) -> Coroutine[Any, Any, None]: ...

    def health(self) -> CameraHealth: ...


MakeWorker = Callable[[Camera, Mailbox[Frame], Pace], Worker]
MakeAttention = Callable[[Camera, Scene, Pace], Attention]
Finish = Callable[[CameraWatch], None]
"""Called with the watch of a camera that is no longer watched: closes its open incidents."""


@dataclass(slots=True)
class _Watched:
    camera: Camera
    scene: Scene
    mailbox: Mailbox[Frame]
    pace: Pace
    worker: Worker
    stop: asyncio.Event
    task: asyncio.Task[None]


class CameraSet:
    """Brings what is watched in line with what is wanted, camera by camera, without a restart."""

    def __init__(
        self,
        batcher: Batcher,
        make_worker: MakeWorker,
        make_attention: MakeAttention,
        finish: Finish,
    ) -> None:
        self._batcher = batcher
        self._make_worker = make_worker
        self._make_attention = make_attention
        self._finish = finish
        self._watched: dict[CameraId, _Watched] = {}
        self.attentions: dict[CameraId, Attention] = {}
        """By camera; the pipeline reads it from its own threads."""

    async def reconcile(self, wanted: dict[CameraId, tuple[Camera, Scene]]) -> None:
        """Stop what is unwanted, start what is new, restart on a new address, swap scenes live.

        What is new starts first: a camera that is slow to stop keeps no other waiting.
        """
        for identity, (camera, scene) in wanted.items():
            watched = self._watched.get(identity)
            if watched is None:
                self._add(camera, scene)
            elif watched.camera == camera and watched.scene != scene:
                watched.scene = scene
                self.attentions[identity].rescene(scene)
        await asyncio.gather(
            *(
                self._replace(name, wanted.get(name))
                for name, watched in list(self._watched.items())
                if name not in wanted or watched.camera != wanted[name][0]
            )
        )

    async def _replace(self, name: CameraId, by: tuple[Camera, Scene] | None) -> None:
        """End one camera, and what was happening at it, for good or for its new address."""
        await self._remove(name)
        # A frame may be under way still: what it raises must come before the end.
        await asyncio.to_thread(self._batcher.settle, name, SETTLE_S)
        self._finish(self.attentions.pop(name).watch)
        if by is not None:
            self._add(*by)

    async def close(self) -> None:
        """Stop every worker. Open incidents stay open: a restart of the node is not their end."""
        await asyncio.gather(*(self._remove(camera) for camera in list(self._watched)))

    async def failed(self, within_s: float) -> BaseException | None:
        """What ended a worker by itself, if one does so within some seconds."""
        tasks = [watched.task for watched in self._watched.values()]
        if not tasks:
            await asyncio.sleep(within_s)
            return None
        ended, _ = await asyncio.wait(tasks, timeout=within_s, return_when="FIRST_EXCEPTION")
        return next((task.exception() for task in ended if not task.cancelled()), None)

    async def halt(self) -> None:
        """End the workers; what they have given is still looked at."""
        for watched in self._watched.values():
            watched.stop.set()
        await asyncio.gather(
            *(watched.task for watched in self._watched.values()), return_exceptions=True
        )

    def health(self) -> dict[CameraId, CameraHealth]:
        return {camera: watched.worker.health() for camera, watched in self._watched.items()}

    def drops(self) -> dict[CameraId, dict[str, int]]:
        """Frames dropped so far by camera and reason."""
        return {camera: dict(watched.mailbox.drops) for camera, watched in self._watched.items()}

    def paces(self) -> dict[CameraId, Wanted]:
        """What is wanted of each camera now."""
        return {camera: watched.pace.wanted for camera, watched in self._watched.items()}

    def cameras(self) -> dict[CameraId, Camera]:
        """Those that are watched."""
        return {name: watched.camera for name, watched in self._watched.items()}

    def _add(self, camera: Camera, scene: Scene) -> None:
        mailbox: Mailbox[Frame] = Mailbox(MAILBOX_FRAMES, deadline_s=_deadline_s)
        pace = Pace(camera.fps)
        self.attentions[camera.id] = self._make_attention(camera, scene, pace)
        worker = self._make_worker(camera, mailbox, pace)
        stop = asyncio.Event()
        self._batcher.add(camera.id, mailbox)
        task = asyncio.create_task(worker.run(stop), name=f"camera-{camera.id}")
        self._watched[camera.id] = _Watched(camera, scene, mailbox, pace, worker, stop, task)
        log.info("watching camera %s at %s", camera.id, camera.url)

    async def _remove(self, camera: CameraId) -> None:
        watched = self._watched.pop(camera)
        watched.stop.set()
        self._batcher.remove(camera)
        await asyncio.gather(watched.task, return_exceptions=True)
        watched.mailbox.close()
        log.info("no longer watching camera %s", camera)


def _deadline_s(frame: Frame) -> float:
    return frame.deadline_s
