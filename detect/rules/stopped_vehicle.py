"""Stopped vehicle: one stands where traffic flows."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import VEHICLES, Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class StoppedVehicleRule(RuleParameters):
    """One stands where traffic flows."""

    kind: Literal["stopped_vehicle"]
    zone: Name | None = None
    classes: Classes = VEHICLES
    seconds: Seconds = 10.0


class StoppedVehicle(Judge):
    """Not judged yet."""

    def __init__(self, rule: StoppedVehicleRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("stopped_vehicle", StoppedVehicleRule, StoppedVehicle, severity="medium")
