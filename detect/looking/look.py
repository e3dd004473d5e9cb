"""What of a frame is looked at: the words that gating, packing, scheduling and pacing share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from detect.detections import Detections
from detect.track import Box
from ingest.frame import Frame, FrameSize

Reason = Literal[
    "exact",  # every frame is looked at whole in this mode
    "first",  # nothing is known of this camera yet
    "sweep",  # whole frames are due every so many seconds, whatever moves
    "light",  # the light or the view changed: what was learnt of the picture does not hold
    "audit",  # chosen at random, to measure what looking at parts misses
    "crowd",  # so much moves that parts would cost more than the whole
    "active",  # something moves, is followed, or is due for a check
    "quiet",  # nothing does
]


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a frame that is to be looked at."""

    xyxy: Box
    """Fractions of the frame."""
    zoom: float = 1.0
    """Its scale in a canvas as a multiple of that of the full-frame pass; never below 1."""
    why: Literal["motion", "track", "zone", "again"] = "motion"


@dataclass(frozen=True, slots=True)
class Look:
    """How one frame is to be looked at."""

    kind: Literal["full", "regions", "nothing"]
    why: Reason
    regions: tuple[Region, ...] = ()


WHOLE = Look("full", "exact")
WHOLE_FRAME: tuple[Box, ...] = ((0.0, 0.0, 1.0, 1.0),)


@dataclass(frozen=True, slots=True)
class LiveTrack:
    """Where a track of the camera, tentative ones too, is expected in the next frame."""

    id: int
    label: str
    xyxy: Box
    """Predicted, fractions of the frame."""
    is_confirmed: bool
    unseen_s: float
    """Media seconds since a detection last matched, at the time of the prediction."""
    speed: float
    """Of its centre, in fractions of the frame a second."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What looking at one frame gave."""

    detections: Detections
    looked: tuple[Box, ...]
    """Where was looked, fractions of the frame; the whole frame is `WHOLE_FRAME`."""
    canvases: float
    """Cost of this frame, in areas of one square model input (a full square frame is 1.0)."""
    asked_again: int = 0
    """Boxes cut by a region's edge that were looked at once more."""


class Gaze(Protocol):
    """Decides, frame by frame, how one camera is looked at. Used by one thread at a time."""

    def plan(self, frame: Frame, live: Sequence[LiveTrack]) -> Look: ...

    def learn(self, frame: Frame, look: Look, seen: Seen) -> None:
        """Told what came of it, after the tracker and the rules had it."""
        ...


class Eye(Protocol):
    """Looks at frames of several cameras at once. Thread-safe."""

    def see(self, frames: Sequence[Frame], looks: Sequence[Look]) -> list[Seen]: ...


class Costs(Protocol):
    """What looking costs on this machine. Thread-safe."""

    def seconds(self, batch: int, size: FrameSize) -> float:
        """Expected time of one run with `batch` pictures of this size."""
        ...

    def learn(self, batch: int, size: FrameSize, seconds: float) -> None: ...
