"""How much of the tracks of one run another run has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detect.guard.runs import ClipRun, Floats, TrackPath, group_of, is_relevant
from detect.overlap import greedy, iou

SAME_IOU = 0.3
"""Boxes that overlap by this are of one thing: one of the two may lie between two frames."""
MOST = 0.5
"""A track is found when more than this part of its sightings is covered."""
BRIDGE_S = 1.5
"""Between two sightings no farther apart a thing is taken to have moved evenly."""
BRIDGE_STILL_S = 5.5
"""Likewise where it is still at the same place: still things need not be looked at often."""
STILL_IOU = 0.5
SHORTEST_S = 1.0
FEWEST = 3
"""A track shorter than this, or with fewer sightings, is the detector's noise: it is not asked
for, and none of its kind counts as too many."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Covered:
    """One track of a run and what the other run has of it."""

    path: TrackPath
    by: npt.NDArray[np.int64]
    """Shape (N,), for each sighting the id of the other run's track, 0 for none."""

    @property
    def share(self) -> float:
        """0 to 1."""
        return float(np.mean(self.by > 0))

    @property
    def is_found(self) -> bool:
        return self.share > MOST

    @property
    def pieces(self) -> int:
        """How many tracks of the other run it was, one after the other."""
        return len(set(self.by[self.by > 0].tolist()))


def lasting(run: ClipRun) -> list[TrackPath]:
    """The tracks that are asked for: of what the rules name, and no flicker."""
    groups = {group_of(label) for label in run.labels}
    return [
        path
        for path in run.paths
        if is_relevant(path.label)
        and group_of(path.label) in groups
        and path.life_s >= SHORTEST_S
        and len(path.t_s) >= FEWEST
    ]


def cover(wanted: Sequence[TrackPath], got: Sequence[TrackPath]) -> list[Covered]:
    """For each wanted track, its sightings that the other run has too.

    At each moment boxes are paired one to one by overlap, so that a neighbour in a crowd never
    stands for two; both must be people, vehicles or bags. Which id it has does not matter.
    """
    covered = [np.zeros(len(path.t_s), np.int64) for path in wanted]
    times = np.unique(np.concatenate([path.t_s for path in wanted])) if wanted else np.empty(0)
    placed = [positions(path, times) for path in got]
    for index, t_s in enumerate(times.tolist()):
        rows = [(row, at) for row, path in enumerate(wanted) if (at := _sighting(path, t_s)) >= 0]
        columns = [column for column, (there, _) in enumerate(placed) if there[index]]
        if not rows or not columns:
            continue
        boxes = np.array([wanted[row].xyxy[at] for row, at in rows])
        others = np.array([placed[column][1][index] for column in columns])
        alike = np.array(
            [
                [group_of(wanted[row].label) == group_of(got[column].label) for column in columns]
                for row, _ in rows
            ]
        )
        for i, j in zip(*greedy(np.where(alike, iou(boxes, others), 0.0), SAME_IOU), strict=True):
            row, at = rows[int(i)]
            covered[row][at] = got[columns[int(j)]].id
    return [Covered(path, by) for path, by in zip(wanted, covered, strict=True)]


def positions(path: TrackPath, times: Floats) -> tuple[Bools, Floats]:
    """Where a track is at `times` (T,): whether it is known (T,), and the boxes (T, 4)."""
    after = np.searchsorted(path.t_s, times, side="left")
    right = np.clip(after, 0, len(path.t_s) - 1)
    left = np.clip(after - 1, 0, len(path.t_s) - 1)
    exact = path.t_s[right] == times
    gap_s = path.t_s[right] - path.t_s[left]
    still = _pairwise_iou(path.xyxy[left], path.xyxy[right]) >= STILL_IOU
    between = (times > path.t_s[0]) & (times < path.t_s[-1])
    known = exact | (between & (gap_s <= np.where(still, BRIDGE_STILL_S, BRIDGE_S)))
    part = np.where(gap_s > 0, (times - path.t_s[left]) / np.maximum(gap_s, 1e-9), 0.0)
    part = np.where(exact, 1.0, np.clip(part, 0.0, 1.0))[:, None]
    return known, path.xyxy[left] * (1 - part) + path.xyxy[right] * part


def _sighting(path: TrackPath, t_s: float) -> int:
    """Index of the sighting at exactly this time; -1 for none."""
    at = int(np.searchsorted(path.t_s, t_s))
    return at if at < len(path.t_s) and path.t_s[at] == t_s else -1


def _pairwise_iou(a: Floats, b: Floats) -> Floats:
    """Overlap of row with row; (N, 4) and (N, 4) give (N,)."""
    top_left, bottom_right = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    overlap = np.prod(np.clip(bottom_right - top_left, 0, None), axis=1)
    areas = np.prod(a[:, 2:] - a[:, :2], axis=1) + np.prod(b[:, 2:] - b[:, :2], axis=1)
    return np.asarray(overlap / np.maximum(areas - overlap, 1e-12), np.float64)
