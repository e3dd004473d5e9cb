"""Fire: flames that flicker in one place for at least some seconds."""

from __future__ import annotations

from typing import ClassVar, Literal

from detect.aids import Aids
from detect.burning.flames import Flames
from detect.burning.suspicion import Suspicions
from detect.places import Fraction, Name, Places, RuleParameters, Seconds
from detect.rules.base import Kind
from detect.rules.burning import IDLE_FPS, Burning
from detect.words import Said, place, seconds, upper

CLOSE_FPS = 5.0
"""At this rate flicker is told from movement."""


class FireRule(RuleParameters):
    """Flames."""

    PIXELS: ClassVar[bool] = True

    kind: Literal["fire"]
    zone: Name | None = None
    seconds: Seconds = 2.5
    certainty: Fraction = 0.8
    """A place less certain than this is no evidence."""

    @property
    def always_fps(self) -> float:
        return IDLE_FPS


def _fire(rule: FireRule, places: Places, aids: Aids) -> Burning:
    def said(lasts_s: float, score: float) -> Said:
        where, time, sure = place(rule.zone), seconds(lasts_s), f"{100 * score:.0f} %"
        return Said(
            f"Flames {where.en} for {time} s, {sure} certain.",
            f"{upper(where.kk)} жалын бар: {time} с, сенімділігі {sure}.",
            f"Пламя {where.ru}: {time} с, уверенность {sure}.",
        )

    suspicions = Suspicions(rule.seconds, rule.certainty)
    polygon = places.polygon(rule.zone)
    return Burning("fire", Flames(), suspicions, polygon, aids, CLOSE_FPS, said)


KIND = Kind("fire", FireRule, _fire, severity="critical", quiet_s=10.0)
