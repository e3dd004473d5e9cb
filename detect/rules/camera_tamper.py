"""Camera tamper: the camera no longer shows what it is there to show."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.view import View


class CameraTamperRule(RuleParameters):
    """The camera no longer shows what it is there to show."""

    kind: Literal["camera_tamper"]
    seconds: Seconds = 2.0


class CameraTamper(Judge):
    """Not judged yet."""

    def __init__(self, rule: CameraTamperRule, places: Places, aids: Aids) -> None:
        self._rule = rule

    def judge(self, view: View) -> list[Finding]:
        return []


KIND = Kind("camera_tamper", CameraTamperRule, CameraTamper, severity="high")
