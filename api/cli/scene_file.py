"""Scenes in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from api.errors import BadInput
from detect.scene import Scene


def read_scene(path: Path | None) -> Scene:
    """Read a scene file; the empty scene without one. Raises `BadInput`, `SceneError`."""
    if path is None:
        return Scene.parse({"version": 1, "rules": []})
    try:
        data: Any = json.loads(path.read_text("utf-8"), object_pairs_hook=_object)
    except OSError as error:
        raise BadInput(f"scene {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"scene {path} is not JSON: {' '.join(str(error).split())}") from error
    return Scene.parse(data)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found
