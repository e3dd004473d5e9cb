"""What a camera's worker says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """A snapshot of one worker."""

    state: str
    """`connecting`, `live`, `waiting` (before another try) or `unwatched` (connected and playing,
    but the picture does not change by one bit any more: the camera hangs)."""
    reason: str | None
    """Why it is not live: the `reason` of the last error."""
    since: datetime
    """UTC, when this state began."""
    decoded: int
    """Pictures decoded so far."""
    scheduled: int
    """Frames handed to the mailbox so far."""
    reconnects: int
    codec: str | None
    width_px: int | None
    height_px: int | None
