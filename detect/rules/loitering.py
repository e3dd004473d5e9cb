"""Loitering: the same person stays inside a zone for at least some seconds."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.rules.intrusion import IDENTITY_FPS
from detect.rules.presence import Presence
from detect.view import View
from detect.words import Said, place, seconds, thing, upper


class LoiteringRule(RuleParameters):
    """Somebody stays inside a zone."""

    kind: Literal["loitering"]
    zone: Name | None = None
    classes: Classes = ("person",)
    seconds: Seconds = 15.0

    @property
    def floor_fps(self) -> float:
        """The time of one person counts."""
        return IDENTITY_FPS


class Loitering(Judge):
    """Who stays together with a loiterer joins the same happening."""

    def __init__(self, rule: LoiteringRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        self._presence = Presence(places.polygon(rule.zone), rule.classes)

    def judge(self, view: View) -> list[Finding]:
        long = self._presence.staying(view.tracks, view.t_s, self._rule.seconds)
        if not long:
            return []
        first, stayed_s = long[0], view.t_s - long[0].since_s
        said = _said(first.track.label, self._rule.zone, stayed_s)
        tracks = tuple(stay.track for stay in long)
        return [Finding("zone", first.since_s, tracks, said, scores={"stayed_s": stayed_s})]


def _said(label: str, zone: str | None, stayed_s: float) -> Said:
    who, where, time = thing(label), place(zone), seconds(stayed_s)
    return Said(
        f"{upper(who.en)} has stayed {where.en} for {time} s.",
        f"{upper(where.kk)} {who.kk} {time} с бойы кетпей тұр.",
        f"{upper(who.ru)} остаётся {where.ru} уже {time} с.",
    )


KIND = Kind("loitering", LoiteringRule, Loitering, severity="medium")
