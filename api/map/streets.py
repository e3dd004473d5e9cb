"""The city's streets (GeoJSON), kept in memory compressed: read and packed once per change."""

from __future__ import annotations

import gzip
import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Streets:
    """The file as it is sent."""

    plain: bytes
    packed: bytes
    """Gzip of `plain`."""
    etag: str


class StreetsFile:
    """Follows one file. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._kept: tuple[tuple[int, int], Streets] | None = None

    def read(self) -> Streets | None:
        """The streets; None when there is no file."""
        try:
            found = self._path.stat()
            version = (found.st_mtime_ns, found.st_size)
            with self._lock:
                if self._kept is None or self._kept[0] != version:
                    self._kept = (version, _packed(self._path.read_bytes()))
                return self._kept[1]
        except OSError:
            return None


def _packed(plain: bytes) -> Streets:
    # Weak: one tag stands for the plain and the compressed form.
    etag = f'W/"{hashlib.sha256(plain).hexdigest()[:32]}"'
    return Streets(plain, gzip.compress(plain, 6, mtime=0), etag)
