"""What is known of a clip: `<clip>.truth.json` beside it.

    {"events": [{"type": "intrusion", "start_s": 51.5, "end_s": 73.5, "polygon": [[0, 0.42], ...],
                 "seconds": 1, "slices": ["abandoned"]}],
     "negative_for": ["loitering"], "slices": ["night_noise"]}

Of an event `type` (or `kind`), `start_s` and `end_s` are needed; a place is a `polygon`, a `box`
or, for a line_crossing, a `line` of two points and its `direction`. `seconds` and `classes` are the
rule's. Other keys are notes. A `presence` is the stay of a person in a box: an intrusion, and a
loitering when it is long.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detect.errors import DetectError
from detect.rules import KINDS

INTRUSION_S, LOITERING_S = 1.0, 15.0
"""What the rules take when nothing is said."""
UNSURE_S = 1.0
"""A stay this near to the threshold is neither a loitering nor none."""

Points = tuple[tuple[float, float], ...]


class TruthError(DetectError):
    """A truth file is wrong; names the file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event is watched for, and how: what a rule of the scene is made of."""

    kind: str
    points: Points | None
    """A polygon or a line's two points in fractions of the frame; None: the whole frame."""
    seconds: float = 0.0
    direction: str = "both"
    classes: tuple[str, ...] = ("person",)


@dataclass(frozen=True, slots=True)
class TruthEvent:
    """One thing that happens, as a person saw it."""

    place: Place
    start_s: float
    end_s: float
    slices: frozenset[str] = frozenset()
    is_sure: bool = True
    """Otherwise it may be raised or not: a stay about as long as the rule asks for."""

    @property
    def due_s(self) -> float:
        """When its rule is fulfilled at the earliest."""
        return self.start_s + self.place.seconds


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything known of a clip."""

    events: tuple[TruthEvent, ...] = ()
    places: tuple[Place, ...] = ()
    """Everything that happens in these is among the events: anything else raised is false."""
    negative_for: frozenset[str] = frozenset()
    """Kinds that must not be raised anywhere."""
    slices: frozenset[str] = frozenset()
    """What kind of clip it is: holds for all that is seen in it."""


def read_truth(clip: Path) -> Truth | None:
    """The truth beside a clip, or None. Raises `TruthError`."""
    for path in (clip.with_suffix(".truth.json"), clip.with_name(clip.name + ".truth.json")):
        if path.is_file():
            return parse_truth(path)
    return None


def parse_truth(path: Path) -> Truth:
    """Read a truth file. Raises `TruthError`."""
    try:
        data: Any = json.loads(path.read_text("utf-8"))
        events: list[TruthEvent] = []
        places: dict[Place, None] = {}
        for entry in data.get("events", []):
            for place in _places(entry):
                places[place] = None
                events += _events(entry, place)
        return Truth(
            tuple(events),
            tuple(places),
            frozenset(map(str, data.get("negative_for", []))),
            frozenset(map(str, data.get("slices", []))),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        said = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise TruthError(f"{path}: {' '.join(said.split())}") from error


def _kind(entry: dict[str, Any]) -> str:
    return str(entry.get("type") or entry["kind"])


def _places(entry: dict[str, Any]) -> Iterator[Place]:
    """The rules that would see the event; none when no rule of this version could."""
    kind = _kind(entry)
    points = _points(entry)
    classes = tuple(map(str, entry.get("classes", ("person",))))
    if kind == "presence":
        yield Place("intrusion", points, INTRUSION_S, classes=classes)
        yield Place("loitering", points, LOITERING_S, classes=classes)
    elif kind in KINDS:
        usual = {"intrusion": INTRUSION_S, "loitering": LOITERING_S}.get(kind, 0.0)
        seconds = float(entry.get("seconds", usual))
        yield Place(kind, points, seconds, str(entry.get("direction", "both")), classes)


def _events(entry: dict[str, Any], place: Place) -> Iterator[TruthEvent]:
    start_s, end_s = float(entry["start_s"]), float(entry["end_s"])
    slices = frozenset(map(str, entry.get("slices", [])))
    if _kind(entry) != "presence":
        yield TruthEvent(place, start_s, end_s, slices)
    elif end_s - start_s >= place.seconds - UNSURE_S:
        is_sure = end_s - start_s >= place.seconds + UNSURE_S
        yield TruthEvent(place, start_s, end_s, slices, is_sure)


def _points(entry: dict[str, Any]) -> Points | None:
    if "box" in entry:
        x1, y1, x2, y2 = (float(value) for value in entry["box"])
        return (x1, y1), (x2, y1), (x2, y2), (x1, y2)
    given = entry.get("line") or entry.get("polygon")
    return None if given is None else tuple((float(x), float(y)) for x, y in given)
