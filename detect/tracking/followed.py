"""One thing that the tracker follows: where it is, how fast, and how sure that is.

A Kalman filter of constant velocity over media time (Kalman, 1960). Variances are in sizes of the
box, so that one filter serves near and far, and both axes share them: a box is off by a tenth of
its width sideways, and by less, but a person also moves less, up and down. Two things differ from
the book. A detector's error stays nearly the same from one near frame to the next, so a frame soon
after another says little new. And a velocity is forgotten: people turn, and what is out of sight
comes to rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt

from detect.track import Box

NOISE = 0.1
"""By which part of its size a detection is off (standard deviation)."""
SAME_NOISE_S = 0.4
"""Time in which a detector's error becomes another: frames nearer in time count for less."""
SHORTEST_S = 0.04
"""Frames nearer in time than this count as so far apart."""
SPEED = 1.0
"""Usual speed in sizes of the box a second: a walker's is about two widths, or a fifth of the
height."""
SPEED_LASTS_S = 4.0
"""Time in which a speed becomes another."""
COAST_S = 3.0
"""Time in which a thing that is out of sight comes to rest."""
SIZE_LASTS_S = 0.8
"""Time in which a size is learnt."""
CERTAIN = 0.3
"""The score above which a detection is evidence."""


@dataclass(slots=True)
class Followed:
    """One track, tentative or confirmed. Positions are fractions of the frame, and may lie
    outside.
    """

    id: int
    x: float
    """Of the centre, at the media time of the last frame."""
    y: float
    width: float
    height: float
    score: float
    label: int
    votes: dict[int, float]
    """Sum of scores by label."""
    born_s: float
    seen_s: float
    evidence: float
    """Sum of what scores were above `CERTAIN`."""
    place_var: float
    """Variance of the centre, in sizes²."""
    speed_var: float = SPEED**2
    both_var: float = 0.0
    """Covariance of the two."""
    vx: float = 0.0
    """Of the centre, fractions of the frame a second."""
    vy: float = 0.0
    hits: int = 1

    @classmethod
    def begin(
        cls, identity: int, xyxy: Sequence[float], score: float, label: int, t_s: float
    ) -> Followed:
        x1, y1, x2, y2 = xyxy
        return cls(
            id=identity,
            x=(x1 + x2) / 2,
            y=(y1 + y2) / 2,
            width=x2 - x1,
            height=y2 - y1,
            score=score,
            label=label,
            votes={label: score},
            born_s=t_s,
            seen_s=t_s,
            evidence=max(score - CERTAIN, 0.0),
            place_var=_noise_var(SAME_NOISE_S),
        )

    @property
    def box(self) -> Box:
        across, down = self.width / 2, self.height / 2
        return self.x - across, self.y - down, self.x + across, self.y + down

    @property
    def unsure(self) -> float:
        """By which part of its size it may be elsewhere (standard deviation)."""
        return sqrt(self.place_var)

    def after(self, from_s: float, gap_s: float) -> Box:
        """The box that at media time `from_s` was as it is, `gap_s` later."""
        coasted_s = self._coasted_s(from_s, gap_s)
        dx, dy = self.vx * coasted_s, self.vy * coasted_s
        x1, y1, x2, y2 = self.box
        return x1 + dx, y1 + dy, x2 + dx, y2 + dy

    def advance(self, from_s: float, gap_s: float) -> None:
        """Bring it from media time `from_s` to `gap_s` later."""
        coasted_s = self._coasted_s(from_s, gap_s)
        self.x += self.vx * coasted_s
        self.y += self.vy * coasted_s
        lasts = exp(-gap_s / SPEED_LASTS_S)
        self.place_var += gap_s * (2 * self.both_var + gap_s * self.speed_var)
        self.both_var = lasts * (self.both_var + gap_s * self.speed_var)
        self.speed_var = lasts**2 * self.speed_var + (1 - lasts**2) * SPEED**2

    def correct(self, xyxy: Sequence[float], score: float, label: int, t_s: float) -> None:
        """Draw it to a detection of media time `t_s`, the present one."""
        x1, y1, x2, y2 = xyxy
        off_x, off_y = (x1 + x2) / 2 - self.x, (y1 + y2) / 2 - self.y
        total = self.place_var + _noise_var(t_s - self.seen_s)
        gain, speed_gain = self.place_var / total, self.both_var / total
        self.x += gain * off_x
        self.y += gain * off_y
        self.vx += speed_gain * off_x
        self.vy += speed_gain * off_y
        self.speed_var -= speed_gain * self.both_var
        self.place_var *= 1 - gain
        self.both_var *= 1 - gain
        self.hits += 1
        believed = max(1 - exp((self.seen_s - t_s) / SIZE_LASTS_S), 1 / self.hits)
        self.width += believed * (x2 - x1 - self.width)
        self.height += believed * (y2 - y1 - self.height)
        self.score, self.seen_s = score, t_s
        self.evidence += max(score - CERTAIN, 0.0)
        self.votes[label] = self.votes.get(label, 0.0) + score
        if label != self.label:
            self.label = max(sorted(self.votes), key=self.votes.__getitem__)

    def _coasted_s(self, from_s: float, gap_s: float) -> float:
        return gap_s * exp(-max(from_s - self.seen_s, 0.0) / COAST_S)


def _noise_var(since_s: float) -> float:
    """Variance of a detection that comes so long after the one before, in sizes²."""
    return NOISE**2 * (1 + SAME_NOISE_S / max(since_s, SHORTEST_S))
