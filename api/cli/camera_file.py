"""Cameras in files of an integrator: read, checked row by row, every mistake named."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import yaml
from pydantic import ValidationError

from api.cameras.schemas import NewCamera
from api.cli.remote import text_of
from api.cli.scene_file import read_scene
from api.errors import BadInput
from api.problem import words_for
from detect.errors import SceneError
from detect.scene import Scene
from ingest.camera import StreamUrl
from ingest.errors import StreamUrlError

ADDRESSES = ("url", "substream_url")
NUMBERS = frozenset({"latitude", "longitude", "fps"})
FLAGS = frozenset({"enabled", "probe"})
TRUE, FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
SHOWN_MISTAKES = 3


def read_rows(file: Path) -> list[object]:
    """The rows of a .csv, .json or .yaml file, not yet checked. Raises `BadInput`."""
    text = text_of(file, "file")
    match file.suffix.lower():
        case ".csv":
            return [*_csv_rows(text, file)]
        case ".json" | ".yaml" | ".yml":
            found = read_data(text, file)
        case _:
            raise BadInput(f"{file}: must end with .csv, .json or .yaml")
    if isinstance(found, dict) and set(found) == {"cameras"}:
        found = found["cameras"]
    if not isinstance(found, list):
        raise BadInput(f"{file}: must be a list of cameras")
    return found


def read_data(text: str, file: Path) -> Any:
    """The value of a JSON or YAML text. Raises `BadInput`."""
    kind = "JSON" if file.suffix.lower() == ".json" else "YAML"
    try:
        return json.loads(text) if kind == "JSON" else yaml.safe_load(text)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise BadInput(f"{file}: not {kind} ({reason})") from error


def check_camera(row: object, environment: Mapping[str, str] = os.environ) -> NewCamera:
    """One camera, checked as the service will. Raises `BadInput` that names its keys."""
    if isinstance(row, dict):
        addresses = {key: row[key] for key in ADDRESSES if isinstance(row.get(key), str)}
        row = {**row, **{key: expand(url, environment) for key, url in addresses.items()}}
    try:
        camera = NewCamera.model_validate(row)
    except ValidationError as error:
        raise BadInput(mistakes(error)) from None
    try:
        StreamUrl.parse(camera.url)
        if camera.scene is not None:
            Scene.parse(camera.scene)
    except StreamUrlError as error:
        raise BadInput(f"url: {error}") from None
    except SceneError as error:
        raise BadInput(f"scene{error.pointer}: {error.message}") from None
    try:
        if camera.substream_url is not None:
            StreamUrl.parse(camera.substream_url)
    except StreamUrlError as error:
        raise BadInput(f"substream_url: {error}") from None
    return camera


def mistakes(error: ValidationError) -> str:
    """What is wrong, by key; never the values, which hold passwords."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    # A key that is not known tells more than the one that it stands for and that is missing.
    found.sort(key=lambda one: one["type"] != "extra_forbidden")
    said = [
        f"{'.'.join(str(part) for part in one['loc']) or 'row'}: {words_for(one)}" for one in found
    ]
    more = len(said) - SHOWN_MISTAKES
    return "; ".join(said[:SHOWN_MISTAKES]) + (f" (and {more} more)" if more > 0 else "")


def expand(url: str, environment: Mapping[str, str]) -> str:
    """`${NAME}` in an address becomes that variable's value. Raises `BadInput`."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise BadInput(f"url: the variable {match[1]} is not set")
        return quote(environment[match[1]], safe="")

    return VARIABLE.sub(value, url)


def with_password(url: str, password: str | None) -> str:
    """An address given in an argument, with its password from elsewhere. Raises `BadInput`."""
    if StreamUrl.parse(url).password is not None:
        raise BadInput("an address in an argument must hold no password: use --password-stdin")
    if password is None:
        return url
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        raise BadInput("a password needs a user: rtsp://USER@HOST/...")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))


def _csv_rows(text: str, file: Path) -> Iterator[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise BadInput(f"{file}: line {reader.line_num}: has more or fewer columns")
            yield {
                key.strip(): _cell(key.strip(), value, file) for key, value in row.items() if value
            }
    except csv.Error as error:
        raise BadInput(f"{file}: line {reader.line_num}: not CSV ({error})") from error


def _cell(key: str, text: str, file: Path) -> Any:
    """A cell's value; what cannot be read stays text, and the check names its key."""
    text = text.strip()
    if key in NUMBERS:
        try:
            return float(text)
        except ValueError:
            return text
    if key in FLAGS and text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    if key == "scene":
        return read_scene(file.parent / text).to_dict()
    return text
