"""`qalqan bench`: what this machine carries."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.analyze import (
    DEFAULT_MODEL,
    Engine,
    Exact,
    Precision,
    Without,
    camera_name,
    chosen_mode,
    load_detector,
    there_is,
)
from api.cli.guard import guard
from api.cli.scene_file import read_scene
from detect.mode import Economy
from ingest.camera import Camera, StreamUrl
from ingest.errors import StreamUnreachable

if TYPE_CHECKING:
    from detect.bench import MakeWorker
    from detect.cameras import Worker
    from detect.detector import Detector
    from ingest.decoding import DecodePool
    from ingest.frame import Frame
    from ingest.mailbox import Mailbox
    from ingest.pace import Pace

app = typer.Typer(help="Measure what this machine carries.", no_args_is_help=True)
app.command("guard")(guard)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Model = Annotated[str, typer.Option(help="Model name, see `qalqan models list`.")]


@app.command()
def cameras(
    source: Annotated[
        str, typer.Option(help="Stream address or video file that every camera shows.")
    ],
    cameras: Annotated[int, typer.Option(min=1, max=256)] = 8,
    fps: Annotated[float, typer.Option(min=0.1, max=30, help="Analysed frames a second.")] = 5.0,
    seconds: Annotated[float, typer.Option(min=1, max=3600)] = 20.0,
    exact: Exact = False,
    without: Without = "",
    economy: Annotated[
        Economy, typer.Option(help="Key frames alone where nothing happens: when.")
    ] = "when_needed",
    engine: Engine = "auto",
    precision: Precision = "auto",
    cores: Annotated[int | None, typer.Option(min=1, help="Threads that may compute.")] = None,
    scene: Annotated[Path | None, typer.Option(help="Scene file (JSON).")] = None,
    model: Model = DEFAULT_MODEL,
    as_json: AsJson = False,
) -> None:
    """Watch N cameras at F analysed frames a second and count what was missed."""
    from detect.bench import CameraRun, bench_cameras
    from ingest.memory import give_back_pictures

    give_back_pictures()
    there_is(source)
    mode, threads = chosen_mode(exact, without, economy), cores or os.cpu_count() or 1
    run = CameraRun(cameras, fps, seconds, read_scene(scene), mode, economy, threads)
    detector = load_detector(model, 1, engine, precision)
    make_worker = _make_worker(source, detector)
    result = asyncio.run(bench_cameras(run, detector, make_worker))
    if not result["scheduled"]:
        raise StreamUnreachable(f"no camera gave a frame of {_shown(source)} in {seconds:.0f} s")
    _print(result, as_json)


@app.command()
def limits(
    source: Annotated[Path, typer.Option(help="A video file.")],
    model: Model = DEFAULT_MODEL,
    engine: Engine = "auto",
    precision: Precision = "auto",
    as_json: AsJson = False,
) -> None:
    """Decoding alone and inference alone, each on one core: the limits of this machine."""
    from detect.bench import bench_limits
    from ingest.sources.file import decode_only

    there_is(str(source))
    detector = load_detector(model, 1, engine, precision)
    frames, decoded = decode_only(source, camera_name(str(source)), detector.size)
    _print(bench_limits(frames, detector, decoded), as_json)


def _shown(source: str) -> str:
    """The source without its password."""
    return str(StreamUrl.parse(source)) if "://" in source else source


def _make_worker(source: str, detector: Detector) -> MakeWorker:
    """What plays the source: a camera's worker for a stream address, a player for a file."""
    from detect.playback import FilePlayer
    from ingest.sources.file import open_file
    from ingest.worker import CameraWorker

    if "://" in source:
        url = StreamUrl.parse(source)

        def watch_stream(
            camera: Camera, mailbox: Mailbox[Frame], pace: Pace, pool: DecodePool
        ) -> Worker:
            seen = replace(camera, url=url)
            return CameraWorker(seen, detector.size, mailbox, pace=pace, pool=pool)

        return watch_stream

    def play_file(camera: Camera, mailbox: Mailbox[Frame], pace: Pace, pool: DecodePool) -> Worker:
        return FilePlayer(
            lambda: open_file(
                source, camera.id, camera.fps, detector.size, realtime=True, pace=pace
            ),
            camera.fps,
            mailbox,
        )

    return play_file


def _print(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result))
        return
    for key, value in result.items():
        typer.echo(f"{key:24} {value}")
