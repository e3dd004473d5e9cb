"""Loitering: the same person stays inside a zone for at least some seconds."""

from __future__ import annotations

from collections.abc import Sequence

from detect.rules.base import Finding, people_word
from detect.rules.presence import Presence
from detect.scene import LoiteringRule, Scene
from detect.track import Track


class Loitering:
    """Who stays together with a loiterer joins the same happening."""

    def __init__(self, rule: LoiteringRule, scene: Scene) -> None:
        self._rule = rule
        self._presence = Presence(scene.polygon(rule.zone), rule.classes)

    def judge(self, tracks: Sequence[Track], t_s: float) -> list[Finding]:
        long = self._presence.staying(tracks, t_s, self._rule.seconds)
        if not long:
            return []
        first = long[0]
        where = self._rule.zone or "the picture"
        why = f"{people_word(first.track)} has stayed in {where} for {t_s - first.since_s:.0f} s."
        return [Finding("zone", first.since_s, tuple(stay.track for stay in long), why)]
