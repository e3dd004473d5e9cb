"""Surveillance footage made by script from the clip's stock, so that the truth is known.

`quiet`: an empty street, somebody walks in now and then. `medium`: the clip itself. `busy`:
several passes of the clip over each other, some mirrored. Weather, light and bit rate as asked.
The same recipe gives the same video.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

import av
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ingest.frame import Image
from ingest.sources.encode import encode_images
from tests.support.stock import FPS, CutOut, Stock, closer, stock
from tests.support.weather import Sky, Weather

VERSION = 1
"""Part of the name of kept files: raised when the same recipe gives other pictures."""
Box = tuple[float, float, float, float]
PASSES = ((0, False), (137, True), (311, False), (523, True))
"""Of the busy scene: frames of the clip by which a pass runs ahead, and whether mirrored."""
TRUTH_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Walk:
    """Somebody walks across the picture in a straight line."""

    at_s: float
    """When the first of them comes over the picture's edge."""
    height: float = 0.16
    """Of the person, as a part of the picture's height."""
    speed: float = 0.8
    """Heights a second: 0.8 is a walk, 0.25 a stroll, 1.6 a run."""
    foot: float = 0.6
    """Where the feet are, as a part of the picture's height."""
    to_right: bool = True
    stops_at: float | None = None
    """Stops for good where the centre is at this part of the width."""
    who: int = 0
    contrast: float = 1.0
    """Below 1 the person's colours are drawn to the background's."""


@dataclass(frozen=True, slots=True)
class Recipe:
    scene: Literal["quiet", "medium", "busy"] = "quiet"
    seconds: float = 60.0
    size: tuple[int, int] = (1280, 720)
    fps: float = 25.0
    gop_s: float = 1.0
    bit_rate: int = 0
    """Bits a second, constant; 0 for constant quality."""
    weather: Weather = field(default_factory=Weather)
    walks: tuple[Walk, ...] = ()
    """Of the quiet scene."""
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody's time in the picture."""

    begins_s: float
    """When a quarter of the person is first inside."""
    ends_s: float
    boxes: tuple[tuple[float, Box], ...]
    """Time and place (fractions, cut at the picture's edge) every `TRUTH_EVERY_S`."""


@dataclass(frozen=True, slots=True)
class Footage:
    path: Path
    """Annex-B H.264."""
    recipe: Recipe
    arrivals: tuple[Arrival, ...]
    """Of the quiet scene; where many walk, see `boxes`."""
    boxes: tuple[tuple[float, tuple[Box, ...]], ...]
    """What is in the picture at a time; of the clip's scenes what differs from its background."""

    def at(self, t_s: float) -> tuple[Box, ...]:
        """Boxes nearest in time."""
        if not self.boxes:
            return ()
        return min(self.boxes, key=lambda moment: abs(moment[0] - t_s))[1]


def footage(recipe: Recipe, folder: Path) -> Footage:
    """The recipe's video, made now or found in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps([VERSION, asdict(recipe)], sort_keys=True)
    name = f"{recipe.scene}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    path, truth = folder / f"{name}.h264", folder / f"{name}.json"
    if not (path.is_file() and truth.is_file()):
        maker = _Maker(recipe, stock(folder))
        encode(maker.images(), path, recipe)
        truth.write_text(json.dumps(maker.boxes()), "utf-8")
    return _read(path, truth, recipe)


def arrivals(
    seconds: float, every_s: float, seed: int, *, first_s: float = 60.0, contrast: float = 1.0
) -> tuple[Walk, ...]:
    """Walks of people of several sizes and speeds, one about every so many seconds."""
    random = np.random.default_rng(seed)
    walks = []
    at_s = first_s
    while at_s < seconds - 12:
        height = float(random.choice((0.10, 0.14, 0.20, 0.28)))
        walks.append(
            Walk(
                at_s=round(at_s, 2),
                height=height,
                speed=float(random.choice((0.3, 0.6, 0.9, 1.4))),
                foot=float(random.uniform(0.42, 0.95)) if height > 0.12 else 0.5,
                to_right=bool(random.integers(2)),
                who=int(random.integers(1000)),
                contrast=contrast,
            )
        )
        at_s += every_s * float(random.uniform(0.7, 1.3))
    return tuple(walks)


class _Maker:
    def __init__(self, recipe: Recipe, stock: Stock) -> None:
        self._recipe, self._stock = recipe, stock
        self._width, self._height = recipe.size
        source_height, source_width = stock.background.shape[:2]
        self._scale = max(self._width / source_width, self._height / source_height)
        self._left = (source_width * self._scale - self._width) / 2
        self._top = (source_height * self._scale - self._height) / 2
        self._background = _textured(self._to_size(stock.background), recipe.seed)
        self._scaled = lru_cache(maxsize=512)(self._scaled_cut)

    def images(self) -> Iterator[Image]:
        recipe = self._recipe
        sky = Sky(recipe.weather, recipe.size, recipe.seed)
        base = self._background.copy()
        sky.plant(base)
        for number in range(round(recipe.seconds * recipe.fps)):
            t_s = number / recipe.fps
            sky.behind(base, t_s)
            image = base.copy()
            for left, top, cut, contrast in self._present(t_s):
                _paste(image, cut, left, top, contrast)
            yield sky.over(image, t_s)

    def boxes(self) -> list[list[tuple[float, Box]]]:
        """For each walk (or, of the clip's scenes, once in all) times and boxes."""
        recipe = self._recipe
        moments = np.arange(0, recipe.seconds, TRUTH_EVERY_S).round(3).tolist()
        if recipe.scene != "quiet":
            return [
                [(t_s, self._box(*placed[:3])) for t_s in moments for placed in self._clip(t_s)]
            ]
        found: list[list[tuple[float, Box]]] = []
        for walk in recipe.walks:
            path = []
            for t_s in moments:
                placed = self._walker(walk, t_s)
                if placed is not None and self._share_inside(*placed[:3]) >= 0.25:
                    path.append((t_s, self._box(*placed[:3])))
            found.append(path)
        return found

    def _present(self, t_s: float) -> Iterator[tuple[int, int, CutOut, float]]:
        if self._recipe.scene != "quiet":
            yield from self._clip(t_s)
            return
        for walk in self._recipe.walks:
            placed = self._walker(walk, t_s)
            if placed is not None:
                yield placed

    def _clip(self, t_s: float) -> Iterator[tuple[int, int, CutOut, float]]:
        passes = PASSES if self._recipe.scene == "busy" else PASSES[:1]
        for ahead, mirrored in passes:
            frame = (int(t_s * FPS) + ahead) % len(self._stock.moving)
            for number in range(len(self._stock.moving[frame])):
                cut = self._scaled(frame, number, mirrored, self._scale)
                yield cut.left - round(self._left), cut.top - round(self._top), cut, 1.0

    def _walker(self, walk: Walk, t_s: float) -> tuple[int, int, CutOut, float] | None:
        if t_s < walk.at_s:
            return None
        who = walk.who % len(self._stock.walkers)
        steps = self._stock.walkers[who]
        tall = walk.height * self._height
        scale = tall / np.median([cut.size[1] for cut in steps])
        wide = float(np.median([cut.size[0] for cut in steps]) * scale)
        gone = (t_s - walk.at_s) * walk.speed * tall
        end = self._width + wide
        if walk.stops_at is not None:
            stop = walk.stops_at * self._width + wide / 2
            gone = min(gone, stop if walk.to_right else end - stop)
        if gone >= end:
            return None
        step = round(gone / (0.8 * tall) * FPS) % (2 * len(steps) - 2 or 1)
        step = step if step < len(steps) else 2 * len(steps) - 2 - step  # to and fro
        cut = self._scaled(-1 - who, step, not walk.to_right, round(scale, 3))
        centre = gone - wide / 2 if walk.to_right else self._width - gone + wide / 2
        left = round(centre - cut.size[0] / 2)
        return left, round(walk.foot * self._height - cut.size[1]), cut, walk.contrast

    def _scaled_cut(self, group: int, number: int, mirrored: bool, scale: float) -> CutOut:
        """Frame `group` of the clip, or walker `-1 - group`; its `number`th cut-out, scaled."""
        frames = self._stock.moving if group >= 0 else self._stock.walkers
        cut = frames[group if group >= 0 else -1 - group][number]
        if mirrored and group >= 0:
            cut = closer(cut, self._stock.background)
        left = cut.left
        image, alpha = cut.image, cut.alpha
        if mirrored:
            left = self._stock.background.shape[1] - cut.left - cut.size[0]
            image, alpha = image[:, ::-1], alpha[:, ::-1]
        both = np.dstack([image, alpha]).astype(np.float32)
        if scale < 0.7:  # what would fall between the pixels counts too
            both = ndimage.uniform_filter(both, (round(1 / scale), round(1 / scale), 0))
        size = max(2, round(cut.size[0] * scale)), max(2, round(cut.size[1] * scale))
        both = _resized(both, size)
        return CutOut(
            round(left * scale),
            round(cut.top * scale),
            both[..., :3].astype(np.uint8),
            both[..., 3].astype(np.uint8),
        )

    def _to_size(self, image: Image) -> npt.NDArray[np.float32]:
        height, width = image.shape[:2]
        whole = _resized(
            image.astype(np.float32), (round(width * self._scale), round(height * self._scale))
        )
        left, top = round(self._left), round(self._top)
        return whole[top : top + self._height, left : left + self._width]

    def _box(self, left: int, top: int, cut: CutOut) -> Box:
        width, height = cut.size
        return (
            max(0.0, left / self._width),
            max(0.0, top / self._height),
            min(1.0, (left + width) / self._width),
            min(1.0, (top + height) / self._height),
        )

    def _share_inside(self, left: int, top: int, cut: CutOut) -> float:
        inside = min(self._width, left + cut.size[0]) - max(0, left)
        return max(0.0, inside / cut.size[0])


def _textured(image: npt.NDArray[np.float32], seed: int) -> Image:
    """Fine texture over an enlarged picture, which would be too smooth for its size."""
    random = np.random.default_rng(seed)
    grain = ndimage.uniform_filter(random.standard_normal(image.shape[:2], np.float32), 2) * 10
    return np.clip(image + grain[..., None], 0, 255).astype(np.uint8)


def _resized(image: npt.NDArray[np.float32], size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Bilinear; size is (width, height)."""
    for axis, length in ((0, size[1]), (1, size[0])):
        at = (np.arange(length) + 0.5) * image.shape[axis] / length - 0.5
        at = at.clip(0, image.shape[axis] - 1)
        low = at.astype(np.int64)
        shape = [1] * image.ndim
        shape[axis] = length
        part = (at - low).astype(np.float32).reshape(shape)
        high = np.minimum(low + 1, image.shape[axis] - 1)
        image = image.take(low, axis) * (1 - part) + image.take(high, axis) * part
    return image


def _paste(image: Image, cut: CutOut, left: int, top: int, contrast: float) -> None:
    width, height = cut.size
    x1, y1 = max(0, left), max(0, top)
    x2, y2 = min(image.shape[1], left + width), min(image.shape[0], top + height)
    if x1 >= x2 or y1 >= y2:
        return
    part = (slice(y1 - top, y2 - top), slice(x1 - left, x2 - left))
    under = image[y1:y2, x1:x2]
    alpha = cut.alpha[part][..., None].astype(np.float32) * (contrast / 255)
    under[:] = (under + (cut.image[part].astype(np.float32) - under) * alpha).astype(np.uint8)


def encode(images: Iterator[Image], path: Path, recipe: Recipe) -> None:
    """Encode BGR images as the recipe says; those at a fixed bit rate are of its size."""
    width, height = recipe.size
    if recipe.bit_rate == 0:
        encode_images(images, path, width=width, height=height, fps=recipe.fps, gop_s=recipe.gop_s)
        return
    gop = max(1, round(recipe.fps * recipe.gop_s))
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.thread_count = round(recipe.fps), 1
    encoder.bit_rate = recipe.bit_rate
    kilobits = recipe.bit_rate // 1000
    encoder.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:sliced-threads=0:slices=1"
        f":vbv-maxrate={kilobits}:vbv-bufsize={kilobits}",
    }
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        for image in images:
            for packet in encoder.encode(av.VideoFrame.from_ndarray(image, format="bgr24")):
                file.write(bytes(packet))
        for packet in encoder.encode(None):
            file.write(bytes(packet))
    unfinished.replace(path)


def _read(path: Path, truth: Path, recipe: Recipe) -> Footage:
    paths = [
        [(float(t_s), tuple(map(float, box))) for t_s, box in walk]
        for walk in json.loads(truth.read_text("utf-8"))
    ]
    moments: dict[float, list[Box]] = {
        t_s: [] for t_s in np.arange(0, recipe.seconds, TRUTH_EVERY_S).round(3).tolist()
    }
    for walk in paths:
        for t_s, box in walk:
            moments.setdefault(t_s, []).append(box)
    seen = [
        Arrival(walk[0][0], walk[-1][0] + TRUTH_EVERY_S, tuple(walk))
        for walk in paths
        if walk and recipe.scene == "quiet"
    ]
    boxes = tuple((t_s, tuple(group)) for t_s, group in sorted(moments.items()))
    return Footage(path, recipe, tuple(seen), boxes)
