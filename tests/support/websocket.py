"""The server's side of one WebSocket (RFC 6455): text messages over a connection taken over."""

from __future__ import annotations

import hashlib
import socket
import struct
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
FINAL = 0x80


class WebSocket:
    """Sending is thread-safe; one thread reads."""

    def __init__(self, connection: socket.socket, reader: BinaryIO, writer: BinaryIO) -> None:
        self._connection = connection
        self._reader = reader
        self._writer = writer
        self._lock = threading.Lock()

    @classmethod
    def accept(
        cls,
        headers: Mapping[str, str],
        connection: socket.socket,
        reader: BinaryIO,
        writer: BinaryIO,
    ) -> WebSocket:
        """Answer the handshake."""
        seed = (headers["Sec-WebSocket-Key"] + MAGIC).encode()
        token = b64encode(hashlib.sha1(seed, usedforsecurity=False).digest()).decode()
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        lines.append(f"Sec-WebSocket-Accept: {token}")
        if asked := headers.get("Sec-WebSocket-Protocol"):
            lines.append(f"Sec-WebSocket-Protocol: {asked.split(',')[0].strip()}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        writer.flush()
        return cls(connection, reader, writer)

    def send(self, text: str) -> None:
        """Gives up silently when the other side has gone: it reads nothing any more."""
        try:
            self._frame(TEXT, text.encode())
        except (OSError, ValueError):
            return

    def cut(self) -> None:
        """End it without a goodbye."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def messages(self) -> Iterator[str]:
        """Until the other side closes or goes."""
        whole = b""
        while (head := self._reader.read(2)) and len(head) == 2:
            length = head[1] & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", self._reader.read(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", self._reader.read(8))
            mask = self._reader.read(4)
            data = bytes(one ^ mask[i % 4] for i, one in enumerate(self._reader.read(length)))
            kind = head[0] & 0x0F
            if kind == CLOSE:
                self._frame(CLOSE, data)
                return
            if kind == PING:
                self._frame(PONG, data)
            elif kind in (0, TEXT):
                whole += data
                if head[0] & FINAL:
                    yield whole.decode()
                    whole = b""

    def _frame(self, kind: int, data: bytes) -> None:
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", FINAL | kind, size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", FINAL | kind, 126, size)
        else:
            head = struct.pack("!BBQ", FINAL | kind, 127, size)
        with self._lock:
            self._writer.write(head + data)
            self._writer.flush()
