"""Crowd: more people than a place bears, a surge of them, or their sudden dispersal."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Annotated, Literal

from pydantic import Field

from detect.aids import Aids
from detect.geometry import Point
from detect.headcount import SMOOTH_S, Headcount
from detect.places import Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind, most_certain
from detect.traffic.courses import Courses
from detect.traffic.cuts import Cuts
from detect.view import View
from detect.words import Said, people, place, plural_ru, seconds, upper

ENDS = 0.85
"""A crowd is over when fewer than this part of what makes one are left."""
WHOLE: tuple[Point, ...] = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
RUNS = 1.8
"""People who scatter go so many times as fast as they did,"""
RUN_SPEED = 0.9
"""and at least this fast, in heights a second; a walk is about 0.8."""
USUAL_S = 60.0
"""What is usual is the median over so long."""
PACE_S = 1.2
"""Time over which speeds are measured."""
LEAST_RUNNERS = 3

Many = Annotated[int, Field(ge=2, le=10_000)]


class CrowdRule(RuleParameters):
    """More people than a place bears, a surge of them, or their sudden dispersal."""

    kind: Literal["crowd"]
    zone: Name | None = None
    classes: Classes = ("person",)
    count: Many = 15
    density_per_m2: Annotated[float, Field(gt=0, le=20, allow_inf_nan=False)] | None = None
    """People a square metre; needs the scene's calibration. Then it counts instead of `count`."""
    seconds: Seconds = 2.0
    surge: Many | None = None
    """So many people more within `surge_seconds`; None: not watched for."""
    surge_seconds: Annotated[float, Field(ge=2, le=50, allow_inf_nan=False)] = 10.0
    dispersal: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    """Part of at least half of `count` people that leave within `dispersal_seconds`, fast; None:
    not watched for.
    """
    dispersal_seconds: Annotated[float, Field(ge=2, le=50, allow_inf_nan=False)] = 6.0

    @property
    def floor_fps(self) -> float:
        """Counting needs no identities; speeds do."""
        return 2.0 if self.dispersal is None else 4.0


class Crowd(Judge):
    """What is counted is a lower bound: small detectors lose people in a throng."""

    def __init__(self, rule: CrowdRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        polygon = places.polygon(rule.zone)
        self._area_m2: float | None = None
        if places.calibration is not None:
            ground = places.calibration.ground
            if rule.density_per_m2 is not None and polygon is None:
                polygon = ground.hull  # beyond it nobody knows the ground
            self._area_m2 = ground.area_m2(polygon or WHOLE)
        self._heads = Headcount(polygon, rule.classes)
        self._courses = Courses(rule.classes)
        self._cuts = Cuts()
        self._since_s: float | None = None
        self._most = 0.0
        """The highest level since."""
        self._paces: deque[tuple[float, float]] = deque()

    def judge(self, view: View) -> list[Finding]:
        if self._cuts.is_cut(view):
            self._heads.reset()
            self._courses.reset()
            self._since_s = None
        self._heads.update(view)
        level = self._heads.level(view.t_s)
        if level is None:
            return []
        found = [self._crowd(level, view.t_s), self._surge(level, view.t_s)]
        if self._rule.dispersal is not None:
            self._courses.update(view.tracks, view.t_s)
            found.append(self._dispersal(level, view.t_s))
        return [finding for finding in found if finding is not None]

    @property
    def _limit(self) -> float | None:
        """People that make a crowd; None where that cannot be told."""
        if self._rule.density_per_m2 is None:
            return float(self._rule.count)
        if not self._area_m2:
            return None
        return max(2.0, self._rule.density_per_m2 * self._area_m2)

    def _crowd(self, level: float, t_s: float) -> Finding | None:
        limit = self._limit
        if limit is None or level < (limit if self._since_s is None else ENDS * limit):
            self._since_s = None
            return None
        if self._since_s is None:
            self._since_s = t_s - SMOOTH_S / 2  # a median lags by half of its time
            self._most = level
        self._most = max(self._most, level)
        if t_s - self._since_s < self._rule.seconds:
            return None
        scores = {"people": level, "limit": limit}
        if self._rule.density_per_m2 is not None and self._area_m2:
            scores["per_m2"] = level / self._area_m2
        said = _said_crowd(self._rule, t_s - self._since_s, self._most, scores)
        tracks = most_certain(self._heads.tracks)
        score = _score(level, limit)
        return Finding("crowd", self._since_s, tracks, said, score=score, scores=scores)

    def _surge(self, level: float, t_s: float) -> Finding | None:
        if self._rule.surge is None:
            return None
        before = self._heads.level(t_s - self._rule.surge_seconds)
        if before is None or level - before < self._rule.surge:
            return None
        more, time = round(level - before), seconds(self._rule.surge_seconds)
        who, where = people(more), place(self._rule.zone)
        said = Said(
            f"{who.en} more {where.en} within {time} s.",
            f"{upper(where.kk)} {time} с ішінде {who.kk} қосылды.",
            f"{upper(where.ru)} за {time} с людей стало больше на {more}.",
        )
        scores = {"more": level - before, "people": level}
        tracks = most_certain(self._heads.tracks)
        return Finding("surge", t_s - self._rule.surge_seconds, tracks, said, scores=scores)

    def _dispersal(self, level: float, t_s: float) -> Finding | None:
        speed = self._pace(t_s)
        before = self._heads.level(t_s - self._rule.dispersal_seconds)
        if before is None or speed is None or self._rule.dispersal is None:
            return None
        self._paces.append((t_s, speed))
        while t_s - self._paces[0][0] > USUAL_S:
            self._paces.popleft()
        calm = [one for at_s, one in self._paces if t_s - at_s >= self._rule.dispersal_seconds]
        usual = median(calm) if calm else 0.0
        gone = (before - level) / max(before, 1.0)
        if before < self._rule.count / 2 or gone < self._rule.dispersal:
            return None
        if speed < max(RUN_SPEED, RUNS * usual):
            return None
        time, part = seconds(self._rule.dispersal_seconds), f"{gone:.0%}"
        where = place(self._rule.zone)
        said = Said(
            f"{part} of {before:.0f} people {where.en} ran away within {time} s.",
            f"{upper(where.kk)} болған {before:.0f} адамның {part} бөлігі {time} с ішінде қашып "
            "кетті.",
            f"{part} из {before:.0f} людей {where.ru} разбежались за {time} с.",
        )
        scores = {"gone": gone, "people_before": before, "speed": speed}
        tracks = most_certain(self._heads.tracks)
        return Finding("dispersal", t_s - self._rule.dispersal_seconds, tracks, said, scores=scores)

    def _pace(self, t_s: float) -> float | None:
        """How fast people go, median, heights a second."""
        paces = []
        for course in self._courses:
            velocity = course.velocity(t_s - PACE_S, t_s)
            if velocity is not None:
                paces.append(abs(complex(*velocity)) / course.size[1])
        return median(paces) if len(paces) >= LEAST_RUNNERS else None


def _said_crowd(rule: CrowdRule, lasted_s: float, most: float, scores: dict[str, float]) -> Said:
    """The most that there were, which made it a crowd, and what that was held against. The count
    may have fallen below the limit, but not far enough for an end: then it says how many are left.
    """
    count, now, time = round(most), round(scores["people"]), seconds(lasted_s)
    who, where = people(count), place(rule.zone)
    genitive = plural_ru(count, "человека", "человек", "человек")
    limit, dense = f"{rule.count}", [""] * 3
    if rule.density_per_m2 is not None:
        limit, per = f"{rule.density_per_m2:g}", f"{scores['per_m2']:.1f}"
        dense = [f", {per} per m²", f", 1 м²-ге {per}", f", {per} на м²"]
    fewer = [f", now {now}", f", қазір {now}", f", сейчас {now}"] if now < count else [""] * 3
    return Said(
        f"About {who.en} {where.en} for {time} s{dense[0]} (limit {limit}{fewer[0]}).",
        f"{upper(where.kk)} {time} с бойы шамамен {who.kk}{dense[1]} (шегі {limit}{fewer[1]}).",
        f"{upper(where.ru)} уже {time} с около {count} {genitive}{dense[2]} "
        f"(предел {limit}{fewer[2]}).",
    )


def _score(level: float, limit: float) -> float:
    """From 0.7 at the limit to nearly 1 at half as many again."""
    return min(0.99, 0.7 + 0.6 * (level / limit - 1)) if level >= limit else 0.6


KIND = Kind("crowd", CrowdRule, Crowd, severity="high")
