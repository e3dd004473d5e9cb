"""What a camera's worker says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


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
    gop_s: float | None = None
    """Longest time between the last few key frames; None while it is not known."""
    decoding: Literal["all", "keys", "substream"] = "all"
    """Whether every picture is decoded or, as nothing happens, key frames alone or the substream
    in place of the main stream."""
    worth: int = 0
    """The pictures of the main stream's size that decoding so far is worth: those decoded, and the
    substream's by their pixels."""
    substream_reason: str | None = None
    """Why the substream cannot be used; None when it can or there is none."""
    late_decode: int = 0
    """Packets so far that were left out because decoding was behind."""
    replays: int = 0
    """Times that an idle camera woke and its kept packets were decoded after all."""
    alone: int = 0
    """Key frames so far that were decoded by themselves; they count as decoded too."""
    source_fps: float | None = None
    """Pictures a second that the stream declares; None when it does not."""
