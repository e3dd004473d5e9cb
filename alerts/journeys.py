"""How long it takes to drive to a place: the port, and the answer that needs no map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from alerts.alert import Place
from alerts.distance import great_circle_m
from alerts.patrol import Position
from alerts.policy import Policy

By = Literal["road", "line"]


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

    def fastest_mps(self, policy: Policy) -> float:
        """No answer is quicker than the great circle at this speed."""
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

    def fastest_mps(self, policy: Policy) -> float:
        return line_mps(policy)

    def seconds_to(
        self, place: Place, positions: Sequence[Position], policy: Policy
    ) -> list[float | None]:
        speed_mps = line_mps(policy)
        at = place.latitude, place.longitude
        return [
            round(great_circle_m(*at, one.latitude, one.longitude) / speed_mps, 3)
            for one in positions
        ]


def line_mps(policy: Policy) -> float:
    """How fast the straight line is covered where the way is not known."""
    return policy.assumed_speed_mps / policy.detour_factor
