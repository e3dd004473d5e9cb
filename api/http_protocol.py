"""uvicorn's protocols with less patience for requests that do not come and replies not read.

Without it a client that sends its headers a byte a minute holds a connection for ever, and a few
hundred of them hold all (slowloris). One that opens a stream and does not read it holds what could
not be written; it is cut off, and resumes by id if it lives.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

WIRE = "qalqan.wire"
"""Under this name a request's scope has its connection, if that can be written to in pieces."""
HEAD_S = 10.0
UNREAD_S = 60.0
"""So long a client may leave its full socket unread; on the slowest of networks a phone takes the
48 KiB that must have gone by then in a few seconds."""


class Unread:
    """Closes the connection of a client that has not read for `unread_s`.

    Before uvicorn's protocol in the order of classes.
    """

    unread_s = UNREAD_S
    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    _unread: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()  # type: ignore[misc]
        self._read()
        self._unread = self.loop.call_later(self.unread_s, self.transport.abort)

    def resume_writing(self) -> None:
        self._read()
        super().resume_writing()  # type: ignore[misc]

    def connection_lost(self, exc: Exception | None) -> None:
        self._read()
        super().connection_lost(exc)  # type: ignore[misc]

    def _read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


class SocketProtocol(Unread, WebSocketsSansIOProtocol):
    """A WebSocket's connection."""


class ImpatientProtocol(Unread, H11Protocol):
    """Closes a connection on which no whole request head has arrived for `HEAD_S`."""

    head_s = HEAD_S

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._patience: asyncio.TimerHandle | None = None
        self._upgraded = False
        self.app = self._within_reach(self.app)

    async def put(self, piece: bytes) -> None:
        """Write one more piece of a reply that is under way; waits while the client does not read.

        Beside ASGI: every event goes to thousands, and on its way through the layers each copy of
        it would take three times as long as its writing.
        """
        if self.flow.write_paused:
            await self.flow.drain()
        if not self.transport.is_closing():
            self.transport.write(piece)

    def _within_reach(self, app: Any) -> Any:
        """The application, told of its connection."""

        async def told(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["http_version"] == "1.1":
                scope[WIRE] = self
            await app(scope, receive, send)

        return told

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._upgraded or (self.cycle is not None and not self.cycle.response_complete):
            self._forget()
        elif self._patience is None:
            self._wait_for_head()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """The connection is another protocol's from here on."""
        self._upgraded = True
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._forget()
        self._patience = self.loop.call_later(self.head_s, self._give_up)

    def _forget(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
