"""`qalqan apply`: a city as a file. Shows what would change, changes it, and is then content."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pydantic import ConfigDict, ValidationError

from api.cameras.schemas import NewCamera
from api.cli.camera_file import check_camera, mistakes, read_data
from api.cli.remote import (
    DEFAULT_SERVER,
    Remote,
    Server,
    TokenFile,
    text_of,
    with_service,
)
from api.errors import BadInput, Refused
from api.patrols.schemas import NewPatrol
from api.schemas import Body
from detect.scene import Scene
from ingest.camera import StreamUrl

COMPARED = ("name", "latitude", "longitude", "fps", "enabled")


class City(Body):
    """The file: which cameras and units there are to be. What it does not name stays."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    cameras: tuple[dict[str, Any], ...] = ()
    patrols: tuple[NewPatrol, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One change to make."""

    what: str
    """`camera lawn-east` or `patrol Unit 7`."""
    change: str
    """`create`, or the keys that differ."""
    method: Literal["POST", "PATCH", "PUT"]
    path: str
    body: dict[str, Any]

    def as_json(self) -> dict[str, str]:
        return {"what": self.what, "change": self.change}


def read_city(file: Path) -> tuple[list[NewCamera], list[NewPatrol]]:
    """The city of a file. Raises `BadInput` that names the key."""
    try:
        city = City.model_validate(read_data(text_of(file, "file"), file) or {})
    except ValidationError as error:
        raise BadInput(f"{file}: {mistakes(error)}") from None
    cameras: dict[str, NewCamera] = {}
    for index, row in enumerate(city.cameras):
        try:
            camera = check_camera(row)
        except BadInput as error:
            raise BadInput(f"{file}: cameras.{index}.{error}") from None
        if camera.id in cameras:
            raise BadInput(f"{file}: cameras.{index}.id: is there twice")
        cameras[camera.id] = camera
    names = [unit.name for unit in city.patrols]
    if len(set(names)) != len(names):
        raise BadInput(f"{file}: patrols: a name is there twice")
    return [*cameras.values()], [*city.patrols]


def plan(
    cameras: Sequence[NewCamera],
    patrols: Sequence[NewPatrol],
    known_cameras: Sequence[dict[str, Any]],
    known_patrols: Sequence[dict[str, Any]],
    addresses: bool = False,
) -> list[Step]:
    """What must change. `addresses`: send every address, since passwords cannot be compared."""
    steps: list[Step] = []
    there = {one["id"]: one for one in known_cameras}
    for camera in cameras:
        if camera.id in there:
            steps += _changes(camera, there[camera.id], addresses)
        else:
            body = camera.model_dump(mode="json", exclude_unset=True)
            steps.append(Step(f"camera {camera.id}", "create", "POST", "/v1/cameras", body))
    return steps + _of_patrols(patrols, {one["name"]: one for one in known_patrols})


def _of_patrols(patrols: Sequence[NewPatrol], there: Mapping[str, dict[str, Any]]) -> list[Step]:
    steps = []
    for unit in patrols:
        what, known = f"patrol {unit.name}", there.get(unit.name)
        if known is None:
            body = unit.model_dump(mode="json", exclude_unset=True)
            steps.append(Step(what, "create", "POST", "/v1/patrols", body))
        elif "capabilities" in unit.model_fields_set:
            words = sorted(set(unit.capabilities))
            if words != known["capabilities"]:
                path = f"/v1/patrols/{known['id']}"
                steps.append(Step(what, "capabilities", "PATCH", path, {"capabilities": words}))
    return steps


def _changes(camera: NewCamera, known: dict[str, Any], addresses: bool) -> list[Step]:
    what, path = f"camera {camera.id}", f"/v1/cameras/{camera.id}"
    body: dict[str, Any] = {
        key: getattr(camera, key)
        for key in COMPARED
        if key in camera.model_fields_set and getattr(camera, key) != known[key]
    }
    if addresses or StreamUrl.parse(camera.url).hidden() != known["url"]:
        body |= {"url": camera.url, "probe": camera.probe}
    if "substream_url" in camera.model_fields_set:
        small = camera.substream_url
        hidden = None if small is None else StreamUrl.parse(small).hidden()
        if (addresses and small is not None) or hidden != known["substream_url"]:
            body |= {"substream_url": small, "probe": camera.probe}
    changed = ", ".join(sorted(set(body) - {"probe"}))
    steps = [Step(what, changed, "PATCH", path, body)] if body else []
    if camera.scene is not None and Scene.parse(camera.scene).to_dict() != known["scene"]:
        steps.append(Step(what, "scene", "PUT", f"{path}/scene", camera.scene))
    return steps


async def carry_out(remote: Remote, steps: Sequence[Step]) -> list[str]:
    """Make the changes one after the other; gives a line for each that was refused."""
    refused: list[str] = []
    for step in steps:
        try:
            if step.method == "POST":
                await remote.post(step.path, step.body)
            else:
                version = (await remote.get(step.path.removesuffix("/scene")))["version"]
                change = remote.patch if step.method == "PATCH" else remote.put
                await change(step.path, step.body, version)
        except (BadInput, Refused) as error:
            refused.append(f"{step.what}: {error}")
    return refused


def apply(
    file: Annotated[Path, typer.Option("--file", "-f", help="The city (YAML or JSON).")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
    addresses: Annotated[
        bool,
        typer.Option("--addresses", help="Send every camera's address: a password has changed."),
    ] = False,
    server: Server = DEFAULT_SERVER,
    token_file: TokenFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Make a service's cameras and units what a file says. Doing it again changes nothing."""
    cameras, patrols = read_city(file)

    async def work(remote: Remote) -> tuple[list[Step], list[str]]:
        known = await remote.all("/v1/cameras"), await remote.all("/v1/patrols") if patrols else []
        steps = plan(cameras, patrols, *known, addresses=addresses)
        for step in steps if not as_json else ():
            typer.echo(f"{'+' if step.change == 'create' else '~'} {step.what}: {step.change}")
        return steps, [] if dry_run else await carry_out(remote, steps)

    steps, refused = with_service(server, token_file, work)
    if as_json:
        result = {"steps": [step.as_json() for step in steps], "refused": refused}
        typer.echo(json.dumps({**result, "dry_run": dry_run}, ensure_ascii=False))
    elif not steps:
        typer.echo("nothing to change")
    for line in refused:
        typer.echo(f"qalqan: {line}", err=True)
    if refused:
        raise typer.Exit(1)
