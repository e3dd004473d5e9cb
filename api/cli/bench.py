"""`qalqan bench`: what this machine carries."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.analyze import DEFAULT_MODEL, BadInput, camera_name, load_detector, read_scene

app = typer.Typer(help="Measure what this machine carries.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def _print(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result))
        return
    for key, value in result.items():
        typer.echo(f"{key:24} {value}")


@app.command()
def cameras(
    source: Annotated[str, typer.Option(help="Stream address that every camera shows.")],
    cameras: Annotated[int, typer.Option(min=1, max=256)] = 8,
    fps: Annotated[float, typer.Option(min=0.1, max=30)] = 5.0,
    seconds: Annotated[float, typer.Option(min=1, max=3600)] = 20.0,
    exact: Annotated[bool, typer.Option("--exact", help="No gating (always so today).")] = False,
    scene: Annotated[Path | None, typer.Option(help="Scene file (JSON).")] = None,
    model: Annotated[str, typer.Option()] = DEFAULT_MODEL,
    as_json: AsJson = False,
) -> None:
    """Watch N cameras at F analysed frames a second and count what was missed."""
    from detect.bench import CameraRun, bench_cameras
    from ingest.camera import Camera, CameraId, StreamUrl
    from ingest.worker import CameraWorker

    detector = load_detector(model, 1)
    url = StreamUrl.parse(source)

    def make_worker(camera: Camera, mailbox: Any) -> CameraWorker:
        return CameraWorker(camera, detector.size, mailbox)

    run = CameraRun(cameras, fps, seconds, read_scene(scene))
    result = asyncio.run(
        bench_cameras(
            run, detector, make_worker, lambda n: Camera(CameraId(f"bench-{n}"), url, fps)
        )
    )
    _print(result, as_json)


@app.command()
def limits(
    source: Annotated[Path, typer.Option(help="A video file.")],
    model: Annotated[str, typer.Option()] = DEFAULT_MODEL,
    as_json: AsJson = False,
) -> None:
    """Decoding alone and inference alone, each on one core: the limits of this machine."""
    from detect.bench import bench_limits
    from ingest.sources.file import decode_only

    if not source.is_file():
        raise BadInput(f"there is no file {source}")
    detector = load_detector(model, 1)
    frames, decoded = decode_only(source, camera_name(str(source)), detector.size)
    _print(bench_limits(frames, detector, decoded), as_json)
