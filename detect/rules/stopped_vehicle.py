"""Stopped vehicle: one was seen to come, and stands where traffic flows."""

from __future__ import annotations

from math import hypot
from typing import Literal

from detect.aids import Aids
from detect.geometry import inside
from detect.places import VEHICLES, Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind, most_certain
from detect.traffic.courses import Course, Courses, Step, cosine
from detect.traffic.cuts import Cuts
from detect.traffic.flow import Flow
from detect.traffic.standing import Stand, Stands
from detect.view import View
from detect.words import Said, place, seconds, thing, upper

FLICKER_S = 3.0
"""What was not detected for longer than this is not said to stand now."""
NEAR_LENGTHS = 4.0
"""Traffic within this distance of a vehicle is the traffic it stands in."""
PASSED_S = 20.0
"""A vehicle that went past so recently shows that traffic flows."""
PAST_LENGTHS = 0.5
"""Who was so far behind and is so far before it has gone past."""
LEFT_BEHIND_S = 6.0
"""Who goes past so soon after it stopped may be the last before a light turned red."""
PASSERS = 3
"""Without a zone so many must go past a vehicle while it stands,"""
LONG_S = 150.0
"""or it stands longer than at any light."""
SAME_WAY = 0.5
"""Cosine of the angle to the way a vehicle came, from which another goes the same way."""
SAME_ROAD = 0.85
"""The same, of who goes past it: traffic that crosses does not."""
CLEAR_S = 8.0
"""A queue has this time to drive off after it begins to move."""
HABIT = 3
"""So many that stopped in a place and drove on make it one where vehicles wait (a light, a bus
stop), and the next one may stand there"""
HABIT_TIMES = 1.5
"""this many times as long as the longest of them."""


class StoppedVehicleRule(RuleParameters):
    """One stands where traffic flows."""

    kind: Literal["stopped_vehicle"]
    zone: Name | None = None
    classes: Classes = VEHICLES
    seconds: Seconds = 10.0
    jam_seconds: Seconds = 300.0
    """So long a queue excuses who stands in it; 0 where nobody may stop for any reason."""

    @property
    def floor_fps(self) -> float:
        """To see that it goes before it stands takes a few looks while it comes."""
        return 3.0


class StoppedVehicle(Judge):
    """Each vehicle is a happening of its own; all in a queue that does not move are one."""

    def __init__(self, rule: StoppedVehicleRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        self._polygon = places.polygon(rule.zone)
        self._courses = Courses(rule.classes)
        self._stands = Stands()
        self._flow = Flow()
        self._cuts = Cuts()
        self._jammed: dict[int, float] = {}
        """When each was last seen in a queue."""
        self._passed: dict[tuple[int, int], float] = {}
        """When whom (its course) went past which stand."""

    def judge(self, view: View) -> list[Finding]:
        t_s = view.t_s
        if self._cuts.is_cut(view):
            for memory in (self._courses, self._stands, self._flow):
                memory.reset()
            self._passed.clear()
        seen = self._courses.update([*view.tracks, *view.hidden], t_s)
        self._stands.update(self._courses, seen, t_s)
        self._flow.see(seen, t_s)
        self._note_passing(seen, t_s)
        long = [stand for stand in self._stands if self._is_long(stand, t_s)]
        queue = [stand for stand in long if self._in_queue(stand, t_s)]
        queued = {stand.number for stand in queue}
        single = [stand for stand in long if stand.number not in queued]
        found = [self._single(stand, t_s) for stand in single if self._is_clear(stand, t_s)]
        return found + self._queue(queue, t_s)

    def _note_passing(self, seen: list[Course], t_s: float) -> None:
        """Who goes the way that a standing one came, and gets past it."""
        going = [course for course in seen if course.moved_s >= t_s - 0.5]
        standing = [
            stand
            for stand in self._stands
            if stand.arrived and t_s - stand.since_s >= LEFT_BEHIND_S
        ]
        for course in going:
            for stand in standing:
                if stand.key != course.key and _goes_past(course, stand, t_s):
                    self._passed.setdefault((stand.number, course.key), t_s)
        self._passed = {k: at_s for k, at_s in self._passed.items() if t_s - at_s <= LONG_S}

    def _is_long(self, stand: Stand, t_s: float) -> bool:
        """Whether it came, stands in the place, and has stood for long enough."""
        if not stand.arrived or t_s - stand.last_s > FLICKER_S:
            return False
        if self._polygon is not None and not inside(stand.foot, self._polygon):
            return False
        stood_s = t_s - stand.since_s
        if self._polygon is None and stood_s < LONG_S and self._going(stand, t_s, 1e9) < PASSERS:
            return False
        if self._polygon is None and self._flow.carries(stand.foot) is False:
            return False
        return stood_s >= self._needed_s(stand)

    def _needed_s(self, stand: Stand) -> float:
        """The time asked for, or what is usual in this place."""
        if self._rule.jam_seconds == 0:
            return self._rule.seconds
        waits = [one.stood_s for one in self._stands.departures if stand.apart(*one.foot) <= 1.5]
        usual_s = HABIT_TIMES * max(waits) if len(waits) >= HABIT else 0.0
        return max(self._rule.seconds, usual_s)

    def _in_queue(self, stand: Stand, t_s: float) -> bool:
        """Whether more stand near it than go past it its way."""
        if self._rule.jam_seconds == 0:
            return False
        others = [
            one
            for one in self._stands
            if one is not stand
            and one.arrived
            and t_s - one.last_s <= FLICKER_S
            and stand.apart(*one.foot) <= NEAR_LENGTHS
            and cosine(one.heading, stand.heading) > SAME_WAY
        ]
        if not others or len(others) <= self._going(stand, t_s):
            return False
        self._jammed[stand.number] = t_s
        return True

    def _going(self, stand: Stand, t_s: float, within_s: float = PASSED_S) -> int:
        """How many went past it lately."""
        return sum(
            number == stand.number and t_s - at_s <= within_s
            for (number, _), at_s in self._passed.items()
        )

    def _is_clear(self, stand: Stand, t_s: float) -> bool:
        """Whether no queue excuses it."""
        return t_s - self._jammed.get(stand.number, -CLEAR_S) >= CLEAR_S

    def _single(self, stand: Stand, t_s: float) -> Finding:
        stood_s = t_s - stand.since_s
        who, where, time = thing(stand.track.label), place(self._rule.zone), seconds(stood_s)
        said = Said(
            f"{upper(who.en)} has stood {where.en} for {time} s.",
            f"{upper(where.kk)} {who.kk} {time} с бойы тұр.",
            f"{upper(who.ru)} стоит {where.ru} {time} с.",
        )
        key = f"stand-{stand.number}"
        return Finding(key, stand.since_s, (stand.track,), said, scores={"stood_s": stood_s})

    def _queue(self, queue: list[Stand], t_s: float) -> list[Finding]:
        """One finding of a queue that has not moved for too long."""
        stuck = [one for one in queue if t_s - one.since_s >= self._rule.jam_seconds]
        if not stuck:
            return []
        since_s = min(stand.since_s for stand in stuck)
        where, time, count = place(self._rule.zone), seconds(t_s - since_s), len(queue)
        said = Said(
            f"A queue of vehicles {where.en} has not moved for {time} s.",
            f"{upper(where.kk)} көліктер кезегі {time} с бойы қозғалмай тұр.",
            f"Очередь машин {where.ru} не движется {time} с.",
        )
        tracks = most_certain([stand.track for stand in stuck])
        scores = {"stood_s": t_s - since_s, "vehicles": float(count)}
        return [Finding("queue", since_s, tracks, said, scores=scores)]


def _goes_past(course: Course, stand: Stand, t_s: float) -> bool:
    """Whether it was behind what stands and is before it now, seen the way that this came."""
    (fx, fy), (width, height) = stand.foot, stand.size
    wx, wy = stand.heading[0] / width, stand.heading[1] / height
    size = hypot(wx, wy)
    if size == 0:
        return False

    def ahead(step: Step) -> float:
        return ((step.x - fx) / width * wx + (step.y - fy) / height * wy) / size

    steps = course.between(max(stand.since_s, t_s - PASSED_S), t_s)
    if len(steps) < 3 or ahead(steps[-1]) < PAST_LENGTHS:
        return False
    if min(stand.apart(step.x, step.y) for step in steps) > NEAR_LENGTHS:
        return False
    way = (steps[-1].x - steps[0].x) / width, (steps[-1].y - steps[0].y) / height
    if cosine(way, (wx, wy)) < SAME_ROAD:
        return False
    return min(map(ahead, steps)) < -PAST_LENGTHS


KIND = Kind("stopped_vehicle", StoppedVehicleRule, StoppedVehicle, severity="medium", quiet_s=10.0)
