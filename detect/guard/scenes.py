"""The scene that a clip is judged by."""

from __future__ import annotations

from typing import Any

from detect.guard.runs import BAGS, PEOPLE, VEHICLES
from detect.guard.truth import Place, Truth
from detect.rules import KINDS
from detect.scene import Scene

WHOLE_S = 1.0
GRID = 3
"""Zones a side of the grid."""


def place_name(index: int) -> str:
    """The zone or line of a truth's place, by its number."""
    return f"truth-{index + 1}"


def guard_scene(truth: Truth | None, *, grid: bool = False) -> Scene:
    """The truth's zones and lines; without any, people, vehicles and bags anywhere.

    `grid` adds an intrusion rule for each field of a 3 by 3 grid and lines down and across the
    middle: many more incidents to compare, most of them near some edge, the hardest there are.
    Raises `SceneError` when the truth's places make no scene.
    """
    zones: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    for index, place in enumerate(truth.places if truth is not None else ()):
        add_place(place, place_name(index), zones, lines, rules)
    if not rules:
        for classes in (PEOPLE, VEHICLES, BAGS):
            rules.append({"kind": "intrusion", "classes": sorted(classes), "seconds": WHOLE_S})
    if grid:
        _add_grid(zones, lines, rules)
    return Scene.parse({"version": 1, "zones": zones, "lines": lines, "rules": rules})


def add_place(
    place: Place,
    name: str,
    zones: list[dict[str, Any]],
    lines: list[dict[str, Any]],
    rules: list[dict[str, Any]],
) -> None:
    """Add the rule that watches the place, and its zone or line under a name."""
    known = KINDS[place.kind].rule.model_fields
    rule: dict[str, Any] = {"kind": place.kind, **{key: _thawed(v) for key, v in place.given}}
    if place.classes and "classes" in known:
        rule["classes"] = list(place.classes)
    if "seconds" in known:
        rule["seconds"] = place.seconds
    if "direction" in known:
        rule["direction"] = place.direction
    points = [list(point) for point in place.points or ()]
    if "line" in known:
        lines.append({"name": name, "points": points})
        rule["line"] = name
    elif points and "zone" in known:
        zones.append({"name": name, "polygon": points})
        rule["zone"] = name
    rules.append(rule)


def _thawed(value: Any) -> Any:
    return list(map(_thawed, value)) if isinstance(value, tuple) else value


def _add_grid(
    zones: list[dict[str, Any]], lines: list[dict[str, Any]], rules: list[dict[str, Any]]
) -> None:
    classes = sorted(PEOPLE | VEHICLES)
    for row in range(GRID):
        for column in range(GRID):
            name = f"grid-{row + 1}-{column + 1}"
            x1, x2 = column / GRID, (column + 1) / GRID
            y1, y2 = row / GRID, (row + 1) / GRID
            zones.append({"name": name, "polygon": [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]})
            rule = {"kind": "intrusion", "zone": name, "classes": classes, "seconds": WHOLE_S}
            rules.append(rule)
    for name, points in (("down", [[0.5, 0.0], [0.5, 1.0]]), ("across", [[0.0, 0.5], [1.0, 0.5]])):
        lines.append({"name": name, "points": points})
        rules.append({"kind": "line_crossing", "line": name, "classes": classes})
