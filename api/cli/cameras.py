"""`qalqan cameras`: a running service's cameras, over its HTTP API."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cameras.schemas import NewCamera
from api.cli.camera_file import check_camera, read_rows, with_password
from api.cli.remote import DEFAULT_SERVER, Remote, Server, TokenFile, with_service
from api.cli.scene_file import read_scene
from api.errors import BadInput, Refused

app = typer.Typer(help="The cameras of a running service.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
PasswordStdin = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help="The camera's password is the first line of standard input "
        "(else the variable QALQAN_CAMERA_PASSWORD, if set).",
    ),
]


def _password(from_stdin: bool) -> str | None:
    if not from_stdin:
        return os.environ.get("QALQAN_CAMERA_PASSWORD")
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise BadInput("there is no password on standard input")
    return password


@app.command("list")
def list_cameras(
    server: Server = DEFAULT_SERVER, token_file: TokenFile = None, as_json: AsJson = False
) -> None:
    """Every camera, and whether it is being watched."""
    cameras = with_service(server, token_file, lambda remote: remote.all("/v1/cameras"))
    if as_json:
        typer.echo(json.dumps(cameras, ensure_ascii=False))
        return
    for one in cameras:
        watch = one["watch"]
        said = watch["state"] if watch["reason"] is None else f"{watch['state']}: {watch['reason']}"
        typer.echo(f"{one['id']:24} {said:26} {one['name']}")


@app.command()
def add(
    camera: Annotated[str, typer.Argument(help="Its id: small letters, digits, hyphens.")],
    url: Annotated[str, typer.Option(help="Address of the stream, without a password.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    latitude: Annotated[float, typer.Option()],
    longitude: Annotated[float, typer.Option()],
    fps: Annotated[float, typer.Option(help="Frames a second to analyse.")] = 5.0,
    substream_url: Annotated[
        str | None, typer.Option(help="Address of the same scene small, with the same password.")
    ] = None,
    scene: Annotated[Path | None, typer.Option(help="Scene file (JSON).")] = None,
    probe: Annotated[bool, typer.Option(help="Open the stream first.")] = True,
    password_stdin: PasswordStdin = False,
    server: Server = DEFAULT_SERVER,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Register a camera; it is watched from now on."""
    password = _password(password_stdin)
    row = {
        "id": camera,
        "name": name,
        "url": with_password(url, password),
        "substream_url": with_password(substream_url, password) if substream_url else None,
        "latitude": latitude,
        "longitude": longitude,
        "fps": fps,
        "scene": read_scene(scene).to_dict() if scene else None,
        "probe": probe,
    }
    new = check_camera(row, {})
    made = with_service(server, token_file, lambda remote: _create(remote, new))
    typer.echo(json.dumps(made, ensure_ascii=False) if as_json else f"{made['id']} is registered")


@app.command()
def probe(
    url: Annotated[str, typer.Argument(help="Address of the stream, without a password.")],
    password_stdin: PasswordStdin = False,
    server: Server = DEFAULT_SERVER,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Let the service look at a stream without registering it."""
    body = {"url": with_password(url, _password(password_stdin))}
    found = with_service(server, token_file, lambda remote: remote.post("/v1/cameras/probe", body))
    if as_json:
        typer.echo(json.dumps(found))
        return
    rate = f" at {found['fps']:g} frames/s" if found["fps"] else ""
    typer.echo(f"{found['codec']}, {found['width']}x{found['height']}{rate}")


@app.command("import")
def import_cameras(
    file: Annotated[Path, typer.Argument(help="Cameras: .csv, .json or .yaml.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file.")] = False,
    at_once: Annotated[int, typer.Option(min=1, max=32, help="Cameras at a time.")] = 8,
    server: Server = DEFAULT_SERVER,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Register every camera of a file. Nothing is sent while a row is wrong.

    A file may be imported again: what is registered already stays as it is. Columns or keys: id,
    name, url, substream_url, latitude, longitude, fps, enabled, scene (in CSV: a file), probe.
    `${NAME}` in an address is replaced by that variable.
    """
    cameras = _checked(read_rows(file))
    if dry_run:
        _report([{"id": one.id, "result": "good"} for one in cameras], as_json)
        return
    results = with_service(server, token_file, lambda remote: _send(remote, cameras, at_once))
    _report(results, as_json)
    if any(result["result"] != "registered" for result in results):
        raise typer.Exit(1)


def _checked(rows: list[object]) -> list[NewCamera]:
    """Every row as a camera. Says each wrong row on stderr, then raises `BadInput`."""
    cameras: dict[str, NewCamera] = {}
    wrong = 0
    for number, row in enumerate(rows, 1):
        name = row.get("id") if isinstance(row, dict) else None
        where = f"row {number} ({name})" if isinstance(name, str) and name else f"row {number}"
        try:
            camera = check_camera(row)
            if camera.id in cameras:
                raise BadInput("id: is there twice")
            cameras[camera.id] = camera
        except BadInput as error:
            wrong += 1
            typer.echo(f"{where[:100]}: {error}", err=True)
    if wrong:
        raise BadInput(f"{wrong} of {len(rows)} rows are wrong; nothing was sent")
    if not cameras:
        raise BadInput("the file holds no camera")
    return [*cameras.values()]


async def _create(remote: Remote, camera: NewCamera) -> Any:
    return await remote.post("/v1/cameras", camera.model_dump(mode="json", exclude_unset=True))


async def _send(remote: Remote, cameras: list[NewCamera], at_once: int) -> list[dict[str, Any]]:
    turn = asyncio.Semaphore(at_once)

    async def one(camera: NewCamera) -> dict[str, Any]:
        async with turn:
            try:
                await _create(remote, camera)
            except (BadInput, Refused) as error:
                return {"id": camera.id, "result": "refused", "reason": str(error)}
            return {"id": camera.id, "result": "registered"}

    return [*await asyncio.gather(*map(one, cameras))]


def _report(results: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(results, ensure_ascii=False))
        return
    for result in results:
        reason = f": {result['reason']}" if "reason" in result else ""
        typer.echo(f"{result['id']:24} {result['result']}{reason}")
