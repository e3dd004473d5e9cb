"""What a camera is: its name and its address, whose password is kept out of sight."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NewType
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from ingest.errors import StreamUrlError

CameraId = NewType("CameraId", str)

STREAM_SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})
MAX_URL_LENGTH = 2048
HIDDEN = "***"
SECRET_IN_PATH = re.compile(r"((?:pass(?:word|wd)?|pwd|token|auth|key)=)[^/]*", re.IGNORECASE)
"""Some makers' cameras take the password in the path: `/user=admin_password=..._channel=1`."""


class StreamUrl:
    """A stream's address. Its `repr` and `str` hide the password; only `reveal()` gives it.

    Raises `StreamUrlError` from `parse` with one line that says what is wrong.
    """

    __slots__ = ("_parts",)

    def __init__(self, parts: SplitResult) -> None:
        self._parts = parts

    @classmethod
    def parse(cls, text: str) -> StreamUrl:
        """Read an address such as `rtsp://user:secret@10.0.0.7:554/stream1`."""
        if len(text) > MAX_URL_LENGTH:
            raise StreamUrlError(f"stream address is longer than {MAX_URL_LENGTH} characters")
        if any(ord(character) <= 0x20 or ord(character) == 0x7F for character in text):
            raise StreamUrlError("stream address contains a space or a control character")
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise StreamUrlError(
                "stream address cannot be read: bad host or port (in a password, / ? # @ : must be "
                "written as %2F %3F %23 %40 %3A)"
            ) from None  # the parser's own words may hold part of a password
        if parts.scheme not in STREAM_SCHEMES:
            allowed = ", ".join(sorted(STREAM_SCHEMES))
            raise StreamUrlError(f"stream address must begin with one of {allowed}")
        if not parts.hostname:
            raise StreamUrlError("stream address has no host")
        if port == 0:
            raise StreamUrlError("stream address has port 0")
        return cls(parts)

    @property
    def scheme(self) -> str:
        return self._parts.scheme

    @property
    def host(self) -> str:
        return self._parts.hostname or ""

    @property
    def port(self) -> int:
        defaults = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
        return self._parts.port or defaults[self._parts.scheme]

    @property
    def username(self) -> str | None:
        return unquote(self._parts.username) if self._parts.username is not None else None

    @property
    def password(self) -> str | None:
        return unquote(self._parts.password) if self._parts.password is not None else None

    def pinned_to(self, address: str) -> StreamUrl:
        """The same stream at a numeric IP address, so that a name cannot be re-pointed later."""
        host = f"[{address}]" if ":" in address else address
        return StreamUrl(self._parts._replace(netloc=self._netloc(host, self._parts.password)))

    def reveal(self) -> str:
        """The full address with its password: for the demuxer and the encrypted store only."""
        return urlunsplit(self._parts)

    def hidden(self) -> str:
        """The address as people may see it: passwords replaced, the query dropped."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        shown = HIDDEN if self._parts.password is not None else None
        path = SECRET_IN_PATH.sub(rf"\1{HIDDEN}", self._parts.path)
        return urlunsplit(
            self._parts._replace(netloc=self._netloc(host, shown), path=path, query="", fragment="")
        )

    def _netloc(self, host: str, password: str | None) -> str:
        port = f":{self._parts.port}" if self._parts.port is not None else ""
        if self._parts.username is None:
            return f"{host}{port}"
        secret = "" if password is None else f":{password}"
        user = quote(unquote(self._parts.username), safe="")
        return f"{user}{secret}@{host}{port}"

    def __str__(self) -> str:
        return self.hidden()

    def __repr__(self) -> str:
        return f"StreamUrl({self.hidden()!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StreamUrl) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera as the ingest side needs it."""

    id: CameraId
    """Stable name, 1 to 64 characters of `[a-z0-9-]`."""
    url: StreamUrl
    """Where its stream is. A file source carries no `StreamUrl`; see `ingest.sources.file`."""
    fps: float = field(default=5.0)
    """Frames per second to analyse, 0.5 to 30."""
    substream: StreamUrl | None = None
    """Where the camera gives the same scene small, to look at while nothing happens."""
