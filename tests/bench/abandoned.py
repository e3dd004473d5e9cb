"""How surely `abandoned_object` finds what people leave, and what it stays silent at.

    .venv/bin/python -m tests.bench.abandoned CLIP:HEIGHT:FOOT[:SECONDS]... [--fps 5 1] [--trials 2]
        [--seed 1] [--only STORY...] [--keep FOLDER]
    .venv/bin/python -m tests.bench.abandoned CLIP... [--fps 5 1] [--least 60] [--keep FOLDER]

No clip with a thing left behind may be shown here, so that they are drawn: cut-out people walk over
real clips (given with the height of a person at a row of feet, in fractions of the frame, and how
long it is until its first cut) and put drawn bags down, at up to 640 pixels, scaled to the model's
size as a camera's picture is. The default model looks at each of these pictures, whole, and closer
where the rule asks; with --keep what it saw is kept for the next time. Clips shorter than a story
are played to and fro. Without HEIGHT and FOOT a clip is judged as it is, and again to and fro until
it has lasted `--least` seconds: then each alarm is false.
Bounds are 95 %: Wilson's for the recall, Garwood's upper one for false alarms.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from scipy import stats

from api.cli.analyze import load_detector
from detect.detector import Detector
from detect.incident import IncidentId
from detect.left.belongings import BESIDE, NEAR
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame, FrameSize, Image
from ingest.sources.file import open_file
from ingest.sources.picture import AvPicture
from tests.bench.tamper import to_and_fro, wilson
from tests.support.drops import Stage, Story
from tests.support.incidents import NOON
from tests.support.kept_detector import KeptDetector
from tests.support.left_stories import LEFT, LONG_S, NOT_LEFT, Ground
from tests.support.stock import stock

FPS = 5
ASKED_S = 20.0
SOURCE = FrameSize(640, 640)
STOCK = Path("var/bench")
EARLY_S = 3.0
"""The rule counts from when somebody was last near, which may be before they were gone."""

Alarms = list[tuple[float, str]]
Trace = Callable[[CameraWatch, float], None]


@dataclass(frozen=True, slots=True)
class Place:
    """A clip to draw over, or to judge as it is."""

    name: str
    images: list[Image]
    """`FPS` a second."""
    ground: Ground | None
    still: int
    """So many of its first pictures are drawn over: up to the first cut."""
    seer: KeptDetector


@dataclass(slots=True)
class Spent:
    """Of judging, the detector's closer looks included where they were not kept."""

    seconds: float = 0.0
    frames: int = 0
    most_s: float = 0.0

    def add(self, seconds: float) -> None:
        self.seconds += seconds
        self.frames += 1
        self.most_s = max(self.most_s, seconds)


@dataclass(slots=True)
class Score:
    """Of one row of the table, or of all."""

    found: int = 0
    tried: int = 0
    false: int = 0
    company: int = 0
    """Missed where somebody of the clip itself stays beside the thing."""
    hours: float = 0.0
    delays: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def take(self, place: str, story: Story, alarms: Alarms, company: float = 0.0) -> None:
        """Count what one told story raised; `company` see `company_of`."""
        self.hours += LONG_S / 3600
        false = alarms
        if story.put_s is not None:
            due_s = story.left_s + ASKED_S
            good = [t for t, _ in alarms if t >= due_s - EARLY_S]
            self.tried += 1
            self.found += bool(good)
            self.delays += [good[0] - due_s] if good else []
            self.told += [] if good else [f"missed {place} (company {company:.0%})"]
            self.company += not good and company > 0.5
            false = [one for one in alarms if not good or one[0] != good[0]]
        self.false += len(false)
        self.told += [f"{place} {t:.0f}s {said[:45]}" for t, said in false]

    def add(self, other: Score) -> None:
        self.found, self.tried = self.found + other.found, self.tried + other.tried
        self.false, self.hours = self.false + other.false, self.hours + other.hours
        self.delays, self.company = self.delays + other.delays, self.company + other.company


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", nargs="+", help="CLIP:HEIGHT:FOOT, or CLIP alone for no drawing")
    parser.add_argument("--fps", nargs="+", type=int, default=[5, 1])
    parser.add_argument("--trials", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=60.0, help="seconds of each clip as it is")
    parser.add_argument("--keep", type=Path, help="folder for what the detector saw")
    parser.add_argument("--only", nargs="+", choices=sorted((*LEFT, *NOT_LEFT)))
    options = parser.parse_args()
    detector = load_detector("nanodet-g-416", 1)
    names = options.only or [*LEFT, *NOT_LEFT]
    drawn = [clip for clip in options.clips if ":" in clip]
    plain = [clip for clip in options.clips if ":" not in clip]
    for fps in options.fps:
        if drawn:
            tell_table(
                (place_of(clip, detector, options.keep) for clip in drawn),
                names,
                fps,
                range(options.trials),
                options.seed,
                detector,
            )
        if plain:
            places = (place_of(clip, detector, options.keep) for clip in plain)
            tell_plain(places, fps, options.least, detector)


def tell_table(
    places: Iterable[Place],
    names: list[str],
    fps: int,
    trials: Iterable[int],
    seed: int,
    detector: Detector,
) -> None:
    """Each story at each place, a place at a time; then the table by story."""
    rows = {name: Score() for name in names}
    spent = Spent()
    for place in places:
        for name in names:
            for trial in trials:
                story, alarms = tell(place, name, seed, trial, fps, detector, spent)
                company = company_of(place, story, detector)
                rows[name].take(f"{place.name[:12]}/{trial}", story, alarms, company)
        place.seer.save()
    total = Score()
    print(f"{fps} frames/s, seconds {ASKED_S:.0f}, seed {seed}")
    for name, row in rows.items():
        total.add(row)
        share = f"{row.found:4} of {row.tried:3} found" if row.tried else " " * 17
        print(f"{name:<14}{share}{row.false:4} false  {'; '.join(row.told)}")
    low, high = wilson(total.found, total.tried)
    delays = total.delays or [float("nan")]
    print(
        f"recall {total.found}/{total.tried} (95 % {low:.2f} to {high:.2f}); delay after due: "
        f"median {np.median(delays):.1f} s, most {max(delays):.1f} s; {total.company} missed "
        "beside people of the clip"
    )
    _say_false("drawn", total.false, total.hours)
    _say_spent(spent)


def tell(
    place: Place,
    name: str,
    seed: int,
    trial: int,
    fps: int,
    detector: Detector,
    spent: Spent,
    trace: Trace | None = None,
) -> tuple[Story, Alarms]:
    """One story at one place, and what was raised."""
    assert place.ground is not None
    random = np.random.default_rng([seed, trial, *name.encode(), *place.name.encode()])
    stage = Stage(stock(STOCK), place.ground.size)
    story = (LEFT.get(name) or NOT_LEFT[name])(random, place.ground)
    loop = to_and_fro(place.images[: place.still])
    pictures = (
        stage.draw(image, story, number / FPS)[0]
        for number, image in enumerate(islice(loop, int(LONG_S * FPS)))
        if number % (FPS // fps) == 0
    )
    return story, judged(
        frames_of(pictures, fps, detector.size), place.seer, detector, spent, trace
    )


def company_of(place: Place, story: Story, detector: Detector) -> float:
    """Part of the clip's own pictures in which somebody is within a height of the thing, 0 to 1:
    where the clip is short they never leave, so that the thing is not alone.
    """
    if story.put_s is None:
        return 0.0
    thing, (wide, high) = story.things[0], place.images[0].shape[1::-1]
    person, near = detector.classes.index("person"), []
    for frame in frames_of(place.images[: min(20, place.still)], FPS, detector.size):
        seen = place.seer.detect([frame.image])[0]
        boxes = seen.xyxy[(seen.label == person) & (seen.score >= 0.3)]
        x, tall = (boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3] - boxes[:, 1]
        apart = np.hypot((x - thing.x) * wide / high, boxes[:, 3] - thing.foot)
        near.append(bool((apart <= NEAR * BESIDE * tall).any()))
    return float(np.mean(near))


def tell_plain(places: Iterable[Place], fps: int, least_s: float, detector: Detector) -> None:
    """Clips as they are: all that is raised is false."""
    false, hours, spent = 0, 0.0, Spent()
    for place in places:
        count = max(len(place.images), round(least_s * FPS))
        loop = islice(to_and_fro(place.images), 0, count, FPS // fps)
        alarms = judged(frames_of(loop, fps, detector.size), place.seer, detector, spent)
        place.seer.save()
        false, hours = false + len(alarms), hours + count / FPS / 3600
        for t_s, said in alarms:
            print(f"  {place.name} at {t_s:.0f} s: {said}", flush=True)
    print(f"{fps} frames/s, seconds {ASKED_S:.0f}")
    _say_false("clips as they are", false, hours)
    _say_spent(spent)


def frames_of(pictures: Iterable[Image], fps: int, size: FrameSize) -> Iterator[Frame]:
    """As a camera gives them: scaled to the model's size, the whole picture beside it."""
    for number, picture in enumerate(pictures):
        high, wide = (side // 2 * 2 for side in picture.shape[:2])
        whole = VideoFrame.from_ndarray(np.ascontiguousarray(picture[:high, :wide]), "bgr24")
        fit = size.fit(wide, high)
        image = whole.reformat(width=fit[0], height=fit[1], format="bgr24", threads=1).to_ndarray()
        t_s = number / fps
        yield Frame(
            CameraId("drawn"), number, t_s, NOON, 0.0, np.asarray(image, np.uint8), AvPicture(whole)
        )


def judged(
    frames: Iterable[Frame],
    seer: KeptDetector,
    detector: Detector,
    spent: Spent,
    trace: Trace | None = None,
) -> Alarms:
    """When incidents are raised and what they say."""
    numbers = iter(range(10_000))
    watch = CameraWatch(
        CameraId("drawn"),
        Scene.parse({"version": 1, "rules": [{"kind": "abandoned_object", "seconds": ASKED_S}]}),
        detector.classes,
        detector.ref,
        lambda: IncidentId(str(next(numbers))),
        seer,
    )
    known: dict[str, tuple[float, str]] = {}
    for frame in frames:
        seen = seer.detect([frame.image])[0]
        began = time.thread_time()
        changes = watch.see(frame.t_s, NOON, seen, frame)
        spent.add(time.thread_time() - began)
        if trace is not None:
            trace(watch, frame.t_s)
        for change in changes:
            known.setdefault(change.id, (frame.t_s, change.why))
    return list(known.values())


def place_of(given: str, detector: Detector, keep: Path | None) -> Place:
    """Read a clip as `CLIP[:HEIGHT:FOOT[:SECONDS]]` says."""
    path, *numbers = given.split(":")
    images = [f.image.copy() for f in open_file(path, CameraId("clip"), FPS, SOURCE)]
    size = images[0].shape[1], images[0].shape[0]
    ground = Ground(size, float(numbers[0]), float(numbers[1])) if len(numbers) > 1 else None
    still = round(float(numbers[2]) * FPS) if len(numbers) > 2 else len(images)
    name = Path(path).stem
    seer = KeptDetector(detector, None if keep is None else keep / f"{name}.npz")
    return Place(name, images, ground, still, seer)


def _say_false(what: str, false: int, hours: float) -> None:
    most = stats.chi2.ppf(0.975, 2 * false + 2) / 2 / hours
    print(f"{what}: {false} false alarms in {hours:.2f} h (95 % below {most:.1f} an hour)")


def _say_spent(spent: Spent) -> None:
    mean_ms = spent.seconds * 1e3 / max(1, spent.frames)
    print(
        f"{mean_ms:.2f} ms a frame, most {spent.most_s * 1e3:.0f}, following included; closer "
        "looks where they were not kept\n",
        flush=True,
    )


if __name__ == "__main__":
    main()
