"""What is left out when the machine cannot do everything, and in which order.

Shedding goes by levels, the mildest first; each level includes those before it:

0. full service: each camera at the rate that its scene asks for
1. `rate`: quiet cameras fall to their quiet rate, idle ones to their key frames
2. `sweep`: whole frames come at the longest interval, far parts are not enlarged any more
3. `quiet`: parts where something moves and nothing is followed are looked at every second time,
   but once a second
4. `floor`: all rates fall to the floors of the live rules

Never left out are the surroundings of anything that is followed, confirmed or not yet, and each
camera keeps a floor: one frame a second, and a whole one every few seconds.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from ingest.camera import CameraId

Shed = Literal["rate", "sweep", "quiet", "floor"]
LEVELS: tuple[Shed | None, ...] = (None, "rate", "sweep", "quiet", "floor")
HIGHEST = len(LEVELS) - 1

BUSY = 0.93
"""Share of the cores from which the machine counts as full."""
CALM = 0.75
"""Below this there is room for a milder level."""
RISE_S = 2.0
"""So long the machine must be full for the next level."""
FALL_S = 10.0
"""So long it must be calm for the level before,"""
LONGEST_FALL_S = 300.0
"""and when a level comes back as soon as it is left, longer and longer, up to this."""
TRY_TIMES = 6.0
"""A machine that is neither full nor calm waits so many times as long before it tries the milder
level: else what a rush has brought would stay for good where much is used but nothing is late."""


class Overload:
    """Chooses the level from how busy the cores are and whether work comes too late. Pure but for
    its memory: time is passed in.
    """

    def __init__(self) -> None:
        self.level = 0
        self._full_since_s: float | None = None
        self._calm_since_s: float | None = None
        self._well_since_s: float | None = None
        self._fell_at_s = float("-inf")
        self._fall_s = FALL_S

    def step(self, now_s: float, busy: float, late: int) -> int:
        """Take one measurement, about one a second; gives the level.

        `busy` is the share of the cores that computed since the last one, 0 to 1; `late` counts
        what was dropped meanwhile because it came too late.
        """
        is_full = busy >= BUSY or late > 0
        is_calm = busy < CALM and late == 0
        self._full_since_s = _since(self._full_since_s, now_s) if is_full else None
        self._calm_since_s = _since(self._calm_since_s, now_s) if is_calm else None
        self._well_since_s = None if is_full else _since(self._well_since_s, now_s)
        try_s = min(TRY_TIMES * self._fall_s, LONGEST_FALL_S)
        if self._full_since_s is not None and now_s - self._full_since_s >= RISE_S:
            self._rise(now_s)
        elif self._calm_since_s is not None and now_s - self._calm_since_s >= self._fall_s:
            self._fall(now_s, self._fall_s)
        elif self._well_since_s is not None and now_s - self._well_since_s >= try_s:
            self._fall(now_s, try_s)
        return self.level

    def _rise(self, now_s: float) -> None:
        if self.level == HIGHEST:
            return
        if now_s - self._fell_at_s < FALL_S:  # the milder level did not hold
            self._fall_s = min(2 * self._fall_s, LONGEST_FALL_S)
        self.level += 1
        self._full_since_s = now_s

    def _fall(self, now_s: float, waited_s: float) -> None:
        if now_s - self._fell_at_s > 2 * waited_s:
            self._fall_s = FALL_S
        self.level = max(0, self.level - 1)
        self._fell_at_s = self._calm_since_s = self._well_since_s = now_s


def _since(began_s: float | None, now_s: float) -> float:
    return now_s if began_s is None else began_s


@dataclass(frozen=True, slots=True)
class Cost:
    """What full service to one camera costs."""

    source_fps: float
    """Pictures a second that it sends."""
    analysed_fps: float
    """Frames a second that are to be analysed when something is going on."""


def demand(cameras: list[Cost], decode_s: float, look_s: float, cores: float) -> float:
    """Share of the cores that full service to all these cameras needs; above 1 it cannot be had.

    `decode_s` is the time that one picture takes to decode, `look_s` that of looking at one frame,
    both in core-seconds.
    """
    needed = sum(one.source_fps * decode_s + one.analysed_fps * look_s for one in cameras)
    return needed / cores


class Service:
    """How much service cameras get just now, and what each was denied. Thread-safe.

    Written once a second by whoever measures the load, read for each frame.
    """

    def __init__(self, most: int = HIGHEST) -> None:
        self._lock = threading.Lock()
        self._shed: Counter[tuple[CameraId, str]] = Counter()
        self._most = most
        self.level = 0
        """Of shedding, see `LEVELS`."""
        self.demand = 0.0
        """Share of the cores that full service would need."""

    def set(self, level: int, needed: float) -> None:
        self.level, self.demand = min(level, self._most), needed

    def sheds(self, what: Shed) -> bool:
        """Whether this is left out now."""
        return self.level >= LEVELS.index(what)

    def count(self, camera: CameraId, reason: Shed, times: int = 1) -> None:
        """Note that something was left out on purpose."""
        with self._lock:
            self._shed[camera, reason] += times

    def forget(self, camera: CameraId) -> None:
        with self._lock:
            for key in [key for key in self._shed if key[0] == camera]:
                del self._shed[key]

    def shed(self, camera: CameraId) -> dict[str, int]:
        """What this camera was denied so far, by reason."""
        with self._lock:
            return {reason: n for (name, reason), n in self._shed.items() if name == camera}
