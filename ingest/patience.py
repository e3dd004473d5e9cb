"""How long packets may come without a picture."""

from __future__ import annotations

from ingest.sources.base import Packet

FIRST_PICTURE_S = 20.0
"""Longest wait for the first picture while packets come: some cameras send a key frame only every
so many seconds, whoever connects."""
NEXT_PICTURE_S = 5.0
"""Longest wait for a later one: a new connection brings a key frame sooner than waiting does."""


class Patience:
    """Counts by arrival, so that decoding that is behind is not blamed on the stream."""

    def __init__(self, first_s: float = FIRST_PICTURE_S, next_s: float = NEXT_PICTURE_S) -> None:
        self._limit_s = first_s
        self._next_s = next_s
        self._since_s: float | None = None
        self.is_over = False
        """Packets came for too long and no picture could be made of them."""

    def judge(self, packet: Packet, *, has_picture: bool) -> None:
        """A packet was decoded."""
        if has_picture:
            self._since_s, self._limit_s = packet.arrived_s, self._next_s
        elif self._since_s is None:
            self._since_s = packet.arrived_s
        elif packet.arrived_s - self._since_s > self._limit_s:
            self.is_over = True

    def restart(self) -> None:
        """Packets were left out for another reason."""
        self._since_s = None
