"""Runs clips through the production stages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from detect.analyze import detected
from detect.catalog import Catalog
from detect.detector import Detector
from detect.engines.build import build, candidates
from detect.engines.choice import Candidate
from detect.errors import WrongGraph
from detect.guard.runs import ClipRun, Recorder, RunClip
from detect.ids import uuid7
from detect.incident import Incident, IncidentId
from detect.mode import Mode
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame
from ingest.sources.file import open_file

CAMERA = CameraId("clip")
REFERENCE = Candidate("onnxruntime", "fp32")

OpenClip = Callable[[Path, Detector], Iterator[Frame]]
"""Opens a clip at the rate that is asked for, at the detector's size."""


def guard_runs(
    catalog: Catalog, model: str, engine: str, precision: str, fps: float
) -> tuple[RunClip, RunClip]:
    """Exact mode in fp32, and the way under test on the engine that is asked for.

    Raises `ModelError`.
    """

    def open_clip(path: Path, detector: Detector) -> Iterator[Frame]:
        return open_file(str(path), CAMERA, fps, detector.size)

    whole = detector_of(catalog, model, REFERENCE.engine, REFERENCE.precision)
    tested = detector_of(catalog, model, engine, precision)
    return WholeClips(whole, open_clip), WholeClips(tested, open_clip)


class WholeClips:
    """Every scheduled frame, full frame. A `RunClip` of exact mode alone."""

    def __init__(self, detector: Detector, open_clip: OpenClip) -> None:
        self._detector = detector
        self._open = open_clip

    def __call__(self, clip: Path, scene: Scene, mode: Mode) -> ClipRun:
        """Raises ValueError for another mode, `IngestError` when the clip cannot be read."""
        if not mode.is_exact:
            raise ValueError("frames are looked at whole in exact mode alone")
        watch, recorder, kept = _watch(self._detector, scene), Recorder(), Latest()
        aspect = 1.0
        frames = self._open(clip, self._detector)
        for frame, seen in detected(frames, self._detector, os.cpu_count() or 1):
            kept.take(watch.see(frame.t_s, frame.captured_at, seen))
            recorder.frame(frame.t_s, frame.image, watch.tracks)
            aspect = frame.picture.width_px / frame.picture.height_px
        kept.take(watch.finish())
        return recorder.run(kept.incidents, aspect, None)


class Latest:
    """Each incident as it stood last, in the order of their beginning."""

    def __init__(self) -> None:
        self._by_id: dict[IncidentId, Incident] = {}

    def take(self, changes: list[Incident]) -> None:
        for incident in changes:
            self._by_id[incident.id] = incident

    @property
    def incidents(self) -> list[Incident]:
        return list(self._by_id.values())


def _watch(detector: Detector, scene: Scene) -> CameraWatch:
    return CameraWatch(
        CAMERA,
        scene,
        detector.classes,
        detector.ref,
        new_id=lambda: IncidentId(uuid7(datetime.now(UTC))),
    )


def detector_of(catalog: Catalog, model: str, engine: str, precision: str) -> Detector:
    """The model on a named engine, or as it would be run here when both are `auto`.

    Raises `ModelError`.
    """
    if engine == precision == "auto":
        return Detector.load(catalog, model, threads=1)
    prepared = catalog.prepared(model)
    precisions = ("fp32", "bf16") if prepared.int8 is None else ("fp32", "bf16", "int8")
    try:
        ways = candidates(precisions, engine=engine, precision=precision)
    except ValueError as error:
        raise WrongGraph(str(error)) from error
    if not ways:
        raise WrongGraph(f"model {model} cannot be run by {engine} in {precision} here")
    built = build(ways[0], prepared.graph, prepared.int8, 1)
    return Detector(catalog.manifest(model), built, prepared.source_sha256)
