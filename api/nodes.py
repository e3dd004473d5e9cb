"""What the HTTP side needs to know of the nodes: is a camera watched, and what does it see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Self

from api.failing import FailingRule, read_failing
from api.learned import KnownFixture, read_fixtures
from api.looking import Doubts, Load, Looking, read_amount, read_counts, read_words
from ingest.camera import CameraId


class NotWatched(Exception):
    """No node has a picture of this camera; `str()` says why."""


@dataclass(frozen=True, slots=True)
class WatchState:
    """Whether anybody is watching a camera. Health means frames inferred, not a process alive."""

    state: str
    """`live` (frames inferred in the last seconds), `connecting`, `waiting` (before a retry),
    `failed`, `off` (disabled) or `unwatched` (no node, or no frame inferred lately)."""
    reason: str | None
    """Short stable word, e.g. `wrong_password`, `unreachable`; `no_frames` (none inferred lately),
    `node_away` (dead, hung or starting), `node_unfit` (it cannot start: `/readyz` says why),
    `wrong_key` (the stored address does not open), `bad_address`, `bad_scene`, `crashes_node` (its
    video did so again and again: left alone for some minutes)."""
    last_frame_at: datetime | None
    analysed_fps: float
    since: datetime | None
    looking: Looking = field(default_factory=Looking)
    """How closely, while it is live."""
    whole_look_at: datetime | None = None
    """When a whole frame was last looked at, to about a second; None: not known."""
    failing: tuple[FailingRule, ...] = ()
    """Rules that fail and watch nothing, while the camera is live."""


@dataclass(frozen=True, slots=True)
class CameraReport:
    """What a node last said of one camera."""

    state: str
    reason: str | None
    since: datetime
    last_frame_at: datetime | None
    idle_s: float | None
    """Seconds since the last frame was inferred, when the node reported; None: none yet."""
    analysed: int
    analysed_fps: float
    dropped: dict[str, int]
    looking: Looking
    failing: tuple[FailingRule, ...] = ()
    rule_failures: Mapping[str, int] = field(default_factory=dict)
    """How often rules failed since the node started or the scene changed, by kind."""
    fixtures: tuple[KnownFixture, ...] = ()

    @classmethod
    def read(cls, said: dict[str, Any], doubts: Doubts) -> Self:
        """Raises `KeyError`, `TypeError`, `ValueError` for what is no report."""
        last, idle_s = said["last_frame_at"], said["idle_s"]
        return cls(
            state=str(said["state"]),
            reason=said["reason"],
            since=datetime.fromisoformat(said["since"]),
            last_frame_at=datetime.fromisoformat(last) if last else None,
            idle_s=None if idle_s is None else float(idle_s),
            analysed=int(said["analysed"]),
            analysed_fps=float(said["analysed_fps"]),
            dropped=doubts.read(read_counts, said["dropped"], {}),
            looking=doubts.read(Looking.read, said, Looking()),
            failing=doubts.read(read_failing, said.get("failing_rules", []), ()),
            rule_failures=doubts.read(read_counts, said.get("rule_failures", {}), {}),
            fixtures=doubts.read(read_fixtures, said.get("fixtures", []), ()),
        )


@dataclass(frozen=True, slots=True)
class NodeReport:
    """What a node last said of its health."""

    cameras: dict[CameraId, CameraReport] = field(default_factory=dict)
    spooled: int = 0
    """Changes of incidents on its disk that were not delivered and acknowledged yet."""
    unsaved: int = 0
    """Incidents that wait in its memory because its spool cannot store them."""
    lost: int = 0
    """Incidents that it had to give up."""
    load: Load | None = None
    canvases: float | None = None
    """Areas of one square model input that it has run, since it started."""
    engine: str | None = None
    """What runs the model, e.g. `openvino bf16`."""
    engine_reason: str | None = None
    """Why that one."""
    doubts: str = ""
    """What else it said that cannot be right, and was left out."""

    @property
    def looking(self) -> dict[CameraId, Looking]:
        """How it looks at each camera."""
        return {camera: said.looking for camera, said in self.cameras.items()}

    @classmethod
    def read(cls, message: dict[str, Any]) -> Self:
        """Raises `KeyError`, `TypeError`, `ValueError`, `AttributeError` for what is no report."""
        doubts, load = Doubts(), message.get("load")
        cameras = {
            CameraId(one): CameraReport.read(said, doubts)
            for one, said in message["cameras"].items()
        }
        return cls(
            cameras,
            spooled=int(message["spooled"]),
            unsaved=int(message["unsaved"]),
            lost=int(message["lost"]),
            load=None if load is None else doubts.read(Load.read, load, None),
            canvases=doubts.read(read_amount, message.get("canvases"), None),
            engine=doubts.read(read_words, message.get("engine"), None),
            engine_reason=doubts.read(read_words, message.get("engine_reason"), None),
            doubts=doubts.said(),
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """What the nodes have done, for the metrics."""

    connected: bool = False
    analysed: Mapping[CameraId, int] = field(default_factory=dict)
    """Frames inferred by camera since the node started."""
    dropped: Mapping[CameraId, Mapping[str, int]] = field(default_factory=dict)
    """Frames not analysed, by camera and reason, since the node started."""
    rule_failures: Mapping[CameraId, Mapping[str, int]] = field(default_factory=dict)
    """How often rules failed, by camera and kind."""
    received: Mapping[str, int] = field(default_factory=dict)
    """Incident messages committed, by kind of incident, since this process started."""
    spooled: int = 0
    """Changes of incidents that the node has on its disk and not delivered yet."""
    unsaved: int = 0
    """Incidents that wait in the node's memory because it cannot store them."""
    lost: int = 0
    """Incidents that the node had to give up."""
    looking: Mapping[CameraId, Looking] = field(default_factory=dict)
    """How each camera is looked at."""
    load: Load | None = None
    canvases: float | None = None
    """Areas of one square model input that were run, since the node started."""
    engine: str | None = None
    engine_reason: str | None = None


class Nodes(Protocol):
    """The nodes, as the control process sees them."""

    def watch(self, camera: CameraId) -> WatchState: ...

    async def snapshot(self, camera: CameraId) -> bytes:
        """JPEG of the latest analysed frame. Raises `NotWatched`."""
        ...

    def fixtures(self, camera: CameraId) -> tuple[KnownFixture, ...]:
        """What is taken for part of a camera's place. Raises `NotWatched`."""
        ...

    def changed(self) -> None:
        """The registered cameras changed: tell the nodes now. Thread-safe."""
        ...

    def counts(self) -> Counts: ...
