"""What the schemas of every resource share."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

SCENE_MARK: Final = "x-qalqan-scene"
"""Marks where the description of the API puts the schema of a scene (`api.openapi`)."""

EXAMPLE_ALERT_ID = "019aa5c8-7c00-7d3a-9b1f-2f6f0a4b8c01"
EXAMPLE_PATROL_ID = "019aa5c8-7c00-7b52-8e0a-6a1d2f3c4b5e"


class Body(BaseModel):
    """Base of everything a caller sends: unknown keys are errors that name the key."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Reply(BaseModel):
    """Base of everything that is answered."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Shown(Reply):
    """Base of replies that may hold more than they declare: nothing known is dropped."""

    model_config = ConfigDict(extra="allow")


Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, strict=True)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, strict=True)]
Flag = Annotated[bool, Field(strict=True)]
SceneJson = Annotated[dict[str, Any], WithJsonSchema({"type": "object", SCENE_MARK: True})]
"""A scene; checked by `detect.scene.Scene.parse`, which names the wrong key."""

PersonName = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        strip_whitespace=True,
        strict=True,
    ),
]
"""A name that people read: of a unit, of a token's holder."""
