from __future__ import annotations

from math import inf

import pytest

from detect.geometry import Outline, area, crosses, deepest, inside, side

SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]
LOWER_HALF = [(0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)]
WHOLE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
HORSESHOE = [(0, 0), (0.9, 0), (0.9, 0.9), (0.6, 0.9), (0.6, 0.3), (0.3, 0.3), (0.3, 0.9), (0, 0.9)]


@pytest.mark.parametrize(
    ("point", "polygon", "wanted"),
    [
        ((0.5, 0.5), SQUARE, True),
        ((0.1, 0.5), SQUARE, False),
        ((0.45, 0.6), HORSESHOE, False),
        ((0.1, 0.6), HORSESHOE, True),
        ((0.5, 0.5), list(reversed(SQUARE)), True),
    ],
)
def test_inside(
    point: tuple[float, float], polygon: list[tuple[float, float]], wanted: bool
) -> None:
    assert inside(point, polygon) is wanted
    assert (Outline(polygon).depth(point) > 0) is wanted


@pytest.mark.parametrize(
    ("point", "polygon", "wanted"),
    [
        ((0.5, 0.5), SQUARE, 0.3),
        ((0.3, 0.5), SQUARE, 0.1),
        ((0.1, 0.5), SQUARE, -0.1),
        ((0.1, 0.1), SQUARE, -(0.02**0.5)),
        ((0.5, 0.6), LOWER_HALF, 0.1),
        ((0.5, 1.0), LOWER_HALF, 0.5),  # a foot cut off by the frame
        ((0.0, 0.9), LOWER_HALF, 0.4),
        ((0.5, 0.4), LOWER_HALF, -0.1),
        ((1.0, 1.0), WHOLE, inf),
    ],
)
def test_depth(
    point: tuple[float, float], polygon: list[tuple[float, float]], wanted: float
) -> None:
    assert Outline(polygon).depth(point) == pytest.approx(wanted, abs=1e-5)


def test_deepest_and_area() -> None:
    assert deepest(SQUARE) == pytest.approx(0.3, abs=0.02)
    assert deepest([(0.1, 0.1), (0.9, 0.1), (0.9, 0.14), (0.1, 0.14)]) == pytest.approx(
        0.02, abs=0.003
    )
    assert deepest(WHOLE) == inf
    assert area(SQUARE) == pytest.approx(0.36)


@pytest.mark.parametrize(
    ("start", "end", "right"),
    [
        ((0.5, 1.0), (0.5, 0.0), (0.7, 0.5)),  # walking up the picture
        ((0.5, 0.0), (0.5, 1.0), (0.3, 0.5)),  # walking down it
        ((0.0, 0.5), (1.0, 0.5), (0.5, 0.7)),  # walking to the picture's right
        ((1.0, 0.5), (0.0, 0.5), (0.5, 0.3)),  # walking to its left
        ((0.0, 1.0), (1.0, 0.0), (0.9, 0.9)),
    ],
)
def test_right_is_the_right_hand_of_who_walks_the_line(
    start: tuple[float, float], end: tuple[float, float], right: tuple[float, float]
) -> None:
    assert side(right, start, end) > 0
    mirrored = (start[0] + end[0] - right[0], start[1] + end[1] - right[1])
    assert side(mirrored, start, end) < 0
    assert side(right, end, start) < 0


def test_segments_cross_only_between_their_ends() -> None:
    assert crosses((0, 0.5), (1, 0.5), (0.5, 0), (0.5, 1))
    assert not crosses((0, 0.5), (0.4, 0.5), (0.5, 0), (0.5, 1))
    assert not crosses((0, 0.5), (1, 0.5), (0.5, 0.6), (0.5, 1))
