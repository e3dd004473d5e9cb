"""How far a stream's key frames are apart."""

from __future__ import annotations

from collections import deque
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
        self._key: Packet | None = None
        self._now: Packet | None = None
        self._steps = 0  # packets since the key frame
        self._gaps_s: deque[float] = deque(maxlen=REMEMBERED)

    def take(self, packet: Packet) -> None:
        """The next packet, in order of arrival."""
        self._now, self._steps = packet, self._steps + 1
        self._key = self._key or packet
        if not packet.is_key:
            return
        if self._key is not packet:
            self._gaps_s.append(self.since_key_s)
        self._key, self._steps = packet, 0

    @property
    def since_key_s(self) -> float:
        """Media seconds from the last key frame to the last packet."""
        key, now = self._key, self._now
        counted_s = self._steps * self._step_s
        if key is None or now is None or key.pts is None or now.pts is None:
            return counted_s
        gap_s = float((now.pts - key.pts) * (key.time_base or 0))
        return gap_s if 0 < gap_s < LONGEST_STEP_S else counted_s

    @property
    def gop_s(self) -> float | None:
        """The longest of the last few gaps; None while there was none."""
        return max(self._gaps_s, default=None)

    @property
    def is_short(self) -> bool:
        return (self.gop_s or inf) <= SHORT_S
