"""The HTTP server: uvicorn over a socket of ours, with bounds on what a client may take."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from api.guard import MAX_HEAD_BYTES
from api.http_protocol import ImpatientProtocol, SocketProtocol
from api.streams import MAX_STREAMS
from api.ws import MAX_MESSAGE_BYTES

MAX_CONNECTIONS = MAX_STREAMS + 1024
"""Beside the streams there is room for whoever asks and answers."""
GRACE_S = 2
PING_S = 20.0
"""So often a WebSocket's client is asked whether it lives, and so long it has to answer."""


class Server(uvicorn.Server):
    """Leaves the signals to the program: HTTP is not all that there is to end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `OSError` whose text says what to do."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.create_server((str(address[0]), port), family=family)
    except UnicodeError as error:
        raise OSError(f"cannot serve on {host}:{port}: that is no host name") from error
    except OSError as error:
        # gaierror's numbers are not the system's; create_server writes the address into the text.
        number = error.errno or 0
        reason = os.strerror(number) if number in errno.errorcode else str(error)
        raise OSError(
            f"cannot serve on {host}:{port} ({reason}); choose another with --port"
        ) from error
    listening.setblocking(False)
    return listening


def make_server(app: ASGIApp) -> Server:
    """The server of an application; run it with `serve(sockets=[...])`."""
    return Server(
        uvicorn.Config(
            app,
            http=ImpatientProtocol,
            ws=SocketProtocol,
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_per_message_deflate=False,  # it would keep a window for each of thousands
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            access_log=False,
            log_config=None,
            log_level="error",
            server_header=False,
            limit_concurrency=MAX_CONNECTIONS,
            h11_max_incomplete_event_size=MAX_HEAD_BYTES,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
