"""A live stream, opened and read so that nothing can hang, with a name for what went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import av
import av.error
from av.container import InputContainer

from ingest.camera import StreamUrl
from ingest.errors import (
    IngestError,
    NoSuchStream,
    StreamFrozen,
    StreamLost,
    StreamRefused,
    StreamUnreachable,
    StreamUnreadable,
    WrongPassword,
)
from ingest.frame import FrameSize
from ingest.patience import FIRST_PICTURE_S, NEXT_PICTURE_S
from ingest.sources.base import Decoded, Packet, SourceInfo
from ingest.sources.decode import CODECS, Decoder
from ingest.sources.demux import Demuxer

OPEN_S = 5.0
READ_S = 4.0
"""Longest wait for one packet."""
ALMOST = 0.9
"""A wait of this share of `READ_S` was one that ran into it."""
PROTOCOLS = {"rtsp": "rtsp,rtp,udp,tcp", "http": "http,tcp"}
FORMATS = {"rtsp": "rtsp", "http": "mpjpeg,mpegts,flv,h264,hevc,mov,matroska,webm"}
"""What may be opened at all: no playlist that leads elsewhere, no local file."""


class LiveStream:
    """An open live stream, a `Source`."""

    def __init__(
        self, url: StreamUrl, demuxer: Demuxer, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._demuxer = demuxer
        self._clock = clock

    @property
    def info(self) -> SourceInfo:
        return self._demuxer.decoder.info

    @property
    def decoder(self) -> Decoder:
        return self._demuxer.decoder

    def packets(self) -> Iterator[Packet]:
        """Packets until the stream breaks off.

        Raises `StreamLost` at its end, `StreamFrozen` when nothing comes for `READ_S`, and
        `StreamUnreadable` when packets come and none can be made a picture of.
        """
        asked_s = self._clock()
        deadline_s = asked_s + FIRST_PICTURE_S
        try:
            for packet in self._demuxer.packets():
                now_s = self._clock()
                if now_s - asked_s > ALMOST * READ_S:
                    # After a silence the demuxer gives what it still held, then waits once more.
                    raise TimeoutError
                if packet is not None:
                    yield packet
                    deadline_s = self._clock() + NEXT_PICTURE_S
                elif now_s > deadline_s:
                    raise unreadable(self._url)
                asked_s = self._clock()
        except (av.error.FFmpegError, OSError) as error:
            raise loss(error, self._url) from None
        raise StreamLost(f"{self._url}: the stream ended")

    def pictures(self) -> Iterator[Decoded]:
        """Reads and decodes in one thread: for looking at a stream, not for watching it.

        Raises what `packets` raises, `StreamUnreadable` also when only damage comes.
        """
        deadline_s = self._clock() + FIRST_PICTURE_S
        for packet in self.packets():
            pictures = self.decoder.decode(packet)
            if pictures:
                yield from pictures
                deadline_s = self._clock() + NEXT_PICTURE_S
            elif self._clock() > deadline_s:
                raise unreadable(self._url)

    def close(self) -> None:
        self._demuxer.close()


def open_stream(url: StreamUrl, size: FrameSize) -> LiveStream:
    """Connect to a camera. Raises `IngestError` within `2 * OPEN_S`."""
    container = open_container(url)
    try:
        demuxer = Demuxer(container, size)
        if demuxer.codec not in CODECS:
            raise StreamUnreadable(f"{url}: video in {demuxer.codec} is not supported")
    except BaseException:
        container.close()
        raise
    return LiveStream(url, demuxer)


def open_container(url: StreamUrl) -> InputContainer:
    """Connect. Raises `StreamRefused`, `StreamUnreachable`, `StreamUnreadable` within seconds.

    Both PyAV's timeouts and the demuxer's own are set: either alone lets a frozen server block.
    """
    kind = "rtsp" if url.scheme.startswith("rtsp") else "http"
    protocols = PROTOCOLS[kind]
    if url.scheme.endswith("s"):
        protocols += f",{url.scheme},tls"
    options = {
        "timeout": str(int(READ_S * 1_000_000)),
        "analyzeduration": "200000",
        "probesize": "50000",
        "protocol_whitelist": protocols,
        "format_whitelist": FORMATS[kind],
    }
    # No `nobuffer`: it throws away what probing has read, so the first key frame with it.
    if kind == "rtsp":
        options |= {"rtsp_transport": "tcp", "allowed_media_types": "video"}
    else:
        options |= {"max_redirects": "0"}  # the host was checked; where it points was not
    started_s = time.monotonic()
    try:
        return av.open(url.reveal(), options=options, timeout=(OPEN_S, READ_S))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, ValueError) and time.monotonic() - started_s > ALMOST * READ_S:
            error = TimeoutError()  # the RTSP client takes silence for invalid data
        raise refusal(error, url) from None  # the library's own text holds the password


def unreadable(url: StreamUrl) -> StreamUnreadable:
    """What it means that packets come and no picture."""
    return StreamUnreadable(f"{url}: packets arrive but no picture can be made of them")


def refusal(error: BaseException, url: StreamUrl) -> IngestError:
    """What a failed opening means."""
    match error:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return WrongPassword(f"{url} does not accept the user name or password")
        case av.error.HTTPNotFoundError():
            return NoSuchStream(f"{url}: the server has no such stream")
        case av.error.HTTPError() | av.error.HTTPClientError():
            return StreamRefused(f"{url}: the server refused")
        case av.error.InvalidDataError() | ValueError():
            return StreamUnreadable(f"{url}: what the server sends is not a stream")
        case ConnectionRefusedError():
            return StreamUnreachable(f"{url}: nobody listens there")
        case av.error.ExitError() | TimeoutError():
            return StreamUnreachable(f"{url}: nothing answers in time")
    return StreamUnreachable(f"{url}: no connection ({type(error).__name__})")


def loss(error: BaseException, url: StreamUrl) -> IngestError:
    """What an error while playing means."""
    match error:
        case av.error.ExitError() | TimeoutError():
            return StreamFrozen(f"{url}: connected, but nothing came for {READ_S:.0f} s")
        case av.error.InvalidDataError():
            return StreamUnreadable(f"{url}: the stream cannot be read any longer")
    return StreamLost(f"{url}: the stream broke off ({type(error).__name__})")
