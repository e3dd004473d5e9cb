"""How far a stream's key frames are apart."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from math import inf

from ingest.sources.base import Packet

SHORT_S = 1.05
"""Key frames a second apart, give or take a frame."""
REMEMBERED = 4
USUAL_FPS = 25.0
LONGEST_STEP_S = 60.0


class GopMeter:
    """Measures in media time: by stamps, or by counting where a stream gives none that hold."""

    def __init__(self, fps: float | None = None) -> None:
        self._step_s = 1 / (fps or USUAL_FPS)
        self._has_key = False
        self._key_pts: int | None = None
        self._last_pts: int | None = None
        self._base = Fraction(0)
        self._steps = 0  # packets since the key frame
        self._gaps_s: deque[float] = deque(maxlen=REMEMBERED)
        self._group_bytes = 0  # since the key frame
        self._sizes: deque[int] = deque(maxlen=REMEMBERED)

    def take(self, packet: Packet) -> None:
        """The next packet, in order of arrival; the first one is a key frame."""
        self._last_pts, self._base = packet.pts, packet.time_base or Fraction(0)
        self._steps += 1
        if packet.is_key:
            if self._has_key:
                self._gaps_s.append(self.since_key_s)
                self._sizes.append(self._group_bytes)
            self._has_key, self._key_pts, self._steps = True, packet.pts, 0
            self._group_bytes = 0
        self._group_bytes += packet.size_bytes

    @property
    def since_key_s(self) -> float:
        """Media seconds from the last key frame to the last packet. Any thread may ask."""
        counted_s = self._steps * self._step_s
        key_pts, last_pts = self._key_pts, self._last_pts
        if key_pts is None or last_pts is None:
            return counted_s
        gap_s = float((last_pts - key_pts) * self._base)
        return gap_s if 0 < gap_s < LONGEST_STEP_S else counted_s

    @property
    def gop_s(self) -> float | None:
        """The longest of the last few gaps; None while there was none."""
        return max(self._gaps_s, default=None)

    @property
    def group_bytes(self) -> int:
        """The largest of the last few groups, the one that is coming in included."""
        return max(self._group_bytes, *self._sizes) if self._sizes else self._group_bytes

    @property
    def is_short(self) -> bool:
        return (self.gop_s or inf) <= SHORT_S
