"""What nodes learn of each camera's place, kept on disk so that a restart does not ask again.

A file a camera. It holds nothing of people: boxes and coarse pictures of things that never move.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

from detect.fixtures import Fixtures
from ingest.camera import CameraId

log = logging.getLogger(__name__)

VERSION = 1


class Learned:
    """The folder. What cannot be read or written is said and learnt anew: it is no incident."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._saved: dict[CameraId, str] = {}

    def fixtures(self, camera: CameraId) -> Fixtures:
        """What was learnt of a camera; nothing where that is new or unreadable."""
        fixtures, path = Fixtures(camera), self._path(camera)
        try:
            record = json.loads(path.read_text("utf-8"))
            if record["version"] == VERSION and record["camera"] == camera:
                fixtures.restore(record["fixtures"])
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("what was learnt of camera %s cannot be read: %s", camera, error)
            return Fixtures(camera)
        return fixtures

    def save(self, fixtures: Fixtures) -> None:
        """Write what is known now, if that has changed. Never raises on a full disk."""
        camera = fixtures.camera
        known: list[dict[str, Any]] = [one.to_dict() for one in list(fixtures.known)]
        places = json.dumps([[one["label"], one["xyxy"]] for one in known])
        if self._saved.get(camera, "[]") == places:
            return
        record = {"version": VERSION, "camera": camera, "fixtures": known}
        path = self._path(camera)
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(record), "utf-8")
            os.replace(part, path)
        except OSError as error:
            log.error("what was learnt of camera %s cannot be kept: %s", camera, error)
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            return
        self._saved[camera] = places

    def _path(self, camera: CameraId) -> Path:
        return self._folder / f"{hashlib.sha256(camera.encode()).hexdigest()[:32]}.json"
