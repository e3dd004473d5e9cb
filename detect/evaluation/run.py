"""One clip, run through the production stages and judged by its truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from detect.annotate import Drawing, picture_of
from detect.detector import Detector
from detect.evaluation.figures import ClipResult, HeadCount, Thumb
from detect.evaluation.match import judge
from detect.guard.runs import PEOPLE
from detect.guard.truth import Truth
from detect.incident import Incident
from detect.mode import Mode
from detect.scene import Scene
from detect.study import Study
from detect.track import Track
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.frame import Frame, Image
from ingest.pace import Pace
from ingest.sources.file import open_file
from ingest.sources.video_writer import jpeg

CAMERA = CameraId("clip")
NOWHERE = StreamUrl.parse("rtsp://clip.invalid/")
"""A camera has an address; a clip's is not asked for."""
THUMB_PX = 400
NEAR_S = 0.5
"""People are compared in the analysed frame that is at most this far from the count."""
ALIKE, CHANGED, CHANGED_BY = 0.5, 0.5, 20.0
"""Two pictures one after the other show two views when their small grey forms correlate less than
this and more than this part of them changed by so many grey levels."""
CUT_STEP_PX = 8


@dataclass(frozen=True, slots=True)
class Case:
    """A clip to be evaluated."""

    name: str
    clip: Path
    truth: Truth
    scene: Scene
    by_name: bool = True
    """The scene's places are the truth's (`evaluation_scene`)."""


class Evaluator:
    """Runs clips, one at a time; nothing is carried over from one to the next."""

    def __init__(
        self, detector: Detector, mode: Mode, *, fps: float, threads: int, thumbs: bool = False
    ) -> None:
        self._detector = detector
        self._mode = mode
        self._fps = fps
        self._threads = threads
        self._thumbs = thumbs

    def run(self, case: Case) -> ClipResult:
        """Raises `IngestError` when the clip cannot be read, `InferenceFailed`."""
        study = Study(self._detector, self._mode, "never", threads=self._threads)
        camera = Camera(CAMERA, NOWHERE, self._fps)

        def opened(pace: Pace) -> Iterator[Frame]:
            return open_file(str(case.clip), CAMERA, self._fps, self._detector.size, pace=pace)

        found = study.run(camera, case.scene, opened)
        watcher = Watcher(case.truth, pictures=self._thumbs)
        if study.analysis is not None:
            study.analysis.changes = watcher.take
            study.analysis.tracks = watcher.see
        incidents = sorted(found, key=lambda one: (one.detected_s, one.start_s, one.kind))
        kinds = {rule.kind for rule in case.scene.rules}
        return ClipResult(
            name=case.name,
            truth=case.truth,
            scene=case.scene,
            incidents=tuple(incidents),
            judged=judge(incidents, case.truth, kinds, by_name=case.by_name),
            seconds=watcher.seconds,
            frames=watcher.frames,
            cuts=tuple(watcher.cuts),
            heads=watcher.heads(),
            thumbs=watcher.thumbs,
        )


@dataclass(slots=True)
class Watcher:
    """Looks over the shoulder of one run: how many people, which cuts, pictures of incidents."""

    truth: Truth
    pictures: bool = False
    frames: int = 0
    cuts: list[float] = field(default_factory=list)
    thumbs: dict[str, Thumb] = field(default_factory=dict)
    _first_s: float | None = None
    _last_s: float = 0.0
    _people: list[tuple[float, int]] = field(default_factory=list)
    _new: list[Incident] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _small: npt.NDArray[np.float32] | None = None

    @property
    def seconds(self) -> float:
        """Media time from the first analysed frame to the last."""
        return self._last_s - (self._first_s or 0.0)

    def take(self, frame: Frame, changes: Sequence[Incident]) -> None:
        """Incidents that changed at this frame."""
        for incident in changes:
            if incident.id not in self._known:
                self._known.add(incident.id)
                self._new.append(incident)

    def see(self, frame: Frame, tracks: Sequence[Track]) -> None:
        """The tracks at this frame."""
        self.frames += 1
        self._first_s = frame.t_s if self._first_s is None else self._first_s
        self._last_s = frame.t_s
        people = sum(track.label in PEOPLE and track.unseen_s == 0 for track in tracks)
        self._people.append((frame.t_s, people))
        self._look_for_cut(frame)
        if self.pictures:
            self._keep_pictures(frame, tracks)
        self._new.clear()

    def heads(self) -> tuple[HeadCount, ...]:
        """People that were followed, where the truth tells how many there are."""
        return tuple(
            HeadCount(counted.t_s, counted.persons, seen)
            for counted in self.truth.counts
            if counted.persons is not None
            for t_s, seen in [min(self._people, key=lambda one: abs(one[0] - counted.t_s))]
            if abs(t_s - counted.t_s) <= NEAR_S
        )

    def _look_for_cut(self, frame: Frame) -> None:
        small = np.asarray(frame.image[::CUT_STEP_PX, ::CUT_STEP_PX].mean(2), np.float32)
        before, self._small = self._small, small
        if before is not None and before.shape == small.shape and not _alike(before, small):
            self.cuts.append(frame.t_s)

    def _keep_pictures(self, frame: Frame, tracks: Sequence[Track]) -> None:
        for incident in self._new:
            image = picture_of(frame, THUMB_PX, THUMB_PX)
            Drawing(image).incident(incident, tracks)
            self._keep(incident.id, frame.t_s, image)
        for index, event in enumerate(self.truth.events):
            name = f"event-{index}"
            if name not in self.thumbs and frame.t_s >= (event.start_s + event.end_s) / 2:
                image = picture_of(frame, THUMB_PX, THUMB_PX)
                drawing = Drawing(image)
                if event.box is not None:
                    drawing.outline(event.box)
                drawing.tracks(tracks)
                self._keep(name, frame.t_s, image)

    def _keep(self, name: str, t_s: float, image: Image) -> None:
        self.thumbs[name] = Thumb(t_s, jpeg(image, THUMB_PX))


def _alike(before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> bool:
    """Whether two small grey pictures show one view: a covered lens has no view to compare."""
    a, b = before - before.mean(), after - after.mean()
    spread = float(np.sqrt((a * a).mean() * (b * b).mean()))
    if spread < 1.0 or float((a * b).mean()) >= ALIKE * spread:
        return True
    return float((np.abs(a - b) > CHANGED_BY).mean()) < CHANGED
