"""Weapon: a slot for a model that the city supplies."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class WeaponRule(RuleParameters):
    """A slot for a model that the city supplies."""

    kind: Literal["weapon"]
    zone: Name | None = None
    classes: Classes = ("weapon", "gun", "pistol", "rifle", "knife")
    seconds: Seconds = 0.5


class Weapon(Judge):
    """Not judged yet."""

    def __init__(self, rule: WeaponRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("weapon", WeaponRule, Weapon, severity="critical")
