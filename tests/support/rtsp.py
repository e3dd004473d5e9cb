"""What ingest's tests need of the world: clips of our own, spoiled clips, servers with faults."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from api.demo.virtual_cameras import VirtualCamera
from ingest.frame import Image
from ingest.sources.encode import VideoCodec, encode_images

PASSWORD = "op3n:ses@me"
START_CODE = b"\x00\x00\x00\x01"


# --- clips ---


def moving_images(count: int, width: int, height: int) -> Iterator[Image]:
    """A noisy grey ground, as a sensor gives it, over which a bright square moves."""
    rng = np.random.default_rng(7)
    for number in range(count):
        image = rng.integers(90, 110, (height, width, 3), np.uint8)
        left = (number * 7) % (width - 40)
        image[height // 3 : height // 3 + 40, left : left + 40] = (40, 200, 240)
        yield image


@functools.cache
def annex_b(
    codec: VideoCodec, width: int, height: int, count: int, fps: float, folder: Path
) -> bytes:
    """A short clip as raw bytes; a key frame a second."""
    out = folder / f"{width}x{height}x{count}.{codec}"
    encode_images(
        moving_images(count, width, height), out, width=width, height=height, fps=fps, codec=codec
    )
    return out.read_bytes()


def nal_units(stream: bytes) -> list[bytes]:
    """The NAL units of an Annex-B stream, without start codes."""
    parts = stream.replace(START_CODE, START_CODE[1:]).split(START_CODE[1:])
    return [part for part in parts if part]


def joined(units: list[bytes]) -> bytes:
    return b"".join(START_CODE + unit for unit in units)


def is_picture(unit: bytes) -> bool:
    """Whether an H.264 NAL unit is a slice."""
    return unit[0] & 0x1F in (1, 5)


def is_key(unit: bytes) -> bool:
    return unit[0] & 0x1F == 5


def without_first_key_frame(stream: bytes) -> bytes:
    """Cut so that it begins in the middle of a group of pictures."""
    units = nal_units(stream)
    return joined(units[next(i for i, unit in enumerate(units) if is_key(unit)) + 1 :])


def without_key_frames(stream: bytes) -> bytes:
    """Parameter sets stay, so that a server can describe the stream; no picture can be made."""
    return joined([unit for unit in nal_units(stream) if not is_key(unit)])


def with_damage(stream: bytes, pictures: range) -> bytes:
    """Spoil the slice data of these pictures (numbers in order of the stream)."""
    rng = np.random.default_rng(3)
    units, number = [], 0
    for unit in nal_units(stream):
        if is_picture(unit):
            if number in pictures:
                middle = len(unit) // 3
                noise = rng.integers(1, 255, len(unit) - middle, np.uint8).tobytes()
                unit = unit[:middle] + noise.replace(b"\x00", b"\x01")
            number += 1
        units.append(unit)
    return joined(units)


def with_loss(stream: bytes, pictures: range) -> bytes:
    """Leave these pictures out, as a camera on a bad line does."""
    units, number = [], 0
    for unit in nal_units(stream):
        if not is_picture(unit) or number not in pictures:
            units.append(unit)
        number += is_picture(unit)
    return joined(units)


def camera(
    folder: Path, name: str, stream: bytes, fps: float = 20, codec: VideoCodec = "h264"
) -> VirtualCamera:
    """A camera with a password that serves these bytes."""
    file = folder / f"{name}.{codec}"
    file.write_bytes(stream)
    return VirtualCamera(name, file, fps, user="guard", password=PASSWORD)


# --- servers with faults ---


class TcpServer:
    """Accepts connections and hands each to `serve` in a thread; all end with the server."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []

    def __enter__(self) -> TcpServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._open.append(sock)
                threading.Thread(target=self._guarded, args=(sock,), daemon=True).start()

    def _guarded(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            self._serve(sock)


def silent(sock: socket.socket) -> None:
    """Reads what comes and never answers."""
    while sock.recv(4096):
        pass


def garbage(sock: socket.socket) -> None:
    """Answers every request with noise."""
    noise = np.random.default_rng(11).integers(0, 255, 3000, np.uint8).tobytes()
    while sock.recv(4096):
        sock.sendall(noise)


def answering(reply: bytes) -> Callable[[socket.socket], None]:
    """Answers every request with the same bytes."""

    def serve(sock: socket.socket) -> None:
        while sock.recv(4096):
            sock.sendall(reply)

    return serve


def through(port: int, after_bytes: int, *, then: str) -> Callable[[socket.socket], None]:
    """Pass everything on to the server at `port`; after so many bytes from it `cut` the connection
    in the middle of what it says, or `stall`: keep it open and pass nothing more.
    """

    def serve(sock: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            threading.Thread(target=_pump, args=(sock, server), daemon=True).start()
            left = after_bytes
            while left > 0 and (data := server.recv(min(left, 4096))):
                sock.sendall(data)
                left -= len(data)
            if then == "stall":
                while server.recv(65536):
                    pass
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    return serve


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(4096):
            target.sendall(data)


# --- waiting ---


async def until(condition: Callable[[], bool], limit_s: float) -> float:
    """Wait for a condition; gives the seconds it took, fails after `limit_s`."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < limit_s, f"not so within {limit_s} s"
        await asyncio.sleep(0.01)
    return time.monotonic() - started


def wait_until(condition: Callable[[], bool], limit_s: float = 5.0) -> None:
    """The same for tests of threads."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < limit_s, f"not so within {limit_s} s"
        time.sleep(0.001)


def listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False
