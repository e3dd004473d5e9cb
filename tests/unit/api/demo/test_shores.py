"""Water behind coastlines that the map's edge has cut."""

from __future__ import annotations

import pytest

from api.demo.shores import Point, area, joined, lake, seas

BOX = (0.0, 0.0, 10.0, 10.0)


def holds(ring: list[Point], x: float, y: float) -> bool:
    inside = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def test_water_lies_to_the_right_of_the_coast() -> None:
    coast = [(0.1, 5.0), (5.0, 6.0), (9.9, 5.0)]
    (south,) = seas([coast], BOX)
    assert holds(south, 5, 1)
    assert not holds(south, 5, 9)
    (north,) = seas([coast[::-1]], BOX)
    assert holds(north, 5, 9)
    assert not holds(north, 5, 1)
    assert abs(area(south)) + abs(area(north)) == pytest.approx(100.0)


def test_two_coasts_bound_one_strait() -> None:
    eastward = [(0.1, 7.0), (5.0, 7.5), (9.9, 7.0)]
    westward = [(9.9, 3.0), (5.0, 2.5), (0.1, 3.0)]
    (strait,) = seas([eastward, westward], BOX)
    assert [holds(strait, 5, y) for y in (1, 5, 9)] == [False, True, False]
    assert strait[0] == strait[-1]


def test_the_same_coasts_the_other_way_round_bound_an_isthmus() -> None:
    westward = [(9.9, 7.0), (5.0, 7.5), (0.1, 7.0)]
    eastward = [(0.1, 3.0), (5.0, 2.5), (9.9, 3.0)]
    water = seas([westward, eastward], BOX)
    assert len(water) == 2
    assert [any(holds(ring, 5, y) for ring in water) for y in (1, 5, 9)] == [True, False, True]


def test_a_corner_cut_off_is_a_small_lake() -> None:
    shore = [(0.05, 8.0), (1.0, 9.0), (2.0, 9.95)]
    ring = lake(shore, BOX)
    assert abs(area(ring)) == pytest.approx(abs(area(lake(shore[::-1], BOX))))
    assert abs(area(ring)) < 5
    assert holds(ring, 0.2, 9.8)
    assert not holds(ring, 5, 5)


def test_lines_that_meet_are_joined_in_their_direction() -> None:
    parts = [[(2.0, 2.0), (3.0, 3.0)], [(0.0, 0.0), (1.0, 1.0)], [(1.0, 1.0), (2.0, 2.0)]]
    assert joined(parts) == [[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]]
