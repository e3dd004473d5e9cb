"""What everybody saw and did, one line of JSON each, in the order in which it was noted.

`t` is the monotonic clock of this machine, which no fault turns; `who` saw or did `what`. Processes
that are killed write with one `write` a line: what the kernel has taken outlives them.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class History:
    """Appends to one file; several processes may."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def note(self, who: str, what: str, **facts: Any) -> None:
        entry = {"t": round(time.monotonic(), 4), "who": who, "what": what, **facts}
        os.write(self._file, json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        os.close(self._file)


def read(path: Path) -> Iterator[Entry]:
    """The entries of a history. A last line that a full disk cut off is left out."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)
