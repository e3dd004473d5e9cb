"""What a node is told to watch, read one camera at a time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from detect.errors import DetectError
from detect.scene import Scene
from detect.track import Box
from ingest.camera import Camera, CameraId, StreamUrl
from ingest.errors import StreamUrlError

log = logging.getLogger(__name__)

Wanted = dict[CameraId, tuple[Camera, Scene]]


def read_order(cameras: Sequence[dict[str, Any]]) -> tuple[Wanted, dict[CameraId, str]]:
    """The cameras to watch, and why the others cannot be: one bad entry spoils no other."""
    wanted: Wanted = {}
    refused: dict[CameraId, str] = {}
    for item in cameras:
        identity = CameraId(str(item["id"]))
        try:
            camera = Camera(
                identity, StreamUrl.parse(item["url"]), float(item["fps"]), _substream(item)
            )
            wanted[identity] = (camera, Scene.parse(item["scene"]))
        except (DetectError, StreamUrlError, ValueError, TypeError, KeyError) as error:
            log.error("camera %s cannot be watched: %s", identity, error)
            refused[identity] = "bad_address" if isinstance(error, StreamUrlError) else "bad_scene"
    return wanted, refused


def read_watched(cameras: Sequence[dict[str, Any]]) -> dict[CameraId, tuple[Box, ...]]:
    """By camera, the places that people said are to be watched, whatever was learnt there.

    What cannot be read is said and left out: it is no reason not to watch a camera.
    """
    watched: dict[CameraId, tuple[Box, ...]] = {}
    for item in cameras:
        identity = CameraId(str(item["id"]))
        try:
            places = [tuple(map(float, one)) for one in item.get("watch_again", ())]
            watched[identity] = tuple((x1, y1, x2, y2) for x1, y1, x2, y2 in places)
        except (TypeError, ValueError) as error:
            log.error("camera %s: what to watch again cannot be read: %s", identity, error)
    return watched


def _substream(item: dict[str, Any]) -> StreamUrl | None:
    """Raises `StreamUrlError`."""
    text = item.get("substream")
    return None if text is None else StreamUrl.parse(text)
