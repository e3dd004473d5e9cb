"""How one camera is looked at and how often: what is seen decides what is looked at next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from detect.looking.look import WHOLE, Gaze, LiveTrack, Look, Seen
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.frame import Frame

FOLLOWED, URGENT = 1, 2
"""Priorities (`Batcher.prioritise`): something is followed; an incident is open."""


class Pacing(Protocol):
    """Told what each frame gave; tells ingest how much of the camera is wanted."""

    def follow(
        self,
        t_s: float,
        live: Sequence[LiveTrack],
        look: Look,
        *,
        has_open: bool,
        asks_fps: float = 0.0,
    ) -> None: ...


class WholeGaze:
    """Exact mode: every frame is looked at whole."""

    def plan(self, frame: Frame, live: Sequence[LiveTrack]) -> Look:
        return WHOLE

    def learn(self, frame: Frame, look: Look, seen: Seen) -> None:
        """Nothing is learnt."""


@dataclass(frozen=True, slots=True)
class Guides:
    """What guides the attention of one camera under one scene."""

    gaze: Gaze
    pacing: Pacing | None = None
    """None: the camera's own rate stays."""


MakeGuides = Callable[[Scene], Guides]


class Attention:
    """Follows one camera and decides what of it is looked at. Used by one thread at a time, apart
    from `rescene`.
    """

    def __init__(self, watch: CameraWatch, guides: Guides, make: MakeGuides | None = None) -> None:
        self.watch = watch
        """The chain from detections to incidents."""
        self._guides = guides
        self._make = make
        self._next_scene: deque[Scene] = deque(maxlen=1)
        """Put and taken in one step each, so that the latest is never lost between threads."""

    def plan(self, frame: Frame) -> Look:
        """How this frame is to be looked at."""
        if self._next_scene:
            scene = self._next_scene.popleft()
            self.watch.rescene(scene)
            if self._make is not None:
                self._guides = self._make(scene)
        return self._guides.gaze.plan(frame, self.watch.live(frame.t_s))

    def learn(self, frame: Frame, look: Look, seen: Seen) -> None:
        """Told what the frame gave, after the rules have judged it."""
        self._guides.gaze.learn(frame, look, seen)
        if self._guides.pacing is not None:
            live = self.watch.live(frame.t_s)
            self._guides.pacing.follow(
                frame.t_s,
                live,
                look,
                has_open=self.watch.has_open,
                asks_fps=self.watch.asks_fps,
            )

    @property
    def priority(self) -> int:
        """How urgent this camera's frames are beside those of others."""
        return URGENT if self.watch.has_open else FOLLOWED if self.watch.tracks else 0

    def rescene(self, scene: Scene) -> None:
        """Judge and look by another scene from the next frame on. Any thread may call it."""
        self._next_scene.append(scene)
