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


_Edge = tuple[float, float, float, float, float]
"""x1, y1, dx, dy and dx² + dy²: a point and the way to the next."""


class Outline:
    """A polygon, or a line's two ends, made ready to tell how deep many points lie in it."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._points = tuple(points)
        sides = list(zip([points[-1], *points[:-1]], points, strict=True))
        self._edges = tuple(_edge(*ends) for ends in sides)
        self._inner = tuple(_edge(*ends) for ends in sides if not _on_border(*ends))

    def depth(self, point: Point) -> float:
        """How far inside the point lies: to the nearest edge; negative outside.

        Edges along the frame's own border do not count: who stands there is not about to step out
        of the zone but out of the picture. Likewise a point on the border (a foot cut off by it)
        is taken as just within the frame. A polygon of such edges alone is as deep as can be.
        """
        x = min(max(point[0], JUST_WITHIN), 1 - JUST_WITHIN)
        y = min(max(point[1], JUST_WITHIN), 1 - JUST_WITHIN)
        if inside((x, y), self._points):
            return _away(x, y, self._inner)
        return -_away(x, y, self._edges)


def _edge(start: Point, end: Point) -> _Edge:
    dx, dy = end[0] - start[0], end[1] - start[1]
    return *start, dx, dy, dx * dx + dy * dy


def _on_border(start: Point, end: Point) -> bool:
    """Whether a segment runs along one side of the frame."""
    return any(start[axis] == end[axis] and end[axis] in (0.0, 1.0) for axis in (0, 1))


def _away(x: float, y: float, edges: Sequence[_Edge]) -> float:
    """Distance to the nearest point of any of the edges."""
    nearest = inf
    for x1, y1, dx, dy, length2 in edges:
        px, py = x - x1, y - y1
        along = (px * dx + py * dy) / length2 if length2 else 0.0
        along = 0.0 if along < 0.0 else 1.0 if along > 1.0 else along
        away = hypot(px - along * dx, py - along * dy)
        if away < nearest:
            nearest = away
    return nearest


def deepest(polygon: Sequence[Point]) -> float:
    """The depth of about the deepest point of the polygon, from a grid over its bounds."""
    xs, ys = zip(*polygon, strict=True)
    steps = [(index + 0.5) / GRID for index in range(GRID)]
    outline = Outline(polygon)
    return max(
        outline.depth((min(xs) + u * (max(xs) - min(xs)), min(ys) + v * (max(ys) - min(ys))))
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
