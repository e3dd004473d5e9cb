"""Smoke: it rises and spreads."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class SmokeRule(RuleParameters):
    """It rises and spreads."""

    kind: Literal["smoke"]
    zone: Name | None = None
    seconds: Seconds = 2.0


class Smoke(Judge):
    """Not judged yet."""

    def __init__(self, rule: SmokeRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("smoke", SmokeRule, Smoke, severity="critical")
