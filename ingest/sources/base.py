"""What every source of frames promises. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ingest.frame import Image, Picture


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a stream carries."""

    codec: str
    width_px: int
    height_px: int
    fps: float | None
    """Frames per second as the stream declares them; None when it does not."""


@dataclass(slots=True)
class Decoded:
    """One decoded picture, not yet converted."""

    pts: int | None
    """Presentation time in `time_base` units; None when the stream gives none."""
    time_base: Fraction | None
    arrived_s: float
    """Monotonic clock in seconds when its packet arrived."""
    picture: Picture
    image: Callable[[], Image]
    """Converts: BGR, shape (h, w, 3), scaled to fit the model's size. Costs a millisecond, so it
    is called for the frames that will be analysed and no others, before the next picture."""


class Source(Protocol):
    """An open stream. Everything here blocks: call it in a thread of the camera's own."""

    @property
    def info(self) -> SourceInfo:
        """What it carries now; the size follows the stream."""
        ...

    def pictures(self) -> Iterator[Decoded]:
        """Whole pictures in order of time. Never blocks longer than some seconds.

        Ends only by an `IngestError`: a live stream that ends is a stream lost.
        """
        ...

    def close(self) -> None: ...
