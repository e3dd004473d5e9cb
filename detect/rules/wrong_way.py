"""Wrong way: a vehicle drives against the heading of its road."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import VEHICLES, Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class WrongWayRule(RuleParameters):
    """A vehicle drives against the heading of its road."""

    kind: Literal["wrong_way"]
    zone: Name | None = None
    classes: Classes = VEHICLES
    heading: tuple[float, float] | None = None
    """The right way in the picture, x to the right and y down; None: learned from the traffic."""
    seconds: Seconds = 1.0


class WrongWay(Judge):
    """Not judged yet."""

    def __init__(self, rule: WrongWayRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("wrong_way", WrongWayRule, WrongWay, severity="high")
