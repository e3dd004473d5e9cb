"""What goes wrong in simulated traffic, by name: crashes of several kinds, and offences."""

from __future__ import annotations

from math import cos, hypot, pi, sin

from tests.support.traffic import LANE_M, SIZES, STEP_S, Street, Thing, touch

CRASHES = ("rear_end", "cross", "head_on", "pedestrian", "single", "sideswipe")
EVENTS = (*CRASHES, "breakdown", "wrong_way", "fast")
FAST_MPS = 27.0
FREE_ROAD_M = 60.0
"""Ahead of who is to be fast: a car that follows others is as slow as they are."""


class Staged(Street):
    """A street in which `event` happens at `event_s`, or as soon after that as somebody is in the
    right place; perhaps never.
    """

    def __init__(self, seed: int, event: str, event_s: float = 25.0) -> None:
        super().__init__(seed, crossing=event == "cross")
        self.event, self.event_s = event, event_s
        self.startles = False
        self.happened_s: float | None = None
        """When it happened: for a crash the moment of contact."""
        self.seen_s = 0.0
        """How long the culprits have been in the middle of the picture since."""
        self.culprits: list[Thing] = []

    def stage(self) -> None:
        if self.t_s >= self.event_s and not self.culprits:
            self._begin()

    def meet(self) -> None:
        if self.culprits and self.happened_s is None:
            self._bump()
        there = all(one in self.things and self.in_view(one, 0.08) for one in self.culprits)
        if self.happened_s is not None and there:
            self.seen_s += STEP_S

    def _begin(self) -> None:
        """Choose who does it."""
        movers = [
            t for t in self.things if t.lane >= 0 and t.speed > 6 and t.label in ("car", "truck")
        ]
        self.rng.shuffle(movers)  # type: ignore[arg-type]
        name = self.event
        if name == "wrong_way":
            lane = int(self.rng.integers(2))
            x, y = self.place(lane, 130.0)
            thing = Thing(
                "car", x, y, self.lanes[lane].heading + pi, 9.0, -9.0, lane, 130.0, SIZES["car"]
            )
            self.things.append(thing)
            thing.walk = (
                -9.0 * cos(self.lanes[lane].heading),
                -9.0 * sin(self.lanes[lane].heading),
            )
            thing.lane = -1
            self.culprits, self.happened_s = [thing], self.t_s
            return
        for one in movers:
            if name in ("fast", "breakdown", "single", "pedestrian"):
                if name == "fast" and not self._has_run(one):
                    continue
                if self.in_view(one, 0.2 if name != "fast" else -0.2):
                    self._alone(one)
                    return
            elif self._pair(one):
                return

    def _has_run(self, one: Thing) -> bool:
        """Whether it can become fast, and be seen to be: a free road, its end far away."""
        lane = self.lanes[one.lane]
        return self._gap(one, lane)[0] >= FREE_ROAD_M and one.s < lane.length / 2

    def _alone(self, one: Thing) -> None:
        self.culprits = [one]
        lane = self.lanes[one.lane]
        if self.event == "fast":
            one.blind, one.wish, one.speed = True, FAST_MPS, FAST_MPS  # nor do lights stop it
            self.happened_s = self.t_s
        elif self.event == "breakdown":
            one.halt_s, one.brake, self.happened_s = 1e9, self.rng.uniform(1.5, 3.5), self.t_s
        elif self.event == "single":
            one.blind, one.slide = True, (2.5, 0.01)
            self.event_s = self.t_s + 1.2
        else:
            one.blind = True
            ahead = one.s + one.speed * 1.2
            x, y = self.place(one.lane, ahead)
            side, pace = lane.heading - pi / 2, 1.6
            start = pace * 1.2
            walker = Thing(
                "person",
                x + start * cos(side),
                y + start * sin(side),
                side + pi,
                size=SIZES["person"],
            )
            walker.walk = (-pace * cos(side), -pace * sin(side))
            self.things.append(walker)
            self.culprits.append(walker)

    def _pair(self, one: Thing) -> bool:
        """Two that will meet; one of them does not look."""
        ways = {
            "rear_end": self._rear_end,
            "sideswipe": self._sideswipe,
            "head_on": self._head_on,
            "cross": self._cross,
        }
        for other in self.things:
            if other is one or other.lane < 0 or other.label == "motorcycle":
                continue
            if ways[str(self.event)](one, other):
                self.culprits = [one, other]
                return True
        return False

    def _rear_end(self, one: Thing, other: Thing) -> bool:
        if other.lane != one.lane or not 8 < other.s - one.s < 25 or not self.in_view(other, 0.2):
            return False
        if any(t.lane == one.lane and one.s < t.s < other.s for t in self.things):
            return False
        other.halt_s, other.brake = 1e9, 6.0
        one.blind, one.wish = True, max(one.speed, 8.0)
        return True

    def _sideswipe(self, one: Thing, other: Thing) -> bool:
        same_way = self.lanes[other.lane].heading == self.lanes[one.lane].heading
        if not same_way or other.lane == one.lane or abs(other.s - one.s) > 5:
            return False
        if not self.in_view(other, 0.2):
            return False
        sign = 1.0 if other.lane > one.lane else -1.0
        one.slide, one.blind = (2.2 * sign, 0.01 * sign), True
        one.wish = one.speed = max(other.speed, 7.0)
        other.wish = other.speed = one.speed
        return True

    def _head_on(self, one: Thing, other: Thing) -> bool:
        turn = self.lanes[other.lane].heading - self.lanes[one.lane].heading
        apart = hypot(other.x - one.x, other.y - one.y)
        if abs(abs(turn) - pi) > 0.1 or one.lane % 2 or other.lane % 2 or not 12 < apart < 35:
            return False
        ahead = (other.x - one.x) * cos(one.heading) + (other.y - one.y) * sin(one.heading)
        if ahead < 0 or other.speed < 4 or not self.in_view(other, 0.15):
            return False
        one.slide, one.blind = (-LANE_M * (one.speed + other.speed) / apart, -0.01), True
        return True

    def _cross(self, one: Thing, other: Thing) -> bool:
        crossing = self.lanes[other.lane].phase != self.lanes[one.lane].phase
        if not crossing or not 45 < one.s < 76 or not 40 < other.s < 76:
            return False
        one.blind = other.blind = True
        one.wish = one.speed = max(one.speed, 7.0)
        mine, its = self._to_crossing(one, other)
        other.wish = other.speed = max(5.0, min(16.0, its / max(mine / one.speed, 0.3)))
        return True

    def _to_crossing(self, one: Thing, other: Thing) -> tuple[float, float]:
        """How far both are from the point where their lanes cross."""
        a, b = self.lanes[one.lane].heading, self.lanes[other.lane].heading
        dx, dy = other.x - one.x, other.y - one.y
        turn = cos(a) * sin(b) - sin(a) * cos(b)
        return (dx * sin(b) - dy * cos(b)) / turn, (dx * sin(a) - dy * cos(a)) / turn

    def _bump(self) -> None:
        """Let those that touch crash."""
        one = self.culprits[0]
        if len(self.culprits) == 1:
            if self.t_s >= self.event_s:
                self._crash(one, 0.1, 9.0, turn=self.rng.uniform(-0.6, 0.6))
                self.happened_s = self.t_s
            return
        other = self.culprits[1]
        if one not in self.things or other not in self.things:
            self.culprits, self.event_s = [], self.t_s + 2.0
            one.blind = other.blind = False
            return
        if not touch(one, other):
            return
        self.happened_s = self.t_s
        if other.label == "person":
            thrown = self.rng.uniform(0.6, 0.9) * one.speed
            other.walk, other.crashed, other.lying = None, True, True
            other.slide = (thrown * cos(one.heading), thrown * sin(one.heading))
            other.friction = 8.0
            self._crash(one, 0.85, 7.0)
            return
        if self.event == "rear_end":
            common = 0.55 * one.speed + 0.45 * other.speed
            for each in (one, other):
                each.speed = common
                self._crash(each, 1.0, 6.0)
        elif self.event == "sideswipe":
            self._crash(one, 0.7, 5.0, turn=0.25)
            self._crash(other, 0.7, 5.0, turn=-0.25)
        else:
            vx = 0.5 * (one.speed * cos(one.heading) + other.speed * cos(other.heading))
            vy = 0.5 * (one.speed * sin(one.heading) + other.speed * sin(other.heading))
            for each in (one, other):
                self._crash(each, 0.1, 7.0, turn=self.rng.uniform(-0.7, 0.7))
                each.slide = (vx, vy)

    def _crash(self, thing: Thing, keeps: float, friction: float, turn: float = 0.0) -> None:
        speed = thing.speed * keeps
        thing.crashed, thing.lane, thing.speed = True, -1, 0.0
        thing.slide = (speed * cos(thing.heading + turn), speed * sin(thing.heading + turn))
        thing.friction, thing.heading = friction, thing.heading + turn
