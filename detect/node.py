"""A node: the process that watches cameras and hands incidents over. `python -m detect.node`.

It is wired here, in one place. It takes its orders (which cameras, which scenes) from the control
side over the link, keeps every incident in its spool until the control side has committed it, and
ends when its parent does (its standard input closes) or when inference fails, so that a supervisor
starts a fresh one.

Exit status: 0 told to stop, 1 inference failed, 2 cannot start, 3 inference or decoding hangs, 4 it
was told to stop and could not end in good order.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from detect.blackbox import BlackBox, NotedPool
from detect.catalog import Catalog
from detect.choosing import preload
from detect.core import Core, CoreOptions
from detect.detector import Detector
from detect.errors import DetectError, SpoolError
from detect.evidence import EvidenceFolder
from detect.fixtures import Fixtures
from detect.incident import rfc3339
from detect.keeper import Keeper
from detect.learned import Learned
from detect.link import Message
from detect.mode import EXACT, USUAL, Economy
from detect.moment import utc_now
from detect.orders import Wanted, read_order, read_watched
from detect.report import Report
from detect.spool import Spool
from detect.starved import Starved
from detect.track import Box
from detect.uplink import HEALTH_EVERY_S, Uplink, say_unfit
from detect.watch import CameraWatch
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.frame import Frame, FrameSize
from ingest.mailbox import Mailbox
from ingest.memory import give_back_pictures
from ingest.pace import Pace
from ingest.sources.base import Source
from ingest.sources.rtsp import open_stream
from ingest.worker import CameraWorker

log = logging.getLogger("detect.node")

STUCK_S = 20.0
"""A batch, or the decoding of one packet, that takes so long will never end."""
HOPELESS_S = 120.0
"""Nor does one that takes so long, however busy the machine is."""
UNSEEN_S = 15.0
"""What happened at a camera that has given no frame for this long ended as far as we saw."""
LEARNED_EVERY_S = 60.0
"""How often what was learnt of the cameras' places is kept."""
END_S = 3.0
"""How long an ending in good order may take. What counts is on disk at any time."""
TEARDOWN_S = 1.0
"""How long cameras are waited for, so that they free the session; some have very few."""


@dataclasses.dataclass(frozen=True, slots=True)
class NodeOptions:
    """How a node is started."""

    socket: Path
    data: Path
    models: Path
    weights: Path
    model: str
    threads: int
    """Threads that may compute at a time."""
    exact: bool
    economy: Economy
    engine: str
    precision: str
    on_call: bool
    """Wait for a line on standard input before doing anything; end when it closes instead."""


class Node:
    """One node, wired. Implements `detect.uplink.Watching`."""

    def __init__(
        self, options: NodeOptions, detector: Detector, spool: Spool, blackbox: BlackBox
    ) -> None:
        self._detector = detector
        self._spool = spool
        self._blackbox = blackbox
        hello: Message = {"type": "hello", "pid": os.getpid(), "model": detector.ref.name}
        self._uplink = Uplink(options.socket, hello, spool, self)
        evidence = EvidenceFolder(options.data / "evidence")
        self._keeper = Keeper(spool, evidence, self._uplink.ring, utc_now)
        mode = EXACT if options.exact else USUAL
        how = CoreOptions(mode, options.threads, options.economy)
        self._learned = Learned(options.data / "places")
        self._core = Core(
            detector,
            how,
            self._keeper,
            self._make_worker,
            self._finish,
            self._fixtures,
        )
        self._report = Report(self._core, time.monotonic)
        self._ordered: list[dict[str, Any]] | None = None
        self._watched: dict[CameraId, tuple[Box, ...]] = {}
        self._new_order = asyncio.Event()
        self._refused: dict[CameraId, tuple[str, datetime]] = {}

    async def run(self, stop: asyncio.Event) -> int:
        """Serve until told to stop. Returns the exit status: 0, or 1 when inference failed."""
        self._end_interrupted()
        self._keeper.start()
        self._core.start()
        jobs = [
            asyncio.create_task(job)
            for job in (self._uplink.run(), self._follow_orders(), self._watch_work(stop))
        ]
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({*jobs, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for job in jobs:  # one that ends by itself has failed: better a fresh node than half a one
            if job.done() and (error := job.exception()) is not None:
                log.critical("ending: %s: %s", type(error).__name__, error)
        unasked = not stopping.done()
        await self._end([*jobs, stopping])
        return 1 if unasked or self._failure() else 0

    def _failure(self) -> BaseException | None:
        """What ended the threads without which nothing is detected or kept."""
        return self._core.pipeline.failure or self._keeper.failure

    def _end_interrupted(self) -> None:
        """The keeper has the patience for a disk that is full just now."""
        try:
            left = self._spool.interrupted()
        except SpoolError as error:  # they stay noted there for the next start
            log.error("what the last node left open cannot be ended now: %s", error)
            return
        self._keeper.finish(left)
        if left:
            log.warning("ending %d incidents that the last node left open", len(left))

    async def _end(self, jobs: list[asyncio.Task[Any]]) -> None:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await self._core.close(TEARDOWN_S)
        self._save_learned()
        await asyncio.to_thread(self._keeper.close)
        self._spool.close()

    # --- what the link asks (detect.uplink.Watching) ---

    def order(self, cameras: list[dict[str, Any]]) -> None:
        """These cameras, no others; the latest order is the one that counts."""
        self._ordered = cameras
        self._new_order.set()

    def health(self) -> Message:
        """Of each camera: its worker's state, and the frames that were *inferred*."""
        cameras: dict[str, Any] = {
            camera: _refusal(reason, since) for camera, (reason, since) in self._refused.items()
        }
        cameras |= {str(name): said for name, said in self._report.cameras().items()}
        return {
            "cameras": cameras,
            "spooled": len(self._spool),
            "unsaved": self._keeper.unsaved,
            "lost": self._keeper.lost,
            **self._report.machine(),
        }

    async def snapshot(self, camera: CameraId) -> bytes | None:
        """JPEG of the camera's latest analysed frame."""
        frame = self._core.pipeline.latest.get(camera)
        if frame is None:
            return None
        try:
            return await asyncio.to_thread(frame.picture.jpeg)
        except Exception as error:
            log.error("no snapshot of camera %s: %s", camera, error)
            return None

    # --- cameras ---

    async def _follow_orders(self) -> None:
        """Apart from the link: a camera that is slow to stop must hold up no acknowledgement."""
        look_again_s: float | None = None
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._new_order.wait(), look_again_s)
            self._new_order.clear()
            wanted, refused = read_order(self._ordered or [])
            look_again_s = self._hold_off(wanted, refused)
            now = utc_now()
            self._refused = {
                camera: (reason, self._refused.get(camera, (reason, now))[1])
                for camera, reason in refused.items()
            }
            self._watched = read_watched(self._ordered or [])
            for camera, attention in list(self._core.cameras.attentions.items()):
                attention.watch.fixtures.watch_again(self._watched.get(camera, ()))
            await self._core.cameras.reconcile(wanted)

    def _fixtures(self, camera: CameraId) -> Fixtures:
        """What was learnt of a camera's place, and what people said of it."""
        fixtures = self._learned.fixtures(camera)
        fixtures.watch_again(self._watched.get(camera, ()))
        return fixtures

    def _hold_off(self, wanted: Wanted, refused: dict[CameraId, str]) -> float | None:
        """Leave out cameras that keep crashing nodes; gives when to look again, in seconds."""
        now_s = time.time()
        left_s = {camera: self._blackbox.held_off_s(camera, now_s) for camera in wanted}
        held = {camera: seconds for camera, seconds in left_s.items() if seconds > 0}
        for camera, seconds in held.items():
            log.error("camera %s crashes nodes; left alone for %.0f s", camera, seconds)
            del wanted[camera]
            refused[camera] = "crashes_node"
        return min(held.values(), default=None)

    def _make_worker(self, camera: Camera, mailbox: Mailbox[Frame], pace: Pace) -> CameraWorker:
        def open_noted(url: StreamUrl, size: FrameSize) -> Source:
            self._blackbox.note(camera.id)
            return open_stream(url, size)

        size, pool = self._detector.size, NotedPool(self._core.pool, camera.id, self._blackbox)
        return CameraWorker(camera, size, mailbox, open_noted, pace=pace, pool=pool)

    def _finish(self, watch: CameraWatch) -> None:
        self._keeper.finish(watch.finish())
        self._learned.save(watch.fixtures)
        self._core.forget(watch.camera)
        self._report.forget(watch.camera)

    async def _watch_work(self, stop: asyncio.Event) -> None:
        """Work that hangs while the process lives is the worst failure: end instead."""
        saved_s = time.monotonic()
        starved = Starved()
        while True:
            await asyncio.sleep(HEALTH_EVERY_S)
            if time.monotonic() - saved_s > LEARNED_EVERY_S:
                saved_s = time.monotonic()
                await asyncio.to_thread(self._save_learned)
            self._core.measure()
            self._core.pipeline.end_unseen(UNSEEN_S)
            if self._failure() is not None:
                stop.set()
            starved.measure(time.monotonic())
            if (what := hanging(self._core, self._blackbox, time.time(), starved)) is not None:
                log.critical("ending: %s", what)
                os._exit(3)

    def _save_learned(self) -> None:
        for attention in list(self._core.cameras.attentions.values()):
            self._learned.save(attention.watch.fixtures)


def hanging(
    core: Core, blackbox: BlackBox, now_s: float, starved: Starved | None = None
) -> str | None:
    """What will never end, in words; the camera whose video it is gets a strike (`now_s`: Unix).

    Decoding first: while it holds every turn, inference waits and only seems to hang. On a machine
    on which others have the cores, work that goes on is slow: to start anew would not help it.
    """

    def is_hung(seconds: float) -> bool:
        begun_s = time.monotonic() - seconds
        waited_s = starved.since_s(begun_s) if starved else 0.0
        return seconds - waited_s > STUCK_S or seconds > HOPELESS_S

    piece = core.pool.longest()
    if piece is not None and is_hung(piece.seconds):
        camera = blackbox.blame(piece.thread, now_s)
        return f"decoding of camera {camera} hangs for {piece.seconds:.0f} s"
    stuck_s = core.pipeline.stuck_s()
    return f"inference hangs for {stuck_s:.0f} s" if is_hung(stuck_s) else None


def _refusal(reason: str, since: datetime) -> dict[str, Any]:
    """The report of a camera that this node cannot even try to watch."""
    return {
        "state": "failed",
        "reason": reason,
        "since": rfc3339(since),
        "last_frame_at": None,
        "idle_s": None,
        "analysed": 0,
        "analysed_fps": 0.0,
        "dropped": {},
        "reconnects": 0,
    }


class Parent:
    """Notices the end of the process that started this one: standard input closes."""

    def __init__(self) -> None:
        self._told: Callable[[], object] | None = None
        self._gone = False
        self._lock = threading.Lock()
        threading.Thread(target=self._wait, name="parent", daemon=True).start()

    def when_gone(self, tell: Callable[[], object]) -> None:
        """Call `tell`, from another thread, once the parent is gone; at once if it is."""
        with self._lock:
            self._told = tell
            gone = self._gone
        if gone:
            tell()

    def _wait(self) -> None:
        with contextlib.suppress(OSError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        with self._lock:
            self._gone, tell = True, self._told
        if tell is not None:
            tell()
        time.sleep(END_S)
        os._exit(4)  # no process may outlive its parent, however it hangs


async def _serve(
    options: NodeOptions, detector: Detector, spool: Spool, blackbox: BlackBox, parent: Parent
) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    parent.when_gone(lambda: loop.call_soon_threadsafe(stop.set))
    status = await Node(options, detector, spool, blackbox).run(stop)
    # Blocked native reads must not delay the end: everything that counts is on disk.
    logging.shutdown()
    os._exit(status)


def _options(argv: list[str]) -> NodeOptions:
    parser = argparse.ArgumentParser(prog="python -m detect.node", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=max(1, os.cpu_count() or 1))
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--economy", choices=get_args(Economy), default="when_needed")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--on-call", action="store_true")
    return NodeOptions(**vars(parser.parse_args(argv)))


def main(argv: list[str] | None = None) -> int:
    give_back_pictures()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    options = _options(sys.argv[1:] if argv is None else argv)
    catalog = Catalog(options.models, options.weights)
    if options.on_call:
        with contextlib.suppress(DetectError):  # told by the start itself
            preload(catalog.manifest(options.model), catalog.prepared(options.model), 1)
    if options.on_call and not os.read(sys.stdin.fileno(), 1):
        return 0
    parent = Parent()
    try:
        # One session thread each: two frames side by side beat one frame on two cores.
        detector = Detector.load(
            catalog, options.model, threads=1, engine=options.engine, precision=options.precision
        )
        spool = Spool(options.data / "spool.db")
        blackbox = BlackBox(options.data, time.time())
        return asyncio.run(_serve(options, detector, spool, blackbox, parent))
    except DetectError as error:
        log.critical("%s", error)
        asyncio.run(say_unfit(options.socket, str(error)))
        return 2


if __name__ == "__main__":
    sys.exit(main())
