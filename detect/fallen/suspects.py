"""Places where somebody may lie, and what has been gathered of each over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import exp

from detect.fallen.lying import Evidence, Posture, likelihood, same_place, torso_says
from detect.track import Box

MOST = 6
"""Places of one camera at a time; the least likely give way."""
MOST_VAIN = 24
SETTLES_S = 1.0
"""Time in which what is believed of a place follows what is seen there."""
LEAST_GAIN = 0.25
START = 0.35
"""What is believed of a place at first."""
DROPPED = 0.12
LEAST_LOOKS = 4
"""A box that is a little off may hide who lies: so many looks at least."""
VAIN_LOOKS = 3
"""So many looks that none speaks for are enough where less is believed than at first."""
LEAVES_S = 4.0
"""A place where nothing spoke for it for so long is forgotten."""
UNLIKELY = 0.15
"""What waiting counts for where nothing is believed; where all is, seven times as much and more."""
STANDS = 0.4
"""A score of somebody upright, or of an upright torso, after which nothing is held."""
HELD_S = 2.0
"""Time in which what was seen fades."""
SPEAKS = 0.5
"""A likelihood from which a look speaks for somebody's lying there."""
REST_S = 3.0
"""A place that was looked at in vain is left alone for so long, doubled each time,"""
LONGEST_REST_S = 60.0
"""up to this long,"""
FORGIVEN_S = 120.0
"""until nobody has suspected it for so long."""
DRAWN = 0.4
"""How far a place's box is drawn to what was seen there."""


@dataclass(slots=True)
class Suspect:
    """One place."""

    box: Box
    born_s: float
    """When it was first thought of."""
    since_s: float
    """From when on it was believed, or not yet refuted."""
    fell: bool = False
    """Somebody was upright here just before."""
    stood: float | None = None
    """How tall they stand here, in heights of the frame."""
    seen: Evidence = field(default_factory=Evidence)
    """Of the last look."""
    level: float = START
    """What is believed: 0 to 1."""
    looks: int = 0
    judged_s: float | None = None
    looked_s: float | None = None
    """When it was last looked at closely."""
    ways: tuple[int, int] | None = None
    """Degrees by which the picture was turned when somebody was seen here last."""
    silent: int = 0
    """Looks since one spoke for it, by what that look itself saw."""
    spoke_s: float = -1e9
    """When a look last spoke for it."""

    def judge(
        self, seen: Evidence, t_s: float, likelihood: Callable[[Evidence], float] = likelihood
    ) -> None:
        """Take in what was seen at media time `t_s`."""
        gap_s = SETTLES_S if self.judged_s is None else t_s - self.judged_s
        speaks = likelihood(seen) >= SPEAKS
        seen = _held(seen, self.seen, exp(-gap_s / HELD_S))
        says = likelihood(seen)
        self.level += max(LEAST_GAIN, 1 - exp(-gap_s / SETTLES_S)) * (says - self.level)
        self.seen, self.judged_s, self.looks = seen, t_s, self.looks + 1
        if self.level < START:
            self.since_s = t_s
        self.silent = 0 if speaks else self.silent + 1
        if speaks:
            self.spoke_s = t_s

    def draw(self, box: Box) -> None:
        """Draw its box to where it was seen."""
        x1, y1, x2, y2 = (old + DRAWN * (new - old) for old, new in zip(self.box, box, strict=True))
        self.box = (x1, y1, x2, y2)


@dataclass(slots=True)
class _Vain:
    """A place that was looked at in vain."""

    box: Box
    until_s: float
    rest_s: float


def _held(now: Evidence, before: Evidence, kept: float) -> Evidence:
    """What is seen now, with what is left of what was seen before where that is more: detectors see
    who lies now and then. What speaks against it counts at once, and is not held.
    """
    posture, turned = now.posture, now.turned_posture
    torso = torso_says(posture, turned)
    if now.upright_score >= STANDS or torso <= -STANDS:
        return now
    if torso == 0.0 and torso_says(before.posture, before.turned_posture) > 0:
        posture, turned = (_faded(one, kept) for one in (before.posture, before.turned_posture))
    return replace(
        now,
        wide_score=max(now.wide_score, kept * before.wide_score),
        turned_score=max(now.turned_score, kept * before.turned_score),
        posture=posture,
        turned_posture=turned,
    )


def _faded(seen: Posture | None, kept: float) -> Posture | None:
    return None if seen is None else Posture(seen.torso_deg, kept * seen.certain)


class Suspects:
    """Those of one camera."""

    def __init__(self) -> None:
        self.all: list[Suspect] = []
        self._vain: list[_Vain] = []

    def at(self, box: Box) -> Suspect | None:
        """The place that a box shares."""
        near = [one for one in self.all if same_place(one.box, box)]
        return max(near, key=lambda one: one.level, default=None)

    def add(self, box: Box, t_s: float) -> Suspect | None:
        """The place of a box, new or known; None where it was looked at in vain just before."""
        known = self.at(box)
        if known is None:
            if any(t_s < one.until_s and same_place(one.box, box, 0.5) for one in self._vain):
                return None
            known = Suspect(box, t_s, t_s)
            self.all.append(known)
            if len(self.all) > MOST:
                self.all.remove(min(self.all[:-1], key=lambda one: one.level))
        return known

    def forget(self, t_s: float) -> None:
        """Drop those that nothing speaks for."""
        self._vain = [one for one in self._vain if t_s - one.until_s < FORGIVEN_S]
        for one in list(self.all):
            is_silent = t_s - max(one.spoke_s, one.born_s) >= LEAVES_S
            is_refuted = one.looks >= LEAST_LOOKS and one.level < DROPPED
            is_vain = one.silent >= VAIN_LOOKS and one.level < START
            if is_silent or is_refuted or is_vain:
                self.all.remove(one)
                self._rest(one.box, t_s)

    def clear(self) -> None:
        """It is another picture."""
        self.all.clear()
        self._vain.clear()

    def _rest(self, box: Box, t_s: float) -> None:
        """Leave a place alone for a while."""
        known = next((one for one in self._vain if same_place(one.box, box, 0.5)), None)
        if known is None:
            self._vain = [*self._vain[-MOST_VAIN:], _Vain(box, t_s + REST_S, REST_S)]
        else:
            known.rest_s = min(2 * known.rest_s, LONGEST_REST_S)
            known.until_s = t_s + known.rest_s

    def due(self, t_s: float, every_s: float, most: int) -> Sequence[Suspect]:
        """Those to look at closely now: the longest waiting first, the likely ones sooner. A new
        one does not come before a likely one: in a crowd there is always a new one.
        """
        waited = [
            (every_s + t_s - one.born_s if one.looked_s is None else t_s - one.looked_s, one)
            for one in self.all
        ]
        due = [(wait_s * (UNLIKELY + one.level), one) for wait_s, one in waited
               if wait_s >= every_s - 1e-6]  # fmt: skip
        return [one for _, one in sorted(due, key=lambda found: -found[0])[:most]]
