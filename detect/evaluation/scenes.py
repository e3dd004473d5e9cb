"""The scene that a clip is evaluated by."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from detect.guard.scenes import add_place, place_name
from detect.guard.truth import Truth
from detect.rules import KINDS
from detect.scene import Scene

MEANINGLESS_ANYWHERE = frozenset({"intrusion", "loitering", "weapon"})
"""Kinds that mean nothing without a place (being in a street is no incident) or without a model
that only the city has."""


def anywhere() -> tuple[str, ...]:
    """Kinds that need neither a place nor a calibration: whatever they raise, they vouch for."""
    return tuple(name for name in KINDS if name not in MEANINGLESS_ANYWHERE and _stands_alone(name))


def _stands_alone(kind: str) -> bool:
    if kind == "speeding":  # without metres nothing is fast
        return False
    try:
        KINDS[kind].rule.model_validate({"kind": kind})
    except ValidationError:  # it needs a line
        return False
    return True


def evaluation_scene(truth: Truth, *, only: Collection[str] = (), negatives: bool = True) -> Scene:
    """A rule for each place of the truth's events; then one over the whole frame for each other
    kind that needs no place, for whatever that raises is false.

    `only` leaves other kinds out (empty: none); `negatives` are those rules that no event asks
    for. Raises `SceneError` when the truth's places make no scene.
    """
    zones: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    for index, place in enumerate(truth.places):
        if not only or place.kind in only:
            add_place(place, place_name(index), zones, lines, rules)
    watched = {rule["kind"] for rule in rules}
    if negatives:
        rules += [
            {"kind": kind}
            for kind in anywhere()
            if kind not in watched and (not only or kind in only)
        ]
    data: dict[str, Any] = {"version": 1, "zones": zones, "lines": lines, "rules": rules}
    if truth.calibration is not None:
        data["calibration"] = truth.calibration
    return Scene.parse(data)


def restricted(scene: Scene, only: Collection[str]) -> Scene:
    """The scene with rules of these kinds alone (empty: all)."""
    if not only:
        return scene
    rules = tuple(rule for rule in scene.rules if rule.kind in only)
    return scene.model_copy(update={"rules": rules})
