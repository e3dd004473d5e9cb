"""Collision: vehicles, or a vehicle and a person, run into each other."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import VEHICLES, Classes, Name, Places, RuleParameters
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class CollisionRule(RuleParameters):
    """Vehicles, or a vehicle and a person, run into each other."""

    kind: Literal["collision"]
    zone: Name | None = None
    classes: Classes = (*VEHICLES, "person", "bicycle")


class Collision(Judge):
    """Not judged yet."""

    def __init__(self, rule: CollisionRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("collision", CollisionRule, Collision, severity="critical")
