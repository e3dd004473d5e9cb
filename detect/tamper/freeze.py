"""Whether a camera sends the same picture for ever, while its clock may go on.

Bit for bit the same: told from how long this camera's picture has ever stayed the same (encoders
repeat what does not change, until the next key frame). Nearly so, as a coder leaves it that goes on
to refine one picture: the same, after a longer time. The same but for fresh noise, as after it
was coded anew: nothing moves any longer although several things moved at once just before, and
they have not left: they stopped within one picture. A single thing that stops is none, unless the
noise itself changed in that moment.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from detect.tamper.structure import BLOCK_PX, Mask, Plane, blocks
from detect.view import Luma
from ingest.frame import Image

GRID = 4
"""Every fourth pixel each way is compared bit by bit."""
EDGE = 0.15
"""Clocks and names stand in the upper and lower part of the picture, this high."""
SAME_PART, SAME_LEVELS = 0.97, 2
"""Part of the pixels that are bit for bit the same, and grey levels by which the others differ at
most, where a coder refines a picture that stands still."""
NEARLY_S = 6.0
"""That long it must last."""
RECORD_TIMES = 3.0
"""A rest is frozen when it is this many times longer than any before,"""
YOUNG_S = 8.0
"""and in a camera's first seconds at least so long, less the time it has been known."""
MOVED = 3.0
"""Grey levels by which a block must change to have moved, beside the noise:"""
NOISE_TIMES = 2.0
LEARN_S = 30.0
BEFORE_S = 3.0
"""What moved in this time before the rest is looked at."""
LEAST_BEFORE = 3
"""Pictures of that time."""
THINGS = 2
"""Things that moved at once, at the median of that time."""
ABROAD = 6.0
"""Grey levels by which what stopped still differs from the place without it."""
STAYED = 0.5
"""Of what stood where something moved last, so much must be there still."""
LIGHT = 1.6
"""By how many times the light changes at once that makes all movement weaker or stronger."""
NOISE_CHANGED = 1.6
CUT = 0.65
"""So much of the picture that changes at once is a cut or a light: nothing has stopped there."""
KNOWN_S = 5.0
"""What moves and how much noise there is must have been seen for this long."""
LEAST_S = 3.0
FORGET_S = 3600.0
"""A record loses half its length in this time: a night's rest says little of the day."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The picture does not change."""

    since_s: float
    is_exact: bool
    longest_s: float
    """The longest rest seen before."""


@dataclass(slots=True)
class _Run:
    """The present run of pictures without change, and the longest one before."""

    since_s: float = 0.0
    longest_s: float = 0.0

    def end(self, t_s: float, step_s: float) -> None:
        """The picture at `t_s` differs from the one `step_s` before."""
        self.longest_s *= 0.5 ** ((t_s - self.since_s) / FORGET_S)
        self.longest_s = max(self.longest_s, t_s - step_s - self.since_s)
        self.since_s = t_s

    def needs_s(self, least_s: float) -> float:
        """How long a run must last to be told from those before."""
        return max(least_s, RECORD_TIMES * self.longest_s)


@dataclass(frozen=True, slots=True)
class _Moment:
    t_s: float
    things: int
    noise: float


class Freeze:
    """Follows one camera."""

    def __init__(self) -> None:
        self._sample: Image | None = None
        self._luma: Plane = np.empty((0, 0), np.float32)
        self._place: Plane = np.empty((0, 0), np.float32)
        self._began_s = self._cut_s = self._last_s = 0.0
        self._equal, self._nearly, self._quiet = _Run(), _Run(), _Run()
        self._noise = 0.0
        self._before: deque[_Moment] = deque()
        self._stopped: Mask | None = None
        """Blocks in which something moved in the last picture in which anything did,"""
        self._stood: Mask | None = None
        """and those of them in which something stood in the one before."""
        self._rest_noise = 0.0

    def see(self, image: Image, luma: Luma, t_s: float, seconds: float) -> Rest | None:
        """Whether the picture has been frozen for at least `seconds` at media time `t_s`."""
        sample, now = image[::GRID, ::GRID].copy(), _whole_blocks(luma)
        if self._sample is None or self._sample.shape != sample.shape:
            self._restart(now, t_s)
        else:
            step_s = t_s - self._last_s
            if not _is_same(sample, self._sample):
                self._equal.end(t_s, step_s)
                if not _is_nearly_same(sample, self._sample):
                    self._nearly.end(t_s, step_s)
            self._follow(now, t_s, step_s)
        self._sample, self._luma, self._last_s = sample, now, t_s
        least_s = max(seconds, LEAST_S)
        return (
            self._same(self._equal, t_s, least_s, is_exact=True)
            or self._same(self._nearly, t_s, max(least_s, NEARLY_S), is_exact=False)
            or self._noisy(t_s, seconds)
        )

    def _restart(self, now: Plane, t_s: float) -> None:
        self._place = blocks(now)
        self._began_s = self._cut_s = t_s
        self._equal.since_s = self._nearly.since_s = self._quiet.since_s = t_s
        self._before.clear()
        self._stopped = None

    def _follow(self, now: Plane, t_s: float, step_s: float) -> None:
        """Learn what moves, the noise, and the place without what moves."""
        gain = float(np.median((now[::4, ::4] + 4) / (self._luma[::4, ::4] + 4)))
        change = blocks(np.abs(now - self._luma * gain))
        moved = change > MOVED + NOISE_TIMES * self._noise
        noise = float(np.median(change))
        if t_s - self._began_s <= KNOWN_S:
            self._noise = max(self._noise, min(noise, MOVED))
        self._noise += (min(noise, MOVED) - self._noise) * min(1.0, step_s / 5.0)
        if moved.mean() > CUT or not 1 / LIGHT < gain < LIGHT:
            self._cut_s = t_s
            self._before.clear()
            self._stopped, self._place = None, blocks(now)
        if _inner(moved).any():
            self._quiet.end(t_s, step_s)
            while self._before and t_s - self._before[0].t_s > BEFORE_S:
                self._before.popleft()
            self._before.append(_Moment(t_s, int(ndimage.label(moved)[1]), noise))
            self._stopped = moved
            self._stood = moved & (np.abs(blocks(self._luma * gain) - self._place) > ABROAD)
            part = min(1.0, step_s / min(LEARN_S, t_s - self._began_s))
            self._place += (blocks(now) - self._place) * part
        else:
            self._rest_noise += (noise - self._rest_noise) * min(1.0, step_s / 1.0)

    def _same(self, run: _Run, t_s: float, least_s: float, *, is_exact: bool) -> Rest | None:
        known_s = run.since_s - self._began_s
        needed_s = run.needs_s(max(least_s, YOUNG_S - known_s))
        return Rest(run.since_s, is_exact, run.longest_s) if t_s - run.since_s >= needed_s else None

    def _noisy(self, t_s: float, seconds: float) -> Rest | None:
        run = self._quiet
        if t_s - run.since_s < run.needs_s(max(seconds, LEAST_S)) or self._stopped is None:
            return None
        if run.since_s - self._cut_s < KNOWN_S:
            return None
        before = [moment for moment in self._before if run.since_s - moment.t_s <= BEFORE_S]
        if len(before) < LEAST_BEFORE:
            return None
        stood, here = self._stood, self._here()
        if stood is None or here.sum() < STAYED * float(stood.sum()):
            return None
        things = float(np.median([moment.things for moment in before]))
        things = min(things, float(ndimage.label(here)[1]))
        is_changed = _differs(float(np.median([m.noise for m in before])), self._rest_noise)
        if things < THINGS and not (things >= 1 and is_changed):
            return None
        return Rest(run.since_s, False, run.longest_s)

    def _here(self) -> Mask:
        """Where something moved last and still stands."""
        stands = np.abs(blocks(self._luma) - self._place) > ABROAD
        return np.zeros_like(stands) if self._stopped is None else self._stopped & stands


def _whole_blocks(luma: Luma) -> Plane:
    rows, columns = (side // BLOCK_PX * BLOCK_PX for side in luma.shape)
    return luma[:rows, :columns].astype(np.float32)


def _is_same(sample: Image, last: Image) -> bool:
    """Bit for bit, but for a clock near the upper or lower edge."""
    rows = np.flatnonzero((sample != last).any(axis=(1, 2)))
    if not len(rows):
        return True
    edge = EDGE * len(sample)
    in_edge = (rows < edge) | (rows >= len(sample) - edge)
    return bool(in_edge.all())


def _is_nearly_same(sample: Image, last: Image) -> bool:
    """But for what a coder refines, and a clock."""
    edge = max(1, round(EDGE * len(sample)))
    one, other = (part[edge:-edge, :, 1].astype(np.int16) for part in (sample, last))
    change = np.abs(one - other)
    return bool(change.max() <= SAME_LEVELS and (change == 0).mean() >= SAME_PART)


def _inner(moved: Mask) -> Mask:
    """Without the rows in which a clock may stand."""
    edge = max(1, round(EDGE * len(moved)))
    return moved[edge:-edge]


def _differs(one: float, other: float) -> bool:
    low, high = sorted((one + 0.1, other + 0.1))
    return high / low >= NOISE_CHANGED
