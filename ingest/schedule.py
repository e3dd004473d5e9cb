"""Which decoded frames are analysed."""

from __future__ import annotations


class Sampler:
    """Picks frames at `fps` by media time: deterministic, without drift, at most one a slot.

    The rate may change with every frame. Slots are then counted anew from the last frame picked,
    so that a rise makes no burst and a fall no second frame in the slot.
    """

    def __init__(self, fps: float) -> None:
        self._fps = _checked(fps)
        self._begin_s = 0.0
        self._last_slot = -1
        self._last_s: float | None = None

    @property
    def fps(self) -> float:
        """The rate at present."""
        return self._fps

    def due(self, t_s: float, fps: float | None = None) -> bool:
        """Whether the frame at media time `t_s` (never going back) is to be analysed, from now on
        at `fps` a second if it is given.
        """
        if fps is not None and fps != self._fps:
            self._fps = _checked(fps)
            if self._last_s is not None:
                self._begin_s, self._last_slot = self._last_s, 0
        slot = int((t_s - self._begin_s) * self._fps + 1e-6)
        if slot <= self._last_slot:
            return False
        self._last_slot, self._last_s = slot, t_s
        return True


def _checked(fps: float) -> float:
    if not 0 < fps <= 240:
        raise ValueError(f"fps must be above 0 and at most 240, not {fps}")
    return fps
