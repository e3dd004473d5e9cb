"""HOTA, MOTA and IDF1 of tracks, by the official `trackeval` (Luiten et al., 2021,
arXiv:2009.07736), and how often an id went over from one person to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.bench.mot.sequence import Boxes, Truth

SAME = 0.5
"""Overlap from which a track is on a person."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """The tracks given for one frame."""

    id: npt.NDArray[np.int64]
    xyxy: Boxes


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of one sequence, or sums and means over several; per cent, and counts."""

    hota: float
    deta: float
    assa: float
    mota: float
    idf1: float
    switches: float
    """How often a person's id changed (CLEAR MOT)."""
    swaps: float
    """How often an id went over to another person: what a count of a line suffers from."""


def score(truth: Sequence[Truth], tracked: Sequence[Tracked]) -> Score:
    """Of one sequence."""
    from trackeval.metrics import CLEAR, HOTA, Identity  # type: ignore[import-not-found]

    data = _data(truth, tracked)
    hota = HOTA().eval_sequence(data)
    clear = CLEAR({"PRINT_CONFIG": False}).eval_sequence(data)
    identity = Identity({"PRINT_CONFIG": False}).eval_sequence(data)
    means = (100 * float(np.mean(hota[key])) for key in ("HOTA", "DetA", "AssA"))
    return Score(
        *means,
        mota=100 * float(clear["MOTA"]),
        idf1=100 * float(identity["IDF1"]),
        switches=float(clear["IDSW"]),
        swaps=swaps(truth, tracked),
    )


def mean(scores: Sequence[Score]) -> Score:
    """Means of the rates and sums of the counts."""
    rates = ("hota", "deta", "assa", "mota", "idf1")
    found = {name: float(np.mean([getattr(one, name) for one in scores])) for name in rates}
    sums = {
        name: float(sum(getattr(one, name) for one in scores)) for name in ("switches", "swaps")
    }
    return Score(**found, **sums)


def overlaps(a: Boxes, b: Boxes) -> Boxes:
    """Intersection over union of every pair."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1) for boxes in (a, b)]
    union = areas[0][:, None] + areas[1][None, :] - common
    return np.asarray(common / np.maximum(union, 1e-12), np.float64)


def swaps(truth: Sequence[Truth], tracked: Sequence[Tracked]) -> int:
    """How often a track that was on one person is on another the next time it is on one."""
    last: dict[int, int] = {}
    count = 0
    for wanted, given in zip(truth, tracked, strict=True):
        overlap = overlaps(given.xyxy, wanted.xyxy)
        for row, one in enumerate(given.id.tolist()):
            column = int(overlap[row].argmax()) if overlap.shape[1] else -1
            if column < 0 or overlap[row, column] < SAME or overlap[:, column].argmax() != row:
                continue
            person = int(wanted.id[column])
            count += last.get(one, person) != person
            last[one] = person
    return count


def _data(truth: Sequence[Truth], tracked: Sequence[Tracked]) -> dict[str, object]:
    """As `trackeval` wants it: ids from 0 without gaps, overlaps of every frame."""
    rows: dict[str, object] = {"num_timesteps": len(truth)}
    for name, frames in (("gt", truth), ("tracker", tracked)):
        known = sorted({one for frame in frames for one in frame.id.tolist()})
        at = {one: index for index, one in enumerate(known)}
        rows[f"{name}_ids"] = [
            np.array([at[one] for one in frame.id.tolist()], np.int64) for frame in frames
        ]
        rows[f"num_{name}_ids"] = len(known)
        rows[f"num_{name}_dets"] = sum(len(frame.id) for frame in frames)
    rows["similarity_scores"] = [
        overlaps(wanted.xyxy, given.xyxy) for wanted, given in zip(truth, tracked, strict=True)
    ]
    return rows
