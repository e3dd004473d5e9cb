"""How deep a point lies in any polygon, against the edges taken as many points."""

from __future__ import annotations

from itertools import pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.geometry import Outline, Point, inside

STEPS = 400
corner = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(lambda at: (at[0] / 8, at[1] / 8))
point = st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99))


def on_border(start: Point, end: Point) -> bool:
    return any(start[axis] == end[axis] and end[axis] in (0, 1) for axis in (0, 1))


def away(at: Point, edges: list[tuple[Point, Point]]) -> float:
    """Distance to the nearest of points along the edges; at most a step more than the true one."""
    along = np.linspace(0, 1, STEPS + 1)[:, None]
    spots = [np.array(start) + along * (np.array(end) - np.array(start)) for start, end in edges]
    return min((np.hypot(*(spot - at).T).min() for spot in spots), default=inf)


@settings(max_examples=150, deadline=None)
@given(polygon=st.lists(corner, min_size=2, max_size=6, unique=True), points=st.lists(point))
def test_depth_is_the_distance_to_the_nearest_edge_that_counts(
    polygon: list[Point], points: list[Point]
) -> None:
    outline = Outline(polygon)
    edges = list(pairwise([*polygon, polygon[0]]))
    for at in points:
        is_inside = inside(at, polygon)
        counted = [edge for edge in edges if not (is_inside and on_border(*edge))]
        found = outline.depth(at)
        assert (found > 0) == is_inside or found == 0
        assert abs(found) == pytest.approx(away(at, counted), abs=2 / STEPS)
