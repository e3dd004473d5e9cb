"""How surely and how soon `camera_tamper` tells what is done to a camera, and what it stays silent at.

    .venv/bin/python -m tests.bench.tamper CLIP... [--fps 5 1] [--trials 2] [--seed 1]

Attacks begin at a random time of a real clip, played to and fro until it is long enough; each is
drawn at the model's size, with a seed. An attack is found when an incident begins in the time after
it; one that began before counts as false. `delay` is from the attack to the incident, which cannot
come before the rule's two seconds. Bounds are 95 %: Wilson's for the recall, Garwood's upper one for
false alarms an hour.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, cycle, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage, stats

from detect.aids import NO_AIDS
from detect.detections import Detections
from detect.rules.camera_tamper import CameraTamper, CameraTamperRule
from detect.scene import Scene
from detect.view import View
from ingest.camera import CameraId
from ingest.frame import FrameSize, Image
from ingest.sources.file import open_file
from tests.support.footage import Recipe, encode
from tests.support.weather import Sky, Weather

BASE_FPS = 5
LONG_S = 32.0
SIZE = FrameSize(416, 416)
Random = np.random.Generator
Change = Callable[[Image, float], Image]
"""The picture of so many seconds after the onset (below 0: before), changed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--fps", nargs="+", type=int, default=[5, 1])
    parser.add_argument("--trials", type=int, default=2, help="of each attack on each clip")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=sorted((*ATTACKS, *ORDINARY)))
    options = parser.parse_args()
    clips = {path.name: images_of(path) for path in options.clips}
    names = options.only or [*ATTACKS, *ORDINARY]
    for fps in options.fps:
        bench(clips, names, fps, options.trials, options.seed)


def bench(
    clips: dict[str, list[Image]], names: Sequence[str], fps: int, trials: int, seed: int
) -> None:
    """Print one table."""
    print(f"{fps} frames/s, {len(clips)} clips, {trials} trials each, seed {seed}")
    print(
        f"{'attack':<16}{'trials':>7}{'found':>7}  {'95 %':<12}{'median s':>9}{'most s':>8}"
        f"{'named':>7}  missed on"
    )
    total = Tally()
    for name in (name for name in names if name in ATTACKS):
        tally = Tally()
        for clip, images in clips.items():
            for trial in range(trials):
                random = np.random.default_rng([seed, trial, *name.encode(), *clip.encode()])
                tally.attack(clip, name, images, fps, random, others(clips, clip))
        total.add(tally)
        print(tally.line(name))
    if total.trials:
        print(total.line("all"))
    print(f"{'ordinary':<16}{'minutes':>8}{'false':>6}  of which")
    quiet = Tally()
    for name in (name for name in names if name in ORDINARY):
        tally = Tally()
        for clip, images in clips.items():
            for trial in range(trials):
                random = np.random.default_rng([seed, trial, *name.encode(), *clip.encode()])
                tally.ordinary(clip, name, images, fps, random, others(clips, clip))
        quiet.add(tally)
        print(f"{name:<16}{tally.seconds / 60:8.1f}{tally.false:6}  {', '.join(tally.where)}")
    hours = max(1e-9, (quiet.seconds + total.before_s) / 3600)
    false = quiet.false + total.false
    most = stats.chi2.ppf(0.975, 2 * false + 2) / 2
    print(
        f"false alarms: {false} in {hours:.2f} h (95 % below {most / hours:.1f} an hour); "
        f"{(quiet.spent_s + total.spent_s) * 1e3 / max(1, quiet.frames + total.frames):.2f} ms a frame\n",
        flush=True,
    )


@dataclass
class Tally:
    trials: int = 0
    found: int = 0
    named: int = 0
    false: int = 0
    before_s: float = 0.0
    seconds: float = 0.0
    frames: int = 0
    spent_s: float = 0.0
    delays: list[float] = field(default_factory=list)
    where: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name in (
            "trials",
            "found",
            "named",
            "false",
            "before_s",
            "seconds",
            "frames",
            "spent_s",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.delays += other.delays

    def attack(
        self, clip: str, name: str, images: list[Image], fps: int, random: Random, more: list[Image]
    ) -> None:
        onset_s = float(random.uniform(5, LONG_S - 14))
        change, words = ATTACKS[name](random, images, more)
        found = self._run(images, fps, lambda image, t_s: change(image, t_s - onset_s))
        early = [one for one in found if one[0] < onset_s]
        late = [one for one in found if one[0] >= onset_s]
        self.trials += 1
        self.false += len(early)
        self.before_s += onset_s
        if late:
            self.found += 1
            self.delays.append(late[0][0] - onset_s)
            self.named += any(word in late[0][1] for word in words)
        else:
            self.where.append(clip[:14])

    def ordinary(
        self, clip: str, name: str, images: list[Image], fps: int, random: Random, more: list[Image]
    ) -> None:
        onset_s = float(random.uniform(5, LONG_S - 14))
        kept = {"coded": coded}.get(name, lambda given: given)(images)
        change = ORDINARY[name](random, images, more)
        found = self._run(kept, fps, lambda image, t_s: change(image, t_s - onset_s))
        self.seconds += LONG_S
        self.false += len(found)
        self.where += [f"{clip[:14]} {t_s:.0f}s ({onset_s:.0f}) {said[:28]}" for t_s, said in found]

    def _run(self, images: list[Image], fps: int, change: Change) -> list[tuple[float, str]]:
        """When incidents begin, and what is said then."""
        rule = CameraTamperRule(kind="camera_tamper")
        judge = CameraTamper(rule, Scene(version=1), NO_AIDS)
        found: list[tuple[float, str]] = []
        last: dict[str, float] = {}
        for number, image in enumerate(islice(to_and_fro(images), int(LONG_S * BASE_FPS))):
            if number % (BASE_FPS // fps):
                continue
            t_s = number / BASE_FPS
            view = View(t_s, (), Detections.none(), image=change(image, t_s))
            began = time.thread_time()
            findings = judge.judge(view)
            self.spent_s += time.thread_time() - began
            self.frames += 1
            for finding in findings:
                if t_s - last.get(finding.key, -9) > 5:
                    found.append((t_s, finding.said.en))
                last[finding.key] = t_s
        return found

    def line(self, name: str) -> str:
        low, high = wilson(self.found, self.trials)
        delays = self.delays or [float("nan")]
        return (
            f"{name:<16}{self.trials:7}{self.found:7}  {low:.2f}-{high:.2f}   "
            f"{np.median(delays):9.1f}{max(delays):8.1f}{self.named:7}  {', '.join(self.where)}"
        )


def wilson(found: int, trials: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson, 1927)."""
    interval = stats.binomtest(found, max(1, trials)).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def images_of(path: Path) -> list[Image]:
    return [f.image.copy() for f in open_file(str(path), CameraId("clip"), BASE_FPS, SIZE)]


def others(clips: dict[str, list[Image]], clip: str) -> list[Image]:
    """Middle pictures of the other clips."""
    return [images[len(images) // 2] for name, images in clips.items() if name != clip]


def to_and_fro(images: list[Image]) -> Iterator[Image]:
    """Without a cut, for ever; in the order in which they were taken at first."""
    return chain.from_iterable(cycle((images, images[-2:0:-1])))


def coded(images: list[Image]) -> list[Image]:
    """As after a coder that is allowed what 300 kbit/s are at 720p and 25 frames/s."""
    height, width = (side // 2 * 2 for side in images[0].shape[:2])
    rate = int(300_000 * (width * height) / (1280 * 720))
    recipe = Recipe(size=(width, height), fps=BASE_FPS, gop_s=2.0, bit_rate=max(20_000, rate))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coded.h264"
        encode((np.ascontiguousarray(i[:height, :width]) for i in images), path, recipe)
        return [f.image.copy() for f in open_file(str(path), CameraId("clip"), 240.0, SIZE)]


def mixed(image: Image, other: npt.ArrayLike, alpha: npt.NDArray[np.floating] | float) -> Image:
    share = np.asarray(alpha, np.float32)
    share = share[..., None] if share.ndim == 2 else share
    whole = image + (np.asarray(other, np.float32) - image) * share
    return np.clip(whole, 0, 255).astype(np.uint8)


def noisy(image: npt.NDArray[np.generic], random: Random, sigma: float) -> Image:
    """One of a few patterns of noise, shifted by chance: new noise each time takes too long."""
    height, width = image.shape[:2]
    which, down, right = random.integers(0, (len(GRAIN), 40, 40))
    grain = GRAIN[which, down : down + height, right : right + width]
    return np.clip(image + grain * np.float32(sigma), 0, 255).astype(np.uint8)


GRAIN = np.random.default_rng(7).standard_normal((8, 456, 456, 3), np.float32)

Attack = tuple[Change, tuple[str, ...]]


def cover(random: Random, images: list[Image], more: list[Image]) -> Attack:
    return _sheet(random, images, 1.0), ("covered", "dark", "blinded")


def half_cover(random: Random, images: list[Image], more: list[Image]) -> Attack:
    return _sheet(random, images, float(random.uniform(0.5, 0.75))), ("covered",)


def _sheet(random: Random, images: list[Image], share: float) -> Change:
    """Something near the lens, out of focus, drawn over a part of the picture within 0.6 s."""
    colour = random.uniform(5, 230) * np.array([1, 1, 1]) + random.uniform(-15, 15, 3)
    side = int(random.integers(4))
    height, width = images[0].shape[:2]
    along = np.linspace(0, 1, width)[None, :] if side < 2 else np.linspace(0, 1, height)[:, None]
    along = np.broadcast_to(along if side % 2 else 1 - along, (height, width))
    blotches = _blotches(random, height, width, 40) * 14

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        reach = share * min(1.0, t_s / 0.6) * 1.06
        alpha = np.clip((reach - along) / 0.05, 0, 1)
        return mixed(image, noisy(colour + blotches[..., None], random, 2), alpha)

    return change


def textured_cover(random: Random, images: list[Image], more: list[Image]) -> Attack:
    height, width = images[0].shape[:2]
    cloth = 120 + _blotches(random, height, width, 5) * 45

    def change(image: Image, t_s: float) -> Image:
        return image if t_s < 0 else noisy(np.repeat(cloth[..., None], 3, 2), random, 2)

    return change, ("covered", "turned", "focus")


def spray(random: Random, images: list[Image], more: list[Image]) -> Attack:
    height, width = images[0].shape[:2]
    field_ = _blotches(random, height, width, 60)
    share = random.uniform(0.55, 0.9)
    level = np.quantile(field_, share)
    colour = random.uniform(0, 220, 3)

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        grown = level - 3 * (1 - min(1.0, t_s / 1.2))
        return mixed(image, colour, np.clip((grown - field_) / 0.3, 0, 1) * 0.97)

    return change, ("covered",)


def bag(random: Random, images: list[Image], more: list[Image]) -> Attack:
    grey = random.uniform(120, 230)
    sigma, strength = random.uniform(6, 12), random.uniform(0.6, 0.85)

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        return mixed(ndimage.gaussian_filter(image, (sigma, sigma, 0)), grey, strength)

    return change, ("covered", "focus")


def blur(sigma: float) -> Callable[[Random, list[Image], list[Image]], Attack]:
    def make(random: Random, images: list[Image], more: list[Image]) -> Attack:
        def change(image: Image, t_s: float) -> Image:
            if t_s < 0:
                return image
            now = sigma * min(1.0, 0.3 + t_s / 0.8)
            return ndimage.gaussian_filter(image, (now, now, 0))

        return change, ("focus",)

    return make


def shifted(low: float, high: float) -> Callable[[Random, list[Image], list[Image]], Attack]:
    def make(random: Random, images: list[Image], more: list[Image]) -> Attack:
        height, width = images[0].shape[:2]
        part = random.uniform(low, high) * random.choice((-1, 1))
        across = bool(random.integers(2))
        by = np.array((0, part * width) if across else (part * height, 0))
        slow_s = float(random.choice((0.0, 0.8)))

        def change(image: Image, t_s: float) -> Image:
            if t_s < 0:
                return image
            down, right = np.rint(by * (1.0 if slow_s == 0 else min(1.0, t_s / slow_s))).astype(int)
            return _pushed(image, int(right), int(down))

        return change, ("turned",)

    return make


def rotate(random: Random, images: list[Image], more: list[Image]) -> Attack:
    angle = random.uniform(8, 30) * random.choice((-1, 1))

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        return ndimage.rotate(image, angle, (1, 0), reshape=False, order=1, mode="reflect")

    return change, ("turned",)


def turned_away(random: Random, images: list[Image], more: list[Image]) -> Attack:
    """Swung within a second to where another clip's camera looks."""
    height, width = images[0].shape[:2]
    chosen = more[int(random.integers(len(more)))] if more else images[0][::-1, ::-1]
    other = _fitted(chosen, height, width)

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        gone = round(width * min(1.0, t_s / 1.0))
        if gone == width:
            return noisy(other, random, 1.5)
        return np.hstack([image[:, gone:], other[:, :gone]])

    return change, ("turned",)


def freeze(kind: str) -> Callable[[Random, list[Image], list[Image]], Attack]:
    def make(random: Random, images: list[Image], more: list[Image]) -> Attack:
        kept: list[Image] = []
        sigma = random.uniform(0.7, 3)

        def change(image: Image, t_s: float) -> Image:
            if t_s < 0:
                return image
            kept.append(image) if not kept else None
            if kind == "noise":
                return noisy(kept[0], random, sigma)
            if kind == "clock":
                still = kept[0].copy()
                still[4:14, 8:90] = random.integers(0, 2, (1, 82, 1)) * 255
                return still
            return kept[0]

        return change, ("frozen",)

    return make


def dark(random: Random, images: list[Image], more: list[Image]) -> Attack:
    left, sigma = random.uniform(0.0, 0.03), random.uniform(1, 5)

    def change(image: Image, t_s: float) -> Image:
        return image if t_s < 0 else noisy(image * left + 4, random, sigma)

    return change, ("dark", "covered")


def blind(random: Random, images: list[Image], more: list[Image]) -> Attack:
    height, width = images[0].shape[:2]
    y, x = np.ogrid[0:height, 0:width]
    cy, cx = random.uniform(0.3, 0.7, 2) * (height, width)
    glow = 900 * np.exp(-(((y - cy) ** 2 + (x - cx) ** 2) / (0.55 * width) ** 2))

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        return np.clip(image * 0.3 + glow[..., None], 0, 255).astype(np.uint8)

    return change, ("blinded", "covered")


ATTACKS: dict[str, Callable[[Random, list[Image], list[Image]], Attack]] = {
    "cover": cover,
    "half_cover": half_cover,
    "textured_cover": textured_cover,
    "spray": spray,
    "bag": bag,
    "blur_1px": blur(1.0),
    "blur_2px": blur(2.0),
    "blur_4px": blur(4.0),
    "blur_10px": blur(10.0),
    "shift_10_15": shifted(0.10, 0.15),
    "shift_15_50": shifted(0.15, 0.5),
    "rotate": rotate,
    "turned_away": turned_away,
    "freeze": freeze("exact"),
    "freeze_clock": freeze("clock"),
    "freeze_noise": freeze("noise"),
    "dark": dark,
    "blind": blind,
}


def plain(random: Random, images: list[Image], more: list[Image]) -> Change:
    return lambda image, t_s: image


def weather(**given: float) -> Callable[[Random, list[Image], list[Image]], Change]:
    def make(random: Random, images: list[Image], more: list[Image]) -> Change:
        height, width = images[0].shape[:2]
        sky = Sky(Weather(**given), (width, height), int(random.integers(1 << 30)))
        return lambda image, t_s: sky.over(image, t_s + LONG_S)

    return make


def light_step(random: Random, images: list[Image], more: list[Image]) -> Change:
    """The lights go down to a fifth, for good."""
    return lambda image, t_s: image if t_s < 0 else noisy(image * 0.2, random, 2)


def infrared(random: Random, images: list[Image], more: list[Image]) -> Change:
    """The filter is switched: half a second white, then grey, with a lamp's pool in the middle."""
    height, width = images[0].shape[:2]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    pool = 0.45 + 0.8 * np.exp(-(x**2 + y**2) / 0.5)
    mix = np.array([0.15, 0.25, 0.6])

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0:
            return image
        if t_s < 0.5:
            return np.full_like(image, 240)
        grey = (image @ mix) ** 0.85 * 1.6 * pool
        return noisy(np.repeat(grey[..., None], 3, 2), random, 5)

    return change


def shake(random: Random, images: list[Image], more: list[Image]) -> Change:
    """The mast sways by up to 1.5 % of the width."""

    def change(image: Image, t_s: float) -> Image:
        reach = 0.015 * image.shape[1] * (0.5 + 0.5 * np.sin(t_s / 5))
        right, down = np.rint(random.normal(0, reach / 2, 2)).astype(int)
        return _pushed(image, int(right), int(down))

    return change


def bus(random: Random, images: list[Image], more: list[Image]) -> Change:
    """A bus drives past close by and fills the picture for 5 s."""
    height, width = images[0].shape[:2]
    side = np.full((height, width * 3, 3), random.uniform(40, 220, 3))
    for left in range(20, width * 3 - 60, 90):
        side[height // 6 : height // 2, left : left + 62] = random.uniform(20, 90)
    side = ndimage.gaussian_filter(side, (1.5, 1.5, 0))
    pace = width * 3 / 5

    def change(image: Image, t_s: float) -> Image:
        right = round((t_s + 1.0) * pace) - width * 3
        if right + width * 3 <= 0 or right >= width:
            return image
        out = image.copy()
        x1, x2 = max(0, right), min(width, right + width * 3)
        out[:, x1:x2] = side[:, x1 - right : x2 - right]
        return out

    return change


def bus_stops(random: Random, images: list[Image], more: list[Image]) -> Change:
    """A bus stops at half the picture for 20 s."""
    height, width = images[0].shape[:2]
    side = np.full((height, width, 3), random.uniform(40, 220, 3))
    for left in range(20, width, 90):
        side[height // 4 : height // 2, left : left + 62] = random.uniform(20, 90)
    side = noisy(ndimage.gaussian_filter(side, (1.0, 1.0, 0)), random, 6)
    part = random.uniform(0.4, 0.6)

    def change(image: Image, t_s: float) -> Image:
        into = np.clip(min(t_s, 20 - t_s) / 1.5, 0, 1) * part
        x2 = round(into * width)
        out = image.copy()
        if x2:
            out[height // 8 :, :x2] = side[height // 8 :, -x2:]
        return out

    return change


def crowd_near(random: Random, images: list[Image], more: list[Image]) -> Change:
    """Heads and shoulders before the lens for 8 s, never still."""
    height, width = images[0].shape[:2]
    blobs = [
        (
            random.uniform(-0.2, 1.2),
            random.uniform(0.5, 1.2),
            random.uniform(0.15, 0.35),
            random.uniform(20, 160),
            random.uniform(-0.15, 0.15),
            random.uniform(0, 6),
        )
        for _ in range(9)
    ]
    y, x = np.ogrid[0 : 1 : height * 1j, 0 : width / height : width * 1j]

    def change(image: Image, t_s: float) -> Image:
        if not 0 <= t_s <= 8:
            return image
        for left, foot, wide, grey, pace, phase in blobs:
            cx = (left + pace * t_s) * width / height + 0.04 * np.sin(t_s * 3 + phase)
            cy = foot + 0.02 * np.sin(t_s * 5 + phase)
            body = ((x - cx) / wide) ** 2 + ((y - cy) / (wide * 1.8)) ** 2
            image = mixed(image, grey, np.clip((1 - body) * 8, 0, 1))
        return image

    return change


def cuts(random: Random, images: list[Image], more: list[Image]) -> Change:
    """Another clip's view every two seconds."""
    height, width = images[0].shape[:2]
    views = [_fitted(other, height, width) for other in more]

    def change(image: Image, t_s: float) -> Image:
        if t_s < 0 or not views:
            return image
        return noisy(views[int(t_s // 2) % len(views)], random, 1.5)

    return change


ORDINARY: dict[str, Callable[[Random, list[Image], list[Image]], Change]] = {
    "plain": plain,
    "pumping": weather(noise=0.0, pumping=0.35),
    "light_step": light_step,
    "night_noise": weather(noise=12.0, dark=0.6),
    "rain": weather(noise=2.0, rain=3.0),
    "headlights": weather(noise=4.0, dark=0.6, headlights_every_s=9.0),
    "infrared": infrared,
    "shake": shake,
    "coded": plain,
    "bus": bus,
    "bus_stops": bus_stops,
    "crowd_near": crowd_near,
    "cuts": cuts,
}


def _blotches(random: Random, height: int, width: int, size: int) -> npt.NDArray[np.floating]:
    """Smooth noise of unit variance."""
    out = ndimage.gaussian_filter(random.normal(0, 1, (height, width)), size / 2, mode="reflect")
    return np.asarray((out - out.mean()) / (out.std() + 1e-9), np.float32)


def _pushed(image: Image, right: int, down: int) -> Image:
    """The content moved; what comes in is the border repeated backwards."""
    height, width = image.shape[:2]
    rows = np.abs(np.arange(height) - down)
    columns = np.abs(np.arange(width) - right)
    rows = np.where(rows >= height, 2 * height - 2 - rows, rows)
    columns = np.where(columns >= width, 2 * width - 2 - columns, columns)
    return image[np.ix_(rows, columns)]


def _fitted(image: Image, height: int, width: int) -> Image:
    rows = np.linspace(0, image.shape[0] - 1, height).astype(int)
    columns = np.linspace(0, image.shape[1] - 1, width).astype(int)
    return image[np.ix_(rows, columns)]


if __name__ == "__main__":
    main()
