"""What the rules of a camera care about: classes, and places in the picture. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from detect.geometry import Point, inside
from detect.looking.regions import overlap
from detect.rules.line_crossing import LineCrossingRule
from detect.scene import Scene
from detect.track import Box

NEAR_LINE = 0.05
"""A thing this near to the box round a line is near the line; fractions of the frame."""


@dataclass(frozen=True, slots=True)
class Interest:
    """Nothing in `labels` means every class."""

    has_rules: bool = False
    labels: frozenset[str] = frozenset()
    zones: tuple[tuple[Point, ...], ...] = ()
    """Polygons of the zones that rules name, each once."""
    lines: tuple[tuple[Point, ...], ...] = ()
    is_everywhere: bool = False
    """Some rule has no zone: it holds in the whole frame."""

    @classmethod
    def of(cls, scene: Scene) -> Self:
        """What a scene's rules care about."""
        zones: dict[tuple[Point, ...], None] = {}
        lines: dict[tuple[Point, ...], None] = {}
        everywhere, labels = False, set[str]()
        for rule in scene.rules:
            labels |= rule.labels
            if isinstance(rule, LineCrossingRule):
                lines[scene.line(rule.line)] = None
                continue
            if not rule.labels:
                continue  # it judges the picture itself
            polygon = scene.polygon(rule.place)
            if polygon is None:
                everywhere = True
            else:
                zones[polygon] = None
        return cls(bool(scene.rules), frozenset(labels), tuple(zones), tuple(lines), everywhere)

    def wants(self, label: str) -> bool:
        """Whether things of this class matter."""
        return not self.labels or label in self.labels

    def is_near(self, box: Box) -> bool:
        """Whether a thing in `box` stands where a rule holds: by its foot or its centre."""
        if self.is_everywhere:
            return True
        x, middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if any(inside((x, y), zone) for zone in self.zones for y in (box[3], middle)):
            return True
        return any(overlap(box, _with_room(bounds(line))) > 0 for line in self.lines)


def _with_room(box: Box) -> Box:
    x1, y1, x2, y2 = box
    return x1 - NEAR_LINE, y1 - NEAR_LINE, x2 + NEAR_LINE, y2 + NEAR_LINE


def bounds(points: Iterable[Point]) -> Box:
    """The box round some points."""
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
