"""Collision: vehicles, or a vehicle and a person, run into each other.

A track that stops at once is no witness by itself: in dense traffic boxes leap all the time. A
collision is said only when several agree: a shock of one vehicle, another in contact that it came
nearer to until then, something that happens to that other too or ways that should not have met,
and stillness of both afterwards, in a place where nobody stood and no queue stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import hypot
from typing import Literal

from detect.aids import Aids
from detect.geometry import inside
from detect.places import VEHICLES, Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind, most_certain
from detect.track import Track
from detect.traffic.courses import Course, Courses, cosine
from detect.traffic.cuts import Cuts
from detect.traffic.impact import (
    CLOSING,
    Shock,
    apart,
    at,
    closing,
    displaced,
    shock,
    touches,
    turned,
)
from detect.traffic.standing import Stands
from detect.view import View
from detect.words import Said, place, seconds, thing, upper

DELAY_S = 0.9
"""A moment is judged so long after it."""
MEET_S = 0.8
"""What happens to both happens within this time."""
ONE_SHOCK_S = 2.0
"""Shocks of one thing within this time are one, the hardest."""
STILL = 0.3
"""Lengths a second below which a thing is still, at last."""
TOGETHER = 1.6
"""Feet of those that crashed stay within so many lengths of each other."""
GIVEN_UP_S = 4.0
"""A suspicion that is not confirmed so long after it could have been is dropped."""
LASTS_S = 3.0
"""A crash that was said goes on while somebody of it is there, and was seen so lately."""
HARD = 1.2
"""Lengths a second lost in a shock that is a witness by itself."""
STOPPED = 0.8
"""Part of its velocity that a vehicle loses which runs into what does not give way."""
ALONE_S = 8.0
"""A vehicle that stopped at once with nothing near it must stay so long: who brakes hard for
somebody drives on."""
PUSHED = 0.15
"""Lengths by which one that stood is pushed, its box unchanged."""
VANISHED_S = 1.0
"""Who is not seen any longer from so soon after the contact may lie under or behind the other."""
BACK = 1.35
"""Part of its velocity above which a thing seems to go back: rather, its box leapt."""
SURE_TIMES = 2.0
"""With just enough witnesses both must stay still for so many times `seconds`."""
ALONE_SPEED = 2.0
"""Lengths a second of a vehicle that runs into something which nobody detects,"""
ALONE_LOST = 0.92
"""and the part of its velocity that it loses: brakes take longer."""
QUEUE = 2
"""So many that stand about it, its way, are a queue."""
NEAR = 3.0
"""Lengths within which others may be a reason to stop, or hide it."""


class CollisionRule(RuleParameters):
    """Vehicles, or a vehicle and a person, run into each other."""

    kind: Literal["collision"]
    zone: Name | None = None
    classes: Classes = (*VEHICLES, "person", "bicycle")
    seconds: Seconds = 2.5
    """So long both must stay still afterwards."""

    @property
    def floor_fps(self) -> float:
        """A shock is told from braking by what lies between three looks."""
        return 5.0


@dataclass
class _Suspicion:
    """A vehicle that had a shock."""

    course: Course
    shock: Shock
    others: dict[int, Course]
    """Whom it may have touched."""
    said: bool = False
    partner: Course | None = None
    scores: dict[str, float] = field(default_factory=dict)


class Collision(Judge):
    """Each crash is a happening of its own."""

    def __init__(self, rule: CollisionRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        self._polygon = places.polygon(rule.zone)
        self._courses = Courses(rule.classes)
        self._stands = Stands()
        self._cuts = Cuts()
        self._suspicions: dict[int, _Suspicion] = {}

    def judge(self, view: View) -> list[Finding]:
        t_s = view.t_s
        if self._cuts.is_cut(view):
            self._courses.reset()
            self._stands.reset()
            self._suspicions.clear()
        seen = self._courses.update([*view.tracks, *view.hidden], t_s)
        vehicles = [course for course in seen if course.track.label in VEHICLES]
        self._stands.update(self._courses, vehicles, t_s)
        for course in vehicles:
            self._suspect(course, t_s)
        self._drop(t_s)
        found = [self._confirm(one, t_s) for one in list(self._suspicions.values())]
        self.asks_fps = 8.0 if self._suspicions else 0.0
        return [finding for finding in found if finding is not None]

    def _suspect(self, course: Course, t_s: float) -> None:
        """Note a shock, and who was in contact."""
        known = self._suspicions.get(course.key)
        if known is not None and known.said:
            return
        hit = shock(course, t_s - DELAY_S)
        here = at(course, t_s - DELAY_S)
        if hit is None or here is None:
            return
        if self._polygon is not None and not inside((here.x, here.y), self._polygon):
            return
        if self._stands.at(course.track.xyxy, hit.t_s - 0.5) is not None:
            return  # its track leapt to what stood there before
        others = {
            other.key: other
            for other in self._courses
            if other is not course and self._met(course, other, hit.t_s)
        }
        if known is not None and hit.t_s - known.shock.t_s <= ONE_SHOCK_S:
            others |= known.others
            if known.shock.speed * known.shock.lost > hit.speed * hit.lost:
                hit = known.shock
        self._suspicions[course.key] = _Suspicion(course, hit, others)

    def _met(self, course: Course, other: Course, t_s: float) -> bool:
        """Whether two came nearer to each other and touched about `t_s`."""
        for moment_s in (t_s, t_s + 0.3, t_s + 0.6):
            one, two = at(course, moment_s, 0.2), at(other, moment_s, 0.4)
            if one is not None and two is not None and touches(one, two):
                nearer = closing(course, other, t_s)
                return nearer is not None and nearer >= CLOSING
        return False

    def _drop(self, t_s: float) -> None:
        limit_s = max(self._rule.seconds, ALONE_S) + GIVEN_UP_S
        kept = {}
        for key, one in self._suspicions.items():
            waits = not one.said and t_s - one.shock.t_s <= limit_s
            goes_on = one.said and t_s - one.course.last_s <= LASTS_S and _is_still(one.course, t_s)
            if (waits and t_s - one.course.last_s <= LASTS_S) or goes_on:
                kept[key] = one
        self._suspicions = kept

    def _confirm(self, one: _Suspicion, t_s: float) -> Finding | None:
        """A finding when the witnesses agree."""
        if not one.said and not self._agree(one, t_s):
            return None
        one.said = True
        return self._finding(one, t_s)

    def _agree(self, one: _Suspicion, t_s: float) -> bool:
        since_s = t_s - one.shock.t_s
        if since_s < self._rule.seconds or not _is_still(one.course, t_s):
            return False
        for other in one.others.values():
            needed, points = 2 + self._doubts(one), self._witnesses(one, other, t_s)
            if points > needed or (points == needed and since_s >= SURE_TIMES * self._rule.seconds):
                one.partner, one.scores = other, {"witnesses": float(points + 2)}
                return True
        if self._is_alone(one, t_s):
            one.scores = {"witnesses": 2.0}
            return True
        return False

    def _doubts(self, one: _Suspicion) -> int:
        """How many reasons there are to think of a leap of boxes, or of an ordinary stop."""
        since_s, last = one.shock.t_s - 1.5, one.course.steps[-1]
        usual = any(
            hypot((last.x - foot[0]) / last.width, (last.y - foot[1]) / last.height) < 0.8
            for foot in (gone.foot for gone in self._stands.departures)
        )
        return (
            int(one.course.renamed_s > since_s)
            + int(one.shock.lost > BACK)
            + int(usual)
            + int(self._queue(one, 1))
        )

    def _witnesses(self, one: _Suspicion, other: Course, t_s: float) -> int:
        """How many speak for a crash of two, beside the shock and the contact; 0: it was none."""
        if other.track.label == "person":
            return self._run_over(one, other, t_s)
        before = other.velocity(one.shock.t_s - 1.2, one.shock.t_s) or (0.0, 0.0)
        moving = other.lengths(before) > 0.4
        crossed = moving and turned(before, one.shock.before)
        if not crossed and self._queue(one):
            return 0
        hard = one.shock.speed * one.shock.lost >= HARD
        if other.last_s < one.shock.t_s + VANISHED_S and t_s - other.last_s > 1.2:
            return 2 * int(crossed and one.shock.lost >= STOPPED)  # it went no farther
        if t_s - other.last_s > LASTS_S or not _is_still(other, t_s):
            return 0
        if apart(one.course.steps[-1], other.steps[-1]) > TOGETHER:
            return 0
        theirs = _shock_about(other, one.shock.t_s) is not None
        moved = displaced(other, one.shock.t_s)
        pushed = not moving and other.lengths(moved) > PUSHED
        pushed = pushed and cosine(moved, one.shock.before) > 0.6
        return int(theirs) + int(crossed) + int(pushed) + int(hard)

    def _run_over(self, one: _Suspicion, person: Course, t_s: float) -> int:
        """Whether somebody on foot was in its way, was thrown, fell or vanished."""
        there = at(person, one.shock.t_s, 1.0)  # boxes that melt are lost before they touch
        mine = at(one.course, one.shock.t_s)
        if there is None or mine is None or one.shock.lost < STOPPED:
            return 0
        to_them = (there.x - mine.x, there.y - mine.y)
        in_way = cosine(to_them, one.shock.before) > 0.3 or apart(there, mine) < 0.5
        after = person.velocity(one.shock.t_s, one.shock.t_s + 0.8)
        thrown = (
            after is not None
            and cosine(after, one.shock.before) > 0.7
            and person.lengths(after) > 1.5
        )
        last = person.steps[-1]
        fell = last.t_s > one.shock.t_s and last.width > 1.1 * last.height
        vanished = last.t_s < one.shock.t_s + 1.0 and one.shock.speed >= HARD
        return 2 * int(in_way and (thrown or fell or vanished))

    def _is_alone(self, one: _Suspicion, t_s: float) -> bool:
        """Whether one vehicle ran into something that nobody detects: it stopped at once from
        speed, nothing was near that could hide it or make it stop, and it stays.
        """
        if t_s - one.shock.t_s < ALONE_S or one.shock.speed < ALONE_SPEED or one.course.ids > 1:
            return False
        if not ALONE_LOST <= one.shock.lost <= BACK:
            return False
        here = at(one.course, one.shock.t_s)
        if here is None or self._queue(one, 1):
            return False
        for other in self._courses:
            there = None if other is one.course else at(other, one.shock.t_s, 1.0)
            if there is not None and apart(here, there) < NEAR:
                return False
        return True

    def _queue(self, one: _Suspicion, least: int = QUEUE) -> bool:
        """Whether others stand about it since before."""
        last = one.course.steps[-1]
        count = 0
        for stand in self._stands:
            before = stand.since_s < one.shock.t_s + 0.3 and stand.key != one.course.key
            way = cosine(stand.heading, one.shock.before) > 0.5
            count += before and stand.arrived and way and stand.apart(last.x, last.y) <= NEAR + 1
        return count >= least

    def _finding(self, one: _Suspicion, t_s: float) -> Finding:
        both = [one.course] if one.partner is None else [one.course, one.partner]
        tracks = most_certain([course.track for course in both])
        still_s = t_s - one.shock.t_s
        said = _said([course.track for course in both], self._rule.zone, still_s)
        scores = {**one.scores, "speed_lengths": one.shock.speed, "lost": one.shock.lost}
        score = min(0.95, 0.4 + 0.12 * one.scores.get("witnesses", 0.0))
        key = f"crash-{min(course.key for course in both)}"
        return Finding(key, one.shock.t_s, tracks, said, score=score, scores=scores)


def _is_still(course: Course, t_s: float) -> bool:
    """Whether it has kept its place for the last second and a half that it was seen."""
    speed = course.speed(course.last_s - 1.5, course.last_s)
    return speed is not None and speed < STILL


def _shock_about(course: Course, t_s: float) -> Shock | None:
    """Its shock within `MEET_S` of a time."""
    moments = [t_s + step * 0.2 for step in range(-int(MEET_S / 0.2), int(MEET_S / 0.2) + 1)]
    return next((hit for hit in (shock(course, one) for one in moments) if hit is not None), None)


def _said(tracks: list[Track], zone: str | None, still_s: float) -> Said:
    where, time = place(zone), seconds(still_s)
    one = thing(tracks[0].label)
    if len(tracks) == 1:
        return Said(
            f"{upper(one.en)} stopped at once {where.en}, as in a crash, and has not moved for "
            f"{time} s.",
            f"{upper(where.kk)} {one.kk} соққы алғандай кенет тоқтап, {time} с бойы қозғалмай тұр.",
            f"{upper(one.ru)} {where.ru}: мгновенная остановка, как при ударе, стоит {time} с.",
        )
    other = thing(tracks[1].label)
    return Said(
        f"{upper(one.en)} and {other.en} collided {where.en}; they have not moved on for {time} s.",
        f"{upper(where.kk)} соқтығыс: {one.kk} және {other.kk}, {time} с бойы орнынан қозғалмады.",
        f"Столкновение {where.ru}: {one.ru} и {other.ru}, {time} с не двигаются.",
    )


KIND = Kind("collision", CollisionRule, Collision, severity="critical", quiet_s=10.0)
