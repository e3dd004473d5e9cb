"""Where a rule of a camera looks, as its scene draws it now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.alert import Outline
from alerts.ports import Outlines
from alerts.registry import CameraRegistry
from ingest.camera import CameraId


def outlines_of(cameras: CameraRegistry) -> Outlines:
    """Reads zones and lines from the registered cameras' scenes."""

    def outline(camera: CameraId, name: str) -> Outline | None:
        registered = cameras.get(camera)
        return None if registered is None else outline_in(registered.scene, name)

    return outline


def outline_in(scene: Mapping[str, Any], name: str) -> Outline | None:
    """The zone of that name, else the line; None when the scene has neither."""
    for group, key, closed in (("zones", "polygon", True), ("lines", "points", False)):
        for item in scene.get(group, ()):
            if item["name"] == name:
                return Outline(tuple((float(x), float(y)) for x, y in item[key]), closed)
    return None
