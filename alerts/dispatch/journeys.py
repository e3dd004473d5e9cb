"""How long it takes to drive to a place: the port, and the answer that needs no map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from alerts.alert import Place
from alerts.dispatch.distance import great_circle_m
from alerts.patrol import Position
from alerts.policy import Policy

By = Literal["road", "line"]
ROUNDED_M = 0.01
"""Two ways to reckon a distance differ by much less."""


@dataclass(frozen=True, slots=True)
class Least:
    """A lower bound of every journey to one place, by the distance from a centre."""

    latitude: float
    longitude: float
    """The centre: where all must come by, or the place itself."""
    last_m: float
    """From the centre to the place, which is covered as a straight line is."""
    near_m: float
    """Only who is farther from the centre may have no way but the straight line."""
    fastest_mps: float
    line_mps: float

    def seconds(self, latitude: float, longitude: float) -> float:
        """From that position at least so long."""
        apart_m = great_circle_m(self.latitude, self.longitude, latitude, longitude)
        least_s = self.by_road_s(apart_m)
        if apart_m > self.near_m - ROUNDED_M:
            least_s = min(least_s, max(0.0, apart_m - self.last_m) / self.line_mps)
        return least_s

    def beyond_s(self, apart_m: float) -> float:
        """From anywhere that is so far off the centre, or farther, at least so long."""
        by_line_m = max(apart_m, self.near_m - ROUNDED_M) - self.last_m
        return min(self.by_road_s(apart_m), max(0.0, by_line_m) / self.line_mps)

    def by_road_s(self, apart_m: float) -> float:
        """From so far off the centre, if there is a way over the streets, at least so long."""
        return self.last_m / self.line_mps + apart_m / self.fastest_mps


class Journeys(Protocol):
    """Travel times from many positions to one place. Thread-safe; the same answer every time."""

    @property
    def by(self) -> By:
        """How the times are found, as a decision says it."""
        ...

    @property
    def map(self) -> str | None:
        """The version of the map; the same version gives the same times."""
        ...

    def least(self, place: Place, policy: Policy) -> Least:
        """What nobody can be quicker than; it holds for whom no answer is given, by line, too."""
        ...

    def seconds_to(
        self, place: Place, positions: Sequence[Position], policy: Policy
    ) -> list[float | None]:
        """Seconds for each position, in whole milliseconds; None where it cannot be said."""
        ...


class StraightLine:
    """The straight line, longer by the detour factor, at the assumed speed."""

    by: By = "line"
    map = None

    def least(self, place: Place, policy: Policy) -> Least:
        return by_line(place, policy)

    def seconds_to(
        self, place: Place, positions: Sequence[Position], policy: Policy
    ) -> list[float | None]:
        speed_mps = line_mps(policy)
        at = place.latitude, place.longitude
        return [
            round(great_circle_m(*at, one.latitude, one.longitude) / speed_mps, 3)
            for one in positions
        ]


def by_line(place: Place, policy: Policy) -> Least:
    """The straight line itself."""
    speed_mps = line_mps(policy)
    return Least(place.latitude, place.longitude, 0.0, 0.0, speed_mps, speed_mps)


def line_mps(policy: Policy) -> float:
    """How fast the straight line is covered where the way is not known."""
    return policy.assumed_speed_mps / policy.detour_factor
