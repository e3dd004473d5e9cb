"""Packs rectangles into as little canvas as possible. Pure and deterministic.

Skyline, bottom-left (Jylänki, 2010, "A thousand ways to pack the bin"): the outline of what lies
in a canvas is kept as a row of steps, and a rectangle goes where its far edge ends lowest. A few
orders are tried and the cheapest result kept. Canvases are cut to a few sizes afterwards, where
the model takes any size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from ingest.frame import FrameSize

GUTTER_PX = 8
"""Between two rectangles: enough that a box of one does not run on into the next."""
STEP_PX = 32
"""Sides of a canvas are multiples of it: a cell of the detectors' coarsest grid."""
SHAPES = ((0.3, 0.3), (0.5, 0.5), (0.75, 0.5), (1.0, 0.45), (1.0, 9 / 16), (1.0, 0.75), (1.0, 1.0))
"""Of canvases, as parts of the limit's sides."""
FEW = 24
"""Up to so many rectangles every order is tried, of more only the two best ones."""

_Sizes = Sequence[FrameSize]
_Key = Callable[[FrameSize], tuple[int, int]]
_ORDERS: tuple[_Key, ...] = (
    lambda size: (-size.height_px, -size.width_px),
    lambda size: (-max(size.width_px, size.height_px), -min(size.width_px, size.height_px)),
    lambda size: (-size.width_px * size.height_px, -size.height_px),
    lambda size: (-size.width_px, -size.height_px),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rectangle's top left corner lies."""

    canvas: int
    left_px: int
    top_px: int


@dataclass(frozen=True, slots=True)
class Packing:
    canvases: tuple[FrameSize, ...]
    places: tuple[Place, ...]
    """One a rectangle, in the order they were given."""

    @property
    def area_px(self) -> int:
        """Of all canvases."""
        return sum(size.width_px * size.height_px for size in self.canvases)


def pack(sizes: _Sizes, limit: FrameSize, *, any_size: bool, gutter_px: int = GUTTER_PX) -> Packing:
    """Canvases of at most `limit` that hold every rectangle, `gutter_px` from each other.

    With `any_size` a canvas is the smallest of `canvas_shapes` that suffices, else it is `limit`.
    Raises ValueError when a rectangle is larger than `limit`, or empty.
    """
    for size in sizes:
        if not (0 < size.width_px <= limit.width_px and 0 < size.height_px <= limit.height_px):
            raise ValueError(
                f"{size.width_px}x{size.height_px} does not fit {limit.width_px}x{limit.height_px}"
            )
    orders = _ORDERS if len(sizes) <= FEW else _ORDERS[:2]
    best: Packing | None = None
    tried: list[list[int]] = []
    for key in orders:
        order = _sorted(sizes, key)
        if order in tried:
            continue
        tried.append(order)
        packing = _packed(sizes, order, limit, any_size, gutter_px)
        if best is None or packing.area_px < best.area_px:
            best = packing
    assert best is not None  # noqa: S101 - there is at least one order
    return _tightened(sizes, best, limit, gutter_px) if any_size else best


@cache
def canvas_shapes(limit: FrameSize) -> tuple[FrameSize, ...]:
    """The sizes that canvases come in, the smallest area first; `limit` is the last.

    They are few, because an engine makes ready for each size, which takes it a while. The wide
    ones are also what whole pictures of 16:9 and 4:3 take.
    """
    shapes = {
        padded(round(limit.width_px * wide), round(limit.height_px * high)) for wide, high in SHAPES
    }
    return tuple(sorted(shapes | {limit}, key=lambda s: (s.width_px * s.height_px, s.width_px)))


def _sorted(sizes: _Sizes, key: _Key) -> list[int]:
    return sorted(range(len(sizes)), key=lambda index: (key(sizes[index]), index))


def padded(width_px: int, height_px: int) -> FrameSize:
    """The smallest size of whole steps that holds this one."""
    return FrameSize(-(-width_px // STEP_PX) * STEP_PX, -(-height_px // STEP_PX) * STEP_PX)


def _packed(
    sizes: _Sizes, order: Sequence[int], limit: FrameSize, any_size: bool, gutter_px: int
) -> Packing:
    canvases: list[_Skyline] = []
    places: list[Place] = [Place(0, 0, 0)] * len(sizes)
    for index in order:
        width, height = sizes[index].width_px + gutter_px, sizes[index].height_px + gutter_px
        places[index] = _put(canvases, width, height, limit, gutter_px)
    if not any_size:
        return Packing((limit,) * len(canvases), tuple(places))
    shapes = canvas_shapes(limit)
    held = ((c.right_px - gutter_px, c.bottom_px - gutter_px) for c in canvases)
    return Packing(tuple(_smallest(shapes, *sides) for sides in held), tuple(places))


def _tightened(sizes: _Sizes, packing: Packing, limit: FrameSize, gutter_px: int) -> Packing:
    """The same canvases, each in a smaller shape if what lies in it can be laid out anew for that.

    Laid out for the widest canvas a few rectangles lie side by side, where a square half as wide
    would do.
    """
    canvases, places = list(packing.canvases), list(packing.places)
    for number, canvas in enumerate(packing.canvases):
        members = [index for index, place in enumerate(places) if place.canvas == number]
        for shape in canvas_shapes(limit):
            if shape == canvas:
                break
            laid = _laid_out(sizes, members, shape, gutter_px)
            if laid is not None:
                canvases[number] = shape
                for index, at in laid.items():
                    places[index] = Place(number, *at)
                break
    return Packing(tuple(canvases), tuple(places))


def _laid_out(
    sizes: _Sizes, members: Sequence[int], shape: FrameSize, gutter_px: int
) -> dict[int, tuple[int, int]] | None:
    """Left and top of each of the rectangles in a canvas of this shape; None if they do not fit."""
    width, height = shape.width_px + gutter_px, shape.height_px + gutter_px
    alike = [
        FrameSize(sizes[i].width_px + gutter_px, sizes[i].height_px + gutter_px) for i in members
    ]
    if sum(size.width_px * size.height_px for size in alike) > width * height:
        return None
    for key in _ORDERS[:2]:
        skyline, laid = _Skyline(width, height), dict[int, tuple[int, int]]()
        for number in _sorted(alike, key):
            at = skyline.put(alike[number].width_px, alike[number].height_px)
            if at is None:
                break
            laid[members[number]] = at
        else:
            return laid
    return None


def _smallest(shapes: _Sizes, width_px: int, height_px: int) -> FrameSize:
    return next(s for s in shapes if s.width_px >= width_px and s.height_px >= height_px)


def _put(
    canvases: list[_Skyline], width: int, height: int, limit: FrameSize, gutter_px: int
) -> Place:
    """Put a rectangle, gutter included, into the first canvas that has room, or a new one."""
    for number, canvas in enumerate(canvases):
        at = canvas.put(width, height)
        if at is not None:
            return Place(number, *at)
    canvases.append(_Skyline(limit.width_px + gutter_px, limit.height_px + gutter_px))
    return Place(len(canvases) - 1, *(canvases[-1].put(width, height) or (0, 0)))


class _Skyline:
    """The outline of what lies in one canvas: steps from left to right, each at a height."""

    __slots__ = ("_height", "_lefts", "_tops", "_width", "bottom_px", "right_px")

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._lefts, self._tops = [0], [0]
        self.right_px = self.bottom_px = 0

    def put(self, width: int, height: int) -> tuple[int, int] | None:
        """Left and top of the best place for a rectangle, which it then takes; None if none."""
        lefts, tops, best_at, best_top = self._lefts, self._tops, -1, self._height - height + 1
        steps, last = len(lefts), self._width - width
        for at in range(steps):
            left, top = lefts[at], tops[at]
            if left > last:
                break
            if top >= best_top:
                continue
            end, step = left + width, at + 1
            while step < steps and lefts[step] < end:
                if tops[step] > top:
                    top = tops[step]
                    if top >= best_top:
                        break
                step += 1
            if top < best_top:
                best_at, best_top = at, top
        if best_at < 0:
            return None
        self._raise(best_at, width, best_top + height)
        return self._lefts[best_at], best_top

    def _raise(self, at: int, width: int, top: int) -> None:
        """From step `at` on, `width` pixels of the outline are now at `top`."""
        lefts, tops = self._lefts, self._tops
        left, end = lefts[at], lefts[at] + width
        after, steps = at, len(lefts)
        while after < steps and lefts[after] < end:
            after += 1
        rest_top = tops[after - 1]
        is_flush = end == (lefts[after] if after < steps else self._width)
        lefts[at:after] = [left] if is_flush else [left, end]
        tops[at:after] = [top] if is_flush else [top, rest_top]
        self.right_px = max(self.right_px, end)
        self.bottom_px = max(self.bottom_px, top)
