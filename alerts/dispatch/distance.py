"""Distances on the earth."""

from __future__ import annotations

import math

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""


def great_circle_m(
    latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float
) -> float:
    """Metres between two places in WGS 84 degrees, by the haversine formula."""
    lat_a, lat_b = math.radians(latitude_a), math.radians(latitude_b)
    half_lat = (lat_b - lat_a) / 2
    half_lon = math.radians(longitude_b - longitude_a) / 2
    h = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, h)))
