"""How far a run has come: incidents that were acknowledged to the node, counted along."""

from __future__ import annotations

import json
from pathlib import Path


class Progress:
    """Reads the node's journal as it grows."""

    def __init__(self, journal: Path, incidents: int) -> None:
        self._journal = journal
        self._incidents = incidents
        self._read = 0
        self._acked: set[str] = set()

    def acknowledged(self) -> int:
        """How many incidents, each counted once."""
        if self._journal.exists():
            with self._journal.open("rb") as file:
                file.seek(self._read)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._read += len(line)
                    if b'"acked"' in line:
                        self._acked.add(json.loads(line)["id"])
        return len(self._acked)

    def share(self) -> float:
        """Of all that are to come."""
        return self.acknowledged() / self._incidents
