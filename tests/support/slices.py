"""Clips of the hard cases that the guard tells apart, made by script, with their truth.

Night noise, small and far, slow, parked then moving, abandoned, crowd: people cut out of the test
clip and its parked van move over its empty background along given paths. The same
seed gives the same video. Beside each `<name>.mp4` lies `<name>.truth.json` (`detect.guard.truth`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ingest.frame import Image
from tests.support.stock import FPS as STOCK_FPS
from tests.support.stock import CutOut, Stock, stock
from tests.support.weather import Sky, Weather

FPS = 10
GOP_S = 1.0
HD, FULL_HD = (1280, 720), (1920, 1080)
ZONE_X = (0.25, 0.75)
"""The zone is this part of the width, at full height; the line is down its middle."""
JOINED_S = 5.0
"""Who enters within this time of the last one's leaving belongs to the same happening."""
LOITERING_S = 15.0
WALK = 0.8
"""Own heights a second."""
VAN_PX = (652, 43, 724, 100)
"""Where the clip's white van is parked (x1 y1 x2 y2)."""
VAN_OUTLINE = ((1, 10), (14, 2), (50, 1), (62, 7), (71, 26), (71, 46), (50, 55), (2, 50))
VEHICLES = ("car", "truck", "bus")

Key = tuple[float, float, float]
"""Time, x of the middle and y of the foot, in fractions of the picture."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Something on its way: a person or the van."""

    keys: tuple[Key, ...]
    """Growing in time; in between it moves evenly, before and after it is not there."""
    height: float
    """Of the picture's."""
    who: int = 0
    kind: str = "person"

    def at(self, t_s: float) -> tuple[float, float] | None:
        """Middle and foot, or None."""
        times, xs, ys = zip(*self.keys, strict=True)
        if not times[0] <= t_s <= times[-1]:
            return None
        return float(np.interp(t_s, times, xs)), float(np.interp(t_s, times, ys))


@dataclass(frozen=True, slots=True)
class Staging:
    """One clip to be made."""

    name: str
    seconds: float
    actors: tuple[Actor, ...]
    size: tuple[int, int] = HD
    weather: Weather = field(default_factory=Weather)
    whole_clip: bool = False
    """The case is the clip's, not its actors'."""


def walk(
    at_s: float, height: float, foot: float, *, speed: float = WALK, to_right: bool = True, who: int
) -> Actor:
    """Somebody crosses the picture (taken as 16 to 9)."""
    duration_s = 1.2 * 16 / 9 / (speed * height)
    ends = (-0.1, 1.1) if to_right else (1.1, -0.1)
    return Actor(((at_s, ends[0], foot), (at_s + duration_s, ends[1], foot)), height, who)


def stagings(seed: int) -> tuple[Staging, ...]:
    """All six."""
    makers: tuple[Callable[[np.random.Generator], Staging], ...] = (
        _night,
        _small,
        _slow,
        _parked,
        _abandoned,
        _crowd,
    )
    return tuple(make(np.random.default_rng([seed, k])) for k, make in enumerate(makers))


def _night(random: np.random.Generator) -> Staging:
    noise = Weather(dark=0.6, noise=10.0, gain_flicker=0.01)
    walks = _walks(random, first_s=8.0, every_s=26.0, count=3, heights=(0.2, 0.3))
    return Staging("night_noise", 90.0, walks, weather=noise, whole_clip=True)


def _small(random: np.random.Generator) -> Staging:
    walks = [
        walk(
            4.0 + 11.0 * k,
            float(random.uniform(0.065, 0.082)),
            float(random.uniform(0.3, 0.45)),
            speed=2.0,
            to_right=bool(k % 2),
            who=int(random.integers(1000)),
        )
        for k in range(6)
    ]
    return Staging("small_far", 80.0, tuple(walks), size=FULL_HD)


def _slow(random: np.random.Generator) -> Staging:
    walks = [
        walk(2.0, 0.25, 0.75, speed=0.18, who=int(random.integers(1000))),
        walk(20.0, 0.22, 0.6, speed=0.2, to_right=False, who=int(random.integers(1000))),
    ]
    return Staging("slow", 75.0, tuple(walks))


def _parked(random: np.random.Generator) -> Staging:
    who = int(random.integers(1000))
    stands = ((3.0, -0.1, 0.8), (8.0, 0.4, 0.8), (48.0, 0.4, 0.8), (54.0, 1.1, 0.8))
    parks = ((1.0, 1.2, 0.5), (5.0, 0.62, 0.5), (45.0, 0.62, 0.5), (50.0, -0.2, 0.5))
    return Staging(
        "parked_then_moving",
        60.0,
        (Actor(parks, 0.2, kind="van"), Actor(stands, 0.28, who)),
    )


def _abandoned(random: np.random.Generator) -> Staging:
    parks = ((1.0, -0.15, 0.62), (6.0, 0.45, 0.62), (60.0, 0.45, 0.62))
    leaves = ((7.0, 0.5, 0.64), (9.0, 0.5, 0.64), (16.0, 1.1, 0.72))
    who = int(random.integers(1000))
    return Staging("abandoned", 60.0, (Actor(parks, 0.22, kind="van"), Actor(leaves, 0.26, who)))


def _crowd(random: np.random.Generator) -> Staging:
    people = []
    for number in range(14):
        x, foot = 0.1 + 0.8 * (number % 7) / 6, 0.5 + 0.35 * (number // 7)
        keys = [(4.0 + 0.3 * number, -0.1 if number % 2 else 1.1, foot)]
        t_s = keys[0][0] + 5.0
        while t_s < 45.0:
            x = float(np.clip(x + random.uniform(-0.1, 0.1), 0.05, 0.95))
            keys.append((t_s, x, foot + float(random.uniform(-0.03, 0.03))))
            t_s += float(random.uniform(2.0, 5.0))
        keys.append((t_s + 5.0, 1.1 if number % 2 else -0.1, foot))
        people.append(Actor(tuple(keys), 0.22 + 0.08 * (number // 7), int(random.integers(1000))))
    return Staging("crowd", 60.0, tuple(people))


def _walks(
    random: np.random.Generator,
    *,
    first_s: float,
    every_s: float,
    count: int,
    heights: tuple[float, float],
) -> tuple[Actor, ...]:
    return tuple(
        walk(
            first_s + every_s * k,
            float(random.uniform(*heights)),
            float(random.uniform(0.6, 0.9)),
            to_right=bool(random.integers(2)),
            who=int(random.integers(1000)),
        )
        for k in range(count)
    )


def make(staging: Staging, folder: Path, seed: int = 1) -> Path:
    """The clip and its truth; the stock is kept in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{staging.name}.mp4"
    painter = Painter(staging, stock(folder), seed)
    _encode(painter.images(), path, staging.size)
    truth = json.dumps(truth_of(staging), indent=1)
    path.with_suffix(".truth.json").write_text(truth, "utf-8")
    return path


class Painter:
    """Paints the pictures of a staging."""

    def __init__(self, staging: Staging, taken: Stock, seed: int) -> None:
        self._staging, self._stock = staging, taken
        width, height = staging.size
        scale = max(width / taken.background.shape[1], height / taken.background.shape[0])
        whole = ndimage.zoom(taken.background, (scale, scale, 1), order=1)
        top = (whole.shape[0] - height) // 2
        self._background = np.ascontiguousarray(whole[top : top + height, :width])
        self._sky = Sky(staging.weather, staging.size, seed)
        self._van = _van(taken.background)
        self._scaled = lru_cache(maxsize=1024)(self._scaled_cut)

    def images(self) -> Iterator[Image]:
        for number in range(round(self._staging.seconds * FPS)):
            t_s = number / FPS
            image = self._background.copy()
            for actor in self._staging.actors:
                place = actor.at(t_s)
                if place is not None:
                    self._paint(image, actor, t_s, place)
            yield self._sky.over(image, t_s)

    def _paint(self, image: Image, actor: Actor, t_s: float, place: tuple[float, float]) -> None:
        before = actor.at(t_s - 1 / FPS) or place
        step, to_right = self._step(actor, t_s), place[0] >= before[0]
        cut = self._scaled(actor.kind, actor.who, step, to_right, actor.height)
        left = round(place[0] * image.shape[1] - cut.size[0] / 2)
        _paste(image, cut, left, round(place[1] * image.shape[0]) - cut.size[1])

    def _step(self, actor: Actor, t_s: float) -> int:
        """Which picture of the walk: it goes on with the way, and stops with it."""
        if actor.kind != "person":
            return 0
        way = sum(
            abs(b[1] - a[1]) * min(1.0, (t_s - a[0]) / (b[0] - a[0]))
            for a, b in pairwise(actor.keys)
            if t_s > a[0]
        )
        steps = len(self._walker(actor.who))
        number = round(way * 16 / 9 / (WALK * actor.height) * STOCK_FPS) % (2 * steps - 2)
        return number if number < steps else 2 * steps - 2 - number  # to and fro

    def _walker(self, who: int) -> tuple[CutOut, ...]:
        return self._stock.walkers[who % len(self._stock.walkers)]

    def _scaled_cut(self, kind: str, who: int, step: int, to_right: bool, height: float) -> CutOut:
        if kind == "van":
            cut, tall = self._van, self._van.size[1]
        else:
            steps = self._walker(who)
            cut, tall = steps[step], int(np.median([one.size[1] for one in steps]))
        scale = height * self._staging.size[1] / tall
        both = np.dstack([cut.image, cut.alpha]).astype(np.float32)
        if scale < 0.7:  # what would fall between the pixels counts too
            both = ndimage.uniform_filter(both, (round(1 / scale), round(1 / scale), 0))
        both = np.clip(ndimage.zoom(both, (scale, scale, 1), order=1), 0, 255).astype(np.uint8)
        both = both if to_right or kind != "person" else both[:, ::-1]
        return CutOut(0, 0, both[..., :3], both[..., 3])


def truth_of(staging: Staging) -> dict[str, Any]:
    """The events of a staging, as a truth file holds them."""
    polygon = [[ZONE_X[0], 0], [ZONE_X[1], 0], [ZONE_X[1], 1], [ZONE_X[0], 1]]
    middle = (ZONE_X[0] + ZONE_X[1]) / 2
    tags = [] if staging.whole_clip else [staging.name]
    groups = {"person": ("person",), "van": VEHICLES}
    events: list[dict[str, Any]] = []
    for kind, classes in groups.items():
        actors = [actor for actor in staging.actors if actor.kind == kind]
        common = {"classes": list(classes), "slices": tags}
        stays = [stay for actor in actors for stay in _stays(actor, staging.seconds)]
        for start_s, end_s in _joined(stays):
            where = {"polygon": polygon, **common}
            events.append({"type": "intrusion", "start_s": start_s, "end_s": end_s, **where})
        long = [stay for stay in stays if stay[1] - stay[0] >= LOITERING_S + 1]
        for start_s, end_s in _joined(long) if kind == "person" else ():
            where = {"polygon": polygon, "seconds": LOITERING_S, **common}
            events.append({"type": "loitering", "start_s": start_s, "end_s": end_s, **where})
        for t_s in _crossings(actors, middle, staging.seconds) if kind == "person" else ():
            where = {"line": [[middle, 0], [middle, 1]], **common}
            events.append({"type": "line_crossing", "start_s": t_s, "end_s": t_s, **where})
    return {
        "content": "Made by tests/support/slices.py.",
        "events": events,
        "slices": [staging.name] if staging.whole_clip else [],
    }


def _stays(actor: Actor, seconds: float) -> list[tuple[float, float]]:
    """Times from and to which an actor is in the zone."""
    times = np.arange(0, seconds, 1 / FPS)
    places = [actor.at(t_s) for t_s in times.tolist()]
    within = [place is not None and ZONE_X[0] <= place[0] <= ZONE_X[1] for place in places]
    edges = np.flatnonzero(np.diff([False, *within, False]))
    return [
        (round(a / FPS, 2), round((b - 1) / FPS, 2))
        for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    ]


def _joined(stays: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for start_s, end_s in sorted(stays):
        if joined and start_s - joined[-1][1] <= JOINED_S:
            joined[-1] = joined[-1][0], max(joined[-1][1], end_s)
        else:
            joined.append((start_s, end_s))
    return joined


def _crossings(actors: Sequence[Actor], x: float, seconds: float) -> list[float]:
    found = []
    for actor in actors:
        places = [(k / FPS, actor.at(k / FPS)) for k in range(round(seconds * FPS))]
        known = [(t_s, place[0] >= x) for t_s, place in places if place is not None]
        pairs = pairwise(known)
        found += [t_s for (_, before), (t_s, after) in pairs if before != after]
    return sorted(found)


def _van(background: Image) -> CutOut:
    """The parked van, cut out by its outline."""
    x1, y1, x2, y2 = VAN_PX
    rows, columns = np.mgrid[0 : y2 - y1, 0 : x2 - x1]
    inside = np.ones(rows.shape, np.bool_)
    for (ax, ay), (bx, by) in zip(VAN_OUTLINE, (*VAN_OUTLINE[1:], VAN_OUTLINE[0]), strict=True):
        inside &= (bx - ax) * (rows - ay) - (by - ay) * (columns - ax) >= 0  # it is convex
    alpha = ndimage.uniform_filter(inside.astype(np.float32), 3) * 255
    return CutOut(0, 0, background[y1:y2, x1:x2].copy(), alpha.astype(np.uint8))


def _paste(image: Image, cut: CutOut, left: int, top: int) -> None:
    width, height = cut.size
    x1, y1 = max(0, left), max(0, top)
    x2, y2 = min(image.shape[1], left + width), min(image.shape[0], top + height)
    if x1 >= x2 or y1 >= y2:
        return
    part = (slice(y1 - top, y2 - top), slice(x1 - left, x2 - left))
    under = image[y1:y2, x1:x2]
    alpha: npt.NDArray[np.float32] = cut.alpha[part][..., None].astype(np.float32) / 255
    under[:] = (under + (cut.image[part].astype(np.float32) - under) * alpha).astype(np.uint8)


def _encode(images: Iterator[Image], path: Path, size: tuple[int, int]) -> None:
    """H.264 as cameras make it: no B-frames, a key frame each `GOP_S`."""
    unfinished = path.with_suffix(".part.mp4")
    with av.open(str(unfinished), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
        gop = round(FPS * GOP_S)
        stream.codec_context.time_base = Fraction(1, FPS)
        stream.codec_context.options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "crf": "23",
            "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0",
        }
        for image in images:
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    unfinished.replace(path)
