"""`qalqan analyze`: the production stages over files or stream addresses, no server needed."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from api.cli.scene_file import read_scene
from api.errors import BadInput
from detect.analyze import DetectionsFile, MotFile
from detect.analyze import analyze as run_analysis
from detect.catalog import Catalog
from detect.detector import Detector
from detect.ids import uuid7
from detect.incident import IncidentId
from detect.watch import CameraWatch
from ingest.camera import CameraId

DEFAULT_MODEL = "nanodet-g-416"


def load_detector(model: str, threads: int) -> Detector:
    """The detector by its manifest's name, from this installation's models and weights."""
    from api.home import manifests, weights

    return Detector.load(Catalog(manifests(), weights()), model, threads=threads)


def camera_name(source: str) -> CameraId:
    """A camera id from a file name or an address's path."""
    stem = Path(source.split("?", 1)[0]).stem.lower()
    return CameraId(re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:64] or "camera")


@contextlib.contextmanager
def _writing(path: Path | None) -> Any:
    if path is None:
        yield None
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from error
    with file:
        yield file


def analyze(
    sources: Annotated[list[str], typer.Argument(help="Video files or stream addresses.")],
    scene: Annotated[Path | None, typer.Option(help="Scene file (JSON).")] = None,
    model: Annotated[
        str, typer.Option(help="Model name, see `qalqan models list`.")
    ] = DEFAULT_MODEL,
    fps: Annotated[
        float, typer.Option(min=0.1, max=60, help="Frames per second to analyse.")
    ] = 5.0,
    exact: Annotated[
        bool, typer.Option("--exact", help="Every scheduled frame, full frame (always so today).")
    ] = False,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Play files at their own speed.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Incidents here, not to stdout.")] = None,
    detections: Annotated[Path | None, typer.Option(help="Also write raw detections.")] = None,
    mot: Annotated[Path | None, typer.Option(help="Also write tracks, MOTChallenge form.")] = None,
) -> None:
    """Find incidents in video files or streams. Incidents as JSON Lines, one line each."""
    parsed = read_scene(scene)
    # Frames side by side on one thread each: more comes out than of one frame on all of them.
    detector = load_detector(model, threads=1)
    with _writing(out) as out_file, _writing(detections) as seen_file, _writing(mot) as mot_file:
        target: TextIO = out_file or sys.stdout
        seen = DetectionsFile(seen_file, detector.classes) if seen_file else None
        tracks = MotFile(mot_file) if mot_file else None
        for source in sources:
            watch = CameraWatch(
                camera_name(source),
                parsed,
                detector.classes,
                detector.ref,
                new_id=lambda: IncidentId(uuid7(datetime.now(UTC))),
            )
            frames = open_frames(source, fps, detector, realtime=realtime)
            threads = os.cpu_count() or 1
            for incident in run_analysis(frames, detector, watch, seen, tracks, threads=threads):
                target.write(incident.to_json() + "\n")
                target.flush()


def open_frames(source: str, fps: float, detector: Detector, *, realtime: bool) -> Any:
    """Frames of a file or of a stream address, as an iterator."""
    from ingest.sources.file import open_file

    if "://" not in source and not Path(source).is_file():
        raise BadInput(f"there is no file {source}")
    return open_file(source, camera_name(source), fps, detector.size, realtime=realtime)
