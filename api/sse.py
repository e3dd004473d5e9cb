"""Server-sent events: bounded in number, resumable by id, beating, and gone when they should be.

A stream is a sequence of *polls*: each asks for what is new and sleeps until the feed's bell, the
poll interval or the heartbeat. Nothing is queued per client: what a slow client has not read stays
in the store, so a thousand slow clients cost no memory.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from alerts.errors import StoreUnavailable
from api.problem import Problem, bad_value

log = logging.getLogger(__name__)

MAX_STREAMS = 512
MAX_STREAMS_A_GRANT = 16
HEARTBEAT_S = 10.0
RETRY_MS = 1000
RETRY_S = 0.5
"""Before the store is asked again that could not answer."""
MAX_SEQ = 2**63 - 1


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


class Feed(Protocol):
    """Tells listeners that something was committed."""

    def listen(self, ring: Callable[[], None]) -> Callable[[], None]:
        """Call `ring` (from any thread) after each commit until the result is called."""
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """One event on the wire."""

    type: str
    data: Any
    id: int | None = None

    def encode(self) -> bytes:
        lines = [f"event: {self.type}"]
        if self.id is not None:
            lines.append(f"id: {self.id}")
        lines.append(f"data: {json.dumps(self.data, ensure_ascii=False, separators=(',', ':'))}")
        return ("\n".join(lines) + "\n\n").encode()


Poll = Callable[[], Sequence[Event]]
"""Gives what is new since the last call, oldest first; runs in a worker thread."""


def on_change(kind: str, read: Callable[[], Any]) -> Poll:
    """A poll that gives all of `read()` as one event, at first and whenever it changed."""
    shown: list[Any] = []

    def poll() -> Sequence[Event]:
        now = read()
        if shown and shown[0] == now:
            return ()
        shown[:] = [now]
        return (Event(kind, now),)

    return poll


StillAllowed = Callable[[], bool]
"""Whether the caller's grant still holds; runs in a worker thread."""


class Streams:
    """Every open stream of the service."""

    def __init__(self, feed: Feed, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._feed = feed
        self._heartbeat_s = heartbeat_s
        self._bells: set[Bell] = set()
        self._by_grant: dict[str, int] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._bells)

    def close(self) -> None:
        """End every stream after the event it is sending; new ones are refused. Any loop thread."""
        self._closed = True
        for bell in tuple(self._bells):
            bell.ring()

    def respond(
        self,
        grant_id: str,
        poll: Poll,
        still_allowed: StillAllowed,
        every_s: float | None = None,
    ) -> StreamingResponse:
        """The response that streams `poll`'s events.

        `every_s`: poll at this interval; None: when the feed's bell rings.
        Raises a 503 or 429 when there are too many streams already.
        """
        if self._closed:
            raise Problem(503, "The service is stopping.", headers={"Retry-After": "2"})
        if len(self._bells) >= MAX_STREAMS:
            raise Problem(503, "Too many open streams.", headers={"Retry-After": "10"})
        if self._by_grant.get(grant_id, 0) >= MAX_STREAMS_A_GRANT:
            raise Problem(429, "Too many open streams of this token.", headers={"Retry-After": "5"})
        return StreamingResponse(
            self._events(grant_id, poll, still_allowed, every_s),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _events(
        self, grant_id: str, poll: Poll, still_allowed: StillAllowed, every_s: float | None
    ) -> AsyncIterator[bytes]:
        with self._counted(grant_id) as bell:
            yield f"retry: {RETRY_MS}\n\n".encode()
            loop = asyncio.get_running_loop()
            beat_at = loop.time() + self._heartbeat_s
            events: Sequence[Event] = ()
            while not self._closed:
                # Cleared before the poll: a commit during the poll rings it again.
                bell.clear()
                pause_s = every_s
                try:
                    # The poll counts what it gave as seen: it is kept until it is sent.
                    events = events or await run_in_threadpool(poll)
                    if events and not await run_in_threadpool(still_allowed):
                        return
                    for event in events:
                        yield event.encode()
                    if events:
                        events, pause_s = (), 0.0  # there may be more: who was away catches up
                    if loop.time() >= beat_at:
                        if not await run_in_threadpool(still_allowed):
                            return
                        beat_at = loop.time() + self._heartbeat_s
                        yield b": beat\n\n"
                except StoreUnavailable as error:
                    log.warning("a stream waits: %s", error)
                    pause_s = RETRY_S
                left_s = beat_at - loop.time()
                await bell.wait(left_s if pause_s is None else min(left_s, pause_s))

    @contextmanager
    def _counted(self, grant_id: str) -> Iterator[Bell]:
        bell = Bell(asyncio.get_running_loop())
        stop = self._feed.listen(bell.ring)
        self._bells.add(bell)
        self._by_grant[grant_id] = self._by_grant.get(grant_id, 0) + 1
        try:
            yield bell
        finally:
            stop()
            self._bells.discard(bell)
            self._by_grant[grant_id] -= 1
            if not self._by_grant[grant_id]:
                del self._by_grant[grant_id]


class Bell:
    """Wakes one stream, from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._rung = asyncio.Event()

    def ring(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)

    def clear(self) -> None:
        self._rung.clear()

    async def wait(self, timeout_s: float) -> None:
        """Until it is rung, at most `timeout_s`."""
        try:
            async with asyncio.timeout(max(0.0, timeout_s)):
                await self._rung.wait()
        except TimeoutError:
            pass


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
