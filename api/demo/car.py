"""A patrol car on the streets: where it is while time passes. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from api.demo.streets import Edge, Node, Streets


class Car:
    """Drives along a way and stands at its end. Does not know what time it is."""

    def __init__(self, streets: Streets, at: Node) -> None:
        self._streets = streets
        self._from = at
        self._ahead: deque[Edge] = deque()
        self._driven_m = 0.0
        self._pace = 1.0

    @property
    def place(self) -> Node:
        """Longitude and latitude, degrees."""
        if not self._ahead:
            return self._from
        edge = self._ahead[0]
        part = min(1.0, self._driven_m / edge.length_m) if edge.length_m else 1.0
        (x, y), (to_x, to_y) = self._from, edge.to
        return x + (to_x - x) * part, y + (to_y - y) * part

    @property
    def stands(self) -> bool:
        """Whether it has arrived, or was never sent anywhere."""
        return not self._ahead

    def drive_to(self, goal: Node, pace: float = 1.0) -> None:
        """Take the fastest way to a node of the streets; `pace` scales their speeds.

        A car on its way goes on to the next corner first: it does not turn between houses.
        """
        corner = self._ahead[0].to if self._ahead else self._from
        begun = [self._ahead[0]] if self._ahead else []
        self._take([*begun, *self._streets.way(corner, goal)], pace)

    def stop(self) -> None:
        """Stand at the next corner."""
        self._take([self._ahead[0]] if self._ahead else [], self._pace)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        while seconds > 0 and self._ahead:
            edge = self._ahead[0]
            speed = edge.speed_mps * self._pace
            needed = (edge.length_m - self._driven_m) / speed
            if needed > seconds:
                self._driven_m += speed * seconds
                return
            seconds -= needed
            self._ahead.popleft()
            self._from, self._driven_m = edge.to, 0.0

    def _take(self, way: Iterable[Edge], pace: float) -> None:
        self._ahead = deque(way)
        self._pace = pace
