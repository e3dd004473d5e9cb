"""The registered cameras: what the control side keeps about each, and the port to keep it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from alerts.alert import Place
from ingest.camera import CameraId


@dataclass(frozen=True, slots=True)
class SealedAddress:
    """A stream's address as stored."""

    sealed: bytes
    """The full address, encrypted (`api.auth.vault`)."""
    hidden: str
    """The address as people may see it, password replaced."""
    pinned: str
    """The numeric IP address the host resolved to when it was given."""


@dataclass(frozen=True, slots=True)
class WatchedPlace:
    """What a node took for part of the place until a person said that it is to be watched."""

    id: str
    """Of the fixture that it was."""
    label: str
    xyxy: tuple[float, float, float, float]
    """Fractions of the frame."""
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class RegisteredCamera:
    """A camera as stored. The address with its password exists only sealed."""

    id: CameraId
    place: Place
    url_sealed: bytes
    """The full address, encrypted (`api.auth.vault`)."""
    url_hidden: str
    """The address as people may see it, password replaced."""
    pinned_address: str
    """The numeric IP address the host resolved to when it was registered."""
    fps: float
    scene: dict[str, Any] = field(default_factory=lambda: {"version": 1, "rules": []})
    enabled: bool = True
    created_at: datetime | None = None
    version: int = 1
    substream: SealedAddress | None = None
    """Where the camera gives the same scene small, if it does."""
    watched: tuple[WatchedPlace, ...] = ()
    """Places where nothing is learnt to be a fixture, by a person's word; oldest first."""


class CameraRegistry(Protocol):
    """Where cameras are kept. Each call is one transaction; raises `StoreUnavailable`."""

    def list(self) -> list[RegisteredCamera]:
        """All cameras by id."""
        ...

    def get(self, camera: CameraId) -> RegisteredCamera | None: ...

    def add(self, camera: RegisteredCamera) -> bool:
        """Insert; False if the id is taken."""
        ...

    def replace(self, camera: RegisteredCamera, expected_version: int) -> RegisteredCamera:
        """Store with version + 1. Raises `NotFound`, `VersionConflict`."""
        ...

    def remove(self, camera: CameraId) -> bool:
        """Delete; False if there was none."""
        ...
