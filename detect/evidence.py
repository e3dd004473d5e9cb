"""Evidence files: the picture that an incident was seen in, beside its id."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from detect.incident import Evidence, IncidentId
from ingest.frame import Picture

log = logging.getLogger(__name__)


class EvidenceFolder:
    """Writes snapshots so that a reader never sees half a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def snapshot(self, incident: IncidentId, picture: Picture) -> Evidence | None:
        """Store the picture as `<incident>.jpg`. None if it cannot be stored: said, not fatal.

        An incident without its picture is worth more than no incident, so a full disk ends here.
        """
        name = f"{incident}.jpg"
        part = self._folder / f"{name}.part"
        try:
            part.write_bytes(picture.jpeg())
            os.replace(part, self._folder / name)
        except (OSError, ValueError) as error:
            log.error("no snapshot for incident %s: %s", incident, error)
            part.unlink(missing_ok=True)
            return None
        return Evidence(snapshot=name)
