"""Traffic that never was: a seeded simulation of roads under a camera.

Vehicles follow each other (intelligent driver model: Treiber, Hennecke, Helbing, 2000), wait at
lights, brake hard now and then; people cross before them while they wait; some are parked. Crashes,
a breakdown, a wrong-way driver or a fast one are put in by name. What a detector makes of it is in
`traffic_eye`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import cos, hypot, pi, radians, sin

import numpy as np

from detect.geometry import Point

CLASSES = ("person", "car", "truck", "bus", "motorcycle", "bicycle")
SIZES = {
    "car": (4.4, 1.8, 1.5),
    "truck": (8.0, 2.4, 3.0),
    "bus": (11.0, 2.5, 3.1),
    "motorcycle": (2.1, 0.8, 1.5),
    "person": (0.5, 0.5, 1.7),
}
"""Length, width, height in metres."""
STEP_S = 0.1
LANE_M = 3.4


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole over the origin that looks along y, down by `pitch`."""

    height_m: float
    pitch: float
    focal: float
    """In widths of the picture, which is 16:9."""

    def see(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Fractions of the frame, and the depth in metres."""
        down = self.height_m - z
        depth = y * cos(self.pitch) + down * sin(self.pitch)
        drop = down * cos(self.pitch) - y * sin(self.pitch)
        depth = max(depth, 0.1)
        return 0.5 + self.focal * x / depth, 0.5 + self.focal * 16 / 9 * drop / depth, depth


@dataclass(slots=True, eq=False)
class Thing:
    """One vehicle or person on the ground."""

    label: str
    x: float
    y: float
    heading: float
    speed: float = 0.0
    wish: float = 0.0
    """Speed it wants, m/s."""
    lane: int = -1
    """Index of its lane; -1: it is on none (parked, on foot, crashed)."""
    s: float = 0.0
    size: tuple[float, float, float] = (4.4, 1.8, 1.5)
    halt_s: float = 0.0
    """It brakes to a stop until this time."""
    brake: float = 3.0
    crashed: bool = False
    slide: tuple[float, float] = (0.0, 0.0)
    """Its motion after a crash, m/s."""
    friction: float = 6.0
    blind: bool = False
    """It does not see what is before it."""
    lying: bool = False
    walk: tuple[float, float] | None = None
    noise: np.ndarray = field(default_factory=lambda: np.zeros(4))
    lost: bool = False
    """In a run of misses."""
    luck: float = 0.5
    """Whether the detector finds it as it is seen now, 0 to 1: while nothing changes it finds the
    same again."""
    cut: float = 0.5
    """The same, of whether it takes what is hidden for a part of it."""
    last: tuple[float, float] | None = None
    """Where it was in the last frame."""


@dataclass(frozen=True, slots=True)
class Lane:
    x: float
    y: float
    heading: float
    length: float
    stop: float | None = None
    """Where its light is, metres along it."""
    phase: int = 0


class Street:
    """One place with its traffic, without an incident."""

    def __init__(self, seed: int, *, crossing: bool = False) -> None:
        self.rng = np.random.default_rng(seed)
        self.startles = True
        """Now and then somebody brakes hard for nothing that is seen."""
        self.t_s = 0.0
        rng = self.rng
        pitch = radians(rng.uniform(14, 32))
        height_m = rng.uniform(6, 14)
        self.camera = Camera(height_m, pitch, rng.uniform(0.65, 1.1))
        self.middle = height_m / np.tan(pitch) * rng.uniform(1.0, 1.5)
        self.angle = rng.uniform(0, 2 * pi)
        self.junction = crossing or rng.random() < 0.5
        self.lanes = self._make_lanes()
        self.density = rng.uniform(0.1, 0.5)
        self.things: list[Thing] = []
        self._park()

    def step(self) -> None:
        """Go on by `STEP_S`."""
        self.t_s = round(self.t_s + STEP_S, 3)
        self._arrive()
        self.stage()
        for thing in list(self.things):
            self._move(thing)
        self.meet()
        self.things = [t for t in self.things if t.lane < 0 or t.s < self.lanes[t.lane].length]
        self.things = [t for t in self.things if t.walk is None or abs(t.x) < 60]

    def stage(self) -> None:
        """Before things move: prepare what is to happen."""

    def meet(self) -> None:
        """After things have moved: let those that touch crash."""

    def ground(self) -> tuple[list[Point], list[Point]]:
        """A calibration: pictured points and metres."""
        image, metres = [], []
        for y in np.linspace(self.middle * 0.6, self.middle * 1.8, 3):
            for x in (-0.3 * self.middle, 0.0, 0.3 * self.middle):
                u, v, _ = self.camera.see(x, float(y), 0.0)
                if 0 <= u <= 1 and 0 <= v <= 1:
                    image.append((u, v))
                    metres.append((float(x), float(y)))
        return image, metres

    def _make_lanes(self) -> list[Lane]:
        lanes, half = [], 80.0
        for road in range(2 if self.junction else 1):
            angle = self.angle + road * pi / 2
            for way in (0, 1):
                heading = angle + way * pi
                for number in range(1 if road else 2):
                    aside = (number + 0.5) * LANE_M
                    x = -half * cos(heading) - aside * sin(heading)
                    y = self.middle - half * sin(heading) + aside * cos(heading)
                    stop = half - 9.0 if self.junction else None
                    lanes.append(Lane(x, y, heading, 2 * half, stop, road))
        return lanes

    def place(self, lane: int, s: float) -> tuple[float, float]:
        one = self.lanes[lane]
        return one.x + s * cos(one.heading), one.y + s * sin(one.heading)

    def is_red(self, lane: Lane) -> bool:
        """Two phases of 20 s with 3 s of red for all."""
        turn = self.t_s % 46.0
        return not (turn < 20.0 if lane.phase == 0 else 23.0 <= turn < 43.0)

    def _park(self) -> None:
        if self.rng.random() < 0.5:
            return
        aside = 2.6 * LANE_M
        for _ in range(int(self.rng.integers(1, 5))):
            s = self.rng.uniform(-30, 30)
            x = s * cos(self.angle) - aside * sin(self.angle)
            y = self.middle + s * sin(self.angle) + aside * cos(self.angle)
            if all(hypot(x - t.x, y - t.y) > 6 for t in self.things):
                self.things.append(Thing("car", x, y, self.angle, size=SIZES["car"]))

    def _arrive(self) -> None:
        for index, lane in enumerate(self.lanes):
            if self.rng.random() >= self.density * STEP_S:
                continue
            last = min((t.s for t in self.things if t.lane == index), default=99.0)
            if last > 14.0:
                label = str(
                    self.rng.choice(["car", "truck", "bus", "motorcycle"], p=[0.8, 0.1, 0.05, 0.05])
                )
                wish = self.rng.uniform(8, 15)
                size = tuple(v * self.rng.uniform(0.92, 1.08) for v in SIZES[label])
                x, y = self.place(index, 0.0)
                self.things.append(
                    Thing(label, x, y, lane.heading, wish * 0.8, wish, index, 0.0, size)  # type: ignore[arg-type]
                )
        if self.rng.random() < 0.08 * STEP_S:
            self._walker()

    def _walker(self) -> None:
        """Somebody walks over the road where vehicles wait, or beside it."""
        lane = self.lanes[0]
        crosses = self.junction and self.is_red(lane)
        aside = -4 * LANE_M if crosses else 3.4 * LANE_M
        s = 73.5 if crosses else self.rng.uniform(50, 110)
        x = lane.x + s * cos(lane.heading) - aside * sin(lane.heading)
        y = lane.y + s * sin(lane.heading) + aside * cos(lane.heading)
        way = lane.heading + (pi / 2 if crosses else 0.0)
        pace = self.rng.uniform(1.1, 1.7)
        walk = (pace * cos(way), pace * sin(way))
        self.things.append(Thing("person", x, y, way, walk=walk, size=SIZES["person"]))

    def _move(self, thing: Thing) -> None:
        if thing.crashed:
            speed = hypot(*thing.slide)
            slower = max(0.0, speed - thing.friction * STEP_S) / speed if speed else 0.0
            thing.slide = (thing.slide[0] * slower, thing.slide[1] * slower)
            thing.x += thing.slide[0] * STEP_S
            thing.y += thing.slide[1] * STEP_S
        elif thing.walk is not None:
            thing.x += thing.walk[0] * STEP_S
            thing.y += thing.walk[1] * STEP_S
        elif thing.lane >= 0:
            self._drive(thing)

    def _drive(self, thing: Thing) -> None:
        lane = self.lanes[thing.lane]
        gap, closing = self._gap(thing, lane)
        if self.startles and self.rng.random() < 0.0015 * STEP_S:  # a child, a cat, a phone
            thing.halt_s, thing.brake = self.t_s + self.rng.uniform(3, 7), self.rng.uniform(5, 8)
        if thing.halt_s > self.t_s:
            change = -thing.brake
        else:
            wanted = 2.0 + max(0.0, thing.speed * 1.3 + thing.speed * closing / (2 * 2.0))
            change = 1.8 * (
                1 - (thing.speed / max(thing.wish, 0.1)) ** 4 - (wanted / max(gap, 0.5)) ** 2
            )
        thing.speed = max(0.0, thing.speed + max(-8.0, change) * STEP_S)
        back = -1.0 if thing.wish < 0 else 1.0
        thing.s += back * thing.speed * STEP_S
        if not thing.slide[0]:
            thing.x, thing.y = self.place(thing.lane, thing.s)
        else:  # it leaves its lane
            thing.slide = (thing.slide[0], thing.slide[1] + thing.slide[0] * STEP_S)
            x, y = self.place(thing.lane, thing.s)
            thing.x = x - thing.slide[1] * sin(lane.heading)
            thing.y = y + thing.slide[1] * cos(lane.heading)

    def _gap(self, thing: Thing, lane: Lane) -> tuple[float, float]:
        """Metres to what is before it, and how fast they shrink."""
        if thing.blind:
            return 99.0, 0.0
        gap, closing = 99.0, 0.0
        for other in self.things:
            if other is thing or other.walk is not None:
                continue
            if other.lane == thing.lane and other.s > thing.s:
                ahead, speed = other.s, other.speed
            elif other.crashed:
                dx, dy = other.x - thing.x, other.y - thing.y
                ahead = thing.s + dx * cos(lane.heading) + dy * sin(lane.heading)
                if ahead < thing.s or abs(dy * cos(lane.heading) - dx * sin(lane.heading)) > 2.4:
                    continue
                speed = 0.0
            else:
                continue
            room = ahead - thing.s - (other.size[0] + thing.size[0]) / 2
            if room < gap:
                gap, closing = room, thing.speed - speed
        if lane.stop is not None and self.is_red(lane):
            room = lane.stop - thing.s - thing.size[0] / 2
            if room > -1.0 and room > thing.speed**2 / 9.0 - 1.0 and room < gap:
                gap, closing = max(room, 0.3), thing.speed
        return gap, closing

    def in_view(self, thing: Thing, margin: float = 0.15) -> bool:
        u, v, _ = self.camera.see(thing.x, thing.y, 0.7)
        return margin < u < 1 - margin and margin < v < 1 - margin / 2


def touch(one: Thing, other: Thing) -> bool:
    """Whether two rectangles on the ground overlap (separating axes)."""
    for angle in (one.heading, one.heading + pi / 2, other.heading, other.heading + pi / 2):
        axis = (cos(angle), sin(angle))
        apart = abs((other.x - one.x) * axis[0] + (other.y - one.y) * axis[1])
        if apart > _reach(one, angle) + _reach(other, angle):
            return False
    return True


def _reach(thing: Thing, angle: float) -> float:
    turn = angle - thing.heading
    return (abs(cos(turn)) * thing.size[0] + abs(sin(turn)) * thing.size[1]) / 2
