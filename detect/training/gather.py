"""Measured places of scenes that were drawn and of real clips, with what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from detect.aids import Floats
from detect.track import Box
from detect.training.flame_scenes import Backdrop, Masks, Pace, Scene, make_scene
from ingest.camera import CameraId
from ingest.frame import FrameSize, Image
from ingest.sources.file import open_file

SIZE = FrameSize(416, 416)
FPS = 5.0
MOST_FRAMES = 200
"""Of one clip: 40 s."""
REAL_FIRE = "burns"
SHORT = 30
"""Frames; clips with fewer are shown in their own colours and in one more, of the others in all."""
LEAST_SHARE = 0.01
"""Part of a place that burns, below which it is none."""


class Place(Protocol):
    """What `detect.burning.flames` and `detect.burning.plumes` give."""

    @property
    def box(self) -> Box: ...

    @property
    def features(self) -> Floats | None: ...


class Watch(Protocol):
    def see(self, t_s: float, image: Image) -> Sequence[Place] | None: ...


@dataclass(slots=True)
class Rows:
    """Places of many scenes."""

    features: list[Floats] = field(default_factory=list)
    labels: list[float] = field(default_factory=list)
    scenes: list[str] = field(default_factory=list)
    """Name of the scene of each row."""
    places: dict[str, str] = field(default_factory=dict)
    """Scene -> backdrop it is parted by."""
    truths: dict[str, float] = field(default_factory=dict)
    """Scene -> whether it burns at all; also of scenes that gave no row."""
    baseline: dict[str, float] = field(default_factory=dict)
    """Scene -> the simplest score there is."""


def drawn(
    seeds: range, kinds: Sequence[str], backdrops: Sequence[Backdrop], pace: Pace
) -> Iterator[Scene]:
    """One scene a seed; every fourth before a drawn street."""
    for seed in seeds:
        backdrop = None if seed % 4 == 3 or not backdrops else backdrops[seed % len(backdrops)]
        yield make_scene(seed, kinds[seed % len(kinds)], backdrop, pace)


def add(
    rows: Rows,
    scene: Scene,
    masks: Masks,
    watch: Watch,
    baseline: Callable[[Image], float],
    enough: float,
) -> None:
    """Watch a scene as a camera does."""
    rows.places[scene.name] = scene.place
    rows.truths[scene.name] = float(masks.any())
    rows.baseline[scene.name] = max(baseline(image) for image in scene.images[::3])
    for t_s, image, mask in zip(scene.times, scene.images, masks, strict=True):
        for place in watch.see(t_s, image) or ():
            label = _label(mask, place.box, enough)
            if scene.what == REAL_FIRE and label == 0.0:
                continue  # the boxes of a real fire do not name all that burns
            if place.features is not None and label is not None:
                rows.features.append(place.features)
                rows.labels.append(label)
                rows.scenes.append(scene.name)


def _label(mask: npt.NDArray[np.bool_], box: Box, enough: float) -> float | None:
    height, width = mask.shape
    x1, y1, x2, y2 = box
    part = mask[int(y1 * height) : int(y2 * height) + 1, int(x1 * width) : int(x2 * width) + 1]
    share = float(part.mean()) if part.size else 0.0
    if share >= enough:
        return 1.0
    return 0.0 if share <= LEAST_SHARE else None


def real_clips(folder: Path) -> Iterator[tuple[str, str, list[float], list[Image]]]:
    """Name, scene that it is parted by, times and frames of each clip without a fire."""
    for path in sorted(folder.rglob("*.mp4")) + sorted(folder.rglob("*.avi")):
        if "fire" in path.parts or path.parent.name == "fire":
            continue
        frames = list(islice(open_file(str(path), CameraId("clip"), FPS, SIZE), MOST_FRAMES))
        if frames:
            times, images = [f.t_s for f in frames], [f.image for f in frames]
            yield path.stem, place_of(path), times, images


def place_of(path: Path) -> str:
    """Ten neighbours of the 2 s clips show the same scenes: they are parted together."""
    digits = "".join(c for c in path.stem if c.isdigit())
    return f"pairs-{path.stem[:2]}-{digits[:-1]}" if path.parent.name == "pairs" else path.stem


RECOLOURED: dict[str, Callable[[Image], Image]] = {
    "plain": lambda image: image,
    "blue-to-red": lambda image: np.ascontiguousarray(image[..., ::-1]),
    "turned": lambda image: np.ascontiguousarray(image[..., (1, 0, 2)]),
    "warm": lambda image: np.asarray(
        np.clip(image * np.array((0.45, 0.8, 1.35), np.float32), 0, 255), np.uint8
    ),
    "sunset": lambda image: np.asarray(
        np.clip(image * np.array((0.25, 0.55, 1.7), np.float32) + (0, 10, 20), 0, 255), np.uint8
    ),
}
"""Real movement in the colours of fire: whatever is blue becomes red, and so on."""


def recoloured(name: str, place: str, times: list[float], images: list[Image]) -> Iterator[Scene]:
    """A real clip without a fire, in its own colours and in those of fire."""
    others = list(RECOLOURED)[1:]
    short = len(images) < SHORT
    chosen = ["plain", others[sum(name.encode()) % len(others)]] if short else list(RECOLOURED)
    for colour in chosen:
        paint = RECOLOURED[colour]
        shown = [paint(image) for image in images]
        none = np.zeros((len(images), *images[0].shape[:2]), np.bool_)
        yield Scene(f"{name}-{colour}", place, "real", times, shown, none, none)


def backdrops_of(clips: Sequence[tuple[str, str, list[float], list[Image]]]) -> list[Backdrop]:
    """Each clip as a place to draw into; of long ones the first frames."""
    return [Backdrop(place, images[:60]) for _, place, _, images in clips]
