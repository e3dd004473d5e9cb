"""One camera's packets to frames, as many as are wanted: all pictures, or key frames alone.

While key frames suffice and come at least every second, they alone are decoded; what lies between
them is kept. When one shows something new, what is kept since the one before is decoded after
all, in order, and goes on from there: a second of decoding saved, nothing lost but its haste.

Where key frames are farther apart the camera's substream, if it has one, is looked at instead, and
all of the main stream since its last key frame is kept and decoded in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple, Protocol

from ingest.frame import Image
from ingest.gop import GopMeter
from ingest.keeping import Substream, may_keep, may_keep_aside, room
from ingest.pace import Pace
from ingest.patience import FIRST_PICTURE_S, Patience
from ingest.schedule import Sampler
from ingest.sources.base import Decoded, Packet, PictureDecoder
from ingest.timeline import Stamp

BUDGET_S = 0.5
"""A frame is wanted this long after its packet arrived."""
DECODE_S = 0.1
"""A packet is wanted decoded this long after it arrived: decoding comes before looking, so that
frames gather while there is decoding to do, and are looked at together."""
LATE_S = 1.0
"""Decoding that is further behind than this goes on at the newest key frame, idle or not."""
IDLE_FPS = 1.5
"""Asked of key frames alone, at least: at one a second, key frames a second apart that come a
little early or late would be passed over by turns."""
AWAKE_S = 2.0
"""Media time that is decoded after waking by the substream, for the same reason as `AWAKE_KEYS`."""
AWAKE_KEYS = 3
"""Key frames decoded with all that follows, the quiet one and the one that woke included, before
a camera may be idle again: the analysis must have had time to say what it makes of it."""


class Clock(Protocol):
    """Where the pictures lie in time."""

    def place(self, decoded: Decoded) -> Stamp:
        """Where the next picture lies."""
        ...


@dataclass(slots=True)
class DecodeCounts:
    """What decoding did so far."""

    pictures: int = 0
    """Decoded, those decoded again included: the cost."""
    placed: int = 0
    """Seen, each once."""
    alone: int = 0
    """Key frames that were decoded by themselves."""
    aside: int = 0
    """Pictures of the substream,"""
    aside_px: int = 0
    """and their pixels;"""
    quiet: int = 0
    """those that were placed."""
    replays: int = 0
    """Times that kept packets were decoded after all."""
    late: int = 0
    """Packets left out because decoding was behind."""


class _Shown(NamedTuple):
    """The picture of a key frame that was placed by itself."""

    pts: int | None


@dataclass(frozen=True, slots=True)
class Due:
    """A picture that is to be analysed."""

    decoded: Decoded
    stamp: Stamp
    image: Image
    deadline_s: float
    is_aside: bool = False
    """It is the substream's."""


class Reader:
    """Decides packet by packet. `feed` in the thread that reads, `work` in one thread at a time.

    The same over live streams and over files; without a clock (`now`) nothing is ever late. What
    waits is bounded by `KeptPackets`. The sampler's rate is the camera's usual one.
    """

    def __init__(
        self,
        decoder: PictureDecoder,
        clock: Clock,
        sampler: Sampler,
        pace: Pace,
        emit: Callable[[Due], None],
        *,
        gop: GopMeter,
        counts: DecodeCounts | None = None,
        now: Callable[[], float] | None = time.monotonic,
        budget_s: float = BUDGET_S,
        aside: Substream | None = None,
    ) -> None:
        self._decoder = decoder
        self._clock = clock
        self._sampler = sampler
        self._usual_fps = sampler.fps
        self._pace = pace
        self._emit = emit
        self._gop = gop
        self._now = now
        self._budget_s = budget_s
        self.counts = DecodeCounts() if counts is None else counts
        self.kept = room(is_live=now is not None, has_aside=aside is not None)
        self.patience = Patience()
        self._aside = aside
        self._aside_sampler = Sampler(sampler.fps)
        self._is_idle = False
        self._is_aside = False
        self._quiet_s = -inf  # arrival of the substream's last picture that was placed
        self._awake_to_s = -inf  # arrival up to which it stays awake
        self._replay_to_s = -inf  # arrival of the newest packet when it woke
        self._is_ending = False
        self._is_drained = False
        self._shown: _Shown | None = None  # the head's picture, when it was placed already
        self._passes: _Shown | None = None  # the same while it is decoded once more
        self._awake_keys = 0
        self._woke_s = -inf
        self._forgotten = 0
        self._key_s = inf  # when a packet last came that could be kept

    @property
    def is_idle(self) -> bool:
        """Whether key frames alone are decoded just now."""
        return self._is_idle

    @property
    def is_aside(self) -> bool:
        """Whether the substream is looked at just now."""
        return self._is_aside

    @property
    def wants_aside(self) -> bool:
        """Whether a substream would be of use: little is wanted, and key frames are too rare."""
        return self._pace.wanted.keys_only and may_keep_aside(self._gop, self.kept)

    def feed(self, packet: Packet) -> None:
        """The next packet of the stream."""
        self._gop.take(packet)
        self.kept.put(packet)
        if not self.kept.awaits_key:
            self._key_s = packet.arrived_s
        elif packet.arrived_s - self._key_s > FIRST_PICTURE_S:
            self.patience.is_over = True  # some send a key frame at the start and never again

    def end(self) -> None:
        """No more packets come: what is kept is decoded whatever it shows."""
        self._is_ending = True

    def due_s(self) -> float | None:
        """When the next piece of work is wanted done, None when there is none. Not while `work`
        runs in another thread.
        """
        if self._is_aside and self._aside is not None and self._may_be_aside():
            return self._aside.due_s()
        if self._is_idle and self._may_be_idle():
            packet = self._next_key()
        else:
            packet = self.kept.head()
            if packet is None and self._is_ending and not self._is_drained:
                return self._woke_s
        if packet is None:
            return None
        return max(packet.arrived_s, self._woke_s) + min(DECODE_S, self._budget_s)

    def work(self) -> None:
        """One piece: a packet, or a key frame looked at by itself."""
        if self._is_aside:
            if self._may_be_aside():
                self._look_aside()
            else:
                self._wake()
            return
        if self._is_idle:
            if self._may_be_idle():
                self._look()
            else:
                self._wake()
            return
        self._skip_if_late()
        head = self.kept.head()
        if head is not None and self._may_rest_at(head) and self._may_be_idle():
            self._drain()
            self._is_idle = True
        elif head is not None and self._may_rest_at(head) and self._may_be_aside():
            self._drain()
            self._is_aside = True
        else:
            self._decode_next()

    def _may_rest_at(self, head: Packet) -> bool:
        return head.is_key and self._awake_keys <= 0 and head.arrived_s >= self._awake_to_s

    # --- key frames alone ---

    def _may_be_idle(self) -> bool:
        return (
            self._pace.wanted.keys_only and not self._is_ending and may_keep(self._gop, self.kept)
        )

    def _next_key(self) -> Packet | None:
        return self.kept.key_after_head() if self._shown else self.kept.head()

    def _look(self) -> None:
        """Decode the next key frame and nothing else; wake when it shows something new."""
        key = self._next_key()
        if key is None:
            return
        if self._time_s() - key.arrived_s > LATE_S:
            newest, before = self.kept.newest_key()
            if newest is not None and newest is not key:
                self.counts.late += before - (self._shown is not None)
                key = newest
        decoded = self._decoder.alone(key)
        self.counts.alone += 1
        self.counts.pictures += 1
        self.patience.judge(key, has_picture=decoded is not None)
        if decoded is None:  # what cannot be seen cannot be told to be quiet
            self._wake()
            return
        image = decoded.image()
        wakes = self._pace.wakes
        if wakes is not None and wakes(image):
            self._wake()
            return
        self.kept.forget_before(key)
        self._shown = _Shown(decoded.pts)
        self._place(decoded, image)

    # --- the substream ---

    def _may_be_aside(self) -> bool:
        return (
            self._aside is not None
            and self._pace.wanted.keys_only
            and not self._is_ending
            and may_keep_aside(self._gop, self.kept)
            and self._aside.is_ready
        )

    def _look_aside(self) -> None:
        """Decode the substream's next packet; wake when it shows something new."""
        if self._aside is None:
            return
        pictures = self._aside.work()
        self.counts.aside += len(pictures)
        for decoded in pictures:
            self.counts.aside_px += decoded.picture.width_px * decoded.picture.height_px
            if self._is_news(decoded.arrived_s):
                image = decoded.image()
                wakes = self._pace.wakes
                if wakes is not None and wakes(image):
                    self._wake()
                    return
                self._show_aside(decoded, image)

    def _is_news(self, arrived_s: float) -> bool:
        """Whether a picture of the substream is to be looked at: its own clock says nothing."""
        head = self.kept.head()
        is_later = arrived_s > self._quiet_s and (head is None or arrived_s > head.arrived_s)
        return is_later and self._aside_sampler.due(arrived_s, self._pace.wanted.fps)

    def _show_aside(self, decoded: Decoded, image: Image) -> None:
        """Place a quiet picture by its arrival; what was kept from before it is not needed."""
        self._quiet_s = decoded.arrived_s
        self.kept.forget_until(decoded.arrived_s)
        stamp = self._clock.place(replace(decoded, pts=None, time_base=None))
        self.counts.placed += 1
        self.counts.quiet += 1
        self._sampler.due(stamp.t_s, self._pace.wanted.fps)  # it is, by arrival: that counts here
        self._emit(Due(decoded, stamp, image, self._deadline_s(decoded.arrived_s), is_aside=True))

    # --- waking ---

    def _wake(self) -> None:
        """Decode what is kept, from its first key frame on, and go on fully."""
        self._woke_s = self._time_s()
        if self._is_aside and self._aside is not None:
            self._aside.leave()
            self._awake_to_s, self._replay_to_s = self._woke_s + AWAKE_S, self._woke_s
            self.patience.restart()
        else:
            self._awake_keys = AWAKE_KEYS
        self._is_idle = self._is_aside = False
        self._passes, self._shown = self._shown, None
        self._decoder.reset()
        self.counts.replays += len(self.kept) > 1

    # --- all pictures ---

    def _skip_if_late(self) -> None:
        head = self.kept.head()
        if head is not None and self._replay_to_s > -inf:
            if head.arrived_s <= self._replay_to_s:
                return  # a whole group at once takes its time: that is not being late
            self._replay_to_s, self._woke_s = -inf, self._time_s()
        if head is None or self._time_s() - max(head.arrived_s, self._woke_s) <= LATE_S:
            return
        skipped = self.kept.skip_to_newest_key()
        if skipped:
            self.counts.late += skipped
            self._begin_anew()

    def _begin_anew(self) -> None:
        """Packets are left out here: no picture before the next key frame."""
        self._decoder.reset()
        self._passes = None
        self.patience.restart()

    def _decode_next(self) -> None:
        packet, was_broken = self.kept.take()
        if was_broken:
            self.counts.late += self.kept.forgotten - self._forgotten
            self._forgotten = self.kept.forgotten
            self._begin_anew()
        if packet is None:
            if self._is_ending:
                self._is_drained = True
                self._drain()
            return
        self._awake_keys -= packet.is_key
        pictures = self._decoder.decode(packet)
        self.patience.judge(packet, has_picture=bool(pictures))
        self._show(pictures)

    def _drain(self) -> None:
        self._show(self._decoder.drain())

    def _show(self, pictures: list[Decoded]) -> None:
        self.counts.pictures += len(pictures)
        for decoded in pictures:
            if not self._was_shown(decoded):
                self._place(decoded, None)

    def _was_shown(self, decoded: Decoded) -> bool:
        """Whether this picture was placed before its packets were decoded again, or the same
        moment was in the substream.
        """
        if decoded.arrived_s <= self._quiet_s:
            return True
        passes = self._passes
        if passes is None:
            return False
        if decoded.pts is None or passes.pts is None:
            self._passes = None
            return True
        # What lies before it comes before it. After it everything is new, however the stream's
        # clock jumps.
        if decoded.pts >= passes.pts:
            self._passes = None
        return decoded.pts <= passes.pts

    def _place(self, decoded: Decoded, image: Image | None) -> None:
        stamp = self._clock.place(decoded)
        self.counts.placed += 1
        if self._sampler.due(stamp.t_s, self._fps(decoded.arrived_s)):
            image = decoded.image() if image is None else image
            self._emit(Due(decoded, stamp, image, self._deadline_s(decoded.arrived_s)))

    def _fps(self, arrived_s: float) -> float:
        """What is wanted; just woken, at least the usual rate, for nobody could ask for it yet."""
        wanted = self._pace.wanted
        if self._is_idle:
            return max(wanted.fps, min(IDLE_FPS, self._usual_fps))
        is_awake = self._awake_keys > 0 or arrived_s <= self._awake_to_s
        is_just_woken = wanted.keys_only and is_awake
        return max(wanted.fps, self._usual_fps) if is_just_woken else wanted.fps

    def _deadline_s(self, arrived_s: float) -> float:
        if self._now is None:
            return inf
        is_late_by_design = arrived_s <= self._woke_s
        return (self._now() if is_late_by_design else arrived_s) + self._budget_s

    def _time_s(self) -> float:
        return -inf if self._now is None else self._now()
