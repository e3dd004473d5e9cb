"""The demo's four cameras: what part of the clip each shows, where it stands, what it watches.

The clip is 79.5 s long. Two people enter the lawn at 51.5 s and one of them stays until 73 s;
three pedestrians walk up the service road at 14 to 16 s; people come along the path from the left
at 20 s. Loops are cut so that the four things happen half a minute apart, and each once a loop.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingest.sources.encode import Crop

Polygon = Sequence[Sequence[float]]
"""Corners as fractions of the frame, origin top left."""

FPS = 10.0
"""Of the streams, as of the clip."""
ANALYSED_FPS = 4.0
CLIP_S = 79.5
LAWN: Polygon = [[0, 0.42], [0.15, 0.44], [0.4, 0.56], [0.6, 0.68], [0.8, 0.86], [0.9, 1], [0, 1]]
GARDEN: Polygon = [[0, 0.04], [0.19, 0.07], [0.5, 0.27], [0.75, 0.47], [1, 0.77], [1, 1], [0, 1]]
"""The same lawn in the garden camera's crop."""

Cut = tuple[float, float]
"""Begin and end in the clip, seconds."""


@dataclass(frozen=True, slots=True)
class View:
    """One virtual camera."""

    id: str
    name: str
    longitude: float
    latitude: float
    width: int
    height: int
    crop: Crop | None
    loop: tuple[Cut, ...]
    """Played one after the other, for ever."""
    scene: dict[str, Any]
    user: str | None = None
    """With digest authentication if it has one; the password is new at every start."""

    def password(self) -> str | None:
        return secrets.token_urlsafe(12) if self.user else None


def _zone(kind: str, name: str, polygon: Polygon, seconds: float) -> dict[str, Any]:
    return {
        "version": 1,
        "zones": [{"name": name, "polygon": polygon}],
        "rules": [{"kind": kind, "zone": name, "classes": ["person"], "seconds": seconds}],
    }


def _line(name: str, points: Polygon, direction: str) -> dict[str, Any]:
    return {
        "version": 1,
        "lines": [{"name": name, "points": points}],
        "rules": [{"kind": "line_crossing", "line": name, "direction": direction}],
    }


VIEWS = (
    View(
        id="kaisaniemi-lawn",
        name="Kaisaniemi Park, lawn",
        longitude=24.9464,
        latitude=60.1751,
        width=768,
        height=576,
        crop=None,
        loop=((39.5, CLIP_S), (0.0, 48.0), (0.0, 48.0)),
        scene=_zone("intrusion", "lawn", LAWN, 1),
        user="kaisaniemi",
    ),
    View(
        id="railway-square-gate",
        name="Railway Square, service road",
        longitude=24.9441,
        latitude=60.1712,
        width=1280,
        height=720,
        crop=(0.4, 0.05, 1.0, 0.5),
        loop=((20.0, 50.0), (0.0, 50.0), (24.0, 50.0), (24.0, 50.0)),
        scene=_line("service road", [[0.617, 0.422], [0.883, 0.622]], "right_to_left"),
        user="railway",
    ),
    View(
        id="esplanadi-garden",
        name="Esplanadi Park, flower garden",
        longitude=24.9478,
        latitude=60.1676,
        width=1280,
        height=720,
        crop=(0.0, 0.4, 0.8, 1.0),
        loop=((0.0, CLIP_S), (0.0, 48.0)),
        scene=_zone("loitering", "garden", GARDEN, 15),
    ),
    View(
        id="senate-square-path",
        name="Senate Square, closed path",
        longitude=24.9521,
        latitude=60.1697,
        width=1280,
        height=720,
        crop=(0.0, 0.2, 0.6, 0.65),
        loop=((25.0, 50.0), (25.0, 50.0), (25.0, 50.0), (0.0, 50.0)),
        scene=_line("closed path", [[0.267, 0.289], [0.267, 0.533]], "left_to_right"),
    ),
)
