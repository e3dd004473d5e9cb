"""The words that scenes and the parameters of rules are made of. Checked on reading."""

from __future__ import annotations

from typing import Annotated, ClassVar, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from detect.geometry import area, distance
from detect.traffic.ground import Ground

MAX_POINTS = 64
SMALLEST_AREA = 1e-5
SHORTEST_LINE = 1e-3

Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]
ScenePoint = tuple[Fraction, Fraction]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False, strict=True)]
Metres = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
Classes = Annotated[tuple[Name, ...], Field(min_length=1, max_length=80)]

VEHICLES = ("car", "truck", "bus", "motorcycle")
BAGS = ("backpack", "handbag", "suitcase")


class Strict(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Zone(Strict):
    """A named part of the frame."""

    name: Name
    polygon: Annotated[tuple[ScenePoint, ...], Field(min_length=3, max_length=MAX_POINTS)]

    @field_validator("polygon")
    @classmethod
    def _has_area(cls, polygon: tuple[ScenePoint, ...]) -> tuple[ScenePoint, ...]:
        if area(polygon) < SMALLEST_AREA:
            raise ValueError("the polygon has no area")
        return polygon


class Line(Strict):
    """A named line, walked from its first point to its second."""

    name: Name
    points: Annotated[tuple[ScenePoint, ...], Field(min_length=2, max_length=2)]

    @field_validator("points")
    @classmethod
    def _has_length(cls, points: tuple[ScenePoint, ...]) -> tuple[ScenePoint, ...]:
        if distance(points[0], points[1]) < SHORTEST_LINE:
            raise ValueError("the line has no length")
        return points


class RuleParameters(Strict):
    """What every kind of rule says of itself; a kind's own parameters are fields beside these."""

    PIXELS: ClassVar[bool] = False
    """It judges the picture itself: a camera's idling on key frames is no loss to it only where it
    asks for no more than `always_fps`."""

    @property
    def place(self) -> str | None:
        """Name of the zone or line; None for the whole frame."""
        return getattr(self, "zone", None)

    @property
    def labels(self) -> frozenset[str]:
        """Classes of things that it is about; empty when it needs no detector."""
        return frozenset(getattr(self, "classes", ()))

    @property
    def floor_fps(self) -> float:
        """Frames a second below which it would judge differently while it is live: while a thing
        of its classes stands in its place.
        """
        return 2.0

    @property
    def always_fps(self) -> float:
        """Frames a second that it needs although nothing is detected; 0: none."""
        return 0.0


class Places(Protocol):
    """What a rule asks its scene for."""

    def polygon(self, zone: str | None) -> tuple[ScenePoint, ...] | None:
        """A zone's polygon; None for the whole frame."""
        ...

    def line(self, name: str) -> tuple[ScenePoint, ...]: ...

    @property
    def calibration(self) -> Calibration | None: ...


class Calibration(Strict):
    """Where points of the ground lie, in metres: at least four, not on one line, and of four no
    three on one line. More points than four tell how well they fit.
    """

    image: Annotated[tuple[ScenePoint, ...], Field(min_length=4, max_length=MAX_POINTS)]
    """Fractions of the frame."""
    metres: Annotated[tuple[tuple[Metres, Metres], ...], Field(min_length=4, max_length=MAX_POINTS)]
    """The same points on the ground, x and y in any right-angled frame."""

    @model_validator(mode="after")
    def _gives_a_plane(self) -> Self:
        Ground(self.image, self.metres)
        return self

    @property
    def ground(self) -> Ground:
        """The plane that they give."""
        return Ground(self.image, self.metres)
