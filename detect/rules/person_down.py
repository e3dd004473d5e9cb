"""Person down: somebody lies, and does not get up."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class PersonDownRule(RuleParameters):
    """Somebody lies, and does not get up."""

    kind: Literal["person_down"]
    zone: Name | None = None
    classes: Classes = ("person",)
    seconds: Seconds = 3.0


class PersonDown(Judge):
    """Not judged yet."""

    def __init__(self, rule: PersonDownRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("person_down", PersonDownRule, PersonDown, severity="critical")
