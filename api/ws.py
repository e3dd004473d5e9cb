"""WebSockets: the streams of the API for those who would rather speak this.

The same events as over HTTP, as messages `{"type", "id", "data"}`, resumed by `?after=`. What a
client may say is little: a receipt of a notification, or that it lives.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from alerts.access import Role
from alerts.errors import AlertsError, NotFound, NotYours, StoreUnavailable
from alerts.notification import NotificationId, Stage
from api.auth.access import COOKIE, Caller, grant_of, unauthenticated
from api.problem import Problem, bad_value, reply
from api.sse import MAX_SEQ, resume_point
from api.streams import Stream
from api.wiring import State, state_of

MAX_MESSAGE_BYTES = 4096
"""The longest message that a client may send."""
MESSAGES, IN_S = 60, 10.0
"""So many messages a client may send in so many seconds."""
BEAT = '{"type":"beat","id":null,"data":null}'

GOING_AWAY = 1001
NOT_JSON = 1007
REFUSED = 1008
FAILED = 1011
"""Codes of RFC 6455, 7.4.1."""

OpenStream = Callable[[State, Caller, int | None], Stream]
"""Opens what is told; in a worker thread. Raises `Problem`, `AlertsError`."""


class Closing(Exception):
    """The connection is to be closed with this code, for this reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Socket:
    """One address that is reached by WebSocket, as an ASGI application."""

    def __init__(self, open_stream: OpenStream, *roles: Role) -> None:
        self.roles = frozenset(roles)
        self._open_stream = open_stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        try:
            stream, caller = await run_in_threadpool(self._open, socket)
        except Problem as problem:
            refusal = problem
        except StoreUnavailable as error:
            refusal = Problem(503, str(error), headers={"Retry-After": "2"})
        except AlertsError as error:
            refusal = Problem(409, str(error))
        else:
            await _serve(socket, stream, caller)
            return
        # Before the handshake is done: a client sees the same answer as over HTTP.
        answer = reply(
            refusal.status_code, str(refusal.detail), refusal.errors, headers=refusal.headers
        )
        await socket.send_denial_response(answer)

    def _open(self, socket: WebSocket) -> tuple[Stream, Caller]:
        caller = self._caller(socket)
        state = state_of(socket)
        return self._open_stream(state, caller, _resume_point(socket)), caller

    def _caller(self, socket: WebSocket) -> Caller:
        """Who connects. Raises a 401 or 403."""
        scheme, _, token = socket.headers.get("authorization", "").partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else None
        _require_own_page(socket, by_cookie=not bearer)
        secret = bearer or socket.cookies.get(COOKIE)
        if not secret:
            raise unauthenticated("Sign in, or send `Authorization: Bearer qk_...`.")
        grant = grant_of(socket, secret)
        if grant is None:
            raise unauthenticated("This token or session is unknown, expired or revoked.")
        if grant.role not in self.roles:
            allowed = ", ".join(sorted(self.roles))
            raise Problem(403, f"This needs the role {allowed}; you are {grant.role}.")
        return Caller(grant)


def _require_own_page(socket: HTTPConnection, *, by_cookie: bool) -> None:
    """A page of another site may open WebSockets anywhere, and the cookie goes with them."""
    origin = socket.headers.get("origin")
    if origin is None:
        if by_cookie and COOKIE in socket.cookies:
            raise Problem(403, "A session needs the header Origin, which browsers send.")
        return
    page = urlsplit(origin.lower())
    default = {"http": ":80", "https": ":443"}.get(page.scheme, "")
    host = socket.headers.get("host", "").lower()
    if not page.netloc or page.netloc.removesuffix(default) != host.removesuffix(default):
        raise Problem(403, "This page is not one of this service.")


def _resume_point(socket: HTTPConnection) -> int | None:
    after = socket.query_params.get("after")
    if after is not None:
        digits = after.isascii() and after.isdecimal() and len(after) <= len(str(MAX_SEQ))
        if not digits or int(after) > MAX_SEQ:
            raise bad_value("/query/after", "after must be an event id, a number.")
    known = None if after is None else int(after)
    return resume_point(known, socket.headers.get("last-event-id"))


async def _serve(socket: WebSocket, stream: Stream, caller: Caller) -> None:
    with stream.counted():
        await socket.accept()
        hearing = asyncio.create_task(_hear(socket, stream, caller))
        try:
            while (batch := await stream.next()) is not None:
                for event in batch.events:
                    await socket.send_text(event.message())
                if not batch:
                    await socket.send_text(BEAT)
            if not hearing.done() and not stream.gone:
                stopping = state_of(socket).streams.closed
                code = GOING_AWAY if stopping else REFUSED
                why = "the service is stopping" if stopping else "the grant has ended"
                await socket.close(code, why)
            elif stream.gone:
                closing = await hearing
                if closing is not None:
                    await socket.close(closing.code, closing.reason)
        except (WebSocketDisconnect, RuntimeError) as error:
            # Starlette's word for a client that went while it was written to.
            if isinstance(error, RuntimeError) and not stream.gone:
                raise
        finally:
            hearing.cancel()


async def _hear(socket: WebSocket, stream: Stream, caller: Caller) -> Closing | None:
    """Listen until the client goes; gives why it must go, if it must."""
    loop = asyncio.get_running_loop()
    since_s, count = loop.time(), 0
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            if loop.time() - since_s > IN_S:
                since_s, count = loop.time(), 0
            count += 1
            if count > MESSAGES:
                raise Closing(REFUSED, "too many messages")
            await _heed(message, state_of(socket), caller, socket.send_text)
    except Closing as closing:
        return closing
    finally:
        stream.leave()


async def _heed(
    message: Any, state: State, caller: Caller, say: Callable[[str], Awaitable[None]]
) -> None:
    """Do what a client's message asks for. Raises `Closing`."""
    try:
        said = json.loads(message.get("text") or "")
    except (ValueError, RecursionError):
        raise Closing(NOT_JSON, "a message must be JSON text") from None
    kind = said.get("type") if isinstance(said, dict) else None
    if kind == "pong":
        return
    if kind != "receipt" or caller.role is not Role.PATROL:
        raise Closing(REFUSED, "a message must be a pong, or a patrol's receipt")
    told, stage = said.get("notification"), said.get("stage")
    if not isinstance(told, str) or stage not in (Stage.DELIVERED.value, Stage.SEEN.value):
        raise Closing(REFUSED, "a receipt names a notification and the stage delivered or seen")
    about = {"notification": told[:160], "stage": stage}
    receipt = state.services.alerts.receipt
    try:
        await asyncio.to_thread(receipt, NotificationId(told), caller.patrol, Stage(stage))
    except (NotFound, NotYours) as error:
        about["refused"] = str(error)
    except StoreUnavailable:
        raise Closing(
            FAILED, "the receipt could not be kept: connect again and repeat it"
        ) from None
    await say(json.dumps({"type": "receipt", "id": None, "data": about}))
