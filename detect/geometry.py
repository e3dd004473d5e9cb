"""Plane geometry in fractions of the frame, y downwards."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, inf

Point = tuple[float, float]

JUST_WITHIN = 1e-6
GRID = 24
"""Points a side that a polygon is sampled with."""


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether the point lies in the polygon (even-odd rule; W. R. Franklin's PNPOLY)."""
    x, y = point
    within = False
    x1, y1 = polygon[-1]
    for x2, y2 in polygon:
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            within = not within
        x1, y1 = x2, y2
    return within


def depth(point: Point, polygon: Sequence[Point]) -> float:
    """How far inside the polygon the point lies: to its nearest edge; negative outside.

    Edges along the frame's own border do not count: who stands there is not about to step out of
    the zone but out of the picture. Likewise a point on the border (a foot cut off by it) is taken
    as just within the frame. A polygon of such edges alone is as deep as can be.
    """
    x, y = (min(max(value, JUST_WITHIN), 1 - JUST_WITHIN) for value in point)
    within = inside((x, y), polygon)
    away, start = inf, polygon[-1]
    for end in polygon:
        if not within or not _on_border(start, end):
            away = min(away, _to_segment((x, y), start, end))
        start = end
    return away if within else -away


def deepest(polygon: Sequence[Point]) -> float:
    """The depth of about the deepest point of the polygon, from a grid over its bounds."""
    xs, ys = zip(*polygon, strict=True)
    steps = [(index + 0.5) / GRID for index in range(GRID)]
    return max(
        depth((min(xs) + u * (max(xs) - min(xs)), min(ys) + v * (max(ys) - min(ys))), polygon)
        for u in steps
        for v in steps
    )


def area(polygon: Sequence[Point]) -> float:
    """Unsigned area by the shoelace formula."""
    pairs = zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def side(point: Point, start: Point, end: Point) -> float:
    """Signed distance from the line walked from start to end; above 0 to the right in the image."""
    (px, py), (ax, ay), (bx, by) = point, start, end
    length = hypot(bx - ax, by - ay)
    return ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) / length


def crosses(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the segments a-b and c-d properly cross."""

    def turn(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return (turn(c, d, a) > 0) != (turn(c, d, b) > 0) and (turn(a, b, c) > 0) != (turn(a, b, d) > 0)


def distance(a: Point, b: Point) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])


def _on_border(start: Point, end: Point) -> bool:
    """Whether a segment runs along one side of the frame."""
    return any(start[axis] == end[axis] and end[axis] in (0.0, 1.0) for axis in (0, 1))


def _to_segment(point: Point, start: Point, end: Point) -> float:
    """Distance from a point to the nearest point of a segment."""
    (px, py), (ax, ay), (bx, by) = point, start, end
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    along = 0.0 if length2 == 0 else ((px - ax) * dx + (py - ay) * dy) / length2
    along = min(max(along, 0.0), 1.0)
    return hypot(px - ax - along * dx, py - ay - along * dy)
