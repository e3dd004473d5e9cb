"""Whether somebody lies: what is measured of a place, and the decision. Pure.

Lengths are in heights of the frame, so that a width and a height can be compared; `wide` is the
frame's width in heights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import atan2, degrees, exp, hypot

import numpy as np

from detect.aids import KEYPOINTS, Pose
from detect.track import Box

SHOULDERS = tuple(KEYPOINTS.index(f"{side}_shoulder") for side in ("left", "right"))
HIPS = tuple(KEYPOINTS.index(f"{side}_hip") for side in ("left", "right"))
UPRIGHT_ASPECT = 1.7
"""Height by width of a box that surely holds somebody upright."""
EDGE = 0.015
"""A box this near to the frame's edge is cut off by it: its shape says nothing."""
BINS = 12
LEAST_SEEN = 4
"""Boxes from which a height is learnt."""
LEARN = 0.1
LONG, THICK, AREA = (0.46, 1.7), 0.14, (0.07, 0.7)
"""Longer and shorter side and area of a person who lies, in heights of one who stands there."""
LIES_TALL, BENDS_TALL = 0.5, 0.65
"""Heights of who lies and of who bends over, of who stands there."""
HIGHEST, WIDEST = 0.45, 0.75
"""Of the picture."""
SHORTEST = 0.06
"""A torso, as a part of the square crop: shorter ones point anywhere."""


def aspect(box: Box, wide: float) -> float:
    """Width by height of a box, as it looks."""
    return (box[2] - box[0]) * wide / max(box[3] - box[1], 1e-6)


def is_cut(box: Box) -> bool:
    """Whether the frame's edge cuts the box off."""
    return min(box[0], box[1]) < EDGE or max(box[2], box[3]) > 1 - EDGE


class Standing:
    """How tall people stand at each height of the picture, learnt from upright boxes."""

    def __init__(self) -> None:
        self._height = np.zeros(BINS)
        self._seen = np.zeros(BINS)

    def learn(self, box: Box) -> None:
        """Somebody stands upright there."""
        at, height = min(int(box[3] * BINS), BINS - 1), box[3] - box[1]
        self._seen[at] += 1
        gain = max(LEARN, 1 / self._seen[at])
        self._height[at] += gain * (height - self._height[at])

    def expected(self, foot_y: float) -> float | None:
        """Height of who stands with the feet at `foot_y`; None where nobody was seen near."""
        at = min(int(foot_y * BINS), BINS - 1)
        near = [k for k in (at - 1, at, at + 1) if 0 <= k < BINS and self._seen[k] > 0]
        seen = sum(self._seen[k] for k in near)
        if seen < LEAST_SEEN:
            return None
        return float(sum(self._height[k] * self._seen[k] for k in near) / seen)


@dataclass(frozen=True, slots=True)
class Posture:
    """What the joints say of how somebody holds the body. Nothing else is read from them."""

    torso_deg: float
    """Between the way from shoulders to hips and straight down: 0 upright, 90 flat, 180 head
    down."""
    certain: float
    """0 to 1: the less certain of shoulders and hips."""

    @property
    def sure(self) -> float:
        """`certain` between what says nothing and what says all, 0 to 1."""
        return min(max(self.certain - UNCERTAIN, 0.0) / (CERTAIN - UNCERTAIN), 1.0)


def posture(pose: Pose, within: Box = (0.0, 0.0, 1.0, 1.0)) -> Posture | None:
    """The posture of who is in a square crop; None when their middle is not `within` its part, or
    their torso is too short to have a direction.
    """
    shoulders, hips = pose.points[list(SHOULDERS)].mean(0), pose.points[list(HIPS)].mean(0)
    x, y = ((shoulders + hips) / 2).tolist()
    if not (within[0] <= x <= within[2] and within[1] <= y <= within[3]):
        return None
    across, down = (hips - shoulders).tolist()
    if hypot(across, down) < SHORTEST:
        return None
    certain = min(pose.score[list(SHOULDERS)].max(), pose.score[list(HIPS)].max())
    return Posture(degrees(atan2(abs(across), down)), float(certain))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one place at one moment; the scores are 0 where nothing was seen."""

    wide_score: float = 0.0
    """Of the detector for a person who is wider than tall here."""
    turned_score: float = 0.0
    """Of the detector for a person who is upright in the picture turned by a quarter."""
    upright_score: float = 0.0
    """Of the detector for a person who is taller than wide here."""
    other_score: float = 0.0
    """Of the detector for a vehicle that fills the place."""
    posture: Posture | None = None
    turned_posture: Posture | None = None
    """In the picture turned as the detector saw somebody upright in it best."""
    lowness: float = 0.0
    """0: as tall as who stands there; 1: less than a third of that, or plainly wider than tall."""
    remains: float = 0.0
    """0 to 1: how much of something of a person's size lies here that is not of the background."""
    fell: bool = False
    """Somebody was seen upright here just before."""
    tall: float = 0.0
    """0: what is here is no taller than who lies; 1: as tall as who bends or kneels."""


BIAS = -4.6
WEIGHTS = {
    "seen": 3.0,
    "both": 0.8,
    "upright": -4.5,
    "other": -4.0,
    "flat": 2.5,
    "erect": -4.5,
    "body": 1.2,
    "low": 1.5,
    "remains": 2.6,
    "fell": 1.8,
    "tall": -6.5,
}
"""Of each quantity, 0 to 1, in the logit. Set by hand: there are too few real people who lie among
the clips to fit them."""
CERTAIN, UNCERTAIN = 0.45, 0.15
"""Scores of joints that say all, and nothing."""
TORSO_MID_DEG, TORSO_SPAN_DEG = 45.0, 25.0
AGAINST = 0.7
"""Part of the score for lying that a score for standing, or for a vehicle, must exceed to speak: a
detector gives parts of who lies as somebody small who stands, and people lie before cars."""
HARDLY = 0.2
"""A torso that is less upright than this is no sign of standing."""
FULL_SCORE = 0.6
"""A score of the detector that says all."""


def torso_says(seen: Posture | None, turned: Posture | None = None) -> float:
    """-1 surely upright, 1 surely flat, 0 nothing. Joints that stand upright in a turned picture
    lie; they count where those of the picture as it is do not say more.
    """
    flat = 0.0 if seen is None else _clipped(seen.torso_deg - TORSO_MID_DEG) * seen.sure
    up = 0.0 if turned is None else _clipped(TORSO_MID_DEG - turned.torso_deg) * turned.sure
    return up if up > abs(flat) else flat


def quantities(seen: Evidence) -> dict[str, float]:
    """What the decision is made of, by the names of `WEIGHTS`."""
    postures = [one for one in (seen.posture, seen.turned_posture) if one is not None]
    wide, turned = (min(one / FULL_SCORE, 1.0) for one in (seen.wide_score, seen.turned_score))
    torso = torso_says(seen.posture, seen.turned_posture)
    body = max((one.sure for one in postures), default=0.0)
    return {
        "seen": max(wide, turned),
        "both": min(wide, turned),
        "upright": min(max(seen.upright_score / FULL_SCORE - AGAINST * max(wide, turned), 0), 1),
        "other": min(max(seen.other_score / FULL_SCORE - AGAINST * max(wide, turned), 0), 1),
        "flat": max(torso, 0.0),
        "erect": max(-torso, 0.0),
        "body": body if torso > -HARDLY else 0.0,
        "low": seen.lowness,
        "remains": seen.remains * (1 - seen.tall),
        "fell": float(seen.fell),
        "tall": seen.tall,
    }


def likelihood(seen: Evidence, weights: Mapping[str, float] = WEIGHTS, bias: float = BIAS) -> float:
    """How likely somebody lies there, 0 to 1."""
    logit = bias + sum(weights[name] * value for name, value in quantities(seen).items())
    return 1 / (1 + exp(-logit))


def is_bodily(box: Box, wide: float, stood: float | None, area: float | None = None) -> bool:
    """Whether something is of the size of a person who lies where one of height `stood` stands.

    Nobody who lies fills half the picture's height: who does leans over a desk before the camera.
    """
    if box[3] - box[1] > HIGHEST or box[2] - box[0] > WIDEST:
        return False
    if stood is None:
        return True
    across, down = (box[2] - box[0]) * wide / stood, (box[3] - box[1]) / stood
    is_long = LONG[0] <= max(across, down) <= LONG[1] and min(across, down) >= THICK
    return is_long and (area is None or AREA[0] <= area / stood**2 <= AREA[1])


def lowness(box: Box, wide: float, standing: float | None) -> float:
    """How low a box is: by its shape, and against who stands there."""
    shape = (aspect(box, wide) - 0.8) / 0.6
    height = 0.0 if standing is None else (0.75 - (box[3] - box[1]) / standing) / 0.4
    return max(0.0, min(1.0, max(shape, height)))


def tallness(height: float, stood: float) -> float:
    """How surely something of this height bends, kneels or stands rather than lies, where people
    stand `stood` tall: 0 to 1.
    """
    return max(0.0, min(1.0, (height / stood - LIES_TALL) / (BENDS_TALL - LIES_TALL)))


def same_place(a: Box, b: Box, least: float = 0.2) -> bool:
    """Whether boxes share a good part of the smaller."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return False
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return width * height > least * smaller


def _clipped(degrees_off: float) -> float:
    return max(-1.0, min(1.0, degrees_off / TORSO_SPAN_DEG))
