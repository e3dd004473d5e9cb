"""Vehicles as boxes that go where they are told: tracks made by hand, for rules of traffic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from detect.aids import NO_AIDS
from detect.detections import Detections
from detect.rules import KINDS, Finding
from detect.scene import Scene
from detect.track import Track
from detect.view import View

CLASSES = ("person", "car")
Way = Callable[[float], tuple[float, float] | None]
"""Foot at a media time, fractions of the frame; None while it is not seen."""


def car(
    identity: int,
    foot: tuple[float, float],
    *,
    label: str = "car",
    age_s: float = 5.0,
    size: float = 0.1,
) -> Track:
    x, y = foot
    width = size if label == "car" else size / 3
    return Track(identity, label, (x - width / 2, y - size, x + width / 2, y), 0.8, age_s, 0.0)


def straight(start: tuple[float, float], speed: tuple[float, float], until_s: float = 1e9) -> Way:
    """At an even speed (fractions of the frame a second) until it stops dead at `until_s`."""
    return lambda t_s: (
        start[0] + speed[0] * min(t_s, until_s),
        start[1] + speed[1] * min(t_s, until_s),
    )


def judged(
    rule: dict[str, object],
    ways: Sequence[Way | tuple[Way, str]],
    seconds: float,
    *,
    fps: float = 5.0,
    scene: dict[str, object] | None = None,
) -> list[tuple[float, Finding]]:
    """What one rule says of vehicles that go their ways, with the time of each finding."""
    parsed = Scene.parse({"version": 1, "rules": [rule], **(scene or {})})
    kind = KINDS[str(rule["kind"])]
    judge = kind.judge(parsed.rules[0], parsed, NO_AIDS)
    said = []
    for step in range(round(seconds * fps)):
        t_s = step / fps
        tracks = []
        for index, one in enumerate(ways):
            way, label = one if isinstance(one, tuple) else (one, "car")
            foot = way(t_s)
            if foot is not None and -0.05 < foot[0] < 1.05 and -0.05 < foot[1] < 1.1:
                tracks.append(car(index + 1, foot, label=label, age_s=t_s))
        view = View(t_s, tracks, Detections.none(), CLASSES)
        said += [(t_s, finding) for finding in judge.judge(view)]
    return said
