"""What the HTTP side needs to know of the nodes: is a camera watched, and what does it see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

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
    """Short stable word, e.g. `wrong_password`, `unreachable`, `node_away`, `no_frames`."""
    last_frame_at: datetime | None
    analysed_fps: float
    since: datetime | None


class Nodes(Protocol):
    """The nodes, as the control process sees them."""

    def watch(self, camera: CameraId) -> WatchState: ...

    async def snapshot(self, camera: CameraId) -> bytes:
        """JPEG of the latest analysed frame. Raises `NotWatched`."""
        ...

    def changed(self) -> None:
        """The registered cameras changed: tell the nodes now. Thread-safe."""
        ...
