"""A scene: what a camera's picture means and which happenings in it matter. Checked on reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from detect.errors import SceneError
from detect.geometry import area, distance

MAX_ZONES = MAX_LINES = MAX_RULES = MAX_POINTS = 64
SMALLEST_AREA = 1e-5
SHORTEST_LINE = 1e-3

Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]
ScenePoint = tuple[Fraction, Fraction]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False, strict=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Zone(_Strict):
    """A named part of the frame."""

    name: Name
    polygon: Annotated[tuple[ScenePoint, ...], Field(min_length=3, max_length=MAX_POINTS)]

    @field_validator("polygon")
    @classmethod
    def _has_area(cls, polygon: tuple[ScenePoint, ...]) -> tuple[ScenePoint, ...]:
        if area(polygon) < SMALLEST_AREA:
            raise ValueError("the polygon has no area")
        return polygon


class Line(_Strict):
    """A named line, walked from its first point to its second."""

    name: Name
    points: Annotated[tuple[ScenePoint, ...], Field(min_length=2, max_length=2)]

    @field_validator("points")
    @classmethod
    def _has_length(cls, points: tuple[ScenePoint, ...]) -> tuple[ScenePoint, ...]:
        if distance(points[0], points[1]) < SHORTEST_LINE:
            raise ValueError("the line has no length")
        return points


Classes = Annotated[tuple[Name, ...], Field(min_length=1, max_length=80)]


class IntrusionRule(_Strict):
    """Somebody is inside a zone."""

    kind: Literal["intrusion"]
    zone: Name | None = None
    classes: Classes = ("person",)
    seconds: Seconds = 1.0


class LoiteringRule(_Strict):
    """Somebody stays inside a zone."""

    kind: Literal["loitering"]
    zone: Name | None = None
    classes: Classes = ("person",)
    seconds: Seconds = 15.0


class LineCrossingRule(_Strict):
    """Somebody walks over a line."""

    kind: Literal["line_crossing"]
    line: Name
    classes: Classes = ("person",)
    direction: Literal["both", "left_to_right", "right_to_left"] = "both"


Rule = Annotated[IntrusionRule | LoiteringRule | LineCrossingRule, Field(discriminator="kind")]


class Scene(_Strict):
    """A camera's scene. Read it with `Scene.parse`."""

    VERSION: ClassVar[int] = 1

    version: Literal[1]
    zones: Annotated[tuple[Zone, ...], Field(max_length=MAX_ZONES)] = ()
    lines: Annotated[tuple[Line, ...], Field(max_length=MAX_LINES)] = ()
    rules: Annotated[tuple[Rule, ...], Field(max_length=MAX_RULES)] = ()

    @classmethod
    def parse(cls, data: object) -> Self:
        """Read a scene's JSON value. Raises `SceneError` that names the key."""
        try:
            scene = cls.model_validate(data)
        except ValidationError as error:
            raise _first(error) from error
        scene._check_names()
        return scene

    def to_dict(self) -> dict[str, Any]:
        """The scene as JSON types; `parse` reads it back to an equal scene."""
        return self.model_dump(mode="json")

    def polygon(self, zone: str | None) -> tuple[ScenePoint, ...] | None:
        """A zone's polygon; None for the whole frame."""
        return next((z.polygon for z in self.zones if z.name == zone), None)

    def line(self, name: str) -> tuple[ScenePoint, ...]:
        return next(line.points for line in self.lines if line.name == name)

    @model_validator(mode="before")
    @classmethod
    def _is_object(cls, data: object) -> object:
        if not isinstance(data, dict):
            raise ValueError("a scene is a JSON object")
        return data

    def _check_names(self) -> None:
        groups: dict[str, Sequence[Zone | Line]] = {"zones": self.zones, "lines": self.lines}
        for group, items in groups.items():
            names: set[str] = set()
            for index, item in enumerate(items):
                if item.name in names:
                    raise SceneError(f"/{group}/{index}/name", f"{item.name!r} is there twice")
                names.add(item.name)
        zones = {zone.name for zone in self.zones}
        lines = {line.name for line in self.lines}
        for index, rule in enumerate(self.rules):
            if isinstance(rule, LineCrossingRule):
                if rule.line not in lines:
                    raise SceneError(f"/rules/{index}/line", f"there is no line {rule.line!r}")
            elif rule.zone is not None and rule.zone not in zones:
                raise SceneError(f"/rules/{index}/zone", f"there is no zone {rule.zone!r}")


KINDS_TO_COME = frozenset(
    "crowd wrong_way stopped_vehicle person_down abandoned_object fight collision fire smoke "
    "camera_tamper".split()
)
TAGS = frozenset({"intrusion", "loitering", "line_crossing"})


def _first(error: ValidationError) -> SceneError:
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"] if part not in TAGS]
    message = first["msg"].removeprefix("Value error, ")
    match first["type"]:
        case "extra_forbidden":
            message = "there is no such key"
        case "missing":
            message = "this key is needed"
        case "union_tag_invalid":
            path.append("kind")
            kind = first["ctx"]["tag"]
            known = ", ".join(sorted(TAGS))
            message = (
                f"{kind!r} is not available in this version (available: {known})"
                if kind in KINDS_TO_COME
                else f"{kind[:40]!r} is not a kind of incident (available: {known})"
            )
        case "union_tag_not_found":
            path.append("kind")
            message = "this key is needed"
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
    return SceneError(pointer, message)
