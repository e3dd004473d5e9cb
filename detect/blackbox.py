"""Which camera's video crashed the node: written down so that the next node knows.

Codecs are native code, and hostile video can make one write where it must not: the process dies in
an instant. Python's fault handler still writes down which thread it was, and each camera's thread
has noted its name here before it touched its video. Twice the same camera within a while, and it is
held off for some minutes: one camera must not leave all the others unwatched again and again.
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

log = logging.getLogger(__name__)

STRIKES = 2
"""So many crashes within `WITHIN_S` are no accident of one damaged packet."""
WITHIN_S = 900.0
HOLD_OFF_S = 300.0
"""How long such a camera is left alone before it is tried again."""
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
        self._strikes = self._read_strikes(now_s)
        culprit = self._culprit()
        if culprit is not None:
            log.critical("the video of camera %s crashed the last node", culprit)
            self._strikes.setdefault(culprit, []).append(now_s)
        self._begin()

    def note(self, camera: CameraId) -> None:
        """Called in the camera's own thread before it opens its video."""
        if self._notes >= 0:
            line = f"{threading.get_ident():x} {camera}\n"
            try:
                os.write(self._notes, line.encode())
            except OSError as error:
                log.warning("the camera's thread cannot be noted: %s", error)

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
        for line in reversed(notes):  # idents are used again: the latest note counts
            noted, _, camera = line.partition(" ")
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

    def _begin(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        try:
            self._crash.parent.mkdir(parents=True, exist_ok=True)
            self._strikes_file.write_text(json.dumps(self._strikes), "utf-8")
            self._notes = os.open(self._threads, flags, 0o600)
            faulthandler.enable(os.open(self._crash, flags, 0o600), all_threads=True)
        except OSError as error:
            log.warning("what crashes this node could not be noted: %s", error)
