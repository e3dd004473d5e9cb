"""Keeps one camera's frames coming: `run` tries for ever, `run_once` is a straight line.

The camera's own thread only reads packets; decode threads that all cameras share make frames.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol

from ingest.aside import Aside
from ingest.backoff import Backoff
from ingest.camera import Camera, StreamUrl
from ingest.decoding import DecodePool, Job, Lane
from ingest.errors import (
    IngestError,
    StreamFrozen,
    StreamLost,
    StreamRefused,
    StreamUnreadable,
    StreamUrlError,
)
from ingest.frame import Frame, FrameSize
from ingest.gop import GopMeter
from ingest.health import CameraHealth
from ingest.knock import knock
from ingest.mailbox import Mailbox
from ingest.pace import Pace
from ingest.reader import DecodeCounts, Due, Reader
from ingest.schedule import Sampler
from ingest.sources.base import Decoded, Source, SourceInfo
from ingest.sources.rtsp import open_stream
from ingest.stillness import Stillness
from ingest.threads import in_own_thread
from ingest.timeline import Stamp, Timeline

log = logging.getLogger(__name__)

OpenSource = Callable[[StreamUrl, FrameSize], Source]
Stopping = asyncio.Future[Any]
Knock = Callable[[StreamUrl], Awaitable[bool]]

KNOCK_EVERY_S = 1.0
"""How often an absent camera is knocked at between two tries."""
SETTLED_S = 3.0
"""A stream that played this long was well: the next wait is the shortest again."""
STOP_S = 0.5
"""A thread that still blocks then is left to end by itself; it puts nothing more anywhere."""
HANG_S = 45.0
"""Longer than anything a source may block: a thread silent for so long hangs and is given up."""
WATCH_S = 5.0
"""How often that is looked at."""
MAX_HANGING = 3
"""So many given-up threads and no more: then the camera rests until one of them comes back."""


DRAIN_S = 1.0
"""How long what was read before a loss may take to be decoded."""


class Pool(Protocol):
    """What is needed of `ingest.decoding.DecodePool`."""

    def lane(self, job: Job) -> Lane: ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CameraWorker:
    """One camera: connects, has its packets decoded, puts the wanted frames into the mailbox.

    `pace` says how many are wanted, without it `camera.fps`; `pool` are the decode threads, without
    it the camera has one of its own.
    """

    def __init__(
        self,
        camera: Camera,
        size: FrameSize,
        mailbox: Mailbox[Frame],
        open_source: OpenSource = open_stream,
        now: Callable[[], datetime] = _utc_now,
        knock: Knock = knock,
        rng: random.Random | None = None,
        pace: Pace | None = None,
        pool: Pool | None = None,
    ) -> None:
        self._camera = camera
        self._size = size
        self._mailbox = mailbox
        self._open = open_source
        self._now = now
        self._knock = knock
        self._backoff = Backoff(rng or random.Random())  # noqa: S311 - jitter, not a secret
        self._pace = pace or Pace(camera.fps)
        self._pool = pool
        self._timeline = Timeline()
        self._sampler = Sampler(camera.fps)
        self._stillness = Stillness()
        self._aside: Aside | None = None
        if camera.substream is not None:
            self._aside = Aside(camera.id, camera.substream, size, self._open)
        self._halt = threading.Event()
        self._hanging: list[asyncio.Future[BaseException | None]] = []
        self._pulse_s = 0.0
        self._live_since_s: float | None = None
        self._standing: tuple[str, str | None, datetime] = ("connecting", None, now())
        self._info: SourceInfo | None = None
        self._counts = DecodeCounts()
        self._reader: Reader | None = None
        self._gop_s: float | None = None
        self._seq = 0
        self._reconnects = 0

    def health(self) -> CameraHealth:
        """How it stands now. Thread-safe."""
        state, reason, since = self._standing
        info, reader = self._info, self._reader
        return CameraHealth(
            state=state,
            source_fps=info.fps if info else None,
            reason=reason,
            since=since,
            decoded=self._counts.placed,
            scheduled=self._seq,
            reconnects=self._reconnects,
            codec=info.codec if info else None,
            width_px=info.width_px if info else None,
            height_px=info.height_px if info else None,
            gop_s=self._gop_s,
            decoding=_decoding(reader),
            worth=_worth(self._counts, info),
            substream_reason=self._aside.reason if self._aside else None,
            late_decode=self._counts.late,
            replays=self._counts.replays,
            alone=self._counts.alone,
        )

    # --- the retry loop ---

    async def run(self, stop: asyncio.Event) -> None:
        """Play the camera until `stop`; never raises for anything a camera does."""
        stopping: Stopping = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                error = await self._play(stopping)
                if not stop.is_set():
                    await self._rest(self._after(error), error, stopping)
                    self._reconnects += 1
        finally:
            self._halt.set()
            stopping.cancel()

    async def _play(self, stopping: Stopping) -> BaseException | None:
        """One try in a thread of its own; gives what ended it."""
        self._hanging = [thread for thread in self._hanging if not thread.done()]
        if len(self._hanging) >= MAX_HANGING:
            return StreamFrozen(f"{self._camera.url}: earlier reads still hang")
        halt, self._pulse_s = threading.Event(), time.monotonic()
        self._halt = halt
        try:
            playing = in_own_thread(lambda: self.run_once(halt), f"camera-{self._camera.id}")
        except RuntimeError as error:
            return error
        while not (playing.done() or stopping.done()):
            await asyncio.wait({playing, stopping}, timeout=WATCH_S, return_when="FIRST_COMPLETED")
            if time.monotonic() - self._pulse_s > HANG_S:
                halt.set()
                self._hanging.append(playing)
                return StreamFrozen(f"{self._camera.url}: the read hangs and was given up")
        if not playing.done():
            halt.set()
            await asyncio.wait({playing}, timeout=STOP_S)
            return None
        return playing.result()

    def _after(self, error: BaseException | None) -> float:
        """Note what ended the play; gives the seconds to wait before the next try."""
        _, last_reason, _ = self._standing
        reason = error.reason if isinstance(error, IngestError) else "failed"
        if not isinstance(error, IngestError):
            # The type alone: a library's own words may hold the address with its password.
            log.error("camera %s: unexpected %s", self._camera.id, type(error).__name__)
        elif reason != last_reason:
            log.warning("camera %s: %s", self._camera.id, error)
        self._become("waiting", reason)
        played_s = time.monotonic() - (self._live_since_s or time.monotonic())
        if played_s > SETTLED_S:
            self._backoff.reset()
        return self._backoff.next_s()

    async def _rest(self, wait_s: float, error: BaseException | None, stopping: Stopping) -> None:
        """Wait; when somebody is back at an address that was silent, no longer than that.

        Who answers and refuses is left in peace for the whole wait: hammering locks accounts.
        """
        loop = asyncio.get_running_loop()
        until_s = loop.time() + wait_s
        is_silent = (
            wait_s > KNOCK_EVERY_S
            and not isinstance(error, StreamRefused | StreamUrlError)
            and not await self._is_anybody_there(stopping)
        )
        while not stopping.done() and (left_s := until_s - loop.time()) > 0:
            await asyncio.wait({stopping}, timeout=min(left_s, KNOCK_EVERY_S))
            if is_silent and await self._is_anybody_there(stopping):
                self._backoff.reset()
                return

    async def _is_anybody_there(self, stopping: Stopping) -> bool:
        """Knock; False as well when the stop comes first."""
        knocking = asyncio.ensure_future(self._knock(self._camera.url))
        await asyncio.wait({knocking, stopping}, return_when="FIRST_COMPLETED")
        if knocking.done():
            return knocking.result()
        knocking.cancel()
        return False

    # --- the straight line: packets in the camera's thread ---

    def run_once(self, halt: threading.Event) -> None:
        """Connect and play until the stream breaks off. Raises `IngestError`, unless halted."""
        self._live_since_s = None
        self._become("connecting", self._standing[1])
        self._timeline.reconnect()
        source = self._open(self._camera.url, self._size)
        own_pool = DecodePool(1) if self._pool is None else None
        pool: Pool = own_pool or self._pool  # type: ignore[assignment]
        play = _Play(self, source, halt)
        lane = pool.lane(play)
        try:
            self._read(source, play, lane, halt)
        finally:
            play.end()
            lane.close(STOP_S)
            if self._aside is not None:
                self._aside.rest(STOP_S)
            if own_pool is not None:
                own_pool.close()
            source.close()

    def _read(self, source: Source, play: _Play, lane: Lane, halt: threading.Event) -> None:
        reader, gop, aside = play.reader, play.gop, self._aside
        self._reader = reader
        if aside is not None:
            aside.ring = lane.ring
        try:
            for packet in source.packets():
                if halt.is_set():
                    return
                self._pulse_s = time.monotonic()
                reader.feed(packet)
                self._gop_s = gop.gop_s
                if aside is not None:
                    aside.tend(source.info, is_wanted=reader.wants_aside)
                lane.ring()
                if lane.failure is not None:
                    raise lane.failure
                if reader.patience.is_over:
                    raise StreamUnreadable(
                        f"{self._camera.url}: packets arrive but no picture can be made of them"
                    )
        except Exception:
            reader.end()  # what came before the loss may be what it is about
            lane.ring()
            lane.drain(DRAIN_S)
            if lane.failure is not None:
                raise lane.failure from None
            raise

    # --- frames, in decode threads, one at a time ---

    def _place(self, source: Source, decoded: Decoded) -> Stamp:
        behind_s = time.monotonic() - decoded.arrived_s
        arrived_at = self._now() - timedelta(seconds=behind_s)
        stamp = self._timeline.place(decoded.pts, decoded.time_base, decoded.arrived_s, arrived_at)
        if self._live_since_s is None:
            self._live_since_s = time.monotonic()
            self._info = source.info
            self._become("live", None)
        return stamp

    def _post(self, source: Source, due: Due) -> None:
        if self._stillness.is_frozen(due.image, due.stamp.t_s):
            self._become("unwatched", StreamFrozen.reason)
            if due.is_aside and self._aside is not None:
                self._aside.fail(StreamFrozen.reason)
        else:
            self._become("live", None)
        self._info = source.info
        self._mailbox.put(
            Frame(
                self._camera.id,
                self._seq,
                due.stamp.t_s,
                due.stamp.captured_at,
                due.decoded.arrived_s,
                due.image,
                due.decoded.picture,
                due.deadline_s,
            )
        )
        self._seq += 1

    def _become(self, state: str, reason: str | None) -> None:
        if (state, reason) != self._standing[:2]:
            self._standing = (state, reason, self._now())


class _Play:
    """One connection of a worker, as the decode threads see it. Halted or ended it does nothing,
    and what is still being decoded then puts nothing anywhere: the next connection goes on.
    """

    def __init__(self, worker: CameraWorker, source: Source, halt: threading.Event) -> None:
        self._worker = worker
        self._source = source
        self._halt = halt
        self._is_over = False
        self.gop = GopMeter(source.info.fps)
        self.reader = Reader(
            source.decoder,
            self,
            worker._sampler,
            worker._pace,
            self._post,
            gop=self.gop,
            counts=worker._counts,
            aside=worker._aside,
        )

    def end(self) -> None:
        """The connection is given up."""
        self._is_over = True

    def due_s(self) -> float | None:
        return None if self._is_ended else self.reader.due_s()

    def work(self) -> None:
        if not self._is_ended:
            self.reader.work()

    def place(self, decoded: Decoded) -> Stamp:
        if self._is_ended:
            raise StreamLost("the connection ended while this was decoded")
        return self._worker._place(self._source, decoded)

    @property
    def _is_ended(self) -> bool:
        return self._is_over or self._halt.is_set()

    def _post(self, due: Due) -> None:
        self._worker._post(self._source, due)


def _decoding(reader: Reader | None) -> Literal["all", "keys", "substream"]:
    if reader is None:
        return "all"
    if reader.is_aside:
        return "substream"
    return "keys" if reader.is_idle else "all"


def _worth(counts: DecodeCounts, info: SourceInfo | None) -> int:
    """All pictures as so many of the main stream's; the substream's by their pixels."""
    main_px = max(1, info.width_px * info.height_px) if info else 1
    return counts.placed - counts.quiet + counts.aside_px // main_px
