"""What some seconds of a scuffle come to, as numbers for a head (see `detect.fighting.scuffle`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Plane = npt.NDArray[np.float32]

MOTION = ("energy", "peak", "area", "total", "share", "focus")
FLOW = ("speed", "fast", "rest", "rest_left", "order", "shear")
AGAIN = ("like", "back")
PEOPLE = ("near", "seen", "sure", "width", "widest", "overlap", "apart", "vehicle")
FEATURES = (
    *MOTION,
    *FLOW,
    *PEOPLE,
    "energy_most",
    "energy_least",
    "bursts",
    "speed_most",
    "shear_most",
    "rest_left_most",
    "net_speed",
    "turns",
    "persists",
    "stays",
    "covered",
    "often",
    "drift",
    "wander",
    "near_spread",
    "near_most",
    "near_changes",
    "two",
    "overlap_spread",
    "width_spread",
    "height",
    *AGAIN,
)
"""Names of the measures of a window, in the order of `Scuffle.measures`."""
SCALES = frozenset(
    "energy peak area total share speed fast rest_left shear near seen energy_most energy_least "
    "speed_most shear_most rest_left_most net_speed turns stays covered drift wander near_most "
    "height".split()
)
"""Those that are ratios by nature: their logarithm is given."""
TINY = 0.02


@dataclass(slots=True)
class Moment:
    """One pair of pictures."""

    t_s: float
    gap_s: float
    values: dict[str, float]
    centre: tuple[float, float]
    """Of the place where most moves, in heights."""
    flow: tuple[float, float] | None
    """Mean movement there, in heights a second."""
    moving: Plane
    """What moves, at the scale of the time."""
    side_px: int
    """Of the place, at that scale;"""
    heat: float
    """and the mean of what moves in the place where most does."""


UNKNOWN = {"like": -0.2, "back": 0.25, "sure": 0.3, "width": -0.7, "widest": -0.7, "apart": 3.0}
"""What is taken where nobody is near, or hardly anything moves; of all else 0."""


def _series(moments: Sequence[Moment], name: str) -> npt.NDArray[np.float64]:
    return np.array([moment.values.get(name, UNKNOWN.get(name, 0.0)) for moment in moments])


def mean(moments: Sequence[Moment], name: str) -> float:
    gaps = np.array([moment.gap_s for moment in moments])
    return float((_series(moments, name) * gaps).sum() / gaps.sum())


def measures(moments: Sequence[Moment]) -> Plane:
    """The measures of at least one moment, float32 in the order of `FEATURES`."""
    found = _of_window(moments, sum(moment.gap_s for moment in moments))
    values = [
        log(max(found[name], 0.0) + TINY) if name in SCALES else found[name] for name in FEATURES
    ]
    return np.array(values, np.float32)


def _of_window(moments: Sequence[Moment], lasted_s: float) -> dict[str, float]:
    """All `FEATURES`, plain."""
    found = {name: mean(moments, name) for name in (*MOTION, *PEOPLE, "height")}
    energy, near = _series(moments, "energy"), _series(moments, "near")
    weight = energy * np.array([moment.gap_s for moment in moments]) + 1e-6
    flowing = [index for index, moment in enumerate(moments) if moment.flow is not None]
    for name in AGAIN:
        known = [moment.values[name] for moment in moments if name in moment.values]
        found[name] = float(np.mean(known)) if known else UNKNOWN[name]
    for name in FLOW:
        values = _series(moments, name)[flowing]
        part = weight[flowing]
        found[name] = float((values * part).sum() / part.sum()) if flowing else 0.0
        if name in ("speed", "shear", "rest_left"):
            found[f"{name}_most"] = float(values.max()) if flowing else 0.0
    flow = np.array([moment.flow or (0.0, 0.0) for moment in moments])
    net = (flow * weight[:, None]).sum(axis=0) / weight.sum()
    centre = np.array([moment.centre for moment in moments])
    overlap = _series(moments, "overlap")
    shapes = _series(moments, "width")[near > 0]
    found |= {
        "energy_most": float(energy.max()),
        "energy_least": float(np.sort(energy)[len(energy) // 4]),
        "bursts": float(energy.std() / (energy.mean() + 1e-3)),
        "net_speed": float(np.hypot(*net)),
        "turns": float(np.hypot(*np.diff(flow, axis=0).T).mean()) if len(flow) > 1 else 0.0,
        "drift": float(np.hypot(*(centre[-1] - centre[0]))) / lasted_s,
        "wander": float(np.hypot(*centre.std(axis=0))),
        "near_spread": float(near.std()),
        "near_most": float(near.max()),
        "near_changes": float(np.abs(np.diff(near)).mean()) if len(near) > 1 else 0.0,
        "two": float((near >= 2).mean()),
        "overlap_spread": float(overlap.std()),
        "width_spread": float(shapes.std()) if len(shapes) > 1 else 0.0,
    }
    return found | _in_place(moments)


def _in_place(moments: Sequence[Moment]) -> dict[str, float]:
    """Whether the same place moves again and again."""
    shape, side = moments[-1].moving.shape, moments[-1].side_px
    alike = [moment for moment in moments if moment.moving.shape == shape]
    planes = np.stack([moment.moving for moment in alike])
    hot = ndimage.uniform_filter(planes.mean(axis=0), side, mode="constant").max()
    each = float(np.mean([moment.heat for moment in alike]))
    moved = (planes > 0).sum(axis=0, dtype=np.float32) / np.float32(len(planes))
    often = moved[moved > 0]
    return {
        "stays": float(hot),
        "persists": float(hot / (each + 1e-3)),
        "covered": float(ndimage.uniform_filter(moved, side, mode="constant").max()),
        "often": float(np.percentile(often, 80)) if len(often) else 0.0,
    }
