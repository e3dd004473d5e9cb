"""A camera's substream: the same scene, small, decoded while nothing happens.

Opened beside the main stream in a thread of its own, which only reads. Its packets lie here until
the camera's decode turn takes them; while nobody looks at them the newest group is all that lies.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ingest.camera import StreamUrl
from ingest.errors import IngestError, StreamRefused, StreamUnreadable
from ingest.frame import FrameSize, Picture
from ingest.packets import KeptPackets
from ingest.patience import Patience
from ingest.sources.base import Decoded, Source, SourceInfo

log = logging.getLogger(__name__)

OpenSource = Callable[[StreamUrl, FrameSize], Source]

DECODE_S = 0.1
"""A packet is wanted decoded this long after it arrived, like the main stream's."""
LATE_S = 1.0
"""Decoding that is further behind than this goes on at the newest key frame."""
STALE_S = 3.0
"""A substream that is silent for so long is not relied on: longer than a hiccup of a radio link,
and far less than what is kept of the main stream meanwhile."""
LINGER_S = 30.0
"""It stays connected for this long after it was wanted: a street wakes every few seconds, and to
connect costs the camera a session and us its first key frame. It is read then, not decoded."""
FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 300.0
"""Between tries, doubling: the main stream is there meanwhile, so that nothing is urgent. A camera
that refuses is asked again after the longest: hammering locks accounts."""
WELL_S = 60.0
"""A substream that played this long was well: the next wait is the first again."""
MOST_S, MOST_BYTES = 18.0, 4 << 20
"""What may lie here: a group of twelve seconds, at up to 1.8 Mbit/s."""
ASPECT = 0.015
"""The two pictures' aspects may differ by this part (2688x1520 beside 640x360): less than the
motion gate's cell over the whole width."""

OTHER_ASPECT = "other_aspect"


class ExactSize(FrameSize):
    """Images of just this size, whatever the picture's: so that two streams' are the same."""

    __slots__ = ()

    def fit(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The size itself."""
        return self.width_px, self.height_px


class _OtherAspect(Exception):
    """The two streams show different pictures. Nothing is wrong with either."""


@dataclass(slots=True)
class _Session:
    """One connection. Made by the main stream's thread, filled by the one that reads."""

    halt: threading.Event
    main: tuple[int, int]
    """Width and height of the main stream's picture, in pixels."""
    began_s: float
    thread: threading.Thread | None = None
    source: Source | None = None
    heard_s: float = 0.0
    is_done: bool = False


class Aside:
    """`tend` and `rest` in the main stream's thread, `due_s` and `work` in one decode thread at a
    time. One connection at a time, for good: a read that hangs is waited for, not doubled.
    """

    def __init__(
        self,
        name: str,
        url: StreamUrl,
        size: FrameSize,
        open_source: OpenSource,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._url = url
        self._size = size
        self._open = open_source
        self._now = now
        self._using = threading.Lock()  # the decoder, against the end of its source
        self._session: _Session | None = None
        self._kept = KeptPackets(MOST_S, MOST_BYTES)
        self._patience = Patience()
        self._wanted_s = 0.0
        self._wait_s = FIRST_WAIT_S
        self._again_s = 0.0
        self._is_followed = False
        self.ring: Callable[[], object] = lambda: None
        """Called after each packet."""
        self.reason: str | None = None
        """Why it cannot be used, the `reason` of the last error; None when nothing is wrong."""

    # --- in the thread of the main stream ---

    def tend(self, info: SourceInfo, *, is_wanted: bool) -> None:
        """Connect when it is wanted, let go when it has not been for a while. Cheap.

        `info` is what the main stream carries now.
        """
        now_s, session = self._now(), self._session
        if is_wanted:
            self._wanted_s = now_s
        if session is not None:
            main = (info.width_px, info.height_px)
            if now_s - self._wanted_s > LINGER_S or main != session.main:
                session.halt.set()
            if not session.is_done:
                return
            self._session = None
        if is_wanted and now_s >= self._again_s and min(info.width_px, info.height_px) > 0:
            self._connect(info, now_s)

    def rest(self, wait_s: float = 0.0) -> None:
        """Let go of it. A thread that still blocks then ends by itself within some seconds."""
        session = self._session
        if session is not None:
            session.halt.set()
            if session.thread is not None and not session.is_done:
                session.thread.join(wait_s)

    # --- in decode threads, one at a time ---

    @property
    def is_ready(self) -> bool:
        """Whether it plays."""
        session = self._session
        return (
            session is not None
            and session.source is not None
            and not session.halt.is_set()
            and len(self._kept) + self._is_followed > 0
            and self._now() - session.heard_s <= STALE_S
        )

    def due_s(self) -> float | None:
        """When its next packet is wanted decoded; None when there is none."""
        head = self._kept.head()
        return None if head is None else head.arrived_s + DECODE_S

    def work(self) -> list[Decoded]:
        """Decode the next packet: the pictures that come of it."""
        with self._using:
            session = self._session
            if session is None or session.source is None:
                return []
            decoder = session.source.decoder
            if not self._is_followed:
                self._patience.restart()
                decoder.reset()
                self._is_followed = True
            head = self._kept.head()
            if head is not None and self._now() - head.arrived_s > LATE_S:
                if self._kept.skip_to_newest_key():
                    decoder.reset()
            packet, was_broken = self._kept.take()
            if packet is None:
                return []
            if was_broken:
                decoder.reset()
            pictures = decoder.decode(packet)
            self._patience.judge(packet, has_picture=bool(pictures))
        if self._patience.is_over:
            self.fail(StreamUnreadable.reason)
        elif pictures and not _is_alike(pictures[0].picture, *session.main):
            self.fail(OTHER_ASPECT)
            return []
        elif pictures:
            self.reason = None
        return pictures

    def leave(self) -> None:
        """It is not looked at any more; what comes lies here, the newest group of it."""
        self._is_followed = False

    def fail(self, reason: str) -> None:
        """It is of no use as it is: let go of it and try again later."""
        session = self._session
        if session is not None and not session.halt.is_set():
            session.halt.set()
            self._note(reason, session, LONGEST_WAIT_S)

    # --- in a thread of its own ---

    def _connect(self, info: SourceInfo, now_s: float) -> None:
        session = _Session(threading.Event(), (info.width_px, info.height_px), now_s)
        self._kept = KeptPackets(MOST_S, MOST_BYTES)
        self._patience = Patience()
        self._is_followed = False
        thread = threading.Thread(
            target=self._play, args=(session,), name=f"substream-{self._name}", daemon=True
        )
        session.thread = thread
        self._session = session
        try:
            thread.start()
        except RuntimeError:  # no thread can be had just now
            session.thread, session.is_done = None, True
            self._note("failed", session, FIRST_WAIT_S)

    def _play(self, session: _Session) -> None:
        try:
            self._read(session)
        except IngestError as error:
            if not session.halt.is_set():
                is_final = isinstance(error, StreamRefused)
                self._note(error.reason, session, LONGEST_WAIT_S if is_final else 0.0, error)
        except _OtherAspect as error:
            self._note(OTHER_ASPECT, session, LONGEST_WAIT_S, error)
        except Exception as error:
            # The type alone: a library's own words may hold the address with its password.
            self._note("failed", session, 0.0)
            log.error("substream of %s: unexpected %s", self._name, type(error).__name__)
        finally:
            session.halt.set()
            self._close(session)
            session.is_done = True
            self.ring()

    def _read(self, session: _Session) -> None:
        width, height = self._size.fit(*session.main)
        source = self._open(self._url, ExactSize(width, height))
        session.source = source
        self._check(source.info, session)
        session.heard_s = self._now()
        for packet in source.packets():
            if session.halt.is_set():
                return
            session.heard_s = self._now()
            self._kept.put(packet)
            if not self._is_followed:
                self._kept.skip_to_newest_key()
            self.ring()

    def _check(self, info: SourceInfo, session: _Session) -> None:
        wide, high = session.main
        is_known = min(info.width_px, info.height_px) > 0  # else its first picture tells
        if is_known and not _is_alike(info, wide, high):
            raise _OtherAspect(
                f"{self._url}: {info.width_px}x{info.height_px} has another aspect than the main "
                f"stream's {wide}x{high}; it is not used"
            )

    def _close(self, session: _Session) -> None:
        with self._using:
            source, session.source = session.source, None
            if source is not None:
                source.close()

    def _note(
        self, reason: str, session: _Session, least_s: float, error: Exception | None = None
    ) -> None:
        """Say once what is wrong, and when it is tried again."""
        now_s = self._now()
        if now_s - session.began_s > WELL_S:
            self._wait_s = FIRST_WAIT_S
        self._again_s = now_s + max(least_s, self._wait_s)
        self._wait_s = min(LONGEST_WAIT_S, self._wait_s * 2)
        if reason != self.reason:
            log.warning("substream of %s: %s", self._name, error or reason)
        self.reason = reason


def _is_alike(picture: SourceInfo | Picture, wide: int, high: int) -> bool:
    """Whether a picture has the aspect of one that is `wide` by `high`."""
    return abs(picture.width_px * high / (picture.height_px * wide) - 1) <= ASPECT
