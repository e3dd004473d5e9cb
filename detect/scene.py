"""A scene: what a camera's picture means and which happenings in it matter. Checked on reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationError, model_validator

from detect.errors import SceneError
from detect.places import Calibration, Line, ScenePoint, Strict, Zone
from detect.rules import KINDS
from detect.rules.abandoned_object import AbandonedObjectRule
from detect.rules.camera_tamper import CameraTamperRule
from detect.rules.collision import CollisionRule
from detect.rules.crowd import CrowdRule
from detect.rules.fight import FightRule
from detect.rules.fire import FireRule
from detect.rules.intrusion import IntrusionRule
from detect.rules.line_crossing import LineCrossingRule
from detect.rules.loitering import LoiteringRule
from detect.rules.person_down import PersonDownRule
from detect.rules.smoke import SmokeRule
from detect.rules.speeding import SpeedingRule
from detect.rules.stopped_vehicle import StoppedVehicleRule
from detect.rules.weapon import WeaponRule
from detect.rules.wrong_way import WrongWayRule

MAX_ZONES = MAX_LINES = MAX_RULES = 64

AnyRule = (
    AbandonedObjectRule
    | CameraTamperRule
    | CollisionRule
    | CrowdRule
    | FightRule
    | FireRule
    | IntrusionRule
    | LineCrossingRule
    | LoiteringRule
    | PersonDownRule
    | SmokeRule
    | SpeedingRule
    | StoppedVehicleRule
    | WeaponRule
    | WrongWayRule
)
Rule = Annotated[AnyRule, Field(discriminator="kind")]


class Scene(Strict):
    """A camera's scene. Read it with `Scene.parse`."""

    VERSION: ClassVar[int] = 1

    version: Literal[1]
    zones: Annotated[tuple[Zone, ...], Field(max_length=MAX_ZONES)] = ()
    lines: Annotated[tuple[Line, ...], Field(max_length=MAX_LINES)] = ()
    rules: Annotated[tuple[Rule, ...], Field(max_length=MAX_RULES)] = ()
    calibration: Calibration | None = None
    """Where the ground lies: for densities and speeds."""

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
            if self.calibration is None and _needs_ground(rule):
                raise SceneError(f"/rules/{index}", f"{rule.kind} needs the scene's calibration")
            if isinstance(rule, LineCrossingRule):
                if rule.line not in lines:
                    raise SceneError(f"/rules/{index}/line", f"there is no line {rule.line!r}")
            elif rule.place is not None and rule.place not in zones:
                raise SceneError(f"/rules/{index}/zone", f"there is no zone {rule.place!r}")


def _needs_ground(rule: AnyRule) -> bool:
    """Whether a rule measures metres."""
    if isinstance(rule, SpeedingRule):
        return True
    return isinstance(rule, CrowdRule) and rule.density_per_m2 is not None


def _first(error: ValidationError) -> SceneError:
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"] if part not in KINDS]
    message = first["msg"].removeprefix("Value error, ")
    match first["type"]:
        case "extra_forbidden":
            message = "there is no such key"
        case "missing":
            message = "this key is needed"
        case "union_tag_invalid":
            path.append("kind")
            known = ", ".join(sorted(KINDS))
            kind = first["ctx"]["tag"]
            message = f"{kind[:40]!r} is not a kind of incident (available: {known})"
        case "union_tag_not_found":
            path.append("kind")
            message = "this key is needed"
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
    return SceneError(pointer, message)
