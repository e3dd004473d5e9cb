"""Which camera's video crashed or hung the node: written down so that the next node knows.

Codecs are native code, and hostile video can make one write where it must not: the process dies in
an instant. Python's fault handler still writes down which thread it was, and each thread that
touches video, to read or to decode it, has noted here whose it is. Video can also make a codec
never return; then the node notices and says which thread it was. Twice the same camera within a
while, and it is held off for some minutes: one camera must not leave all the others unwatched again
and again.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import re
import threading
from pathlib import Path

from ingest.camera import CameraId
from ingest.decoding import DecodePool, Job, Lane

log = logging.getLogger(__name__)

STRIKES = 2
"""So many crashes within `WITHIN_S` are no accident of one damaged packet."""
WITHIN_S = 900.0
HOLD_OFF_S = 300.0
"""How long such a camera is left alone before it is tried again."""
NOTE_BYTES = 96
"""Of one thread: its ident in hexadecimal, a space, the camera's id of at most 64 characters."""
CRASHED = re.compile(r"^Current thread 0x([0-9a-f]+)", re.MULTILINE)


class BlackBox:
    """The notes of one node, begun by reading those of the last. Never raises for a full disk.

    `now_s` is Unix time: it is compared across processes.
    """

    def __init__(self, folder: Path, now_s: float) -> None:
        self._crash = folder / "node-crash.txt"
        self._threads = folder / "node-threads.txt"
        self._strikes_file = folder / "node-strikes.json"
        self._notes = -1
        self._lock = threading.Lock()
        self._noted: dict[int, tuple[int, CameraId]] = {}  # by thread: its place in the file
        self._strikes = self._read_strikes(now_s)
        culprit = self._culprit()
        if culprit is not None:
            log.critical("the video of camera %s crashed the last node", culprit)
            self._strikes.setdefault(culprit, []).append(now_s)
        self._begin()

    def note(self, camera: CameraId) -> None:
        """Called in any thread before it touches this camera's video. Costs microseconds."""
        thread = threading.get_ident()
        with self._lock:
            at, noted = self._noted.get(thread, (len(self._noted), None))
            self._noted[thread] = at, camera
        if self._notes >= 0 and noted != camera:
            line = f"{thread:x} {camera}".ljust(NOTE_BYTES - 1) + "\n"
            try:
                os.pwrite(self._notes, line.encode(), at * NOTE_BYTES)
            except OSError as error:
                log.warning("the camera's thread cannot be noted: %s", error)

    def blame(self, thread: int, now_s: float) -> CameraId | None:
        """Give a strike to the camera whose video this thread hangs in, if any."""
        _, camera = self._noted.get(thread, (0, None))
        if camera is not None:
            self._strikes.setdefault(camera, []).append(now_s)
            try:
                self._write_strikes()
            except OSError as error:
                log.warning("what hung this node could not be noted: %s", error)
        return camera

    def held_off_s(self, camera: CameraId, now_s: float) -> float:
        """How much longer this camera is to be left alone; 0 when it may be watched."""
        strikes = [at for at in self._strikes.get(camera, []) if now_s - at < WITHIN_S]
        if len(strikes) < STRIKES:
            return 0.0
        return max(0.0, strikes[-1] + HOLD_OFF_S - now_s)

    def _culprit(self) -> CameraId | None:
        """The camera whose thread the last node died in."""
        try:
            crashed = CRASHED.search(self._crash.read_text("utf-8", "replace"))
            notes = self._threads.read_text("utf-8", "replace").splitlines()
        except OSError:
            return None
        if crashed is None:
            return None
        self._crash.replace(self._crash.with_name("node-crash.last.txt"))
        ident = int(crashed[1], 16)
        for line in notes:
            noted, _, camera = line.rstrip().partition(" ")
            if noted == f"{ident:x}" and camera:
                return CameraId(camera)
        return None

    def _read_strikes(self, now_s: float) -> dict[CameraId, list[float]]:
        try:
            kept = json.loads(self._strikes_file.read_text("utf-8"))
            return {
                CameraId(camera): recent
                for camera, times in kept.items()
                if (recent := [float(at) for at in times if 0 <= now_s - float(at) < WITHIN_S])
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _write_strikes(self) -> None:
        self._strikes_file.write_text(json.dumps(self._strikes), "utf-8")

    def _begin(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        try:
            self._crash.parent.mkdir(parents=True, exist_ok=True)
            self._write_strikes()
            self._notes = os.open(self._threads, flags, 0o600)
            faulthandler.enable(os.open(self._crash, flags | os.O_APPEND, 0o600), all_threads=True)
        except OSError as error:
            log.warning("what crashes this node could not be noted: %s", error)


class NotedPool:
    """Decode threads for one camera, whose name they note before each piece of its work."""

    def __init__(self, pool: DecodePool, camera: CameraId, blackbox: BlackBox) -> None:
        self._pool = pool
        self._camera = camera
        self._blackbox = blackbox

    def lane(self, job: Job) -> Lane:
        """See `DecodePool.lane`."""
        return self._pool.lane(_NotedJob(job, self._camera, self._blackbox))


class _NotedJob:
    def __init__(self, job: Job, camera: CameraId, blackbox: BlackBox) -> None:
        self._camera = camera
        self._blackbox = blackbox
        self._work = job.work
        self.due_s = job.due_s

    def work(self) -> None:
        self._blackbox.note(self._camera)
        self._work()
