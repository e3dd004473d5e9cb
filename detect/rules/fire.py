"""Fire: flames."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class FireRule(RuleParameters):
    """Flames."""

    kind: Literal["fire"]
    zone: Name | None = None
    seconds: Seconds = 1.0


class Fire(Judge):
    """Not judged yet."""

    def __init__(self, rule: FireRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("fire", FireRule, Fire, severity="critical")
