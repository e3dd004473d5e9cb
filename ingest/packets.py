"""The packets of one camera that may still be needed, from a key frame on."""

from __future__ import annotations

import threading
from collections import deque

from ingest.sources.base import Packet

MOST_S = 6.0
MOST_BYTES = 8 << 20
"""What one camera may have lying here: six seconds of a 10 Mbit/s stream."""


class KeptPackets:
    """One line for what is still to be decoded and for what an idle camera may decode later.

    Who reads the stream puts at the end, who decodes takes at the head. Packets that an idle
    camera leaves undecoded stay behind their key frame at the head until it is known whether they
    are needed. Holds at most `most_s` seconds (by arrival) and `most_bytes`: what is over is
    forgotten, up to a key frame, or altogether and until the next one comes. Thread-safe.
    """

    def __init__(self, most_s: float = MOST_S, most_bytes: float = MOST_BYTES) -> None:
        self._most_s = most_s
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._packets: deque[Packet] = deque()
        self._bytes = 0
        self._keys = 0
        self._awaits_key = True
        self._is_broken = False
        self.forgotten = 0
        """Packets so far that were forgotten undecoded because too much lay here."""

    def put(self, packet: Packet) -> None:
        """Lay a packet at the end. What comes before the first key frame is not kept."""
        with self._lock:
            if self._awaits_key and not packet.is_key:
                self.forgotten += 1
                return
            self._awaits_key = False
            self._packets.append(packet)
            self._bytes += packet.size_bytes
            self._keys += packet.is_key
            while self._is_over():
                self.forgotten += self._pop_group()
                self._is_broken = True
                self._awaits_key = not self._packets

    def head(self) -> Packet | None:
        """The oldest one, left where it is."""
        with self._lock:
            return self._packets[0] if self._packets else None

    def take(self) -> tuple[Packet | None, bool]:
        """The oldest one, and whether those before it were forgotten since the last one taken."""
        with self._lock:
            was_broken, self._is_broken = self._is_broken, False
            return (self._pop() if self._packets else None), was_broken

    def key_after_head(self) -> Packet | None:
        """The first key frame behind the head."""
        with self._lock:
            if not self._packets or self._keys <= self._packets[0].is_key:
                return None
            waiting = iter(self._packets)
            next(waiting)
            return next(packet for packet in waiting if packet.is_key)

    def newest_key(self) -> tuple[Packet | None, int]:
        """The newest key frame, and how many lie before it."""
        with self._lock:
            newest = next((packet for packet in reversed(self._packets) if packet.is_key), None)
            return newest, max(0, self._keys - 1)

    def forget_before(self, key: Packet) -> None:
        """Make `key` the head."""
        with self._lock:
            while self._packets and self._packets[0] is not key:
                self._pop()

    def forget_until(self, arrived_s: float) -> None:
        """Make the newest key frame that came no later than this the head, if it lies here."""
        with self._lock:
            keys = [p for p in self._packets if p.is_key and p.arrived_s <= arrived_s]
            while keys and self._packets[0] is not keys[-1]:
                self._pop()

    def skip_to_newest_key(self) -> int:
        """Forget what lies before the newest key frame; gives how many packets that were."""
        with self._lock:
            skipped = 0
            while self._keys > bool(self._packets and self._packets[0].is_key):
                skipped += self._pop_group()
            return skipped

    @property
    def awaits_key(self) -> bool:
        """Whether packets are forgotten until the next key frame comes."""
        return self._awaits_key

    @property
    def seconds(self) -> float:
        """From the oldest to the newest, by arrival."""
        with self._lock:
            return self._packets[-1].arrived_s - self._packets[0].arrived_s if self._packets else 0

    @property
    def size_bytes(self) -> int:
        return self._bytes

    def __len__(self) -> int:
        return len(self._packets)

    def _is_over(self) -> bool:
        if not self._packets:
            return False
        first, last = self._packets[0], self._packets[-1]
        return self._bytes > self._most_bytes or last.arrived_s - first.arrived_s > self._most_s

    def _pop(self) -> Packet:
        packet = self._packets.popleft()
        self._bytes -= packet.size_bytes
        self._keys -= packet.is_key
        return packet

    def _pop_group(self) -> int:
        """Forget the head and what follows it up to a key frame; gives how many."""
        count = 0
        while self._packets and not (count and self._packets[0].is_key):
            self._pop()
            count += 1
        return count
