"""What every source of frames promises. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

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


@dataclass(frozen=True, slots=True)
class Packet:
    """One coded picture, as it came over the line."""

    data: Any
    """The library's own packet: only the decoder of the same source looks into it."""
    size_bytes: int
    is_key: bool
    """A picture by itself: decoding may begin here."""
    pts: int | None
    """Presentation time in `time_base` units; None when the stream gives none."""
    time_base: Fraction | None
    arrived_s: float
    """Monotonic clock in seconds when it was read."""


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
    """Converts: BGR, shape (h, w, 3), scaled to fit the model's size. Costs half a millisecond, so
    it is called for the frames that will be analysed and no others, before the next picture."""


class PictureDecoder(Protocol):
    """Makes pictures of one source's packets. Used by one thread at a time, but by any."""

    def decode(self, packet: Packet) -> list[Decoded]:
        """The whole pictures that a packet completes, in order of time.

        Begins at a key frame, and after damage, of which nothing is given, again at one.
        """
        ...

    def drain(self) -> list[Decoded]:
        """The pictures it still holds back; afterwards it begins again at a key frame."""
        ...

    def alone(self, key: Packet) -> Decoded | None:
        """The picture of a key frame by itself, None when it is damaged; begins again afterwards.

        Gives back the memory that following a stream takes.
        """
        ...

    def reset(self) -> None:
        """Forget what came before: the next packet is a key frame."""
        ...


class Source(Protocol):
    """An open stream."""

    @property
    def info(self) -> SourceInfo:
        """What it carries now; the size follows the stream. Any thread may ask."""
        ...

    @property
    def decoder(self) -> PictureDecoder: ...

    def packets(self) -> Iterator[Packet]:
        """Packets in order of arrival, the first one a key frame, and no gap but before a key
        frame as far as can be told. Never blocks longer than some seconds: have a thread for it.

        Ends only by an `IngestError`: a live stream that ends is a stream lost.
        """
        ...

    def close(self) -> None:
        """Let go of the stream. The decoder is not used any more."""
        ...
