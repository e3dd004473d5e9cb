"""Stream timestamps to media time and UTC, through jumps, wraps, stalls and missing stamps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

JUMP_S = 3.0
"""A stream clock that runs back, or ahead of the arrival clock by more than this, has jumped."""
LIE_S = 10.0
"""A stream clock that has parted this far from the arrival clock is not believed any longer."""
STEP_UTC_S = 2.0
"""UTC is set anew when it is this far off: the machine's clock was set, or frames were held up."""
SETTLE_S = 60.0
"""Smaller errors are worn away over this time, so that UTC follows without a step."""
SMALLEST_STEP_S = 0.001
WRAPS = (0, 2**32, 2**33)
"""RTP counts in 32 bits, MPEG-TS in 33."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a frame was captured."""

    t_s: float
    """Media seconds since the first frame; strictly grows."""
    captured_at: datetime
    """UTC; goes back only when the machine's own clock is set back."""


class Timeline:
    """Places the frames of one camera in time. Survives reconnects: media time goes on."""

    def __init__(self) -> None:
        self.jumps = 0
        """Times the stream's clock could not be followed."""
        self._last: Stamp | None = None
        self._last_pts: int | None = None
        self._last_arrived_s = 0.0
        self._ahead_s = 0.0
        self._is_believed = True

    def reconnect(self) -> None:
        """A new connection: its stamps have nothing to do with the last ones."""
        self._last_pts = None
        self._ahead_s = 0.0
        self._is_believed = True

    def place(
        self, pts: int | None, time_base: Fraction | None, arrived_s: float, now: datetime
    ) -> Stamp:
        """Place one frame.

        `pts` in `time_base` units (None when the stream gives none), `arrived_s` a monotonic
        clock, `now` UTC at arrival.
        """
        if self._last is None:
            stamp = Stamp(0.0, now)
        else:
            waited_s = max(0.0, arrived_s - self._last_arrived_s)
            step_s = max(SMALLEST_STEP_S, self._step_s(pts, time_base, waited_s))
            stamp = Stamp(self._last.t_s + step_s, _utc(self._last.captured_at, step_s, now))
        self._last, self._last_pts, self._last_arrived_s = stamp, pts, arrived_s
        return stamp

    def _step_s(self, pts: int | None, time_base: Fraction | None, waited_s: float) -> float:
        """Media seconds since the last frame; the arrival clock stands in for a broken one."""
        if pts is None or time_base is None or self._last_pts is None or not self._is_believed:
            return waited_s
        for wrap in WRAPS:
            step_s = float((pts - self._last_pts + wrap) * time_base)
            if 0 <= step_s <= waited_s + JUMP_S:
                break
        else:
            self.jumps += 1
            return waited_s
        # Frames held up on the way come late and then all at once: that evens out. A clock that
        # stands, crawls or races does not.
        self._ahead_s *= max(0.0, 1 - waited_s / SETTLE_S)
        self._ahead_s += step_s - waited_s
        if abs(self._ahead_s) > LIE_S:
            self.jumps += 1
            self._is_believed = False
        return step_s


def _utc(last: datetime, step_s: float, now: datetime) -> datetime:
    """UTC of a frame `step_s` of media time after one captured at `last`."""
    utc = last + timedelta(seconds=step_s)
    error_s = (now - utc).total_seconds()
    if abs(error_s) > STEP_UTC_S:
        return now
    return utc + timedelta(seconds=error_s * min(0.5, step_s / SETTLE_S))
