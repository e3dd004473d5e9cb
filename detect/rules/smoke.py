"""Smoke: it boils in one place, without edges, for at least some seconds."""

from __future__ import annotations

from typing import ClassVar, Literal

from detect.aids import Aids
from detect.burning.plumes import Plumes
from detect.burning.suspicion import Suspicions
from detect.places import Fraction, Name, Places, RuleParameters, Seconds
from detect.rules.base import Kind
from detect.rules.burning import IDLE_FPS, Burning
from detect.words import Said, place, seconds, upper

CLOSE_FPS = 4.0
"""At this rate smoke is told from what passes."""


class SmokeRule(RuleParameters):
    """It rises and spreads."""

    PIXELS: ClassVar[bool] = True

    kind: Literal["smoke"]
    zone: Name | None = None
    seconds: Seconds = 4.0
    certainty: Fraction = 0.8
    """A place less certain than this is no evidence."""

    @property
    def always_fps(self) -> float:
        return IDLE_FPS


def _smoke(rule: SmokeRule, places: Places, aids: Aids) -> Burning:
    def said(lasts_s: float, score: float) -> Said:
        where, time, sure = place(rule.zone), seconds(lasts_s), f"{100 * score:.0f} %"
        return Said(
            f"Smoke {where.en} for {time} s, {sure} certain.",
            f"{upper(where.kk)} түтін бар: {time} с, сенімділігі {sure}.",
            f"Дым {where.ru}: {time} с, уверенность {sure}.",
        )

    suspicions = Suspicions(rule.seconds, rule.certainty)
    polygon = places.polygon(rule.zone)
    return Burning("smoke", Plumes(), suspicions, polygon, aids, CLOSE_FPS, said)


KIND = Kind("smoke", SmokeRule, _smoke, severity="critical", quiet_s=15.0)
