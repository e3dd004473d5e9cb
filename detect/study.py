"""One source studied by the production stages, exactly or with savings, without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from detect.analyze import Analysis, DetectionsFile, MotFile
from detect.costs import FixedCosts
from detect.detector import Detector
from detect.ids import uuid7
from detect.incident import Incident, IncidentId
from detect.looking.attention import Attention
from detect.looking.audit import Auditor
from detect.looking.eye import PackedEye, Sight
from detect.looking.guides import GuideMaker
from detect.mode import Economy, Mode
from detect.overload import Service
from detect.scene import Scene
from detect.second_stage import SecondStage
from detect.watch import CameraWatch
from ingest.camera import Camera
from ingest.frame import Frame
from ingest.pace import Pace

OpenFrames = Callable[[Pace], Iterable[Frame]]


class Study:
    """Runs sources, one at a time, as `mode` and `economy` say.

    Costs are fixed and nothing is ever late, so that two runs decide alike.
    """

    def __init__(self, detector: Detector, mode: Mode, economy: Economy, *, threads: int) -> None:
        self._detector = detector
        self._mode = mode
        self._threads = threads
        self._guides = GuideMaker(
            detector.classes, mode, economy, Service(most=0), Auditor(detector.classes)
        )
        self._eye = PackedEye(
            detector,
            FixedCosts(),
            Sight.of(detector.manifest),
            shares=mode.packing,
            matters=self._guides.matters,
        )
        self._aids = SecondStage.beside(detector)
        self.analysis: Analysis | None = None
        """The last one, with what it counted."""

    def run(
        self,
        camera: Camera,
        scene: Scene,
        open_frames: OpenFrames,
        detections: DetectionsFile | None = None,
        mot: MotFile | None = None,
    ) -> Iterator[Incident]:
        """The incidents of one source, each once. Raises what opening or detecting raises."""
        pace = Pace(camera.fps)
        watch = CameraWatch(
            camera.id,
            scene,
            self._detector.classes,
            self._detector.ref,
            new_id=lambda: IncidentId(uuid7(datetime.now(UTC))),
            aids=self._aids,
        )
        make = self._guides.of(camera, pace)
        self.analysis = Analysis(Attention(watch, make(scene), make), detections, mot)
        if self._mode.is_exact:
            return self.analysis.exact(open_frames(pace), self._detector, self._threads)
        return self.analysis.attentive(open_frames(pace), self._eye)
