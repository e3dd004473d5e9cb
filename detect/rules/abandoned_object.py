"""Abandoned object: a thing was put down and its owner has left."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import BAGS, Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class AbandonedObjectRule(RuleParameters):
    """A thing was put down and its owner has left."""

    kind: Literal["abandoned_object"]
    zone: Name | None = None
    classes: Classes = BAGS
    seconds: Seconds = 20.0


class AbandonedObject(Judge):
    """Not judged yet."""

    def __init__(self, rule: AbandonedObjectRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("abandoned_object", AbandonedObjectRule, AbandonedObject, severity="high")
