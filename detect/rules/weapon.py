"""Weapon: a slot for a model that the city supplies.

The models that come with the service know no weapons. The rule judges the classes of whatever
model runs; where it has none of them the rule says so once and is silent.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from detect.aids import Aids
from detect.geometry import Point, inside
from detect.places import Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind, most_certain
from detect.rules.handover import vanished_near
from detect.track import Track
from detect.view import View
from detect.words import Said, place, seconds, thing, upper

log = logging.getLogger(__name__)

LEAST_LOOKS = 3
"""Frames in which it must have been seen."""
FORGOTTEN_S = 1.5
"""Out of sight for so long, and the evidence begins anew."""
STEP_S = 1.0
"""Between two frames it counts as seen for at most so long."""
SUSPICION_FPS = 6.0
TABLE = frozenset({"fork", "spoon"})
"""A model that knows these knows table knives: by default they are no weapons."""


class WeaponRule(RuleParameters):
    """A weapon is seen, surely and for a while."""

    kind: Literal["weapon"]
    zone: Name | None = None
    classes: Classes = ("weapon", "gun", "pistol", "rifle", "knife")
    seconds: Seconds = 0.5
    min_score: Annotated[float, Field(gt=0, lt=1, strict=True)] = 0.55
    """Mean score of its detections."""

    @property
    def floor_fps(self) -> float:
        """Three looks within a second and a half."""
        return 4.0

    def known(self, classes: Sequence[str]) -> frozenset[str]:
        """Those of the model's classes that are meant."""
        known = frozenset(self.classes) & frozenset(classes)
        is_table = TABLE <= frozenset(classes) and "classes" not in self.model_fields_set
        return known - {"knife"} if is_table else known


@dataclass(slots=True)
class _Seen:
    """One thing, across changed track ids."""

    since_s: float
    last_s: float
    track: Track
    seen_s: float = 0.0
    looks: int = 0
    scores: float = 0.0

    def add(self, track: Track, t_s: float) -> None:
        self.seen_s += min(t_s - self.last_s, STEP_S)
        self.last_s, self.track = t_s, track
        self.looks += 1
        self.scores += track.score

    @property
    def mean(self) -> float:
        return self.scores / max(self.looks, 1)


class Weapon(Judge):
    """All weapons in sight at a time are one happening."""

    def __init__(self, rule: WeaponRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        self._polygon = places.polygon(rule.zone)
        self._seen: dict[int, _Seen] = {}
        self._known: frozenset[str] | None = None

    def judge(self, view: View) -> list[Finding]:
        if self._known is None:
            self._known = self._rule.known(view.classes)
            if not self._known:
                asked = ", ".join(self._rule.classes)
                log.warning("rule weapon: the model has no such class (%s); it judges none", asked)
        if not self._known:
            return []
        self._follow(view)
        self.asks_fps = SUSPICION_FPS if self._seen else 0.0
        sure = [one for one in self._seen.values() if self._is_sure(one, view.t_s)]
        if not sure:
            return []
        first = max(sure, key=lambda one: one.mean)
        return [
            Finding(
                "weapon",
                min(one.since_s for one in sure),
                most_certain([one.track for one in sure]),
                _said(first, self._rule.zone),
                score=first.mean,
                scores={"seen_s": first.seen_s, "mean_score": first.mean, "looks": first.looks},
            )
        ]

    def _follow(self, view: View) -> None:
        t_s, known = view.t_s, self._known or frozenset()
        self._seen = {k: s for k, s in self._seen.items() if t_s - s.last_s <= FORGOTTEN_S}
        mine = [t for t in view.tracks if t.label in known and t.unseen_s == 0]
        ids = {track.id for track in mine}
        for track in mine:
            if not self._is_mine(track, view.tracks):
                continue
            one = self._seen.get(track.id)
            if one is None:
                former = vanished_near(track, t_s, self._seen, ids)
                one = _Seen(t_s, t_s, track) if former is None else self._seen.pop(former)
                self._seen[track.id] = one
            one.add(track, t_s)

    def _is_sure(self, one: _Seen, t_s: float) -> bool:
        return (
            one.last_s == t_s
            and one.looks >= LEAST_LOOKS
            and one.seen_s >= self._rule.seconds
            and one.mean >= self._rule.min_score
        )

    def _is_mine(self, track: Track, tracks: Sequence[Track]) -> bool:
        """Whether who holds it, or where it lies, is in the zone."""
        return self._polygon is None or inside(_ground(track, tracks), self._polygon)


def _ground(track: Track, tracks: Sequence[Track]) -> Point:
    """The foot of the person in whose box the thing is; else its own."""
    x1, y1, x2, y2 = track.xyxy
    middle = (x1 + x2) / 2, (y1 + y2) / 2
    for other in tracks:
        left, top, right, bottom = other.xyxy
        holds = left <= middle[0] <= right and top <= middle[1] <= bottom
        if holds and other.label == "person":
            return other.foot
    return track.foot


def _said(first: _Seen, zone: str | None) -> Said:
    what, where, time = thing(first.track.label), place(zone), seconds(first.seen_s)
    sure = f"{100 * first.mean:.0f} %"
    return Said(
        f"{upper(what.en)} is seen {where.en} for {time} s, {sure} sure on average.",
        f"{upper(where.kk)} қару көрінді ({what.kk}): {time} с, сенімділігі орташа {sure}.",
        f"{upper(where.ru)} видно оружие ({what.ru}): {time} с, уверенность в среднем {sure}.",
    )


KIND = Kind("weapon", WeaponRule, Weapon, severity="critical")
