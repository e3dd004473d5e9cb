"""Files as they are sent: read, hashed and compressed once per change, then served from memory."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

WORTH = 0.9
"""Compressed bytes are kept when they are fewer than this share of the plain ones."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Bytes with their compressed form and entity tag."""

    plain: bytes
    gzipped: bytes | None
    """None when compression gains nothing: pictures, fonts."""
    etag: str
    """Weak: one tag stands for the plain and the compressed form."""

    @classmethod
    def of(cls, plain: bytes) -> Packed:
        small = gzip.compress(plain, 6, mtime=0)
        etag = f'W/"{hashlib.sha256(plain).hexdigest()[:32]}"'
        return cls(plain, small if len(small) < WORTH * len(plain) else None, etag)

    def reply(self, asked: Mapping[str, str], media_type: str, cache_control: str) -> Response:
        """The response to a request with the headers `asked`: 304, compressed or plain."""
        headers = {"ETag": self.etag, "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
        if names(asked.get("if-none-match", ""), self.etag):
            return Response(status_code=304, headers=headers)
        if self.gzipped is None or not takes_gzip(asked.get("accept-encoding", "")):
            return Response(self.plain, media_type=media_type, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Response(self.gzipped, media_type=media_type, headers=headers)


class PackedFiles:
    """Keeps the packed form of files that are asked for. Thread-safe.

    Bounded by the files that the caller lets through: never ask for a path that a client made up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Path, tuple[tuple[int, int], Packed]] = {}

    def read(self, path: Path) -> Packed | None:
        """The file; None when there is none or it cannot be read."""
        try:
            found = path.stat()
            version = (found.st_mtime_ns, found.st_size)
            with self._lock:
                kept = self._kept.get(path)
                if kept is None or kept[0] != version:
                    kept = self._kept[path] = (version, Packed.of(path.read_bytes()))
                return kept[1]
        except OSError:
            return None


def names(if_none_match: str, etag: str) -> bool:
    """Whether the header names the tag, by weak comparison (RFC 9110, 8.8.3.2)."""
    given = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return given == ["*"] or etag.removeprefix("W/") in given


def takes_gzip(accept_encoding: str) -> bool:
    """Whether the caller takes gzip (RFC 9110, 12.5.3)."""
    for part in accept_encoding.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
