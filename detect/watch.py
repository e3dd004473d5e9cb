"""One camera's chain from detections to incidents: tracker, rules, happenings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from detect.detections import Detections
from detect.happenings import Happenings, RuleFacts
from detect.incident import Incident, IncidentId, ModelRef
from detect.look import LiveTrack
from detect.rules import RULES, SEVERITY, RuleJudge
from detect.scene import LineCrossingRule, Scene
from detect.track import Track
from detect.tracker import Tracker
from ingest.camera import CameraId

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
    ) -> None:
        self.camera = camera
        self.tracks: list[Track] = []
        """The tracks at the last frame seen."""
        self._classes = classes
        self._model = model
        self._new_id = new_id
        self._tracker = Tracker(classes)
        self._last: tuple[float, datetime] | None = None
        self._chains = self._build(scene)
        self._next_scene: Scene | None = None

    def see(self, t_s: float, at: datetime, detections: Detections) -> list[Incident]:
        """Take one frame's detections; gives the incidents that changed."""
        changes: list[Incident] = []
        if self._next_scene is not None:
            changes += self.finish()
            self._chains, self._next_scene = self._build(self._next_scene), None
        if self._last is not None and t_s - self._last[0] > LOST_S:
            self._tracker.reset()
        self._last = (t_s, at)
        self.tracks = self._tracker.update(detections, t_s)
        for judge, happenings in self._chains:
            changes += happenings.step(judge.judge(self.tracks, t_s), t_s, at)
        return changes

    def live(self, t_s: float) -> list[LiveTrack]:
        """What is followed, where it is expected at media time `t_s`."""
        if self._last is not None and t_s - self._last[0] > LOST_S:
            return []
        return self._tracker.live(t_s)

    @property
    def has_open(self) -> bool:
        """Whether an incident is open."""
        return any(happenings.is_open for _, happenings in self._chains)

    def rescene(self, scene: Scene) -> None:
        """Judge by another scene from the next frame on; what is open under the old one ends."""
        self._next_scene = scene

    def finish(self) -> list[Incident]:
        """End every open incident as of the last frame."""
        t_s, at = self._last or (0.0, datetime.now(UTC))
        return [c for _, happenings in self._chains for c in happenings.finish(t_s, at)]

    def _build(self, scene: Scene) -> list[tuple[RuleJudge, Happenings]]:
        chains: list[tuple[RuleJudge, Happenings]] = []
        for rule in scene.rules:
            place = rule.line if isinstance(rule, LineCrossingRule) else rule.zone
            facts = RuleFacts(rule.kind, place, SEVERITY[rule.kind], rule.model_dump(mode="json"))
            judge: RuleJudge = RULES[rule.kind](rule, scene)
            chains.append((judge, Happenings(self.camera, facts, self._model, self._new_id)))
        return chains
