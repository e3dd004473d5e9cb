"""How much of a stream an idle camera may leave undecoded."""

from __future__ import annotations

from math import inf
from typing import Protocol

from ingest.gop import SHORT_S, GopMeter
from ingest.packets import MOST_BYTES, MOST_S, KeptPackets
from ingest.sources.base import Decoded

KEEP_S = 2.0
KEEP_BYTES = 4 << 20
"""An idle camera with more kept packets than this decodes them rather than keep more."""
KEEP_ASIDE_S = 12.0
KEEP_ASIDE_BYTES = 8 << 20
"""The same beside a substream: cameras that send a key frame only every ten seconds do so to send
little, and 8 MB are twelve seconds at 5 Mbit/s. More would take longer to decode after all than
somebody who passes is to be seen."""
MOST_ASIDE_S = KEEP_ASIDE_S + MOST_S
MOST_ASIDE_BYTES = KEEP_ASIDE_BYTES + MOST_BYTES
"""What may lie here altogether then: what was kept, and what comes while that is decoded."""


class Substream(Protocol):
    """What is needed of `ingest.aside.Aside`."""

    @property
    def is_ready(self) -> bool: ...

    def due_s(self) -> float | None: ...

    def work(self) -> list[Decoded]:
        """Decode the next packet. Pictures carry the clock of their own stream."""
        ...

    def leave(self) -> None: ...


def room(*, is_live: bool, has_aside: bool) -> KeptPackets:
    """Where the packets of one camera lie; a file's are never too many."""
    if not is_live:
        return KeptPackets(inf, inf)
    return KeptPackets(MOST_ASIDE_S, MOST_ASIDE_BYTES) if has_aside else KeptPackets()


def may_keep(gop: GopMeter, kept: KeptPackets) -> bool:
    """Whether key frames come often enough to look at nothing else, and little lies here."""
    return gop.is_short and gop.since_key_s <= KEEP_S and kept.size_bytes <= KEEP_BYTES


def may_keep_aside(gop: GopMeter, kept: KeptPackets) -> bool:
    """Whether key frames are known to be too rare, and no more lies here than may beside a
    substream.
    """
    longest_s = max(gop.gop_s or 0.0, gop.since_key_s)
    is_long = not gop.is_short and longest_s > SHORT_S
    most_bytes = max(gop.group_bytes, kept.size_bytes)  # a group that will not fit is not begun
    return is_long and longest_s <= KEEP_ASIDE_S and most_bytes <= KEEP_ASIDE_BYTES
