"""One camera's chain from detections to incidents: tracker, rules, happenings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from detect.aids import NO_AIDS, Aids
from detect.detections import Detections
from detect.exposure import Exposure
from detect.fixtures import Fixtures
from detect.happenings import Happenings, RuleFacts
from detect.incident import Incident, IncidentId, ModelRef
from detect.looking.look import WHOLE_FRAME, LiveTrack
from detect.rules import KINDS
from detect.ruling import RuleFault, Ruling
from detect.scene import Scene
from detect.steady import Steady
from detect.track import Box, Track
from detect.tracking.tracker import Tracker
from detect.tracking.trails import Trails
from detect.view import View
from ingest.camera import CameraId
from ingest.frame import Frame, Image

LOST_S = 10.0
"""After a gap this long in the media time nothing can be followed across it."""


class CameraWatch:
    """Sees one camera's frames in order. Not thread-safe: the batcher keeps a camera's order."""

    def __init__(
        self,
        camera: CameraId,
        scene: Scene,
        classes: Sequence[str],
        model: ModelRef,
        new_id: Callable[[], IncidentId],
        aids: Aids = NO_AIDS,
        fixtures: Fixtures | None = None,
    ) -> None:
        self.camera = camera
        self.tracks: list[Track] = []
        """The tracks at the last frame seen, fixtures too."""
        self.fixtures = Fixtures(camera) if fixtures is None else fixtures
        """What is part of the place and hidden from the rules."""
        self._classes = classes
        self._model = model
        self._new_id = new_id
        self._aids = aids
        self._tracker = Tracker(classes)
        self._trails = Trails()
        self._steady, self._exposure = Steady(), Exposure()
        self._last: tuple[float, datetime] | None = None
        self._rulings = self._build(scene)
        self._next_scene: Scene | None = None
        self.is_lost = False
        """Nothing has come for so long that it was told (`lose`)."""

    def see(
        self,
        t_s: float,
        at: datetime,
        detections: Detections,
        frame: Frame | None = None,
        looked: tuple[Box, ...] = WHOLE_FRAME,
    ) -> list[Incident]:
        """Take one frame's detections; gives the incidents that changed.

        `frame` is what rules of the picture itself need; without it they judge nothing.
        """
        changes: list[Incident] = []
        if self.is_lost:
            self.is_lost = False
            for ruling in self._rulings:
                ruling.hold(t_s)
        if self._next_scene is not None:
            changes += self.finish()
            self._rulings, self._next_scene = self._build(self._next_scene), None
        if self._last is not None and t_s - self._last[0] > LOST_S:
            self._tracker.reset()
            self._trails.reset()
            self.fixtures.reset()
        self._last = (t_s, at)
        self.tracks = self._tracker.update(detections, t_s)
        self._trails.update(self.tracks, t_s)
        view = self._view(t_s, detections, frame, looked)
        for ruling in self._rulings:
            changes += ruling.judge(view, at, self._trails.ways)
        return changes

    def live(self, t_s: float) -> list[LiveTrack]:
        """What is followed, where it is expected at media time `t_s`."""
        if self._last is not None and t_s - self._last[0] > LOST_S:
            return []
        return self._tracker.live(t_s)

    @property
    def asks_fps(self) -> float:
        """Frames a second that the rules ask for just now, to be sure of what they suspect."""
        return max((ruling.asks_fps for ruling in self._rulings), default=0.0)

    @property
    def has_open(self) -> bool:
        """Whether an incident is open."""
        return any(ruling.is_open for ruling in self._rulings)

    @property
    def faults(self) -> list[RuleFault]:
        """The rules that fail, and so watch nothing. Any thread may ask."""
        return [fault for ruling in self._rulings if (fault := ruling.fault) is not None]

    @property
    def failures(self) -> dict[str, int]:
        """How often rules have failed since the camera has its scene, by kind. Any thread."""
        counts: Counter[str] = Counter()
        for ruling in self._rulings:
            counts[ruling.kind] += ruling.failures
        return dict(+counts)

    def rescene(self, scene: Scene) -> None:
        """Judge by another scene from the next frame on; what is open under the old one ends."""
        self._next_scene = scene

    def lose(self, idle_s: float, now: datetime) -> list[Incident]:
        """No frame has come for `idle_s`: what was open ends as last seen, for nobody knows what
        goes on there now. What is said of the loss itself is open until frames come again.
        """
        if self.is_lost or self._last is None:
            return []
        self.is_lost = True
        changes, t_s = self.finish(), self._last[0] + idle_s
        for ruling in self._rulings:
            changes += ruling.lost(idle_s, t_s, now)
        return changes

    def finish(self) -> list[Incident]:
        """End every open incident as of the last frame."""
        t_s, at = self._last or (0.0, datetime.now(UTC))
        return [change for ruling in self._rulings for change in ruling.finish(t_s, at)]

    def _view(
        self, t_s: float, detections: Detections, frame: Frame | None, looked: tuple[Box, ...]
    ) -> View:
        image = None if frame is None else frame.image
        seen, hidden = self.fixtures.part(self.tracks, image, t_s)
        return View(
            t_s,
            seen,
            detections,
            self._classes,
            hidden=hidden,
            image=image,
            picture=None if frame is None else frame.picture,
            looked=looked,
            stilled=self._stilled,
        )

    def _stilled(self, t_s: float, image: Image) -> Image:
        return self._exposure.see(t_s, self._steady.see(t_s, image))

    def _build(self, scene: Scene) -> list[Ruling]:
        rulings: list[Ruling] = []
        for rule in scene.rules:
            kind = KINDS[rule.kind]
            said = rule.model_dump(mode="json")
            facts = RuleFacts(kind.name, rule.place, kind.severity, said, kind.quiet_s)
            happenings = Happenings(self.camera, facts, self._model, self._new_id)
            make = partial(kind.judge, rule, scene, self._aids)
            rulings.append(Ruling(self.camera, kind.name, rule.place, make, happenings))
        return rulings
