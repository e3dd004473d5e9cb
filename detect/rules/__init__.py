"""The rules, listed once."""

from __future__ import annotations

from typing import Any

from detect.rules.base import Finding, RuleJudge
from detect.rules.intrusion import Intrusion
from detect.rules.line_crossing import LineCrossing
from detect.rules.loitering import Loitering

RULES: dict[str, Any] = {
    "intrusion": Intrusion,
    "loitering": Loitering,
    "line_crossing": LineCrossing,
}
"""Kind -> class built from (rule, scene)."""

SEVERITY = {"intrusion": "high", "loitering": "medium", "line_crossing": "medium"}

__all__ = ["RULES", "SEVERITY", "Finding", "RuleJudge"]
