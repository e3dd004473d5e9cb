"""Everything that can go wrong between a camera and a frame.

    IngestError
    ├── StreamUrlError        the address is not one we may open (bad input; never retried)
    ├── StreamRefused         the server answered and said no
    │   ├── WrongPassword     401 / 403
    │   └── NoSuchStream      404
    ├── StreamUnreachable     no route, connection refused, name not found, no answer in time
    ├── StreamLost            it worked and then stopped: end of stream, reset
    │   └── StreamFrozen      still connected, but nothing comes any more
    └── StreamUnreadable      packets arrive but no picture can be made of them

Each has a `reason`: a short stable word that health reports, metrics and the console use.
"""

from __future__ import annotations


class IngestError(Exception):
    """Base of this package's errors. `str()` is one clear line without credentials."""

    reason = "failed"


class StreamUrlError(IngestError, ValueError):
    """The address cannot be a camera's: wrong scheme, no host, outside the camera networks."""

    reason = "bad_address"


class StreamRefused(IngestError):
    """The server answered and refused."""

    reason = "refused"


class WrongPassword(StreamRefused):
    """User name or password not accepted (401 or 403)."""

    reason = "wrong_password"


class NoSuchStream(StreamRefused):
    """The server has no stream at that path (404)."""

    reason = "no_such_stream"


class StreamUnreachable(IngestError):
    """Nothing answered at the address in time."""

    reason = "unreachable"


class StreamLost(IngestError):
    """The stream was playing and ended, was reset, or froze."""

    reason = "lost"


class StreamFrozen(StreamLost):
    """The connection stands, but no frames come."""

    reason = "no_frames"


class StreamUnreadable(IngestError):
    """Packets arrive, but no picture can be decoded from them."""

    reason = "unreadable"
