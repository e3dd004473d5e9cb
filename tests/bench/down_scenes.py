"""Scenes with people who lie and who do not: drawn before many places, and real, of two seconds.

Places are parted in two by their names: what is fitted on one part is judged on the other.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import av
import numpy as np
from scipy import ndimage

from detect.aids import Aids, Head, Pose
from detect.detections import Detections
from detect.training.fight_clips import JOINED
from detect.training.same_place import background, places
from ingest.camera import CameraId
from ingest.frame import Frame, FrameSize, Image
from tests.support.falls import Act, Box, Maker, Scene, scenes
from tests.support.incidents import NOON
from tests.support.scenery import ArrayPicture, nearest

FPS = 5.0
VTEST = "vtest"
BACKDROPS = {
    "fit": (
        VTEST,
        "pedestrian/neg_lobby_concat",
        "vehicle/car_park_topdown",
        "fight/pairs/nofi112",
        "fight/pairs/nofi060",
        "fight/pairs/nofi114",
        "fight/pairs/nofi133",
        "fight/pairs/nofi135",
    ),
    "judge": (
        "fight/pairs/nofi145",
        "pedestrian/neg_corridor_white_concat",
        "vehicle/neg_street_parking_concat",
        "fight/pairs/nofi115",
        "fight/pairs/nofi120",
        "fight/pairs/nofi140",
        "fight/pairs/nofi147",
        "fight/pairs/nofi128",
    ),
}
"""Places that people are drawn into: empty ones, or with few people in them."""
MEDIAN_OF = 15
HEIGHT_PX = 480
"""Of pictures that are drawn on, at least: cut-outs are about 100 pixels tall."""


@dataclass(frozen=True, slots=True)
class Lying:
    """Somebody who lies in a clip of two seconds, as a person saw."""

    box: Box
    from_s: float = 0.0


REAL: dict[str, tuple[Lying, ...]] = {
    "fi114": (Lying((0.33, 0.54, 0.62, 0.78), 1.3),),
    "fi116": (Lying((0.12, 0.34, 0.25, 0.46)), Lying((0.54, 0.62, 0.71, 0.81), 1.3)),
    "fi119": (
        Lying((0.07, 0.36, 0.25, 0.47)),
        Lying((0.32, 0.39, 0.51, 0.55)),
        Lying((0.70, 0.42, 0.82, 0.57), 1.0),
    ),
    "nofi050": (Lying((0.12, 0.36, 0.25, 0.47)),),
    "nofi052": (Lying((0.14, 0.36, 0.25, 0.46)), Lying((0.30, 0.39, 0.53, 0.58))),
    "nofi111": (Lying((0.45, 0.51, 0.54, 0.61)), Lying((0.53, 0.60, 0.68, 0.80))),
    "nofi148": (Lying((0.28, 0.38, 0.45, 0.50)), Lying((0.31, 0.52, 0.46, 0.73))),
    "nofi149": (Lying((0.48, 0.69, 0.90, 0.93)),),
    "fi139": (Lying((0.31, 0.79, 0.47, 0.94)),),
}
"""Clips of `fight/pairs` with people who lie."""
UNSURE = frozenset(
    "fi102 fi103 fi104 fi109 fi115 fi117 fi118 fi120 fi121 fi129 fi130 fi134 fi136 fi138 fi143 "
    "nofi051".split()
)
"""Clips in which somebody kneels, is held down or may lie: neither one nor the other."""


def places_of(paths: Sequence[Path]) -> list[int]:
    """The number of each clip's place."""
    behind = []
    for path in paths:
        with av.open(str(path)) as container:
            greys = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
        behind.append(background([np.asarray(grey, np.uint8) for grey in greys[::8]]))
    return places([path.stem for path in paths], behind, JOINED)


@cache
def backdrop(folder: Path, name: str) -> Image:
    """The median of a clip's pictures, as large as cut-outs look natural in."""
    with av.open(str(folder / f"{name}.mp4")) as container:
        frames = [
            frame.reformat(height=max(HEIGHT_PX, frame.height), width=_wide(frame), format="bgr24")
            for frame in list(container.decode(video=0))[:900]
        ]
    step = max(1, len(frames) // MEDIAN_OF)
    stack = np.stack([_bgr(frame) for frame in frames[::step]])
    return np.asarray(np.median(stack, axis=0), np.uint8)


def _bgr(frame: av.VideoFrame) -> Image:
    return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _wide(frame: av.VideoFrame) -> int:
    height = max(HEIGHT_PX, frame.height)
    return round(frame.width * height / frame.height / 2) * 2


@dataclass(frozen=True, slots=True)
class Drawn:
    """A scene before a place."""

    place: str
    scene: Scene
    number: int

    @property
    def name(self) -> str:
        return f"{self.scene.act}-{self.number}-{self.scene.height:g}@{self.place}"


def drawn_scenes(acts: Iterable[Act], many: int, seed: int, part: str) -> Iterator[Drawn]:
    """`many` of each act; places and sizes take turns. No place and nobody is in both parts."""
    places = BACKDROPS[part]
    for act in acts:
        for number, scene in enumerate(scenes(act, many, seed)):
            # Four sizes take turns as well: the places shift by one each time round.
            place = places[(number + number // 4) % len(places)]
            yield Drawn(place, replace(scene, who=2 * scene.who + (part == "judge")), number)


def maker_of(base: Maker, folder: Path, place: str) -> Maker:
    return base if place == VTEST else base.on(backdrop(folder, place))


def frame_of(image: Image, t_s: float, size: FrameSize) -> Frame:
    """A frame whose picture is the image."""
    width, height = size.fit(image.shape[1], image.shape[0])
    step = max(1, round(image.shape[1] / width))
    soft = ndimage.uniform_filter(image, (step, step, 0)) if step > 1 else image
    small = nearest(soft, width, height)
    return Frame(CameraId("a"), round(t_s * FPS), t_s, NOON, 0.0, small, ArrayPicture(image))


def to_and_fro(path: Path, size: FrameSize, seconds: float) -> Iterator[tuple[float, Frame]]:
    """A clip played forward and back; with the time in the clip."""
    with av.open(str(path)) as container:
        images = [_bgr(frame) for frame in container.decode(video=0)]
        rate = float(container.streams.video[0].average_rate or 25)
    step = max(1, round(rate / FPS))
    kept = list(range(0, len(images), step))
    course = kept + kept[-2:0:-1]
    for number in range(round(seconds * FPS)):
        at = course[number % len(course)]
        yield at / rate, frame_of(images[at], number / FPS, size)


class Remembered(Aids):
    """A detector and what is beside it, that know again a picture they have seen."""

    def __init__(self, inner: Aids) -> None:
        self._inner = inner
        self._seen: dict[int, Detections] = {}
        self._poses: dict[int, Pose] = {}

    def poses(self, images: Sequence[Image]) -> list[Pose] | None:
        return [self._pose(image) for image in images]

    def detect(self, images: Sequence[Image]) -> list[Detections] | None:
        return [self.detected(image) for image in images]

    def head(self, name: str) -> Head | None:
        return self._inner.head(name)

    def forget(self) -> None:
        """Another scene."""
        self._seen.clear()
        self._poses.clear()

    def _pose(self, image: Image) -> Pose:
        key = zlib.crc32(image.tobytes())
        if key not in self._poses:
            self._poses[key] = (self._inner.poses([image]) or [])[0]
        return self._poses[key]

    def detected(self, image: Image) -> Detections:
        key = zlib.crc32(image.tobytes()) ^ image.shape[1]
        if key not in self._seen:
            self._seen[key] = (self._inner.detect([image]) or [])[0]
        return self._seen[key]
