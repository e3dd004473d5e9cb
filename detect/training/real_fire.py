"""The real fires that there are, in several lights and sizes, with where they burn and smoke."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from detect.track import Box
from detect.training.flame_scenes import Masks, Scene
from detect.training.sensor import SHAPE, drawn_street, some_sensor
from ingest.camera import CameraId
from ingest.frame import Frame, FrameSize, Image
from ingest.sources.file import open_file

VARIANTS = 8
MOST_FRAMES = 200
FRAME = re.compile(r"<frameNumber>(\d+)</frameNumber>(.*?)(?=<frameNumber>|\Z)", re.DOTALL)
FOUR = re.compile(r"<_>\s*(\d+) (\d+) (\d+) (\d+)</_>")


def burning_clips(folder: Path, fps: float) -> Iterator[Scene]:
    """Variants of each clip in a folder `fire` with its `*.truth.json` and boxes in `*.xml`."""
    for path in sorted(folder.rglob("fire/*.mp4")):
        truth, boxes = path.with_name(path.stem + ".truth.json"), path.with_suffix(".xml")
        if truth.is_file() and boxes.is_file():
            frames = list(
                islice(
                    open_file(str(path), CameraId("clip"), fps, FrameSize(416, 416)), MOST_FRAMES
                )
            )
            facts = json.loads(truth.read_text("utf-8"))
            fire = _fire(frames, facts["media"]["fps"], boxes.read_text("utf-8"))
            smoke = _smoke(frames, facts["events"])
            for variant in range(VARIANTS):
                yield _variant(path.stem, variant, frames, fire, smoke)


def _fire(frames: Sequence[Frame], fps: float, text: str) -> Masks:
    """Where boxes (x y w h in pixels of the source) lie in the frame nearest in time."""
    boxes = {int(n): [tuple(map(int, b)) for b in FOUR.findall(t)] for n, t in FRAME.findall(text)}
    masks = np.zeros((len(frames), *frames[0].image.shape[:2]), np.bool_)
    for number, frame in enumerate(frames):
        width, height = frame.picture.width_px, frame.picture.height_px
        for x, y, w, h in boxes.get(round(frame.t_s * fps), []):
            _fill(masks[number], (x / width, y / height, (x + w) / width, (y + h) / height))
    return masks


def _smoke(frames: Sequence[Frame], events: Sequence[dict[str, object]]) -> Masks:
    masks = np.zeros((len(frames), *frames[0].image.shape[:2]), np.bool_)
    for event in events:
        box, start, end = event.get("box"), event["start_s"], event["end_s"]
        if event["type"] == "smoke" and isinstance(box, list):
            for number, frame in enumerate(frames):
                if float(str(start)) <= frame.t_s <= float(str(end)):
                    _fill(masks[number], (box[0], box[1], box[2], box[3]))
    return masks


def _fill(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], box: Box) -> None:
    height, width = mask.shape
    x1, y1, x2, y2 = box
    mask[int(y1 * height) : round(y2 * height), int(x1 * width) : round(x2 * width)] = True


def _variant(name: str, variant: int, frames: Sequence[Frame], fire: Masks, smoke: Masks) -> Scene:
    """The first as it is; then mirrored, in other lights, and half as large in a drawn street."""
    random = np.random.default_rng(variant)
    images = [frame.image for frame in frames]
    times = [frame.t_s for frame in frames]
    if variant % 2:
        images = [image[:, ::-1] for image in images]
        fire, smoke = fire[:, :, ::-1], smoke[:, :, ::-1]
    if variant % 4 >= 2:
        street = drawn_street(random)
        top, left = (int(random.integers(0, side // 2)) for side in SHAPE)
        images = [_half(image, street, top, left) for image in images]
        fire, smoke = (_half_mask(masks, top, left) for masks in (fire, smoke))
    if variant:
        sensor = some_sensor(random, night=False)
        sensor.dark = float(random.uniform(0, 0.4))
        images = [sensor.seen(sensor.lit(i), t) for i, t in zip(images, times, strict=True)]
    shown = [np.ascontiguousarray(image) for image in images]
    return Scene(f"burns-{name}-{variant}", name, "burns", times, shown, fire, smoke)


def _half(image: Image, street: Image, top: int, left: int) -> Image:
    whole, small = street.copy(), image[::2, ::2]
    part = whole[top : top + small.shape[0], left : left + small.shape[1]]
    part[:] = small[: part.shape[0], : part.shape[1]]
    return whole


def _half_mask(masks: Masks, top: int, left: int) -> Masks:
    whole, small = np.zeros((len(masks), *SHAPE), np.bool_), masks[:, ::2, ::2]
    part = whole[:, top : top + small.shape[1], left : left + small.shape[2]]
    part[:] = small[:, : part.shape[1], : part.shape[2]]
    return whole
