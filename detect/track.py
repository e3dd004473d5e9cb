"""A thing followed through the frames of one camera."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

Box = tuple[float, float, float, float]
"""x1 y1 x2 y2 in fractions of the frame."""


@dataclass(frozen=True, slots=True)
class Track:
    """A confirmed track as the tracker sees it at one frame."""

    id: int
    """Unique within one camera's tracker, from 1, never reused."""
    label: str
    """The class most often seen, e.g. `person`."""
    xyxy: Box
    """Filtered position in fractions of the frame."""
    score: float
    """Score of the last detection that matched, 0 to 1."""
    age_s: float
    """Media seconds since the track's first detection."""
    unseen_s: float
    """Media seconds since a detection last matched; 0.0 when it was seen in this frame."""
    velocity: tuple[float, float] = (0.0, 0.0)
    """Of the box's centre, x and y, in fractions of the frame a second."""

    @property
    def foot(self) -> tuple[float, float]:
        """Where the thing touches the ground: the middle of the box's lower edge."""
        x1, _, x2, y2 = self.xyxy
        return (x1 + x2) / 2, y2

    @property
    def height(self) -> float:
        """Height of the box, in fractions of the frame's."""
        return self.xyxy[3] - self.xyxy[1]

    @property
    def speed(self) -> float:
        """Of the box's centre, in fractions of the frame a second."""
        return hypot(*self.velocity)
