"""What every source of frames says of itself. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a stream carries."""

    codec: str
    width_px: int
    height_px: int
    fps: float | None
    """Frames per second as the stream declares them; None when it does not."""
