"""Opening a live stream so that nothing can hang, and naming what went wrong."""

from __future__ import annotations

import av
import av.error
from av.container import InputContainer

from ingest.camera import StreamUrl
from ingest.errors import (
    IngestError,
    NoSuchStream,
    StreamLost,
    StreamRefused,
    StreamUnreachable,
    StreamUnreadable,
    WrongPassword,
)

OPEN_S = 5.0
READ_S = 4.0
PROTOCOLS = "rtsp,rtsps,rtp,udp,tcp,tls,http,https,crypto"


def open_container(url: StreamUrl) -> InputContainer:
    """Connect. Raises `StreamRefused`, `StreamUnreachable`, `StreamUnreadable` within seconds.

    Both PyAV's timeouts and the demuxer's own are set: either alone lets a frozen server block.
    """
    options = {
        "rtsp_transport": "tcp",
        "timeout": str(int(READ_S * 1_000_000)),
        "analyzeduration": "200000",
        "probesize": "50000",
        "fflags": "nobuffer",
        "flags": "low_delay",
        "protocol_whitelist": PROTOCOLS,
    }
    if not url.scheme.startswith("rtsp"):
        del options["rtsp_transport"]
    try:
        return av.open(url.reveal(), options=options, timeout=(OPEN_S, READ_S))
    except (av.error.FFmpegError, OSError) as error:
        raise refusal(error, url) from None  # the library's own text may hold the password


def refusal(error: BaseException, url: StreamUrl) -> IngestError:
    """What a failed opening means."""
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return WrongPassword(f"{url} does not accept the user name or password")
    if isinstance(error, av.error.HTTPNotFoundError):
        return NoSuchStream(f"{url}: the server has no such stream")
    if isinstance(error, av.error.HTTPError):
        return StreamRefused(f"{url}: the server refused")
    if isinstance(error, av.error.InvalidDataError):
        return StreamUnreadable(f"{url}: what the server sends is not a stream")
    return StreamUnreachable(f"{url}: nothing answers in time ({type(error).__name__})")


def loss(error: BaseException, url: StreamUrl) -> IngestError:
    """What an error while playing means."""
    if isinstance(error, av.error.InvalidDataError):
        return StreamUnreadable(f"{url}: the stream cannot be read any longer")
    return StreamLost(f"{url}: the stream broke off ({type(error).__name__})")
