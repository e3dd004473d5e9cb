"""What stands before every request: the name it came under, the size and pace of its body.

Plain ASGI: nothing is buffered and a client's going away reaches the streams at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem import Problem, reply

VERSIONS = frozenset({"1.0", "1.1", "2", "3"})
MAX_HEAD_BYTES = 32 * 1024
MAX_BODY_BYTES = 1024 * 1024
BODY_S = 10.0
"""A body must have arrived within this time."""

SAFE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "worker-src 'self' blob:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """ASGI middleware. `hosts`: the names under which the service is reached.

    A page of another site can make its own name resolve to this machine (DNS rebinding) and would
    then be of "the same origin" as the console; it cannot make its name one of ours.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], body_s: float = BODY_S) -> None:
        self._app = app
        self._hosts = frozenset(host.lower().rstrip(".") for host in hosts) | {"localhost"}
        self._body_s = body_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
                # What the API says is of the moment and for one caller.
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            response = reply(refusal.status_code, str(refusal.detail), headers=refusal.headers)
            await response(scope, receive, send_safely)
            return
        if scope["type"] == "http":
            receive = Measured(receive, self._body_s)
        await self._app(scope, receive, send_safely)

    def _refusal(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        if scope.get("http_version", "1.1") not in VERSIONS:
            return Problem(400, "This service speaks HTTP/1.1.", headers={"Connection": "close"})
        if sum(len(name) + len(value) for name, value in headers.raw) > MAX_HEAD_BYTES:
            return Problem(431, f"The headers may have {MAX_HEAD_BYTES} bytes at most.")
        if not self._known(headers.get("host")):
            return Problem(
                421,
                "This service is not reached under that host name; "
                "name it in the setting public_hosts.",
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 18 or int(length) > MAX_BODY_BYTES:
            return _too_large()
        return None

    def _known(self, host: str | None) -> bool:
        if host is None:  # HTTP/1.0: no browser
            return True
        name = host_name(host)
        if name in self._hosts:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


class Measured:
    """Receives a body that is neither too large nor too slow. Raises a 413 or 408 `Problem`."""

    def __init__(self, receive: Receive, limit_s: float) -> None:
        self._receive = receive
        self._limit_s = limit_s
        self._left = MAX_BODY_BYTES
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:  # waiting for the client to go: as long as it likes
            return await self._receive()
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(self._limit_s):
                message = await self._receive()
        except TimeoutError:
            raise Problem(
                408, "The body did not arrive in time.", headers={"Connection": "close"}
            ) from None
        self._limit_s -= loop.time() - started
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._left < 0:
                raise _too_large()
        return message


def host_name(host: str) -> str:
    """The name or address in a Host header, without port and brackets, in lower case."""
    text = host.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0].rstrip(".") if ":" in text else text.rstrip(".")


def _too_large() -> Problem:
    # No "Connection: close": a client that still sends would see a reset instead of this reply.
    # What it sends is thrown away, and `ImpatientProtocol` ends it if that takes long.
    return Problem(413, f"A body may have {MAX_BODY_BYTES} bytes at most.")
