"""The control side of the link to the local node: orders out, incidents and health in.

An incident is acknowledged only after the alert service has committed it; while the database is
away nothing is acknowledged and the node keeps what it has. Health is read all the while: a node
whose incidents must wait is not a node that hangs.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from alerts.errors import StoreUnavailable
from alerts.registry import CameraRegistry, RegisteredCamera
from alerts.service import AlertService
from api.errors import VaultError
from api.learned import KnownFixture
from api.looking import WholeLooks
from api.node_intake import NodeIntake
from api.nodes import Counts, NodeReport, NotWatched, WatchState
from detect.hold import Held, Hold
from detect.link import (
    MAX_LINE_BYTES,
    WINDOW,
    LinkBroken,
    Message,
    MessageTooLong,
    first_ended,
    receive,
    send,
)
from detect.moment import stamp
from ingest.camera import CameraId
from ingest.errors import StreamUrlError

log = logging.getLogger(__name__)

RETRY_S = 0.5
SNAPSHOT_S = 3.0
LONGEST_SOCKET_PATH = 100
SILENT_AFTER_S = 5.0
"""A camera with no frame inferred for this long is not being watched, whatever its state says."""

Reveal = Callable[[RegisteredCamera], str]
"""Gives the full, pinned address of a camera. Raises `VaultError`."""
RevealSubstream = Callable[[RegisteredCamera], str | None]
"""The same for its substream; None when it has none."""


class NodeLink:
    """Implements `api.nodes.Nodes` for the node on this machine."""

    def __init__(
        self,
        home: Path,
        alerts: AlertService,
        cameras: CameraRegistry,
        reveal: Reveal,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        reveal_substream: RevealSubstream = lambda camera: None,
    ) -> None:
        self._home = home
        self.socket = _socket_for(home)
        """Where the node finds this end."""
        self._cameras = cameras
        self._reveal = reveal
        self._reveal_substream = reveal_substream
        self._intake = NodeIntake(alerts, home / "rejected.jsonl")
        self._now = now
        self._monotonic = monotonic
        self._hold: Hold | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        """Of the link to the present node; None while it is away."""
        self._changed = asyncio.Event()
        self._links: set[asyncio.Task[None]] = set()
        self._report = NodeReport()
        self._whole = WholeLooks()
        self._enabled: dict[CameraId, bool] = {}
        self._sealed_shut: set[CameraId] = set()
        """Cameras whose stored address cannot be opened with this installation's key."""
        self._looking: dict[CameraId, asyncio.Future[bytes | None]] = {}
        self._unfit: str | None = None
        self.heard_s: float | None = None
        """When the node last reported its health, on the monotonic clock."""

    def hold(self) -> None:
        """Keep other control processes off this folder: one would take the other's node away.

        Raises `OSError` when one serves from it. Once held, nothing.
        """
        if self._hold is not None:
            return
        try:
            self._hold = Hold.take(self._home / "control.lock")
        except Held as error:
            raise OSError(f"another Qalqan serves from {self._home}: {error}") from error

    def let_go(self) -> None:
        """Of the folder."""
        if self._hold is not None:
            self._hold.release()
            self._hold = None

    async def start(self) -> None:
        """Listen. The socket is readable by this user only. Raises `OSError`, see `hold`."""
        self.hold()
        self._loop = asyncio.get_running_loop()
        self.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        before = os.umask(0o177)  # nobody else's from its first moment
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, path=str(self.socket), limit=MAX_LINE_BYTES
            )
        finally:
            os.umask(before)

    async def stop(self) -> None:
        """End the links. What a node has not had acknowledged it delivers to the next process."""
        if self._server is not None:
            self._server.close()
            self.socket.unlink(missing_ok=True)
            if self.socket.parent != self._home.resolve():
                self.socket.parent.rmdir()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)
        self.let_go()

    # --- what the HTTP side asks (api.nodes.Nodes) ---

    def watch(self, camera: CameraId) -> WatchState:
        """Whether the camera is being watched: frames inferred lately, not a process alive."""
        if self._enabled.get(camera) is False:
            return WatchState("off", "disabled", None, 0.0, None)
        if camera in self._sealed_shut:
            return WatchState("failed", "wrong_key", None, 0.0, None)
        age_s = self._age_s()
        if age_s is None or age_s > SILENT_AFTER_S:
            away = "node_away" if self._unfit is None else "node_unfit"
            return WatchState("unwatched", away, None, 0.0, None)
        said = self._report.cameras.get(camera)
        if said is None:
            return WatchState("connecting", None, None, 0.0, None)
        state, reason = said.state, said.reason
        if state == "live" and (said.idle_s is None or said.idle_s + age_s > SILENT_AFTER_S):
            state, reason = "unwatched", "no_frames"
        found = WatchState(state, reason, said.last_frame_at, said.analysed_fps, said.since)
        if state != "live":
            return found
        whole_at = self._whole.at(camera)
        return replace(found, looking=said.looking, whole_look_at=whole_at, failing=said.failing)

    def fixtures(self, camera: CameraId) -> tuple[KnownFixture, ...]:
        """What is taken for part of the place. Raises `NotWatched`."""
        said = self._report.cameras.get(camera)
        if said is None:
            raise NotWatched("no node says what it has learnt of this camera")
        return said.fixtures

    def missing(self) -> str | None:
        """What keeps cameras from being watched or incidents from being kept, in one line."""
        age_s = self._age_s()
        if age_s is None:
            unfit = self._unfit
            return "no node is connected" if unfit is None else f"the node cannot start: {unfit}"
        if age_s > SILENT_AFTER_S:
            return f"the node has not reported for {age_s:.0f} s"
        if self._report.unsaved:
            return f"the node cannot store incidents, {self._report.unsaved} wait in its memory"
        return None

    async def snapshot(self, camera: CameraId) -> bytes:
        """JPEG of the latest analysed frame. Raises `NotWatched`.

        Those who ask while an answer is under way share it.
        """
        if self._writer is None or self._loop is None:
            raise NotWatched("no node is connected")
        looking = self._looking.get(camera)
        try:
            if looking is None:
                looking = self._looking[camera] = self._loop.create_future()
                await send(self._writer, {"type": "snapshot", "camera": camera})
            jpeg = await asyncio.wait_for(asyncio.shield(looking), SNAPSHOT_S)
        except (LinkBroken, TimeoutError) as error:
            raise NotWatched("the node did not answer") from error
        finally:
            if self._looking.get(camera) is looking:
                del self._looking[camera]
        if jpeg is None:
            raise NotWatched("no frame of this camera has been analysed yet")
        return jpeg

    def changed(self) -> None:
        """The registered cameras changed: tell the node. Thread-safe."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._changed.set)

    def counts(self) -> Counts:
        """What the node has done, and what came of it."""
        report = self._report
        return Counts(
            connected=self._writer is not None,
            analysed={camera: said.analysed for camera, said in report.cameras.items()},
            dropped={camera: said.dropped for camera, said in report.cameras.items()},
            rule_failures={name: said.rule_failures for name, said in report.cameras.items()},
            received=dict(self._intake.received),
            spooled=report.spooled,
            unsaved=report.unsaved,
            lost=report.lost,
            looking=report.looking,
            load=report.load,
            canvases=report.canvases,
            engine=report.engine,
            engine_reason=report.engine_reason,
        )

    def _age_s(self) -> float | None:
        """Seconds since the present node last reported; None while there is none."""
        if self._writer is None or self.heard_s is None:
            return None
        return self._monotonic() - self.heard_s

    # --- the link ---

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One link from its beginning to its end."""
        mine = asyncio.current_task()
        assert mine is not None  # noqa: S101 - narrows the library's type
        self._links.add(mine)
        mine.add_done_callback(self._links.discard)
        # A full queue would mean a node that sends more than its window: then it may wait.
        incidents: asyncio.Queue[Message] = asyncio.Queue(WINDOW)
        try:
            await first_ended(
                asyncio.create_task(self._listen(reader, writer, incidents)),
                asyncio.create_task(self._take_in(writer, incidents)),
                asyncio.create_task(self._order(writer)),
            )
        except LinkBroken as error:
            log.info("node link: %s", error)
        except asyncio.CancelledError:
            log.debug("node link ended: the service stops")  # raised on, asyncio would say a fault
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.error("the node sent what cannot be understood (%r); link ended", error)
        finally:
            if self._writer is writer:
                self._writer, self._report = None, NodeReport()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _listen(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        incidents: asyncio.Queue[Message],
    ) -> None:
        while True:
            message = await receive(reader)
            match message["type"]:
                case "hello":
                    self._welcome(writer)
                case "incident":
                    trace = {**message["trace"], **stamp("received", self._now())}
                    await incidents.put({**message, "trace": trace})
                case "health":
                    self.heard_s = self._monotonic()
                    self._take_report(NodeReport.read(message))
                case "snapshot":
                    jpeg = message["jpeg"]
                    looking = self._looking.get(CameraId(str(message["camera"])))
                    if looking is not None and not looking.done():
                        looking.set_result(base64.b64decode(jpeg) if jpeg else None)
                case "unfit":
                    self._unfit = str(message["why"])

    def _take_report(self, report: NodeReport) -> None:
        if report.doubts and report.doubts != self._report.doubts:
            log.error("what the node says cannot be right and is left out: %s", report.doubts)
        self._report = report
        self._whole.note(report.looking, self._now())

    def _welcome(self, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None and self._writer is not writer:
            self._writer.close()  # an older node's link: the newer one counts
        self._writer, self._report, self._unfit = writer, NodeReport(), None
        self._whole = WholeLooks()
        self.heard_s = self._monotonic()
        self._changed.set()

    async def _order(self, writer: asyncio.StreamWriter) -> None:
        """Send the wanted cameras once greeted and whenever they change."""
        while True:
            await self._changed.wait()
            if self._writer is not writer:
                await asyncio.sleep(RETRY_S)  # not greeted yet, or the order is for a newer node
                continue
            self._changed.clear()
            try:
                cameras = await asyncio.to_thread(self._wanted)
                await send(writer, {"type": "cameras", "cameras": cameras})
            except StoreUnavailable as error:
                log.warning("cameras cannot be read yet: %s", error)
                await asyncio.sleep(RETRY_S)
                self._changed.set()
            except MessageTooLong as error:
                log.critical("the node cannot be told its cameras: %s", error)

    def _wanted(self) -> list[Message]:
        cameras = self._cameras.list()
        self._enabled = {camera.id: camera.enabled for camera in cameras}
        wanted, shut = [], set()
        for camera in cameras:
            if not camera.enabled:
                continue
            try:
                url, substream = self._reveal(camera), self._reveal_substream(camera)
            except (VaultError, StreamUrlError) as error:
                log.error("camera %s cannot be watched: %s", camera.id, error)
                shut.add(camera.id)
                continue
            one = {"id": camera.id, "url": url, "fps": camera.fps, "scene": camera.scene}
            if camera.watched:
                one["watch_again"] = [list(place.xyxy) for place in camera.watched]
            wanted.append(one if substream is None else {**one, "substream": substream})
        self._sealed_shut = shut
        return wanted

    # --- incidents ---

    async def _take_in(
        self, writer: asyncio.StreamWriter, incidents: asyncio.Queue[Message]
    ) -> None:
        waiting: deque[Message] = deque()
        while True:
            if not waiting:
                waiting.append(await incidents.get())
            while not incidents.empty():
                waiting.append(incidents.get_nowait())
            for _ in range(await self._intake.take(waiting)):
                await send(writer, {"type": "ack", "seq": waiting.popleft()["seq"]})


def _socket_for(home: Path) -> Path:
    """In the service's folder, unless that is too long for a Unix socket's address."""
    inside = home.resolve() / "node.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    return Path(tempfile.mkdtemp(prefix="qalqan-")) / "node.sock"
