"""Stream timestamps to media time and UTC, through jumps, wraps and missing stamps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

JUMP_S = 3.0
"""A step of the stream's clock that differs from the arrival clock by more than this is a jump."""
DRIFT_S = 2.0
"""UTC is anchored again when stream and arrival clocks have drifted this far apart."""
SMALLEST_STEP_S = 0.001


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a frame was captured."""

    t_s: float
    """Media seconds since the first frame; strictly grows."""
    captured_at: datetime
    """UTC."""


class Timeline:
    """Places frames of one camera in time. Survives reconnects: media time goes on."""

    def __init__(self) -> None:
        self.jumps = 0
        self._last_t_s: float | None = None
        self._last_media_s: float | None = None
        self._last_arrived_s = 0.0
        self._anchor: tuple[float, float, datetime] | None = None

    def place(
        self, pts: int | None, time_base: Fraction | None, arrived_s: float, now: datetime
    ) -> Stamp:
        """Place one frame.

        `pts` in `time_base` units (None when the stream gives none), `arrived_s` a monotonic
        clock, `now` UTC at arrival.
        """
        media_s = None if pts is None or time_base is None else float(pts * time_base)
        if self._last_t_s is None:
            t_s = 0.0
        else:
            t_s = self._last_t_s + max(SMALLEST_STEP_S, self._step_s(media_s, arrived_s))
        self._last_t_s, self._last_media_s, self._last_arrived_s = t_s, media_s, arrived_s
        return Stamp(t_s, self._utc(t_s, arrived_s, now))

    def _step_s(self, media_s: float | None, arrived_s: float) -> float:
        arrived_step = arrived_s - self._last_arrived_s
        if media_s is None or self._last_media_s is None:
            return arrived_step
        step = media_s - self._last_media_s
        # A wrap of a 32- or 33-bit clock looks like a jump back: the arrival clock bridges both.
        if step < 0 or abs(step - arrived_step) > JUMP_S:
            self.jumps += 1
            return arrived_step
        return step

    def _utc(self, t_s: float, arrived_s: float, now: datetime) -> datetime:
        if self._anchor is None:
            self._anchor = (t_s, arrived_s, now)
        anchor_t, anchor_arrived, anchor_utc = self._anchor
        if abs((t_s - anchor_t) - (arrived_s - anchor_arrived)) > DRIFT_S:
            self._anchor = (t_s, arrived_s, now)
            return now
        return anchor_utc + timedelta(seconds=t_s - anchor_t)
