"""What is known of a clip: `<clip>.truth.json` beside it.

    {"events": [{"type": "intrusion", "start_s": 51.5, "end_s": 73.5, "polygon": [[0, 0.42], ...],
                 "seconds": 1, "slices": ["abandoned"]}],
     "negative_for": ["loitering"], "may_be": ["crowd"], "slices": ["night_noise"]}

Of an event `type` (or `kind`), `start_s` and `end_s` are needed, or `t_s` of a moment. Its zone is
a `polygon`, of a line_crossing a `line` of two points; a `box` is the zone of a stay (intrusion,
loitering, presence) and of anything else where in the frame it was seen. Keys that the kind's rule
knows (`seconds`, `classes`, `count`, `heading`, ...) are the rule's. Other keys are notes. A
`presence` is the stay of a person in a box: an intrusion, and a loitering when it is long.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detect.errors import DetectError
from detect.guard.truth_check import check
from detect.rules import KINDS

INTRUSION_S, LOITERING_S = 1.0, 15.0
"""What the rules take when nothing is said."""
UNSURE_S = 1.0
"""A stay this near to the threshold is neither a loitering nor none."""
STAYS = frozenset({"intrusion", "loitering", "presence"})
"""Kinds whose `box` is a zone to be watched, not the place where something was seen."""
NAMES = {
    "abandoned": "abandoned_object",
    "abandoned_bag": "abandoned_object",
    "left_luggage": "abandoned_object",
    "accident": "collision",
    "crash": "collision",
    "traffic_accident": "collision",
    "brawl": "fight",
    "fighting": "fight",
    "violence": "fight",
    "camera_tampering": "camera_tamper",
    "tamper": "camera_tamper",
    "tampering": "camera_tamper",
    "crowding": "crowd",
    "overcrowding": "crowd",
    "fall": "person_down",
    "falling": "person_down",
    "fallen": "person_down",
    "lying": "person_down",
    "person_lying": "person_down",
    "flame": "fire",
    "flames": "fire",
    "over_speed": "speeding",
    "overspeeding": "speeding",
    "stalled_vehicle": "stopped_vehicle",
    "stopped_car": "stopped_vehicle",
    "trespassing": "intrusion",
    "tripwire": "line_crossing",
    "wrong_direction": "wrong_way",
}
"""Other words for a kind that truth files use."""

Points = tuple[tuple[float, float], ...]
Given = tuple[tuple[str, Any], ...]


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
    classes: tuple[str, ...] = ()
    """Empty: those that the kind takes by itself."""
    given: Given = ()
    """More of the rule's parameters, by name; lists as tuples."""


@dataclass(frozen=True, slots=True)
class TruthEvent:
    """One thing that happens, as a person saw it."""

    place: Place
    start_s: float
    end_s: float
    slices: frozenset[str] = frozenset()
    is_sure: bool = True
    """Otherwise it may be raised or not: a stay about as long as the rule asks for."""
    box: tuple[float, float, float, float] | None = None
    """Where in the frame it was seen, when the truth says so."""

    @property
    def due_s(self) -> float:
        """When its rule is fulfilled at the earliest."""
        return self.start_s + self.place.seconds


@dataclass(frozen=True, slots=True)
class Counted:
    """How many people and vehicles a person counted in one picture."""

    t_s: float
    persons: int | None
    vehicles: int | None


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
    may_be: frozenset[str] = frozenset()
    """Kinds that may be raised or not: whoever looked could not tell."""
    counts: tuple[Counted, ...] = ()
    flags: tuple[str, ...] = ()
    """Notes on the clip as a whole."""
    unknown: tuple[str, ...] = ()
    """Events' kinds that no rule of this version is for."""
    calibration: Any = None
    """As a scene has it."""
    is_ordinary: bool = False
    """Nothing happens in it at all (`negative_clip`)."""

    def denies(self, kind: str) -> bool:
        """Whether the truth says of a kind when it happens, or that it does not. Of others only
        the silence of whoever wrote it speaks.
        """
        told = {event.place.kind for event in self.events} | self.negative_for
        return self.is_ordinary or kind in told


def kind_named(name: str) -> str:
    """The kind that a truth file means by a word; the word itself when it is none."""
    name = name.strip().lower().replace("-", "_").replace(" ", "_")
    return NAMES.get(name, name)


def truth_path(clip: Path) -> Path | None:
    """The truth file beside a clip, or None."""
    for path in (clip.with_suffix(".truth.json"), clip.with_name(clip.name + ".truth.json")):
        if path.is_file():
            return path
    return None


def read_truth(clip: Path) -> Truth | None:
    """The truth beside a clip, or None. Raises `TruthError`."""
    path = truth_path(clip)
    return None if path is None else parse_truth(path)


def parse_truth(path: Path) -> Truth:
    """Read a truth file. Raises `TruthError`."""
    try:
        data: Any = json.loads(path.read_text("utf-8-sig"))  # editors put a mark before it
        check(data)
        events: list[TruthEvent] = []
        places: dict[Place, None] = {}
        entries = data.get("events", [])
        unknown = dict.fromkeys(map(_kind, entries)).keys() - {*KINDS, "presence"}
        seconds = _usual_seconds(entries)
        for entry in entries:
            for place in _places(entry, seconds):
                places[place] = None
                events += _events(entry, place)
        return Truth(
            tuple(events),
            tuple(places),
            frozenset(kind_named(str(name)) for name in data.get("negative_for", [])),
            frozenset(map(str, data.get("slices", []))),
            frozenset(kind_named(str(name)) for name in data.get("may_be", [])),
            tuple(_counted(entry) for entry in data.get("counts", [])),
            tuple(map(str, data.get("flags", []))),
            tuple(sorted(unknown)),
            data.get("calibration"),
            bool(data.get("negative_clip", False)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        said = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        if isinstance(error, json.JSONDecodeError):
            said = f"it is no JSON: {said}"
        raise TruthError(f"{path}: {' '.join(said.split())}") from error


def _kind(entry: dict[str, Any]) -> str:
    return kind_named(str(entry.get("type") or entry["kind"]))


def _places(entry: dict[str, Any], usual: dict[str, float]) -> Iterator[Place]:
    """The rules that would see the event; none when no rule of this version could."""
    kind = _kind(entry)
    points = _points(entry) if kind in STAYS or "box" not in entry else None
    classes = tuple(map(str, entry.get("classes", ())))
    if kind == "presence":
        yield Place("intrusion", points, INTRUSION_S, classes=classes)
        yield Place("loitering", points, LOITERING_S, classes=classes)
    elif kind in KINDS:
        seconds = float(entry.get("seconds", usual.get(kind, 0.0)))
        direction = str(entry.get("direction", "both"))
        yield Place(kind, points, seconds, direction, classes, _given(kind, entry))


def _usual_seconds(entries: list[dict[str, Any]]) -> dict[str, float]:
    """How long the rule of each kind asks for where no event says it: as the kind does by itself,
    but no longer than half of the shortest event that somebody took for one. A stay is what the
    rule's time makes it.
    """
    usual: dict[str, float] = {"intrusion": INTRUSION_S, "loitering": LOITERING_S}
    for entry in entries:
        kind = _kind(entry)
        if kind not in KINDS or kind in STAYS or "seconds" in entry:
            continue
        field = KINDS[kind].rule.model_fields.get("seconds")
        asked_s = 0.0 if field is None else float(field.default)
        start_s, end_s = _times(entry)
        lasts_s = max(0.0, end_s - start_s)
        least_s = asked_s if lasts_s >= asked_s + UNSURE_S else round(lasts_s / 2, 1)
        usual[kind] = min(usual.get(kind, asked_s), least_s)
    return usual


def _given(kind: str, entry: dict[str, Any]) -> Given:
    """What else the entry says of the kind's rule."""
    beside = {"kind", "zone", "line", "seconds", "classes", "direction"}
    names = sorted(set(KINDS[kind].rule.model_fields) - beside)
    return tuple((name, _frozen(entry[name])) for name in names if name in entry)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _events(entry: dict[str, Any], place: Place) -> Iterator[TruthEvent]:
    start_s, end_s = _times(entry)
    slices = frozenset(map(str, entry.get("slices", [])))
    box = _box(entry)
    if _kind(entry) != "presence":
        is_sure = not entry.get("unsure", False)
        yield TruthEvent(place, start_s, end_s, slices, is_sure, box)
    elif end_s - start_s >= place.seconds - UNSURE_S:
        is_sure = end_s - start_s >= place.seconds + UNSURE_S
        yield TruthEvent(place, start_s, end_s, slices, is_sure, box)


def _times(entry: dict[str, Any]) -> tuple[float, float]:
    """From when to when; `t_s` alone is a moment."""
    if "t_s" in entry and "start_s" not in entry:
        return float(entry["t_s"]), float(entry.get("end_s", entry["t_s"]))
    return float(entry["start_s"]), float(entry["end_s"])


def _counted(entry: dict[str, Any]) -> Counted:
    persons, vehicles = entry.get("persons"), entry.get("vehicles")
    return Counted(
        float(entry["t_s"]),
        None if persons is None else int(persons),
        None if vehicles is None else int(vehicles),
    )


def _box(entry: dict[str, Any]) -> tuple[float, float, float, float] | None:
    """The bounds of what the entry says of its place."""
    points = _points(entry)
    if points is None or len(points) < 3:
        return None
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _points(entry: dict[str, Any]) -> Points | None:
    if "box" in entry:
        x1, y1, x2, y2 = (float(value) for value in entry["box"])
        return (x1, y1), (x2, y1), (x2, y2), (x1, y2)
    given = entry.get("line") or entry.get("polygon")
    return None if given is None else tuple((float(x), float(y)) for x, y in given)
