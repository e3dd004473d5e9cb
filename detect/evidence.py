"""Evidence files: the picture that an incident was seen in, beside its id."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

from detect.incident import Evidence, IncidentId
from ingest.frame import Picture

log = logging.getLogger(__name__)


class EvidenceFolder:
    """Writes snapshots so that a reader never sees half a file, not even after a power cut."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def snapshot(self, incident: IncidentId, picture: Picture) -> Evidence | None:
        """Store the picture as `<incident>.jpg`. None if it cannot be stored: said, not fatal.

        An incident without its picture is worth more than no incident, so a full disk, a folder
        that is not there and a picture that cannot be encoded all end here.
        """
        name = f"{incident}.jpg"
        part = self._folder / f"{name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(picture.jpeg())
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self._folder / name)
        except Exception as error:
            log.error("no snapshot for incident %s: %s", incident, error)
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            return None
        return Evidence(snapshot=name)
