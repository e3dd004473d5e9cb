"""A camera as the API speaks of it. The address comes out without its password."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import ConfigDict, Field, StringConstraints

from api.looking import CoverageReason, Decoding, Kind
from api.schemas import Body, Flag, Latitude, Longitude, Reply, SceneJson

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
    "target_fps": 5.0,
    "decoding": "all",
    "substream_reason": None,
    "looking": "regions",
    "whole_look_at": "2026-11-24T07:59:58.000Z",
    "coverage": "full",
    "coverage_reason": None,
    "failing_rules": [],
}
EXAMPLE_FAILING: dict[str, Any] = {
    "kind": "crowd",
    "zone": "lawn",
    "since": "2026-11-24T07:58:12.000Z",
    "failures": 3,
    "error": "ZeroDivisionError: division by zero (crowd.py:120)",
}
EXAMPLE_CAMERA: dict[str, Any] = {
    "id": "lawn-east",
    "name": "Lawn, east side",
    "url": "rtsp://viewer:***@10.20.0.7:554/stream1",
    "substream_url": "rtsp://viewer:***@10.20.0.7:554/stream2",
    "latitude": 60.1699,
    "longitude": 24.9384,
    "fps": 5.0,
    "enabled": True,
    "scene": EXAMPLE_SCENE,
    "version": 1,
    "watch": EXAMPLE_WATCH,
}
EXAMPLE_NEW: dict[str, Any] = {
    "id": "lawn-east",
    "name": "Lawn, east side",
    "url": "rtsp://viewer:secret@10.20.0.7:554/stream1",
    "substream_url": "rtsp://viewer:secret@10.20.0.7:554/stream2",
    "latitude": 60.1699,
    "longitude": 24.9384,
    "fps": 5,
    "scene": EXAMPLE_SCENE,
}

CameraPath = Annotated[str, Path(pattern=CAMERA_ID, description="The camera's id.")]
Name = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=120,
        strip_whitespace=True,
        strict=True,
        pattern=r"^[^\x00-\x1f\x7f]+$",
    ),
]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2048, strict=True)]
Fps = Annotated[float, Field(ge=0.5, le=30, allow_inf_nan=False, strict=True)]


class NewCamera(Body):
    """A camera to register."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_NEW]})

    id: Annotated[str, StringConstraints(pattern=CAMERA_ID, strict=True)]
    """Your name for it, for ever: small letters, digits and hyphens."""
    name: Name
    url: Url
    """`rtsp`, `rtsps`, `http` or `https`, with user and password if the camera wants them."""
    substream_url: Url | None = None
    """The same scene, small and of the same aspect: decoded in place of `url` while nothing
    happens, when key frames of `url` are more than a second apart."""
    latitude: Latitude
    longitude: Longitude
    fps: Fps = 5.0
    """Frames a second to analyse."""
    enabled: Flag = True
    scene: SceneJson | None = None
    probe: Flag = True
    """Open the streams first and refuse the camera when there is no picture."""


def _absent() -> Any:
    """A default is not validated: it stands for "absent", while a null that is sent is refused."""
    return None


class CameraChange(Body):
    """What to change; what is absent stays. Null is no value but for `substream_url`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Lawn, gate", "fps": 2}]})

    name: Name = Field(default_factory=_absent)
    url: Url = Field(default_factory=_absent)
    substream_url: Url | None = None
    """Null: there is none any more."""
    latitude: Latitude = Field(default_factory=_absent)
    longitude: Longitude = Field(default_factory=_absent)
    fps: Fps = Field(default_factory=_absent)
    enabled: Flag = Field(default_factory=_absent)
    probe: Flag = True
    """With a new address: open the stream first."""


class ProbeRequest(Body):
    """A stream to look at."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "rtsp://viewer:secret@10.20.0.7:554/stream1"}]}
    )

    url: Url


class ProbeResult(Reply):
    """What a stream carries."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"codec": "h264", "width": 1280, "height": 720, "fps": 25.0}]
        }
    )

    codec: str
    width: int
    height: int
    fps: float | None


class FailingRuleReply(Reply):
    """A rule that is not watched, because it fails; it is tried again with growing pauses."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_FAILING]})

    kind: str
    zone: str | None
    """Its zone or line; null: the whole frame."""
    since: datetime
    failures: int
    """Since then."""
    error: str
    """The latest, in one line."""


class Watch(Reply):
    """Whether anybody is watching: frames inferred, not a process alive."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_WATCH]})

    state: Literal["live", "connecting", "waiting", "failed", "off", "unwatched"]
    reason: str | None
    """Why it is not live, one stable word such as `wrong_password` or `no_frames`."""
    last_frame_at: datetime | None
    analysed_fps: float
    since: datetime | None
    target_fps: float | None
    """The pace wanted now, frames a second; null, like what follows, while it is not known."""
    decoding: Decoding | None
    """`keys`: nothing happens, so that key frames alone are decoded, or the `substream` in place
    of the main stream. That is no loss."""
    substream_reason: str | None
    """Why the substream cannot be used, one stable word such as `other_aspect`; null when nothing
    is wrong with it, or there is none."""
    looking: Kind | None
    """At whole frames, at their moving and followed regions, or at nothing since nothing moves."""
    whole_look_at: datetime | None
    """When a whole frame was last looked at, to about a second."""
    coverage: Literal["full", "degraded"] | None
    """`degraded`: looked at less closely than its scene needs."""
    coverage_reason: CoverageReason | None
    """Why: `overload` of the machine, `late` detections, an `audit` that found misses, or a `rule`
    that fails."""
    failing_rules: list[FailingRuleReply]
    """Rules of this camera that are not watched just now, while all others are."""


class CameraReply(Reply):
    """A registered camera."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_CAMERA]})

    id: str
    name: str
    url: str
    """Without the password and the query."""
    substream_url: str | None
    """The same of the substream; null when there is none."""
    latitude: float
    longitude: float
    fps: float
    enabled: bool
    scene: SceneJson
    version: int
    watch: Watch


class CameraList(Reply):
    """A page of cameras, by id."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [EXAMPLE_CAMERA], "next_cursor": None}]}
    )

    items: list[CameraReply]
    next_cursor: str | None
    """Give it as `cursor` for the next page; null on the last."""
