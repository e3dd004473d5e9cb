"""A node: the process that watches cameras and hands incidents over. `python -m detect.node`.

It is wired here, in one place. It takes its orders (which cameras, which scenes) from the control
side over the link, keeps every incident in its spool until the control side has committed it, and
ends when its parent does (its standard input closes) or when inference fails, so that a supervisor
starts a fresh one.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import dataclasses
import logging
import os
import signal
import sys
import threading
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detect.batching import Batcher
from detect.cameras import CameraSet
from detect.catalog import Catalog
from detect.detector import Detector
from detect.errors import DetectError, SpoolError
from detect.evidence import EvidenceFolder
from detect.ids import uuid7
from detect.incident import IncidentId, rfc3339
from detect.link import MAX_LINE_BYTES, LinkBroken, Message, receive, send
from detect.pipeline import Pipeline, Raised
from detect.scene import Scene
from detect.spool import Spool
from detect.watch import CameraWatch
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.errors import StreamUrlError
from ingest.frame import Frame
from ingest.mailbox import Mailbox
from ingest.worker import CameraWorker

log = logging.getLogger("detect.node")

MAX_BATCH = 4
MAX_WAIT_S = 0.02
"""Batching gains nothing on a CPU: a frame waits only as long as its neighbours need to come."""
STUCK_S = 20.0
RELINK_S = 0.5
HEALTH_EVERY_S = 1.0


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclasses.dataclass(frozen=True, slots=True)
class NodeOptions:
    """How a node is started."""

    socket: Path
    data: Path
    models: Path
    weights: Path
    model: str
    threads: int


class Keeper:
    """Takes incidents from the pipeline: picture first, then the spool, then the bell.

    When the disk is full the change stays in memory, in order, and is tried again with the next
    one and every second, so that a short fault loses nothing.
    """

    def __init__(self, spool: Spool, evidence: EvidenceFolder, ring: Any) -> None:
        self._spool = spool
        self._evidence = evidence
        self._ring = ring
        self._lock = threading.Lock()
        self._unsaved: deque[tuple[Any, dict[str, str]]] = deque()
        self._pictures: dict[IncidentId, Any] = {}

    def __call__(self, raised: Raised) -> None:
        incident = raised.incident
        if incident.id not in self._pictures:
            self._pictures[incident.id] = self._evidence.snapshot(incident.id, raised.frame.picture)
        incident = dataclasses.replace(incident, evidence=self._pictures[incident.id])
        if not incident.is_open:
            self._pictures.pop(incident.id, None)
        self.keep(
            incident,
            {
                "captured": rfc3339(raised.frame.captured_at),
                "inferred": rfc3339(raised.inferred_at),
                "raised": rfc3339(raised.raised_at),
            },
        )

    def keep(self, incident: Any, trace: dict[str, str]) -> None:
        with self._lock:
            self._unsaved.append((incident, trace))
        self.flush()

    def flush(self) -> int:
        """Commit what waits; returns how many changes could not be committed yet."""
        with self._lock:
            while self._unsaved:
                incident, trace = self._unsaved[0]
                try:
                    self._spool.commit(incident, {**trace, "spooled": rfc3339(utc_now())})
                except SpoolError as error:
                    log.error("%s; kept in memory and tried again", error)
                    break
                self._unsaved.popleft()
            waiting = len(self._unsaved)
        self._ring()
        return waiting


class Node:
    """One node, wired."""

    def __init__(self, options: NodeOptions, detector: Detector, spool: Spool) -> None:
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._fresh = asyncio.Event()
        self._spool = spool
        self._keeper = Keeper(spool, EvidenceFolder(options.data / "evidence"), self._ring)
        self._batcher = Batcher(max_batch=MAX_BATCH, max_wait_s=MAX_WAIT_S)
        self._detector = detector
        self._cameras = CameraSet(self._batcher, self._make_worker, self._make_watch, self._finish)
        self._pipeline = Pipeline(
            self._batcher,
            detector,
            self._cameras.watches,
            self._keeper,
            now=utc_now,
            monotonic=time.monotonic,
            threads=options.threads,
        )
        self._last_tally: dict[CameraId, int] = {}

    async def run(self, stop: asyncio.Event) -> int:
        """Serve until told to stop. Returns the exit status: 0, or 1 when inference failed."""
        self._pipeline.start()
        linking = asyncio.create_task(self._link_for_ever())
        watching = asyncio.create_task(self._watch_inference(stop))
        await stop.wait()
        for task in (linking, watching):
            task.cancel()
        await asyncio.gather(linking, watching, return_exceptions=True)
        self._batcher.close()
        await self._cameras.close()
        await asyncio.to_thread(self._pipeline.stop)
        self._keeper.flush()
        self._spool.close()
        return 1 if self._pipeline.failure else 0

    # --- the link ---

    async def _link_for_ever(self) -> None:
        while True:
            with contextlib.suppress(OSError, LinkBroken):
                reader, writer = await asyncio.open_unix_connection(
                    str(self._options.socket), limit=MAX_LINE_BYTES
                )
                try:
                    await self._talk(reader, writer)
                finally:
                    writer.close()
            await asyncio.sleep(RELINK_S)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await send(writer, {"type": "hello", "pid": os.getpid(), "model": self._detector.ref.name})
        async with contextlib.AsyncExitStack() as stack:
            for job in (self._deliver(writer), self._report(writer)):
                task = asyncio.create_task(job)
                stack.callback(task.cancel)
            while True:
                await self._obey(await receive(reader), writer)

    async def _obey(self, message: Message, writer: asyncio.StreamWriter) -> None:
        match message["type"]:
            case "ack":
                self._spool.acknowledge(int(message["seq"]))
            case "cameras":
                await self._cameras.reconcile(_wanted(message["cameras"]))
            case "snapshot":
                await send(writer, await self._snapshot(message))

    async def _deliver(self, writer: asyncio.StreamWriter) -> None:
        """Send what is in the spool, oldest first; on a new link all that is unacknowledged."""
        sent = 0
        while True:
            self._fresh.clear()
            for item in self._spool.pending(after=sent):
                sent = item.seq
                await send(
                    writer,
                    {
                        "type": "incident",
                        "seq": item.seq,
                        "incident": item.incident,
                        "trace": item.trace,
                    },
                )
                self._fresh.set()
            await self._fresh.wait()

    async def _report(self, writer: asyncio.StreamWriter) -> None:
        while True:
            self._keeper.flush()
            await send(writer, {"type": "health", "cameras": self._health()})
            await asyncio.sleep(HEALTH_EVERY_S)

    def _health(self) -> dict[str, Any]:
        tally = self._pipeline.tally
        drops = self._cameras.drops()
        report: dict[str, Any] = {}
        for camera, health in self._cameras.health().items():
            analysed = tally.analysed[camera]
            last = tally.last_frame_at.get(camera)
            report[camera] = {
                "state": health.state,
                "reason": health.reason,
                "since": rfc3339(health.since),
                "last_frame_at": rfc3339(last) if last else None,
                "analysed": analysed,
                "analysed_fps": (analysed - self._last_tally.get(camera, analysed))
                / HEALTH_EVERY_S,
                "dropped": drops.get(camera, {}),
                "reconnects": health.reconnects,
            }
            self._last_tally[camera] = analysed
        return report

    async def _snapshot(self, message: Message) -> Message:
        frame = self._pipeline.latest.get(CameraId(str(message["camera"])))
        answer: Message = {"type": "snapshot", "request": message["request"], "jpeg": None}
        if frame is not None:
            jpeg = await asyncio.to_thread(frame.picture.jpeg)
            answer["jpeg"] = base64.b64encode(jpeg).decode()
        return answer

    # --- wiring of one camera ---

    def _make_worker(self, camera: Camera, mailbox: Mailbox[Frame]) -> CameraWorker:
        return CameraWorker(camera, self._detector.size, mailbox)

    def _make_watch(self, camera: CameraId, scene: Scene) -> CameraWatch:
        return CameraWatch(
            camera,
            scene,
            self._detector.classes,
            self._detector.ref,
            new_id=lambda: IncidentId(uuid7(utc_now())),
        )

    def _finish(self, watch: CameraWatch) -> None:
        for incident in watch.finish():
            self._keeper.keep(incident, {"raised": rfc3339(utc_now())})

    def _ring(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: the spool keeps it
            self._loop.call_soon_threadsafe(self._fresh.set)

    async def _watch_inference(self, stop: asyncio.Event) -> None:
        """A detector that hangs while the process lives is the worst failure: end instead."""
        while True:
            await asyncio.sleep(HEALTH_EVERY_S)
            if self._pipeline.failure is not None:
                stop.set()
            if self._pipeline.stuck_s() > STUCK_S:
                log.critical(
                    "inference has been stuck for %.0f s; ending", self._pipeline.stuck_s()
                )
                os._exit(3)


def _wanted(cameras: list[dict[str, Any]]) -> dict[CameraId, tuple[Camera, Scene]]:
    wanted: dict[CameraId, tuple[Camera, Scene]] = {}
    for item in cameras:
        try:
            url = StreamUrl.parse(item["url"])
            camera = Camera(CameraId(item["id"]), url, float(item["fps"]))
            wanted[camera.id] = (camera, Scene.parse(item["scene"]))
        except (DetectError, StreamUrlError) as error:
            log.error("camera %s cannot be watched: %s", item.get("id"), error)
    return wanted


async def _serve(options: NodeOptions, detector: Detector) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def parent_gone() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=parent_gone, name="parent", daemon=True).start()
    node = Node(options, detector, Spool(options.data / "spool.db"))
    return await node.run(stop)


def _options(argv: list[str]) -> NodeOptions:
    parser = argparse.ArgumentParser(prog="python -m detect.node", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=max(1, os.cpu_count() or 1))
    return NodeOptions(**vars(parser.parse_args(argv)))


def main(argv: list[str] | None = None) -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    options = _options(sys.argv[1:] if argv is None else argv)
    try:
        # One session thread each: two frames side by side beat one frame on two cores.
        detector = Detector.load(Catalog(options.models, options.weights), options.model, threads=1)
        status = asyncio.run(_serve(options, detector))
    except DetectError as error:
        log.critical("%s", error)
        return 2
    # Blocked native reads must not delay the end: everything that counts is on disk.
    logging.shutdown()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
