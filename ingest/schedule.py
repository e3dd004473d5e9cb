"""Which decoded frames are analysed."""

from __future__ import annotations


class Sampler:
    """Picks frames at `fps` by media time: deterministic, without drift, at most one a slot."""

    def __init__(self, fps: float) -> None:
        if not 0 < fps <= 240:
            raise ValueError(f"fps must be above 0 and at most 240, not {fps}")
        self._fps = fps
        self._last_slot = -1

    def due(self, t_s: float) -> bool:
        """Whether the frame at media time `t_s` (never going back) is to be analysed."""
        slot = int(t_s * self._fps + 1e-6)
        if slot <= self._last_slot:
            return False
        self._last_slot = slot
        return True
