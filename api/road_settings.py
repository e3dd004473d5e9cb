"""The setting `roads`: another engine that says how long the way is."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


class RoadSettings(BaseModel):
    """An engine of the city's own; what it cannot say, the installation's map says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Literal["osrm", "valhalla"]
    url: str
    """`http://HOST:PORT`, with the path before the engine's own, if there is one."""
    profile: Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")] | None = None
    """Whose ways; by default `driving` (OSRM) or `auto` (Valhalla)."""
    timeout_s: Annotated[float, Field(gt=0, le=5)] = 1.0
    """How long a decision waits for it."""
    top_mps: Annotated[float, Field(ge=14, le=100)] = 40.0
    """Nobody is there sooner than on the straight line at this speed."""

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
            usable = usable and not (parts.query or parts.fragment or parts.username)
            usable = usable and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("must be an address such as http://127.0.0.1:5000")
        return value.rstrip("/")
