"""Every open stream, whatever carries it: bounded in number, beating, gone when they should be.

One task reads what is new and wakes the streams that it concerns; one lets quiet streams beat; one
looks at the units and cameras. A stream has no timer and no worker thread of its own, and nothing
is queued for it: what a slow client has not read stays in the tail or in the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from alerts.access import Grant, Role
from alerts.alert import PatrolId
from alerts.errors import StoreUnavailable
from api.board import Panel
from api.events import Batch
from api.grant_watch import GrantWatch
from api.problem import Problem
from api.tail import Line, Tail

log = logging.getLogger(__name__)

MAX_STREAMS = 3000
MAX_STREAMS_OF_PATROL = 8
"""A patrol's phone and terminal, and what they have lost but the service has not noticed."""
MAX_STREAMS_A_GRANT = 64
"""One token of a control room may serve every screen in it."""
HEARTBEAT_S = 10.0
RETRY_S = 0.5
"""Before the store is asked again that could not answer."""
LOOK_S = 0.5
"""So often the store is asked though no bell rang: another process may have committed."""
PANELS_S = 1.0
"""How often the units and the cameras are looked at; alerts come at once."""
REST_S, LONGEST_REST_S, REST = 0.02, 0.5, 3
"""Between two rounds. So many times as long as a round took: what comes meanwhile goes out in one
write, and telling everybody never takes more than a quarter of the time that there is."""


class Feed(Protocol):
    """Tells listeners that something was committed."""

    def listen(self, ring: Callable[[], None]) -> Callable[[], None]:
        """Call `ring` (from any thread) after each commit until the result is called."""
        ...


class Part(Protocol):
    """One thing that a stream tells of; it remembers what it has given."""

    def behind(self) -> bool:
        """Whether `read` must be called before `take`."""
        ...

    async def read(self) -> Batch:
        """The next from the store. Raises `StoreUnavailable`."""
        ...

    def take(self) -> Batch:
        """The next from memory; empty when there is nothing new."""
        ...


class FeedPart:
    """The operators' feed, or one patrol's, from where the client stands."""

    def __init__(self, tail: Tail, seen: int, patrol: PatrolId | None = None) -> None:
        self._tail = tail
        self._seen = seen
        self.patrol = patrol

    def behind(self) -> bool:
        return self._tail.behind(self._seen)

    async def read(self) -> Batch:
        return self._past(await self._tail.page(self._seen, self.patrol))

    def take(self) -> Batch:
        return self._past(self._tail.batch(self._seen, self.patrol))

    def _past(self, batch: Batch) -> Batch:
        self._seen = max(self._seen, batch.upto)
        return batch


class PanelPart:
    """A list that comes whole, at first and whenever it has changed."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self._seen = 0

    def behind(self) -> bool:
        return False

    async def read(self) -> Batch:
        return Batch()

    def take(self) -> Batch:
        if self.panel.batch is None or self._seen == self.panel.version:
            return Batch()
        self._seen = self.panel.version
        return self.panel.batch


class Stream:
    """One client's stream. `next` is called by one task."""

    def __init__(
        self, streams: Streams, grant: Grant, parts: Sequence[Part], first: Batch | None = None
    ) -> None:
        self.grant = grant
        self.parts = parts
        self.gone = False
        """The client has left."""
        self._streams = streams
        self._first = first
        self._woken = asyncio.Event()
        self._beat = False
        self._more = True
        self._told_s = 0.0

    def counted(self) -> contextlib.AbstractContextManager[None]:
        """Open as long as the block lasts."""
        return self._streams.counted(self)

    def wake(self) -> None:
        self._woken.set()

    def leave(self) -> None:
        """The client has gone."""
        self.gone = True
        self.wake()

    def beat(self, now_s: float, quiet_s: float) -> None:
        """Say something if nothing was said for so long."""
        if now_s - self._told_s >= quiet_s:
            self._beat = True
            self.wake()

    async def next(self) -> Batch | None:
        """What is to be sent next; empty: a beat; None: the stream has ended."""
        streams = self._streams
        while True:
            if not self._more:
                await self._woken.wait()
            if self.gone or streams.closed:
                return None
            # Cleared before the look: what comes during it wakes again.
            self._woken.clear()
            batch = await self._taken()
            if not streams.watch.holds(self.grant):
                return None
            self._more = self._may_go_on(batch)
            if batch or self._beat:
                self._beat = False
                self._told_s = asyncio.get_running_loop().time()
                return batch

    def _may_go_on(self, batch: Batch) -> bool:
        """Whether there may be more than these; who is told of all is woken when more comes."""
        if any(part.behind() for part in self.parts):
            return True
        return bool(batch) and (len(self.parts) > 1 or batch.upto < (self._streams.tail.head or 0))

    async def _taken(self) -> Batch:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        if not self._streams.tail.has_begun:
            return Batch()
        for part in self.parts:
            while part.behind():
                try:
                    if batch := await part.read():
                        return batch
                except StoreUnavailable as error:
                    log.warning("a stream waits: %s", error)
                    await asyncio.sleep(RETRY_S)
                    return Batch()
            if batch := part.take():
                return batch
        return Batch()


class Streams:
    """Every open stream of the service."""

    def __init__(
        self, feed: Feed, tail: Tail, watch: GrantWatch, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self.tail = tail
        self.watch = watch
        self.closed = False
        self._feed = feed
        self._heartbeat_s = heartbeat_s
        self._open: set[Stream] = set()
        self._by_grant: dict[str, int] = {}
        self._of_feed: dict[PatrolId | None, set[Stream]] = {}
        self._of_panel: dict[Panel, set[Stream]] = {}
        self._look_anew = asyncio.Event()
        self._jobs: list[asyncio.Task[None]] = []

    def __len__(self) -> int:
        return len(self._open)

    def people_at(self, panel: Panel) -> int:
        """How many people look at a panel, however many windows each has open. From any thread."""
        return len({one.grant.name for one in [*self._of_panel.get(panel, ())]})

    def close(self) -> None:
        """End every stream after what it is sending; new ones are refused. On the loop."""
        self.closed = True
        for stream in self._open:
            stream.wake()

    def open(self, grant: Grant, parts: Sequence[Part], first: Batch | None = None) -> Stream:
        """A stream of these parts, `first` before all. Raises a 503 or 429 when there are too many.

        It counts while its `counted` lasts.
        """
        if self.closed:
            raise Problem(503, "The service is stopping.", headers={"Retry-After": "2"})
        if len(self._open) >= MAX_STREAMS:
            raise Problem(503, "Too many open streams.", headers={"Retry-After": "10"})
        most = MAX_STREAMS_OF_PATROL if grant.role is Role.PATROL else MAX_STREAMS_A_GRANT
        if self._by_grant.get(grant.id, 0) >= most:
            raise Problem(429, "Too many open streams of this token.", headers={"Retry-After": "5"})
        return Stream(self, grant, parts, first)

    @contextmanager
    def counted(self, stream: Stream) -> Iterator[None]:
        """The stream is open as long as the block lasts."""
        grant = stream.grant.id
        self._open.add(stream)
        self._by_grant[grant] = self._by_grant.get(grant, 0) + 1
        for members in self._homes(stream):
            members.add(stream)
        for part in stream.parts:
            if isinstance(part, PanelPart) and len(self._of_panel[part.panel]) == 1:
                part.panel.forget()  # nobody has looked at it for a while
                self._look_anew.set()
        if not self._jobs:
            self._start()
        try:
            yield
        finally:
            self._open.discard(stream)
            self._by_grant[grant] -= 1
            if not self._by_grant[grant]:
                del self._by_grant[grant]
            for members in self._homes(stream):
                members.discard(stream)
            if not self._open:
                self._stop()

    def _homes(self, stream: Stream) -> Iterator[set[Stream]]:
        """The sets of those who are woken together, in which the stream belongs."""
        for part in stream.parts:
            if isinstance(part, FeedPart):
                yield self._of_feed.setdefault(part.patrol, set())
            elif isinstance(part, PanelPart):
                yield self._of_panel.setdefault(part.panel, set())

    # --- what works as long as there is a stream ---

    def _start(self) -> None:
        jobs = (self._relay, self._let_beat, self._look_at_panels)
        self._jobs = [asyncio.create_task(_for_ever(job)) for job in jobs]

    def _stop(self) -> None:
        for job in self._jobs:
            job.cancel()
        self._jobs = []
        self._of_feed.clear()
        self._of_panel.clear()
        self.tail.stop()

    async def _relay(self) -> None:
        """Read what is new and wake whom it concerns, round after round."""
        loop = asyncio.get_running_loop()
        bell = Bell(loop)
        stop = self._feed.listen(bell.ring)
        try:
            self.tail.begin(await asyncio.to_thread(self._first_look))
            self._wake(self._open)
            while True:
                bell.clear()
                lines = await asyncio.to_thread(self._look)
                started_s = loop.time()
                for patrol in self.tail.add(lines):
                    self._wake(self._of_feed.get(patrol, ()))
                self._wake([one for one in self._open if not self.watch.holds(one.grant)])
                await asyncio.sleep(0)  # those who were woken write now
                took_s = loop.time() - started_s
                await asyncio.sleep(min(max(REST_S, REST * took_s), LONGEST_REST_S))
                if not lines:
                    await bell.wait(LOOK_S)
        finally:
            stop()
            self.tail.stop()

    def _first_look(self) -> int:
        self.watch.look()
        return self.tail.last()

    def _look(self) -> list[Line]:
        # The grants after the events: nothing of after a grant's end goes out.
        lines = self.tail.read()
        self.watch.look()
        return lines

    async def _let_beat(self) -> None:
        """Quiet streams say that they live; while the store cannot be read, they do not know it."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._heartbeat_s / 10)
            if not self.tail.has_begun:
                continue
            now_s = loop.time()
            for stream in self._open:
                stream.beat(now_s, self._heartbeat_s)

    async def _look_at_panels(self) -> None:
        while True:
            self._look_anew.clear()
            for panel, members in [*self._of_panel.items()]:
                if not members:
                    continue
                with contextlib.suppress(StoreUnavailable):
                    if await asyncio.to_thread(self._look_at, panel):
                        self._wake(members)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PANELS_S):
                    await self._look_anew.wait()

    def _look_at(self, panel: Panel) -> bool:
        changed = panel.look()
        self.watch.look()
        return changed

    def _wake(self, streams: Iterable[Stream]) -> None:
        for stream in streams:
            stream.wake()


class Bell:
    """Rung from any thread, heard by one task."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._rung = asyncio.Event()
        self._pending = False

    def ring(self) -> None:
        if not self._pending and not self._loop.is_closed():
            self._pending = True  # a burst of commits wakes the loop once
            self._loop.call_soon_threadsafe(self._rung.set)

    def clear(self) -> None:
        # In this order: a ring in between wakes once too often, never once too seldom.
        self._rung.clear()
        self._pending = False

    async def wait(self, timeout_s: float | None) -> None:
        """Until it is rung, at most `timeout_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._rung.wait()


async def _for_ever(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """A worker of the streams; begun anew when it fails."""
    while True:
        try:
            await work()
        except StoreUnavailable as error:
            log.warning("the streams wait: %s", error)
        except Exception:
            log.exception("the streams failed and are tried again")
        await asyncio.sleep(RETRY_S)
