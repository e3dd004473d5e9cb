"""Server-sent events: the wire form, where a client resumes, and the response that streams."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated, Any

from fastapi import Depends, Header, Query
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.events import framed
from api.http_protocol import WIRE
from api.problem import Problem, bad_value
from api.streams import Stream

log = logging.getLogger(__name__)

RETRY_MS = 1000
MAX_SEQ = 2**63 - 1
BEAT = b": beat\n\n"
BEAT_PIECE = framed(BEAT)


EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events, until the caller goes or its grant ends.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'event: alert\nid: 42\ndata: {"id": "019aa5c8-..."}\n\n',
            }
        },
    },
    429: {"description": "This token has too many streams open."},
}
"""What the description of the API says of every stream."""


class EventStream(Response):
    """Streams what a `Stream` gives until it ends or the client goes.

    Plain ASGI with one task beside it that waits for the client's going: thousands are open.
    """

    media_type = "text/event-stream"

    def __init__(self, stream: Stream) -> None:
        super().__init__(
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        del self.headers["content-length"]
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = self._stream
        with stream.counted():
            leaving = asyncio.create_task(_until_gone(receive, stream))
            try:
                start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
                await send(start)
                await send(_body(f"retry: {RETRY_MS}\n\n".encode()))
                wire = scope.get(WIRE)
                while (batch := await stream.next()) is not None:
                    if wire is None:
                        await send(_body(batch.chunk or BEAT))
                    else:
                        await wire.put(batch.piece if batch else BEAT_PIECE)
                if not stream.gone:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                leaving.cancel()


async def _until_gone(receive: Receive, stream: Stream) -> None:
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    except Problem as refused:
        log.info("a stream ends: its client sent what it may not (%s)", refused.detail)
    finally:
        stream.leave()


def _body(chunk: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": chunk, "more_body": True}


def resume_point(
    after: Annotated[
        int | None,
        Query(ge=0, le=MAX_SEQ, description="Begin after this event; as `Last-Event-ID`."),
    ] = None,
    last_event_id: Annotated[
        str | None, Header(description="Id of the last event seen; sent by browsers themselves.")
    ] = None,
) -> int | None:
    """Where a stream resumes; None: at the present end. The header is the newer of the two."""
    if last_event_id is None or last_event_id == "":
        return after
    if not last_event_id.isascii() or not last_event_id.isdecimal() or len(last_event_id) > 18:
        raise bad_value("/header/Last-Event-ID", "Last-Event-ID must be an event id, a number.")
    return int(last_event_id)


ResumePoint = Annotated[int | None, Depends(resume_point)]
