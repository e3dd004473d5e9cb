"""Fight: people beat each other."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class FightRule(RuleParameters):
    """People beat each other."""

    kind: Literal["fight"]
    zone: Name | None = None
    classes: Classes = ("person",)
    seconds: Seconds = 1.0


class Fight(Judge):
    """Not judged yet."""

    def __init__(self, rule: FightRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("fight", FightRule, Fight, severity="critical")
