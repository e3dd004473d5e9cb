"""Runs clips through the production stages, as a node would."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from detect.catalog import Catalog
from detect.detector import Detector
from detect.errors import ModelError
from detect.guard.runs import ClipRun, Recorder, RunClip
from detect.mode import Economy, Mode
from detect.scene import Scene
from detect.study import Study
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.frame import Frame
from ingest.pace import Pace
from ingest.reader import DecodeCounts
from ingest.sources.file import open_file

CAMERA = CameraId("clip")
NOWHERE = StreamUrl.parse("rtsp://clip.invalid/")
"""A camera has an address; a clip's is not asked for."""
REFERENCE = ("onnxruntime", "fp32")


class StudiedClips:
    """A `RunClip`: each clip is studied anew, nothing is carried over from the one before."""

    def __init__(self, detector: Detector, economy: Economy, fps: float) -> None:
        self._detector = detector
        self._economy = economy
        self._fps = fps

    def __call__(self, clip: Path, scene: Scene, mode: Mode) -> ClipRun:
        """Raises `IngestError` when the clip cannot be read, `InferenceFailed`."""
        camera, counts, recorder = Camera(CAMERA, NOWHERE, self._fps), DecodeCounts(), Recorder()
        study = Study(self._detector, mode, self._economy, threads=os.cpu_count() or 1)

        def opened(pace: Pace) -> Iterator[Frame]:
            return open_file(
                str(clip), CAMERA, self._fps, self._detector.size, pace=pace, counts=counts
            )

        found = study.run(camera, scene, opened)
        if study.analysis is None:
            raise ValueError("a study has an analysis once it runs")
        study.analysis.tracks = recorder.frame
        incidents = sorted(found, key=lambda one: (one.start_s, one.detected_s))
        return recorder.run(scene, incidents, counts.pictures, study.analysis.canvases)


def guard_runs(
    catalog: Catalog, model: str, engine: str, precision: str, economy: Economy, fps: float
) -> tuple[RunClip, RunClip]:
    """Exact mode in fp32, and the way under test on the engine that is asked for.

    Raises `ModelError`.
    """
    whole = Detector.load(catalog, model, 1, engine=REFERENCE[0], precision=REFERENCE[1])
    try:
        tested = Detector.load(catalog, model, 1, engine=engine, precision=precision)
    except ValueError as error:
        raise ModelError(str(error)) from error
    return StudiedClips(whole, economy, fps), StudiedClips(tested, economy, fps)
