"""Intrusion: somebody is inside a zone for at least some seconds."""

from __future__ import annotations

from typing import Literal

from detect.aids import Aids
from detect.places import Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.rules.presence import Presence
from detect.view import View
from detect.words import Said, place, seconds, thing, upper

PRESENCE_FPS = 2.0
"""Being there survives a change of identity (`Presence`), and two hits within half a second
confirm a track."""
IDENTITY_FPS = 3.5
MOST_FPS = 10.0


class IntrusionRule(RuleParameters):
    """Somebody is inside a zone."""

    kind: Literal["intrusion"]
    zone: Name | None = None
    classes: Classes = ("person",)
    seconds: Seconds = 1.0

    @property
    def floor_fps(self) -> float:
        """Two looks within the time asked for; a shorter stay is not asked to be seen."""
        asked = 2.0 / self.seconds if self.seconds > 0 else IDENTITY_FPS
        return min(MOST_FPS, max(PRESENCE_FPS, asked))


class Intrusion(Judge):
    """All who are inside together are one happening."""

    def __init__(self, rule: IntrusionRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        self._presence = Presence(places.polygon(rule.zone), rule.classes)

    def judge(self, view: View) -> list[Finding]:
        long = self._presence.staying(view.tracks, view.t_s, self._rule.seconds)
        if not long:
            return []
        first, stayed_s = long[0], view.t_s - long[0].since_s
        said = _said(first.track.label, len(long) - 1, self._rule.zone, stayed_s)
        tracks = tuple(stay.track for stay in long)
        return [Finding("zone", first.since_s, tracks, said, scores={"inside_s": stayed_s})]


def _said(label: str, others: int, zone: str | None, stayed_s: float) -> Said:
    who, where, time = thing(label), place(zone), seconds(stayed_s)
    more = (
        (f" and {others} more", f" және тағы {others}", f" и ещё {others}") if others else [""] * 3
    )
    return Said(
        f"{upper(who.en)}{more[0]} {where.en} for {time} s.",
        f"{upper(where.kk)} {who.kk}{more[1]}: {time} с.",
        f"{upper(who.ru)}{more[2]} {where.ru}: {time} с.",
    )


KIND = Kind("intrusion", IntrusionRule, Intrusion, severity="high")
