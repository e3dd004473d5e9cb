"""Video that carries its own picture numbers, and a witness that notes when each was sent.

A row of black and white blocks along the top edge holds the number, its complement checks it. So
a picture can be recognised in any copy of it, and "when was this sent" needs nobody's clock but the
witness's, who reads the same stream over a connection of its own.
"""

from __future__ import annotations

import io
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import av.error

from ingest.camera import StreamUrl
from ingest.frame import Image
from ingest.sources.encode import encode_images

BITS = 12
BLOCK_PX = 16
"""A macroblock: what compression does to one it does not do to the next."""


def stamp(image: Image, number: int) -> Image:
    """A copy with the number along its top edge; at least 384 x 16 pixels."""
    marked = image.copy()
    for place, bit in enumerate(_bits(number)):
        marked[:BLOCK_PX, place * BLOCK_PX : (place + 1) * BLOCK_PX] = 255 if bit else 0
    return marked


def read_stamp(grey: Image) -> int | None:
    """The number on a grey picture of the original width; None when it cannot be read."""
    row = grey[4 : BLOCK_PX - 4, : 2 * BITS * BLOCK_PX].reshape(BLOCK_PX - 8, 2 * BITS, BLOCK_PX)
    bits = row[:, :, 4:-4].mean(axis=(0, 2)) > 127
    if len(bits) < 2 * BITS or not (bits[:BITS] ^ bits[BITS:]).all():
        return None
    return int(sum(1 << place for place in range(BITS) if bits[place]))


def read_jpeg(jpeg: bytes) -> int | None:
    """The number on a JPEG."""
    with av.open(io.BytesIO(jpeg)) as container:
        return read_stamp(next(container.decode(video=0)).to_ndarray(format="gray"))


def encode_stamped(source: Path, out: Path, *, start_s: float, seconds: float, fps: float) -> int:
    """Part of a clip at its own rate and size, stamped from 0. Gives how many pictures it has."""

    def pictures() -> Iterator[Image]:
        with av.open(str(source)) as container:
            for frame in container.decode(video=0):
                at_s = frame.time or 0.0
                if at_s >= start_s + seconds:
                    return
                if at_s >= start_s - 0.0005:
                    yield frame.to_ndarray(format="bgr24")

    stamped = (stamp(image, number) for number, image in enumerate(pictures()))
    return encode_images(stamped, out, width=768, height=576, fps=fps)


class SendingWitness:
    """Notes when each stamped picture of a stream arrives at a client that does nothing else."""

    def __init__(self, url: StreamUrl) -> None:
        self._url = url
        self._stop = threading.Event()
        self._seen: defaultdict[int, list[datetime]] = defaultdict(list)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> SendingWitness:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def sent(self, number: int, near: datetime) -> datetime | None:
        """When the picture was sent, the time nearest to `near`."""
        times = self._seen[number]
        at = bisect_left(times, near)
        around = times[max(0, at - 1) : at + 1]
        return min(around, key=lambda moment: abs(moment - near), default=None)

    def _run(self) -> None:
        options = {"rtsp_transport": "tcp", "fflags": "nobuffer", "flags": "low_delay"}
        with av.open(self._url.reveal(), options=options, timeout=(5, 5)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for packet in container.demux(stream):
                now = datetime.now(UTC)
                if self._stop.is_set():
                    return
                for frame in packet.decode():
                    number = read_stamp(frame.to_ndarray(format="gray"))
                    if number is not None:
                        self._seen[number].append(now)


def _bits(number: int) -> list[bool]:
    bits = [bool(number >> place & 1) for place in range(BITS)]
    return bits + [not bit for bit in bits]


def seconds_between(earlier: datetime, later: datetime) -> float:
    return (later - earlier) / timedelta(seconds=1)
