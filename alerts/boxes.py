"""What a circle on the earth lies in: boxes of latitude and longitude, as indexes know them."""

from __future__ import annotations

import math
from typing import NamedTuple

from alerts.dispatch.distance import EARTH_RADIUS_M

HALF_ROUND_M = math.pi * EARTH_RADIUS_M
"""Nothing is farther away."""
ROUNDED_M = 0.01
"""A box is that much wider: what numbers are rounded may leave nothing out."""


class Box(NamedTuple):
    """WGS 84 degrees; never over the antimeridian."""

    south: float
    west: float
    north: float
    east: float


def boxes_around(latitude: float, longitude: float, radius_m: float) -> list[Box]:
    """Boxes that hold all that is no farther than that: one, or one on each side of 180 degrees."""
    angle = (radius_m * (1 + 1e-9) + ROUNDED_M) / EARTH_RADIUS_M
    south, north = latitude - math.degrees(angle), latitude + math.degrees(angle)
    if south <= -90 or north >= 90:  # a pole is inside, where all longitudes meet
        return [Box(max(south, -90.0), -180.0, min(north, 90.0), 180.0)]
    # The circle's easternmost point is not at its centre's latitude.
    wide = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(latitude)))))
    west, east = longitude - wide, longitude + wide
    if west < -180:
        return [Box(south, west + 360, north, 180.0), Box(south, -180.0, north, east)]
    if east > 180:
        return [Box(south, west, north, 180.0), Box(south, -180.0, north, east - 360)]
    return [Box(south, west, north, east)]
