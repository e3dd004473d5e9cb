"""A camera as the API speaks of it. The address comes out without its password."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

CAMERA_ID = r"^[a-z0-9][a-z0-9-]{0,63}$"
EXAMPLE_SCENE: dict[str, Any] = {
    "version": 1,
    "zones": [{"name": "lawn", "polygon": [[0.0, 0.42], [0.4, 0.56], [0.9, 1.0], [0.0, 1.0]]}],
    "rules": [{"kind": "intrusion", "zone": "lawn", "classes": ["person"], "seconds": 1}],
}
EXAMPLE_WATCH: dict[str, Any] = {
    "state": "live",
    "reason": None,
    "last_frame_at": "2026-11-24T08:00:00.000Z",
    "analysed_fps": 5.0,
    "since": "2026-11-24T07:12:09.000Z",
}
EXAMPLE_CAMERA: dict[str, Any] = {
    "id": "lawn-east",
    "name": "Lawn, east side",
    "url": "rtsp://viewer:***@10.20.0.7:554/stream1",
    "latitude": 60.1699,
    "longitude": 24.9384,
    "fps": 5.0,
    "enabled": True,
    "scene": EXAMPLE_SCENE,
    "version": 1,
    "watch": EXAMPLE_WATCH,
}

CameraPath = Annotated[str, Path(pattern=CAMERA_ID, description="The camera's id.")]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True, strict=True)
]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2048, strict=True)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, strict=True)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, strict=True)]
Fps = Annotated[float, Field(ge=0.5, le=30, allow_inf_nan=False, strict=True)]
Flag = Annotated[bool, Field(strict=True)]
SceneBody = dict[str, Any]


class Body(BaseModel):
    """Base of everything a caller sends: unknown keys are errors that name the key."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NewCamera(Body):
    """A camera to register."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "lawn-east",
                    "name": "Lawn, east side",
                    "url": "rtsp://viewer:secret@10.20.0.7:554/stream1",
                    "latitude": 60.1699,
                    "longitude": 24.9384,
                    "fps": 5,
                    "scene": EXAMPLE_SCENE,
                }
            ]
        }
    )

    id: Annotated[str, StringConstraints(pattern=CAMERA_ID, strict=True)]
    name: Name
    url: Url
    latitude: Latitude
    longitude: Longitude
    fps: Fps = 5.0
    scene: SceneBody | None = None
    probe: Flag = True
    """Open the stream first and refuse the camera when there is no picture."""


class CameraChange(Body):
    """What to change; what is absent stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Lawn, gate", "fps": 2}]})

    name: Name | None = None
    url: Url | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    fps: Fps | None = None
    enabled: Flag | None = None
    probe: Flag = True
    """With a new `url`: open the stream first."""


class ProbeRequest(Body):
    """A stream to look at."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "rtsp://viewer:secret@10.20.0.7:554/stream1"}]}
    )

    url: Url


class ProbeResult(BaseModel):
    """What a stream carries."""

    codec: str
    width: int
    height: int
    fps: float | None


class Watch(BaseModel):
    """Whether anybody is watching: frames inferred, not a process alive."""

    state: Literal["live", "connecting", "waiting", "failed", "off", "unwatched"]
    reason: str | None
    last_frame_at: datetime | None
    analysed_fps: float
    since: datetime | None


class CameraReply(BaseModel):
    """A registered camera."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_CAMERA]})

    id: str
    name: str
    url: str
    """Without the password."""
    latitude: float
    longitude: float
    fps: float
    enabled: bool
    scene: SceneBody
    version: int
    watch: Watch


class CameraList(BaseModel):
    """Every camera, by id."""

    items: list[CameraReply]
