"""Made-up runs of clips for the guard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from detect.guard.runs import BAGS, PEOPLE, VEHICLES, ClipRun, TrackPath
from detect.incident import Incident
from tests.support.incidents import incident

Moment = tuple[float, float, float]
"""Time, foot x, foot y; fractions of the frame."""


def path(
    moments: Sequence[Moment],
    *,
    number: int = 1,
    label: str = "person",
    height: float = 0.2,
    width: float = 0.06,
) -> TrackPath:
    boxes = [(x - width / 2, y - height, x + width / 2, y) for _, x, y in moments]
    return TrackPath(number, label, np.array([t for t, _, _ in moments]), np.array(boxes))


def walk(
    start_s: float,
    end_s: float,
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    step_s: float = 0.2,
) -> list[Moment]:
    """Evenly from place to place."""
    n = round((end_s - start_s) / step_s) + 1
    return [
        (round(start_s + (end_s - start_s) * k / (n - 1), 6), *_between(start, end, k / (n - 1)))
        for k in range(n)
    ]


def _between(
    start: tuple[float, float], end: tuple[float, float], part: float
) -> tuple[float, float]:
    return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part


def happening(
    start_s: float,
    detected_s: float,
    end_s: float | None,
    *,
    number: int = 1,
    kind: str = "intrusion",
    zone: str | None = "truth-1",
    track: int = 7,
) -> Incident:
    one = incident(
        number,
        kind=kind,
        zone=zone,
        start_s=start_s,
        detected_s=detected_s,
        end_s=end_s,
        rule={"kind": kind, "zone": zone},
    )
    return replace(one, boxes=tuple(replace(box, track=track) for box in one.boxes))


def run(
    incidents: Sequence[Incident] = (),
    paths: Sequence[TrackPath] = (),
    *,
    seconds: float = 60.0,
    luma: float = 120.0,
    noise: float = 0.5,
    labels: frozenset[str] = PEOPLE | VEHICLES | BAGS,
) -> ClipRun:
    return ClipRun(
        incidents=tuple(incidents),
        paths=tuple(paths),
        seconds=seconds,
        aspect=1.0,
        labels=labels,
        frames=round(seconds * 5),
        luma=luma,
        noise=noise,
    )
