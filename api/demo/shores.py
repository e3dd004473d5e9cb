"""Water out of coastlines that an extract's edge has cut: where the sea is, as closed rings. Pure.

Points are (longitude, latitude) in degrees; a box is (west, south, east, north).
"""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]
Box = tuple[float, float, float, float]


def joined(lines: Sequence[Sequence[Point]]) -> list[list[Point]]:
    """Join lines of which one begins where another ends; direction is kept."""
    rest = [list(line) for line in lines if len(line) > 1]
    done: list[list[Point]] = []
    while rest:
        line = rest.pop()
        grew = True
        while grew:
            grew = False
            for other in rest:
                if other[0] == line[-1]:
                    line = [*line, *other[1:]]
                elif other[-1] == line[0]:
                    line = [*other, *line[1:]]
                else:
                    continue
                rest.remove(other)
                grew = True
                break
        done.append(line)
    return done


def seas(coast: Sequence[Sequence[Point]], box: Box) -> list[list[Point]]:
    """Rings of the sea inside the box. A coastline has the water on its right (OSM's rule).

    Every line is taken to leave the box at both ends, as it does where the extract was cut.
    """
    lines = [line for line in joined(coast) if line[0] != line[-1]]
    entries = [_along(line[0], box) for line in lines]
    exits = [_along(line[-1], box) for line in lines]
    perimeter = _perimeter(box)
    left = set(range(len(lines)))
    rings = []
    while left:
        first = current = min(left)
        ring: list[Point] = []
        while current in left:
            left.remove(current)
            ring += [_at(entries[current], box), *lines[current], _at(exits[current], box)]
            leaves = exits[current]
            following = min((*left, first), key=lambda one: (entries[one] - leaves) % perimeter)
            ring += _corners(leaves, entries[following], box)
            current = following
        rings.append([*ring, ring[0]])
    return rings


def lake(shore: Sequence[Point], box: Box) -> list[Point]:
    """The ring of a lake of which the box holds one piece of shore.

    The shore's direction says nothing, so the smaller side is the water: a lake that mostly lies
    outside reaches in with a part of it.
    """
    sides = [seas([shore], box)[0], seas([list(reversed(shore))], box)[0]]
    return min(sides, key=lambda ring: abs(area(ring)))


def area(ring: Sequence[Point]) -> float:
    """Signed area in square degrees; clockwise is negative."""
    return (
        sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2
    )


def _perimeter(box: Box) -> float:
    west, south, east, north = box
    return 2 * (east - west + north - south)


def _along(point: Point, box: Box) -> float:
    """Where a point leaves the box, measured clockwise from its north-west corner."""
    west, south, east, north = box
    width, height = east - west, north - south
    x, y = min(max(point[0], west), east), min(max(point[1], south), north)
    edges = (
        (north - y, x - west),
        (east - x, width + north - y),
        (y - south, width + height + east - x),
        (x - west, 2 * width + height + y - south),
    )
    return min(edges)[1]


def _at(along: float, box: Box) -> Point:
    west, south, east, north = box
    width, height = east - west, north - south
    if along <= width:
        return west + along, north
    if along <= width + height:
        return east, north - (along - width)
    if along <= 2 * width + height:
        return east - (along - width - height), south
    return west, south + (along - 2 * width - height)


def _corners(leaves: float, enters: float, box: Box) -> list[Point]:
    """The box's corners passed on the way clockwise from one place on its edge to another."""
    west, south, east, north = box
    width, height = east - west, north - south
    perimeter = _perimeter(box)
    way = (enters - leaves) % perimeter
    corners = (0.0, width, width + height, 2 * width + height)
    passed = sorted((corner - leaves) % perimeter for corner in corners)
    return [_at((leaves + ahead) % perimeter, box) for ahead in passed if 0 < ahead < way]
