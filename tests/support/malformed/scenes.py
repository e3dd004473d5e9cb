"""Scenes that are none. The same list goes through the API and through `analyze --scene`."""

from __future__ import annotations

from typing import Any

SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
ZONE = {"name": "lawn", "polygon": SQUARE}
LINE = {"name": "gate", "points": [[0.1, 0.5], [0.9, 0.5]]}


def scene(**changes: Any) -> dict[str, Any]:
    return {"version": 1, "zones": [ZONE], "lines": [LINE], "rules": [], **changes}


def zone(**changes: Any) -> dict[str, Any]:
    return scene(zones=[{**ZONE, **changes}])


def rule(**changes: Any) -> dict[str, Any]:
    return scene(rules=[{"kind": "intrusion", "zone": "lawn", **changes}])


SCENES: dict[str, tuple[Any, str]] = {
    "a list": ([], "object"),
    "a number": (7, ""),
    "text": ("scene", ""),
    "nothing": (None, ""),
    "no version": ({"rules": []}, "version"),
    "version 2": (scene(version=2), "version"),
    "version as text": (scene(version="1"), "version"),
    "version 1.5": (scene(version=1.5), "version"),
    "unknown key": (scene(zone=[]), "zone"),
    "zones no list": (scene(zones={}), "zones"),
    "zone without name": (scene(zones=[{"polygon": SQUARE}]), "name"),
    "zone with empty name": (zone(name=""), "name"),
    "zone name with a newline": (zone(name="a\nb"), "name"),
    "zone name too long": (zone(name="x" * 65), "name"),
    "two zones of one name": (scene(zones=[ZONE, ZONE]), "lawn"),
    "zone without polygon": (scene(zones=[{"name": "lawn"}]), "polygon"),
    "polygon of two points": (zone(polygon=SQUARE[:2]), "polygon"),
    "polygon of 65 points": (zone(polygon=[[n / 100, (n % 7) / 7] for n in range(65)]), "polygon"),
    "polygon without area": (zone(polygon=[[0, 0], [0.5, 0.5], [1, 1]]), "area"),
    "point of three": (zone(polygon=[[0, 0, 0], *SQUARE]), "polygon"),
    "point in pixels": (zone(polygon=[[100, 200], *SQUARE]), "polygon"),
    "negative point": (zone(polygon=[[-0.1, 0], *SQUARE]), "polygon"),
    "point as text": (zone(polygon=[["0.1", 0.1], *SQUARE]), "polygon"),
    "point null": (zone(polygon=[None, *SQUARE]), "polygon"),
    "point as object": (zone(polygon=[{"x": 0, "y": 0}, *SQUARE]), "polygon"),
    "65 zones": (scene(zones=[{**ZONE, "name": f"z{n}"} for n in range(65)]), "zones"),
    "line of one point": (scene(lines=[{"name": "gate", "points": [[0, 0]]}]), "points"),
    "line without length": (scene(lines=[{"name": "g", "points": [[0.5, 0.5]] * 2}]), "length"),
    "two lines of one name": (scene(lines=[LINE, LINE]), "gate"),
    "rules no list": (scene(rules={"kind": "intrusion"}), "rules"),
    "rule without kind": (scene(rules=[{"zone": "lawn"}]), "kind"),
    "rule of no kind": (rule(kind="levitation"), "kind"),
    "kind as number": (rule(kind=5), "kind"),
    "rule in no zone": (rule(zone="roof"), "roof"),
    "rule over no line": (scene(rules=[{"kind": "line_crossing", "line": "wall"}]), "wall"),
    "line rule without line": (scene(rules=[{"kind": "line_crossing"}]), "line"),
    "no such direction": (
        scene(rules=[{"kind": "line_crossing", "line": "gate", "direction": "up"}]),
        "direction",
    ),
    "unknown key in a rule": (rule(colour="red"), "colour"),
    "negative seconds": (rule(seconds=-1), "seconds"),
    "seconds as text": (rule(seconds="1"), "seconds"),
    "seconds of a year": (rule(seconds=31_536_000), "seconds"),
    "no classes": (rule(classes=[]), "classes"),
    "classes as text": (rule(classes="person"), "classes"),
    "class as number": (rule(classes=[0]), "classes"),
    "65 rules": (scene(rules=[{"kind": "intrusion"}] * 65), "rules"),
}
"""name -> (scene, what the refusal must name)."""

TEXTS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "JSON"),
    "half a scene": (b'{"version": 1, "zones": [', "JSON"),
    "NaN": (b'{"version": 1, "zones": [{"name": "a", "polygon": [[NaN, 0]]}]}', ""),
    "not UTF-8": (b'{"version": 1, "zones": [{"name": "\xff"}]}', ""),
    "nested 5000 deep": (b"[" * 5000 + b"]" * 5000, ""),
    "a key twice": (b'{"version": 1, "version": 1, "rules": []}', "twice"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "JSON"),
}
"""name -> (text, what the refusal must name)."""
