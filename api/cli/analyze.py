"""`qalqan analyze`: the production stages over files or stream addresses, no server needed."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO

import typer

from api.cli.scene_file import read_scene
from api.errors import BadInput
from detect.analyze import DetectionsFile, MotFile
from detect.catalog import Catalog
from detect.detector import Detector
from detect.mode import EXACT, USUAL, Economy, Mode
from detect.scene import Scene
from detect.study import Study
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.frame import Frame
from ingest.pace import Pace

ANY_URL = StreamUrl.parse("rtsp://analyze.invalid/source")
"""A source that is analysed is opened by its own name; a camera has an address all the same."""
DEFAULT_MODEL = "nanodet-g-416"

Exact = Annotated[
    bool, typer.Option("--exact", help="Every scheduled frame whole: no gating, no shedding.")
]
Without = Annotated[
    str,
    typer.Option(
        help="Savings to leave out, by commas: regions, packing, rate, idle, shed, audit."
    ),
]
EngineName = Literal["auto", "onnxruntime", "openvino"]
Language = Literal["en", "kk", "ru"]
PrecisionName = Literal["auto", "fp32", "bf16", "int8"]
Engine = Annotated[EngineName, typer.Option(help="What runs the model; auto measures.")]
Precision = Annotated[PrecisionName, typer.Option(help="Of the model's numbers; auto measures.")]


def load_detector(
    model: str, threads: int, engine: str = "auto", precision: str = "auto"
) -> Detector:
    """The detector by its manifest's name, from this installation's models and weights."""
    from api.home import manifests, weights

    catalog = Catalog(manifests(), weights())
    return Detector.load(catalog, model, threads=threads, engine=engine, precision=precision)


def chosen_mode(exact: bool, without: str, economy: Economy) -> Mode:
    """The mode that the options ask for. Raises `BadInput` when they contradict each other, or
    name a saving that there is not.
    """
    if exact and without:
        raise BadInput("--exact has no savings that could be left out: drop --without")
    if exact and economy == "always":
        raise BadInput("--exact decodes every frame, --economy always does not: choose one")
    try:
        return EXACT if exact else USUAL.without(w.strip() for w in without.split(",") if w.strip())
    except ValueError as error:
        raise BadInput(f"--without: {error}") from None


def camera_name(source: str) -> CameraId:
    """A camera id from a file name or an address's path."""
    stem = Path(source.split("?", 1)[0]).stem.lower()
    return CameraId(re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:64] or "camera")


def there_is(source: str) -> None:
    """Raise `BadInput` unless the source is a file that is there, or a stream address."""
    if "://" not in source and not Path(source).is_file():
        raise BadInput(f"there is no file {source}")


def _there_are(sources: list[str], annotate: Path | None) -> None:
    """Raise `BadInput` unless all are there, and one alone where its video is to be drawn upon."""
    for source in sources:
        there_is(source)
    if annotate is not None and len(sources) > 1:
        raise BadInput("--annotate writes the video of one source: name one")


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
    exact: Exact = False,
    without: Without = "",
    economy: Annotated[
        Economy, typer.Option(help="Decode key frames alone where nothing happens.")
    ] = "never",
    engine: Engine = "auto",
    precision: Precision = "auto",
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Play files at their own speed.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Incidents here, not to stdout.")] = None,
    detections: Annotated[Path | None, typer.Option(help="Also write raw detections.")] = None,
    mot: Annotated[Path | None, typer.Option(help="Also write tracks, MOTChallenge form.")] = None,
    annotate: Annotated[
        Path | None,
        typer.Option(help="Also write the video, what was seen drawn into it (MP4, H.264)."),
    ] = None,
    language: Annotated[
        Language, typer.Option(help="Of the sentences that --annotate draws.")
    ] = "en",
) -> None:
    """Find incidents in video files or streams. Incidents as JSON Lines, one line each."""
    _there_are(sources, annotate)
    parsed, mode = read_scene(scene), chosen_mode(exact, without, economy)
    # Frames side by side on one thread each: more comes out than of one frame on all of them.
    detector = load_detector(model, 1, engine, precision)
    with _writing(out) as out_file, _writing(detections) as seen_file, _writing(mot) as mot_file:
        target: TextIO = out_file or sys.stdout
        seen = DetectionsFile(seen_file, detector.classes) if seen_file else None
        tracks = MotFile(mot_file) if mot_file else None
        for source in sources:
            name = camera_name(source)
            study = Study(detector, mode, economy, threads=os.cpu_count() or 1)
            camera = Camera(name, ANY_URL, fps)
            opening = partial(open_frames, source, camera, detector, realtime=realtime)
            found = study.run(camera, parsed, opening, seen, tracks)
            with _drawing(study, parsed, annotate, fps, language):
                for incident in found:
                    target.write(incident.to_json() + "\n")
                    target.flush()


@contextlib.contextmanager
def _drawing(
    study: Study, scene: Scene, path: Path | None, fps: float, language: str
) -> Iterator[None]:
    """While the study runs, each frame that it analyses is drawn upon and written."""
    if path is None or study.analysis is None:
        yield
        return
    from detect.annotate import Annotator
    from ingest.sources.video_writer import VideoWriter

    annotator = Annotator(scene, language)
    with VideoWriter(path, fps=fps, keep_part=True) as writer:
        study.analysis.changes = lambda frame, changes: annotator.take(changes, frame.t_s)
        study.analysis.tracks = lambda frame, tracks: writer.write(
            annotator.draw(frame, tracks), frame.t_s
        )
        yield


def open_frames(
    source: str, camera: Camera, detector: Detector, pace: Pace, *, realtime: bool
) -> Iterator[Frame]:
    """Frames of a file or of a stream address, as an iterator."""
    from ingest.sources.file import open_file

    return open_file(source, camera.id, camera.fps, detector.size, realtime=realtime, pace=pace)
