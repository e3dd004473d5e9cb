"""Intrusion: somebody is inside a zone for at least some seconds."""

from __future__ import annotations

from collections.abc import Sequence

from detect.rules.base import Finding, people_word
from detect.rules.presence import Presence
from detect.scene import IntrusionRule, Scene
from detect.track import Track


class Intrusion:
    """All who are inside together are one happening."""

    def __init__(self, rule: IntrusionRule, scene: Scene) -> None:
        self._rule = rule
        self._presence = Presence(scene.polygon(rule.zone), rule.classes)

    def judge(self, tracks: Sequence[Track], t_s: float) -> list[Finding]:
        long = self._presence.staying(tracks, t_s, self._rule.seconds)
        if not long:
            return []
        first = long[0]
        where = self._rule.zone or "the picture"
        more = f" and {len(long) - 1} more" if len(long) > 1 else ""
        why = f"{people_word(first.track)}{more} inside {where} for {t_s - first.since_s:.1f} s."
        return [Finding("zone", first.since_s, tuple(stay.track for stay in long), why)]
