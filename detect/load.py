"""How loaded the machine is, from what its threads have done since the last look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detect.overload import Cost, Overload, Service, demand

SMOOTHED = 0.2
"""Part of a new measurement of a cost that goes into what is known."""
ALONE_TIMES = 3
"""A key frame decoded by itself takes about as long as so many pictures of a whole stream."""


@dataclass(frozen=True, slots=True)
class Work:
    """What was done so far; all of it only grows."""

    busy_s: float
    """Core-seconds of decoding and of looking."""
    looking_s: float
    """Those of looking alone."""
    pictures: int
    """Decoded."""
    looked: int
    """Frames that went through every stage."""
    late: int
    """What was dropped because it came too late."""
    alone: int = 0
    """Of the pictures those that are key frames decoded by themselves."""


@dataclass(frozen=True, slots=True)
class Load:
    """The machine just now."""

    capacity_cores: float
    used_cores: float
    demand: float
    """Share of the capacity that full service to every camera would need."""
    level: int
    """Of shedding."""


class LoadMeter:
    """Measures the load about once a second, and chooses what is shed."""

    def __init__(self, cores: int, service: Service, *, sheds: bool = True) -> None:
        self._cores = cores
        self._service = service
        self._overload = Overload() if sheds else None
        self._last: tuple[float, Work] | None = None
        self._decode_s = 0.0
        self._look_s = 0.0
        self.load = Load(float(cores), 0.0, 0.0, 0)

    def step(self, now_s: float, work: Work, cameras: Sequence[Cost]) -> Load:
        """Take what was done up to `now_s` (monotonic) and what full service would be."""
        last, self._last = self._last, (now_s, work)
        if last is None or now_s <= last[0]:
            return self.load
        then_s, before = last
        used = (work.busy_s - before.busy_s) / (now_s - then_s)
        self._learn(before, work)
        needed = demand(list(cameras), self._decode_s, self._look_s, self._cores)
        level = 0
        if self._overload is not None:
            level = self._overload.step(now_s, used / self._cores, work.late - before.late)
        self._service.set(level, needed)
        self.load = Load(float(self._cores), used, needed, level)
        return self.load

    def _learn(self, before: Work, now: Work) -> None:
        """What a picture and a look cost, where there were enough of them to tell."""
        looking_s = now.looking_s - before.looking_s
        decoding_s = max(0.0, now.busy_s - before.busy_s - looking_s)
        alone = max(0, now.alone - before.alone)
        in_streams = now.pictures - before.pictures - alone
        # Key frames alone say nothing of what whole streams cost: an idle machine would think
        # itself too weak to decode everything, and stay idle.
        if in_streams > 0 and in_streams >= alone:
            spent_s = decoding_s / (in_streams + ALONE_TIMES * alone)
            self._decode_s = _mixed(self._decode_s, spent_s)
        if (looked := now.looked - before.looked) > 0:
            self._look_s = _mixed(self._look_s, looking_s / looked)


def _mixed(known: float, measured: float) -> float:
    return measured if known == 0 else known + SMOOTHED * (measured - known)
