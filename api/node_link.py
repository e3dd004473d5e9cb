"""The control side of the link to the local node: orders out, incidents and health in.

An incident is acknowledged only after the alert service has committed it; while the database is
away nothing is acknowledged and the node keeps what it has.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.errors import StoreUnavailable
from alerts.registry import CameraRegistry, RegisteredCamera
from alerts.service import AlertService
from api.nodes import NotWatched, WatchState
from detect.incident import Incident, IncidentFormatError, rfc3339
from detect.link import MAX_LINE_BYTES, LinkBroken, Message, receive, send
from ingest.camera import CameraId

log = logging.getLogger(__name__)

RETRY_S = 0.5
SNAPSHOT_S = 3.0
SILENT_AFTER = timedelta(seconds=5)
"""A camera with no frame inferred for this long is not being watched, whatever its state says."""

Reveal = Callable[[RegisteredCamera], str]
"""Gives the full, pinned address of a camera."""


@dataclass(frozen=True, slots=True)
class _Report:
    """What the node last said of one camera."""

    state: str
    reason: str | None
    since: datetime | None
    last_frame_at: datetime | None
    analysed_fps: float
    analysed: int
    dropped: dict[str, int]


class NodeLink:
    """Implements `api.nodes.Nodes` for the node on this machine."""

    def __init__(
        self,
        socket: Path,
        alerts: AlertService,
        cameras: CameraRegistry,
        reveal: Reveal,
        rejected: Path,
        now: Callable[[], datetime],
    ) -> None:
        self._socket = socket
        self._alerts = alerts
        self._cameras = cameras
        self._reveal = reveal
        self._rejected = rejected
        self._now = now
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._changed = asyncio.Event()
        self._reports: dict[CameraId, _Report] = {}
        self._enabled: dict[CameraId, bool] = {}
        self._requests = itertools.count(1)
        self._answers: dict[int, asyncio.Future[bytes | None]] = {}
        self.heard_at: datetime | None = None
        """When the node last reported its health."""

    async def start(self) -> None:
        """Listen. The socket is readable by this user only."""
        self._loop = asyncio.get_running_loop()
        self._socket.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(
            self._serve, path=str(self._socket), limit=MAX_LINE_BYTES
        )
        self._socket.chmod(0o600)

    async def stop(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._server is not None:
            self._server.close()
        self._socket.unlink(missing_ok=True)

    @property
    def connected(self) -> bool:
        return self._writer is not None

    # --- what the HTTP side asks (api.nodes.Nodes) ---

    def watch(self, camera: CameraId) -> WatchState:
        """Whether the camera is being watched: frames inferred lately, not a process alive."""
        if self._enabled.get(camera) is False:
            return WatchState("off", "disabled", None, 0.0, None)
        if self._writer is None:
            return WatchState("unwatched", "node_away", None, 0.0, None)
        report = self._reports.get(camera)
        if report is None:
            return WatchState("connecting", None, None, 0.0, None)
        state, reason = report.state, report.reason
        last = report.last_frame_at
        if state == "live" and (last is None or self._now() - last > SILENT_AFTER):
            state, reason = "unwatched", "no_frames"
        return WatchState(state, reason, last, report.analysed_fps, report.since)

    async def snapshot(self, camera: CameraId) -> bytes:
        """JPEG of the latest analysed frame. Raises `NotWatched`."""
        if self._writer is None or self._loop is None:
            raise NotWatched("no node is connected")
        number = next(self._requests)
        answer: asyncio.Future[bytes | None] = self._loop.create_future()
        self._answers[number] = answer
        try:
            await send(self._writer, {"type": "snapshot", "request": number, "camera": camera})
            jpeg = await asyncio.wait_for(answer, SNAPSHOT_S)
        except (LinkBroken, TimeoutError) as error:
            raise NotWatched("the node did not answer") from error
        finally:
            self._answers.pop(number, None)
        if jpeg is None:
            raise NotWatched("no frame of this camera has been analysed yet")
        return jpeg

    def changed(self) -> None:
        """The registered cameras changed: tell the node. Thread-safe."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._changed.set)

    def analysed(self) -> dict[CameraId, int]:
        """Frames analysed by camera since the node started."""
        return {camera: report.analysed for camera, report in self._reports.items()}

    def dropped(self) -> dict[CameraId, dict[str, int]]:
        """Frames dropped by camera and reason since the node started."""
        return {camera: report.dropped for camera, report in self._reports.items()}

    # --- the link ---

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None:  # an older node's link: the newer one counts
            self._writer.close()
        self._writer = writer
        self._changed.set()
        orders = asyncio.create_task(self._orders(writer))
        try:
            while True:
                await self._take(await receive(reader), writer)
        except LinkBroken as error:
            log.info("node link: %s", error)
        finally:
            orders.cancel()
            writer.close()
            if self._writer is writer:
                self._writer = None
                self._reports.clear()

    async def _orders(self, writer: asyncio.StreamWriter) -> None:
        """Send the wanted cameras now and whenever they change."""
        with contextlib.suppress(LinkBroken):
            while True:
                await self._changed.wait()
                self._changed.clear()
                try:
                    cameras = await asyncio.to_thread(self._wanted)
                except StoreUnavailable as error:
                    log.warning("cameras cannot be read yet: %s", error)
                    await asyncio.sleep(RETRY_S)
                    self._changed.set()
                    continue
                await send(writer, {"type": "cameras", "cameras": cameras})

    def _wanted(self) -> list[dict[str, Any]]:
        cameras = self._cameras.list()
        self._enabled = {camera.id: camera.enabled for camera in cameras}
        return [
            {
                "id": camera.id,
                "url": self._reveal(camera),
                "fps": camera.fps,
                "scene": camera.scene,
            }
            for camera in cameras
            if camera.enabled
        ]

    async def _take(self, message: Message, writer: asyncio.StreamWriter) -> None:
        match message["type"]:
            case "incident":
                await self._take_incident(message)
                await send(writer, {"type": "ack", "seq": message["seq"]})
            case "health":
                self.heard_at = self._now()
                self._reports = {
                    CameraId(camera): _report(said) for camera, said in message["cameras"].items()
                }
            case "snapshot":
                answer = self._answers.get(int(message["request"]))
                if answer is not None and not answer.done():
                    jpeg = message["jpeg"]
                    answer.set_result(base64.b64decode(jpeg) if jpeg else None)

    async def _take_incident(self, message: Message) -> None:
        """Return only when the incident is committed, however long the database is away."""
        trace = {**message["trace"], "received": rfc3339(self._now())}
        try:
            incident = Incident.from_dict(message["incident"])
        except IncidentFormatError as error:
            log.error(
                "an incident of the node cannot be read (%s); kept in %s", error, self._rejected
            )
            await asyncio.to_thread(_append, self._rejected, message)
            return
        while True:
            try:
                await asyncio.to_thread(self._alerts.receive, incident, trace)
            except StoreUnavailable as error:
                log.warning("incident %s waits at the node: %s", incident.id, error)
                await asyncio.sleep(RETRY_S)
            else:
                return


def _report(said: dict[str, Any]) -> _Report:
    last = said["last_frame_at"]
    return _Report(
        state=said["state"],
        reason=said["reason"],
        since=datetime.fromisoformat(said["since"]),
        last_frame_at=datetime.fromisoformat(last) if last else None,
        analysed_fps=float(said["analysed_fps"]),
        analysed=int(said["analysed"]),
        dropped=said["dropped"],
    )


def _append(path: Path, message: Message) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(message, ensure_ascii=False) + "\n")
