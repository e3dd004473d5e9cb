"""Which hard case a track is: the rows under which recall is told apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from detect.guard.runs import ClipRun, Floats, TrackPath, group_of
from detect.guard.tracks import lasting

SLICES = ("small/far", "slow", "night noise", "parked-then-moving", "abandoned", "crowd")

SMALL = 1 / 12
"""Of the picture's height, the median of a track's."""
SLOW = 0.3
"""Of its own height a second; a walking person makes 0.8."""
MOVED = 1.0
"""Own heights from one end to the other, or it is not moving at all."""
STAYS = 0.35
"""Own sizes around its place within which a still thing's box wavers."""
PARKED_S = 10.0
LEFT_S = 5.0
"""How long a thing must lie alone."""
OWNER_NEAR, OWNER_GONE = 1.5, 2.5
"""In heights of the owner, from the thing."""
OWNER_S = 8.0
"""Within this time of its coming to rest the owner stands by it."""
LAST_S = 2.0
"""The last place of a track is its median over this time."""
CROWD = 8
"""People seen at one moment."""
DARK, NOISY = 90.0, 2.0
"""Of `ClipRun.luma` and `ClipRun.noise`."""


def named(tags: Iterable[str]) -> frozenset[str]:
    """The slices that a truth file names, as it writes them: `parked_then_moving`."""
    known = {name.replace(" ", "_").replace("-", "_").replace("/", "_"): name for name in SLICES}
    return frozenset(known[tag] for tag in tags if tag in known)


def slices_of_clip(run: ClipRun, tags: Iterable[str]) -> frozenset[str]:
    """What holds for everything in the clip: what the truth says, and noise in the dark."""
    found = set(named(tags))
    if run.luma <= DARK and run.noise >= NOISY:
        found.add("night noise")
    return frozenset(found)


def slices_of_tracks(run: ClipRun, tags: Iterable[str] = ()) -> dict[int, frozenset[str]]:
    """The slices of each relevant track of a run that is no flicker, by id."""
    everywhere = slices_of_clip(run, tags)
    paths = lasting(run)
    crowded = _crowded(run)
    people = [path for path in run.paths if group_of(path.label) == "person"]
    found: dict[int, frozenset[str]] = {}
    for path in paths:
        holds = {
            "small/far": float(np.median(_heights(path))) < SMALL,
            "slow": is_slow(path, run.aspect),
            "parked-then-moving": parked_then_moves(path, run.aspect),
            "abandoned": is_abandoned(path, people, run.aspect),
            "crowd": bool(np.mean([t_s in crowded for t_s in path.t_s.tolist()]) > 0.5),
        }
        found[path.id] = everywhere | {name for name, does in holds.items() if does}
    return found


def is_slow(path: TrackPath, aspect: float) -> bool:
    """It gets somewhere, but slowly for its size."""
    feet, height = _feet(path, aspect), float(np.median(_heights(path)))
    moved = float(np.linalg.norm(feet[-1] - feet[0]))
    return moved >= MOVED * height and moved / path.life_s < SLOW * height


def parked_then_moves(path: TrackPath, aspect: float) -> bool:
    """It stays at some place for long, then leaves it."""
    for first in range(len(path.t_s)):
        if path.t_s[-1] - path.t_s[first] < PARKED_S:
            return False
        away = _away(path, aspect, _feet(path, aspect)[first])[first:]
        left = np.flatnonzero(away >= MOVED)
        if not len(left):
            continue
        stayed = np.flatnonzero(away[: left[0]] <= STAYS)
        if path.t_s[first + stayed[-1]] - path.t_s[first] >= PARKED_S:
            return True
    return False


def is_abandoned(path: TrackPath, people: Sequence[TrackPath], aspect: float) -> bool:
    """A thing that comes to rest with somebody near, and then stays there alone."""
    if group_of(path.label) not in ("bag", "vehicle"):
        return False
    spot = np.median(_feet(path, aspect)[path.t_s >= path.t_s[-1] - LAST_S], axis=0)
    elsewhere = np.flatnonzero(_away(path, aspect, spot) > STAYS)
    rests = int(elsewhere[-1]) + 1 if len(elsewhere) else 0
    if rests == len(path.t_s):
        return False
    came_s, went_s = float(path.t_s[rests]), float(path.t_s[-1])
    return any(_left_by(person, spot, came_s, went_s, aspect) for person in people)


def _left_by(person: TrackPath, spot: Floats, came_s: float, went_s: float, aspect: float) -> bool:
    away = np.linalg.norm(_feet(person, aspect) - spot, axis=1) / _heights(person)
    near = (away <= OWNER_NEAR) & (np.abs(person.t_s - came_s) <= OWNER_S)
    return bool(near.any()) and went_s - float(person.t_s[away <= OWNER_GONE][-1]) >= LEFT_S


def _crowded(run: ClipRun) -> frozenset[float]:
    """Moments with many people."""
    times = [path.t_s for path in run.paths if group_of(path.label) == "person"]
    if not times:
        return frozenset()
    moments, counts = np.unique(np.concatenate(times), return_counts=True)
    return frozenset(moments[counts >= CROWD].tolist())


def _heights(path: TrackPath) -> Floats:
    return np.maximum(path.xyxy[:, 3] - path.xyxy[:, 1], 1e-6)


def _feet(path: TrackPath, aspect: float) -> Floats:
    """(N, 2) middle of the lower edge, in heights of the picture both ways."""
    x = (path.xyxy[:, 0] + path.xyxy[:, 2]) / 2 * aspect
    return np.stack([x, path.xyxy[:, 3]], axis=1)


def _away(path: TrackPath, aspect: float, spot: Floats) -> Floats:
    """(N,) distance from a spot, in its own sizes."""
    feet = _feet(path, aspect)
    widths = (path.xyxy[:, 2] - path.xyxy[:, 0]) * aspect
    size = max(float(np.median(_heights(path))), float(np.median(widths)))
    return np.asarray(np.linalg.norm(feet - spot, axis=1) / size, np.float64)
