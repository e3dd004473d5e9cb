"""Crowd: more people than a place bears, a surge of them, or their sudden dispersal."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from detect.aids import Aids
from detect.places import Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class CrowdRule(RuleParameters):
    """More people than a place bears, a surge of them, or their sudden dispersal."""

    kind: Literal["crowd"]
    zone: Name | None = None
    classes: Classes = ("person",)
    count: Annotated[int, Field(ge=2, le=10_000)] = 15
    density_per_m2: Annotated[float, Field(gt=0, le=20, allow_inf_nan=False)] | None = None
    """People a square metre; needs the scene's calibration."""
    seconds: Seconds = 2.0


class Crowd(Judge):
    """Not judged yet."""

    def __init__(self, rule: CrowdRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("crowd", CrowdRule, Crowd, severity="high")
