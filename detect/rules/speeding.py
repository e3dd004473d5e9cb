"""Speeding: a vehicle is faster than allowed. Needs the calibration."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from detect.aids import Aids
from detect.places import VEHICLES, Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class SpeedingRule(RuleParameters):
    """A vehicle is faster than allowed. Needs the calibration."""

    kind: Literal["speeding"]
    zone: Name | None = None
    classes: Classes = VEHICLES
    limit_kmh: Annotated[float, Field(gt=0, le=300, allow_inf_nan=False)] = 60.0
    seconds: Seconds = 1.0


class Speeding(Judge):
    """Not judged yet."""

    def __init__(self, rule: SpeedingRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("speeding", SpeedingRule, Speeding, severity="medium")
