"""What the schemas of every resource share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """Base of everything a caller sends: unknown keys are errors that name the key."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, strict=True)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, strict=True)]
