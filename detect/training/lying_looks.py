"""Closer looks at suspected places in scenes whose truth is known; kept as JSON lines, and judged
again by other weights.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from detect.fallen.lying import Evidence, Posture


@dataclass(frozen=True, slots=True)
class Looked:
    """One look."""

    place: int
    """Number of the suspected place, within its scene."""
    t_s: float
    seen: Evidence
    """Of this look alone: nothing held from those before."""
    lies: float | None
    """1: somebody lies there; 0: nobody; None: nobody can say."""


@dataclass(slots=True)
class Watched:
    """One scene."""

    name: str
    where: str
    """The place that was filmed or drawn on: scenes are parted by it."""
    part: str
    """`fit`, `judge` (drawn) or `real`."""
    lies: bool | None
    """Whether somebody lies in it for long; None: unsure."""
    due_s: float
    """When somebody has come to lie."""
    seconds: float = 0.0
    looks: list[Looked] = field(default_factory=list)
    alarms_s: list[float] = field(default_factory=list)
    """Frames in which the rule spoke, with the weights of that time."""


def write(path: Path, scenes: Iterable[Watched]) -> Iterator[Watched]:
    """Each scene as it is written, a line each."""
    with path.open("w", encoding="utf-8") as file:
        for scene in scenes:
            file.write(json.dumps(asdict(scene)) + "\n")
            file.flush()
            yield scene


def read(path: Path) -> list[Watched]:
    return [_watched(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def _watched(given: dict[str, Any]) -> Watched:
    looks = [
        Looked(one["place"], one["t_s"], _evidence(one["seen"]), one["lies"])
        for one in given.pop("looks")
    ]
    return Watched(looks=looks, **given)


def _evidence(given: dict[str, Any]) -> Evidence:
    torsos = {
        name: None if given[name] is None else Posture(**given[name])
        for name in ("posture", "turned_posture")
    }
    return Evidence(**{**given, **torsos})
