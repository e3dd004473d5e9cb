"""From the picture to the ground, in metres: a plane seen in perspective.

The homography is the least-squares one through the given points (normalised direct linear
transform: Hartley, "In defense of the eight-point algorithm", 1997). Points of the picture are
fractions of the frame, y downwards. Beyond the given points it is a guess that gets worse the
nearer the horizon: `Ground.knows` tells where it may be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, sqrt

import numpy as np
import numpy.typing as npt

from detect.geometry import Point, area, inside

Matrix = npt.NDArray[np.float64]

LEAST_SPREAD = 0.02
"""Points that are this near to one line, in parts of their extent along it, give no plane."""
WORST_FIT = 0.1
"""The given points may lie off the fitted plane by this part of their extent, at most."""
REACH = 0.3
"""How far beyond the given points the plane is still used, in parts of their extent."""
LEAST_DEPTH = 0.2
"""Ground whose depth term is below this part of the least of the given points is too far away."""
STEP = 1e-3
"""Fractions of the frame in which a scale is measured."""


class Ground:
    """A plane that pictured points lie on.

    `image` (N, 2) in fractions of the frame, `metres` (N, 2), N >= 4. Raises ValueError with one
    clear line when they give no plane.
    """

    def __init__(self, image: Sequence[Point], metres: Sequence[Point]) -> None:
        seen, real = np.asarray(image, np.float64), np.asarray(metres, np.float64)
        _check(seen, real)
        self._matrix = _fit(seen, real)
        depths = _homogeneous(seen) @ self._matrix[2]
        if depths.max() < 0:
            self._matrix, depths = -self._matrix, -depths
        if depths.min() <= 0:
            raise ValueError("the points lie on both sides of the horizon: check their order")
        self._least_depth = LEAST_DEPTH * float(depths.min())
        self.hull: tuple[Point, ...] = _hull([(float(x), float(y)) for x, y in seen])
        """The outline of the given points in the picture."""
        middle = np.mean(self.hull, axis=0)
        wide = [(1 + REACH) * (np.asarray(corner) - middle) + middle for corner in self.hull]
        self._wide = tuple((float(x), float(y)) for x, y in wide)
        extent = float(np.ptp(real, axis=0).max())
        off = [self._to(x, y) for x, y in seen.tolist()] - real
        self.error = sqrt(float((off**2).sum(axis=1).mean())) / extent
        """How far the given points lie off the plane, root mean square, in parts of their extent;
        nothing is known of it where there are four."""
        if self.error > WORST_FIT:
            raise ValueError(
                f"the points do not lie on one plane: they are off by {self.error:.0%} of their "
                "extent; check their order and distances"
            )

    def metres(self, point: Point) -> Point | None:
        """Where a pictured point of the ground lies; None at the horizon and above it."""
        x, y = point
        depth = self._depth(x, y)
        return None if depth < self._least_depth else self._to(x, y)

    def knows(self, point: Point) -> bool:
        """Whether the point lies among the given ones or not far from them."""
        return inside(point, self._wide) and self._depth(*point) >= self._least_depth

    def scale(self, point: Point) -> tuple[float, float]:
        """Metres that a step to the right and a step down stand for, in metres a fraction."""
        here, right, down = (
            self._to(*one)
            for one in (point, (point[0] + STEP, point[1]), (point[0], point[1] + STEP))
        )
        return (
            hypot(right[0] - here[0], right[1] - here[1]) / STEP,
            hypot(down[0] - here[0], down[1] - here[1]) / STEP,
        )

    def area_m2(self, polygon: Sequence[Point]) -> float:
        """The ground under a pictured polygon, without what is too far away to be told."""
        near = self._clipped(polygon)
        return area([self._to(x, y) for x, y in near]) if len(near) >= 3 else 0.0

    def _depth(self, x: float, y: float) -> float:
        a, b, c = self._matrix[2].tolist()
        return float(a * x + b * y + c)

    def _to(self, x: float, y: float) -> Point:
        u, v, w = (self._matrix @ (x, y, 1.0)).tolist()
        return u / w, v / w

    def _clipped(self, polygon: Sequence[Point]) -> list[Point]:
        """The part of a polygon that is deep enough (Sutherland and Hodgman, one edge)."""
        kept: list[Point] = []
        for start, end in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
            from_, to = (self._depth(*one) - self._least_depth for one in (start, end))
            if from_ >= 0:
                kept.append(start)
            if (from_ >= 0) != (to >= 0):
                part = from_ / (from_ - to)
                kept.append(
                    (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))
                )
        return kept


def _check(seen: Matrix, real: Matrix) -> None:
    if seen.shape != real.shape or seen.ndim != 2 or seen.shape[1] != 2:
        raise ValueError(f"{len(seen)} points of the picture but {len(real)} of the ground")
    if len(seen) < 4:
        raise ValueError("at least four points are needed")
    for points, where in ((seen, "picture"), (real, "ground")):
        if not np.isfinite(points).all():
            raise ValueError(f"a point of the {where} is no number")
        if not any(_spread(np.delete(points, left_out, axis=0)) for left_out in range(len(points))):
            raise ValueError(f"the points of the {where} lie on one line")
        if len(points) == 4 and not all(
            _spread(np.delete(points, left_out, axis=0)) for left_out in range(4)
        ):
            raise ValueError(f"three of the four points of the {where} lie on one line")


def _spread(points: Matrix) -> bool:
    """Whether the points are spread over a plane, not along a line or in one place."""
    wide, narrow = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)[:2]
    return bool(narrow > LEAST_SPREAD * wide)


def _homogeneous(points: Matrix) -> Matrix:
    return np.column_stack([points, np.ones(len(points))])


def _normalised(points: Matrix) -> tuple[Matrix, Matrix]:
    """Moved to the origin and scaled to a mean distance of √2, with the matrix that does it."""
    middle = points.mean(axis=0)
    scale = sqrt(2) / max(float(np.linalg.norm(points - middle, axis=1).mean()), 1e-12)
    matrix = np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1.0]])
    return (points - middle) * scale, matrix


def _fit(seen: Matrix, real: Matrix) -> Matrix:
    """The (3, 3) homography from the picture to the ground."""
    (image, from_image), (ground, from_ground) = _normalised(seen), _normalised(real)
    rows = []
    for (x, y), (u, v) in zip(image.tolist(), ground.tolist(), strict=True):
        rows.append([-x, -y, -1, 0, 0, 0, u * x, u * y, u])
        rows.append([0, 0, 0, -x, -y, -1, v * x, v * y, v])
    last = np.linalg.svd(np.asarray(rows, np.float64))[2][-1].reshape(3, 3)
    return np.asarray(np.linalg.inv(from_ground) @ last @ from_image, np.float64)


def _hull(points: Sequence[Point]) -> tuple[Point, ...]:
    """The convex hull (Andrew's monotone chain)."""

    def half(ordered: Sequence[Point]) -> list[Point]:
        chain: list[Point] = []
        for p in ordered:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
        return chain[:-1]

    ordered = sorted(set(points))
    return (*half(ordered), *half(ordered[::-1]))


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
