"""The kinds of incidents, listed once."""

from __future__ import annotations

from detect.rules import (
    abandoned_object,
    camera_tamper,
    collision,
    crowd,
    fight,
    fire,
    intrusion,
    line_crossing,
    loitering,
    person_down,
    smoke,
    speeding,
    stopped_vehicle,
    weapon,
    wrong_way,
)
from detect.rules.base import Finding, Kind, RuleJudge

KINDS: dict[str, Kind] = {
    module.KIND.name: module.KIND
    for module in (
        intrusion,
        loitering,
        line_crossing,
        crowd,
        person_down,
        fight,
        collision,
        stopped_vehicle,
        wrong_way,
        speeding,
        abandoned_object,
        fire,
        smoke,
        camera_tamper,
        weapon,
    )
}
"""By name."""

__all__ = ["KINDS", "Finding", "Kind", "RuleJudge"]
