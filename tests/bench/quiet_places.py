"""What zone rules raise where nobody is: shadows, headlights, insects, trees and a flag, drawn over
empty places; the detector is real.

    .venv/bin/python -m tests.bench.quiet_places CLIP[:SECONDS]... [--seconds 60] [--seed 1]
        [--save DIR]

A place is the median of a clip's pictures, or of those in its first SECONDS: who walked there is
gone, what never moves is left. All that is raised is false. Four rules for people watch each place:
intrusion and loitering over the whole frame, a line down the middle, and a crowd of three. Shadows
are those of people who walk outside of the picture. `--save` writes a picture of each case, to be
looked at.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from api.cli.analyze import load_detector
from detect.detector import Detector
from detect.evaluation.report import told_rate
from detect.guard.bounds import Rate
from detect.incident import IncidentId
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import FrameSize, Image
from ingest.sources.file import open_file
from ingest.sources.video_writer import jpeg
from tests.bench.abandoned import frames_of
from tests.support.incidents import NOON
from tests.support.weather import Sky, Weather

FPS = 5
PICTURES = 60
"""Of a clip, that its place is the median of."""
CASES: dict[str, Weather] = {
    "still": Weather(noise=2.0),
    "shadows": Weather(noise=2.0),
    "clouds": Weather(noise=2.0, drift=0.3),
    "headlights": Weather(dark=0.65, noise=9.0, headlights_every_s=6.0),
    "insects": Weather(dark=0.65, noise=9.0, insects_every_s=2.0),
    "trees, flag": Weather(noise=2.0, sway_px=14.0),
    "pumping": Weather(noise=3.0, pumping=0.35),
    "lamp on": Weather(dark=0.5, noise=6.0, jump_at_s=12.0),
}
SHADOW_DARK, SHADOW_EVERY_S = 0.45, 5.0
SCENE = {
    "version": 1,
    "lines": [{"name": "middle", "points": [[0.5, 1], [0.5, 0]]}],
    "rules": [
        {"kind": "intrusion", "seconds": 1},
        {"kind": "loitering", "seconds": 5},
        {"kind": "line_crossing", "line": "middle"},
        {"kind": "crowd", "count": 3},
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path)
    options = parser.parse_args()
    detector = load_detector("nanodet-g-416", 1)
    places = {Path(clip).stem.split(".")[0]: empty(clip) for clip in options.clips}
    for name, weather in CASES.items():
        raised: Counter[str] = Counter()
        for place, background in places.items():
            shown = pictures(background, name, weather, options.seed, options.seconds)
            save = None if options.save is None else options.save / f"{place}.{name}.jpg"
            for kind, t_s, why in alarms(shown, detector, save):
                raised[kind] += 1
                print(f"    {place}, {name}, {t_s:.1f} s: {why}", flush=True)
        hours = len(places) * options.seconds / 3600
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(raised.items()))
        rate = Rate(raised.total(), hours)
        print(f"{name:12} {rate.count:3} in {hours:.3f} h {told_rate(rate)}  {kinds}", flush=True)


def empty(clip: str) -> Image:
    """The median of pictures from all over a clip, or from its beginning."""
    path, _, seconds = clip.partition(":")
    frames = open_file(path, CameraId("clip"), FPS, FrameSize(1280, 1280))
    shown = [
        frame.image for frame in islice(frames, int(float(seconds) * FPS) if seconds else None)
    ]
    step = max(1, len(shown) // PICTURES)
    return np.asarray(np.median(np.stack(shown[::step]), axis=0), np.uint8)


def pictures(
    background: Image, case: str, weather: Weather, seed: int, seconds: float
) -> Iterator[Image]:
    """What a camera would show."""
    height, width = background.shape[:2]
    sky = Sky(weather, (width, height), seed)
    sky.plant(background)
    rng = np.random.default_rng([seed, len(case)])
    walkers = [shadow(rng, height) for _ in range(round(seconds / SHADOW_EVERY_S) + 1)]
    for number in range(round(seconds * FPS)):
        t_s = number / FPS
        image = background.copy()
        sky.behind(image, t_s)
        if case == "shadows":
            for index, (mask, foot_y, speed) in enumerate(walkers):
                walked_s = t_s - index * SHADOW_EVERY_S
                _darken(image, mask, foot_y, speed * walked_s, walked_s >= 0)
        yield sky.over(image, t_s)


def shadow(rng: np.random.Generator, height: int) -> tuple[npt.NDArray[np.float32], float, float]:
    """Somebody's shadow on the ground: how dark where (h, w), where the foot is (a part of the
    height), and how many pixels it goes in a second.
    """
    tall = int(height * rng.uniform(0.15, 0.3))
    y, x = np.mgrid[0:tall, 0 : tall * 2].astype(np.float32)
    lean = x - tall + rng.uniform(-0.8, 0.8) * (tall - y)  # the sun stands low and aside
    u, v = lean / tall, y / tall
    head = (u / 0.07) ** 2 + ((v - 0.1) / 0.09) ** 2 < 1
    body = (u / 0.14) ** 2 + ((v - 0.42) / 0.27) ** 2 < 1
    legs = (np.abs(np.abs(u) - 0.06) < 0.045) & (v > 0.5)
    dark = (head | body | legs).astype(np.float32) * SHADOW_DARK
    mask = np.asarray(ndimage.gaussian_filter(dark, tall / 60), np.float32)
    return mask, float(rng.uniform(0.5, 0.98)), float(rng.choice((-1, 1)) * 0.8 * tall)


def _darken(
    image: Image, mask: npt.NDArray[np.float32], foot_y: float, walked_px: float, there: bool
) -> None:
    height, width = image.shape[:2]
    tall, wide = mask.shape
    left = round(walked_px - wide) if walked_px >= 0 else round(width + walked_px)
    top = round(foot_y * height) - tall
    x1, x2, y1 = max(0, left), min(width, left + wide), max(0, top)
    if not there or x1 >= x2:
        return
    part = image[y1 : top + tall, x1:x2]
    part[...] = part * (1 - mask[y1 - top :, x1 - left : x2 - left, None])


def alarms(
    shown: Iterator[Image], detector: Detector, save: Path | None
) -> list[tuple[str, float, str]]:
    """Kind, media time and sentence of all that is raised."""
    ids = iter(range(10_000))
    watch = CameraWatch(
        CameraId("quiet"),
        Scene.parse(SCENE),
        detector.classes,
        detector.ref,
        lambda: IncidentId(str(next(ids))),
    )
    known: dict[str, tuple[str, float, str]] = {}
    for frame in frames_of(shown, FPS, detector.size):
        for one in watch.see(frame.t_s, NOON, detector.detect([frame.image])[0], frame):
            known.setdefault(one.id, (one.kind, frame.t_s, one.why))
        if save is not None and frame.seq == round(7.4 * FPS):
            save.parent.mkdir(parents=True, exist_ok=True)
            save.write_bytes(jpeg(frame.image, 640))
    return list(islice(known.values(), 100))


if __name__ == "__main__":
    main()
