"""How surely `abandoned_object` finds what people leave, and what it stays silent at.

    .venv/bin/python -m tests.bench.abandoned CLIP:HEIGHT:FOOT[:SECONDS]... [--fps 5 1] [--trials 2]
        [--seed 1] [--detections FOLDER]

No clip with a thing left behind may be shown here, so that they are drawn: cut-out people walk over
real clips (given with the height of a person at a row of feet, in fractions of the frame, and how
long it is until its first cut) and put drawn bags down. No detector ran over these pictures: drawn
people are "detected" where they are, a tenth of the time not at all, with boxes that tremble; two
in five bags are seen as one, now and then. What a detector saw in the clip itself is read from
the folder (as `analyze --detections` writes it). The figures are therefore of the rule, and above
those of the street.
Bounds are 95 %: Wilson's for the recall, Garwood's upper one for false alarms.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np
from scipy import stats

from detect.detections import Detections
from detect.incident import IncidentId, ModelRef
from detect.scene import Scene
from detect.watch import CameraWatch
from ingest.camera import CameraId
from ingest.frame import Frame, FrameSize, Image
from ingest.sources.file import open_file
from tests.bench.tamper import to_and_fro, wilson
from tests.support.drops import (
    Random,
    Stage,
    Stop,
    Story,
    Thing,
    Walker,
    bag,
    car,
    crosses,
    visits,
)
from tests.support.stock import stock

FPS = 5
LONG_S = 60.0
ASKED_S = 20.0
SIZE = FrameSize(416, 416)
CLASSES = ("person", "car", "backpack", "handbag", "suitcase", "bus", "truck", "motorcycle")
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MISSED = 0.1
STOCK = Path("var/bench")


@dataclass(frozen=True, slots=True)
class Place:
    """A clip to draw over."""

    name: str
    images: list[Image]
    seen: list[list[dict[str, object]]]
    """What a detector saw in each."""
    height: float
    foot: float
    still: int
    """So many of its first pictures are drawn over: up to the first cut."""

    @property
    def size(self) -> tuple[int, int]:
        return self.images[0].shape[1], self.images[0].shape[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", nargs="+", help="CLIP:HEIGHT:FOOT, or CLIP alone for no drawing")
    parser.add_argument("--fps", nargs="+", type=int, default=[5, 1])
    parser.add_argument("--trials", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--detections", type=Path)
    parser.add_argument("--only", nargs="+", choices=sorted((*LEFT, *NOT_LEFT)))
    options = parser.parse_args()
    places = [_place(given, options.detections) for given in options.clips]
    names = options.only or [*LEFT, *NOT_LEFT]
    for fps in options.fps:
        _table(places, names, fps, options.trials, options.seed)


def _table(places: list[Place], names: list[str], fps: int, trials: int, seed: int) -> None:
    print(f"{fps} frames/s, seconds {ASKED_S:.0f}, seed {seed}")
    drawn = [place for place in places if place.height > 0]
    found = tried = false = 0
    minutes = spent_s = frames = 0.0
    delays: list[float] = []
    for name in names:
        row = [0, 0, 0]
        where = []
        for place in drawn:
            stage = Stage(stock(STOCK), place.size)
            for trial in range(trials):
                random = np.random.default_rng([seed, trial, *name.encode(), *place.name.encode()])
                story = (LEFT.get(name) or NOT_LEFT[name])(random, place)
                alarms, spent, count = _run(place, fps, random, stage, story)
                spent_s, frames = spent_s + spent, frames + count
                minutes += LONG_S / 60
                row[0] += 1
                if story.put_s is None:
                    row[2] += len(alarms)
                    where += [f"{place.name[:12]} {t:.0f}s {said[:40]}" for t, said in alarms]
                    continue
                due_s = story.left_s + ASKED_S
                good = [t for t, _ in alarms if t >= due_s - 3]
                row[1] += bool(good)
                row[2] += len(alarms) - bool(good)
                delays += [good[0] - due_s] if good else []
                where += [] if good else [place.name[:12]]
        if name in LEFT:
            found, tried = found + row[1], tried + row[0]
        false += row[2]
        told = f"{row[1]:4} of {row[0]:3} found" if name in LEFT else f"{row[0]:4} trials     "
        print(f"{name:<16}{told}{row[2]:4} false  {'; '.join(where)}", flush=True)
    low, high = wilson(found, tried)
    print(
        f"recall {found}/{tried} (95 % {low:.2f} to {high:.2f}); delay after due: median "
        f"{np.median(delays or [np.nan]):.1f} s, most {max(delays, default=np.nan):.1f} s"
    )
    _say_false("drawn", false, minutes / 60)
    false, minutes = 0, 0.0
    for place in places:
        random = np.random.default_rng(seed)
        alarms, spent, count = _run(place, fps, random, None, Story(), len(place.images) / FPS)
        spent_s, frames = spent_s + spent, frames + count
        false, minutes = false + len(alarms), minutes + len(place.images) / FPS / 60
        for t_s, said in alarms:
            print(f"  {place.name} at {t_s:.0f} s: {said}")
    _say_false("clips as they are", false, minutes / 60)
    print(f"{spent_s * 1e3 / frames:.2f} ms a frame, following included\n", flush=True)


def _say_false(what: str, false: int, hours: float) -> None:
    most = stats.chi2.ppf(0.975, 2 * false + 2) / 2 / hours
    print(f"{what}: {false} false alarms in {hours:.2f} h (95 % below {most:.1f} an hour)")


def _run(
    place: Place,
    fps: int,
    random: Random,
    stage: Stage | None,
    story: Story,
    seconds: float = LONG_S,
) -> tuple[list[tuple[float, str]], float, int]:
    """When incidents are raised and what they say; processor seconds; frames."""
    rule = {"kind": "abandoned_object", "seconds": ASKED_S}
    numbers = iter(range(10_000))
    watch = CameraWatch(
        CameraId("drawn"),
        Scene.parse({"version": 1, "rules": [rule]}),
        CLASSES,
        ModelRef("drawn", "0" * 64),
        lambda: IncidentId(str(next(numbers))),
    )
    known: dict[str, tuple[float, str]] = {}
    spent_s, count = 0.0, 0
    pairs = list(zip(place.images, place.seen, strict=True))
    loop = pairs if stage is None else to_and_fro(pairs[: place.still])  # type: ignore[arg-type]
    for number, (image, seen) in enumerate(islice(loop, int(seconds * FPS))):
        if number % (FPS // fps):
            continue
        t_s = number / FPS
        boxes: list[tuple[str, tuple[float, ...], float]] = [
            (str(b["label"]), tuple(b["xyxy"]), float(b["score"]))  # type: ignore[arg-type]
            for b in seen
            if b["label"] in CLASSES
        ]
        picture: Image = image
        if stage is not None:
            picture, there = stage.draw(image, story, t_s)
            boxes += _seen_by_chance(there, random)
        frame = Frame(CameraId("drawn"), number, t_s, NOON, 0.0, picture, None)  # type: ignore[arg-type]
        began = time.thread_time()
        changes = watch.see(t_s, NOON, _detections(boxes), frame)
        spent_s += time.thread_time() - began
        count += 1
        for change in changes:
            known.setdefault(change.id, (t_s, change.why))
    return list(known.values()), spent_s, count


def _seen_by_chance(
    there: list[tuple[str, tuple[float, float, float, float]]], random: Random
) -> list[tuple[str, tuple[float, ...], float]]:
    """As a small detector sees: not always, and with boxes that tremble."""
    boxes = []
    for label, box in there:
        rare = label in ("backpack", "handbag", "suitcase")
        if random.random() < (0.8 if rare else MISSED):
            continue
        wide, high = box[2] - box[0], box[3] - box[1]
        jitter = random.normal(0, 0.03, 4) * (wide, high, wide, high)
        score = random.uniform(0.3, 0.5) if rare else random.uniform(0.45, 0.85)
        boxes.append((label, tuple(np.clip(np.array(box) + jitter, 0, 1)), float(score)))
    return boxes


def _detections(boxes: list[tuple[str, tuple[float, ...], float]]) -> Detections:
    boxes = sorted(boxes, key=lambda box: -box[2])
    return Detections(
        np.array([box for _, box, _ in boxes], np.float32).reshape(-1, 4),
        np.array([score for _, _, score in boxes], np.float32),
        np.array([CLASSES.index(label) for label, _, _ in boxes], np.int32),
    )


def _place(given: str, folder: Path | None) -> Place:
    path, *numbers = given.split(":")
    height, foot, still_s = (*map(float, numbers), *(0.0, 0.0, 1e6)[len(numbers) :])
    images = [f.image.copy() for f in open_file(path, CameraId("clip"), FPS, SIZE)]
    seen: list[list[dict[str, object]]] = [[] for _ in images]
    if folder is not None:
        name = Path(path).name
        file = next(iter(sorted(folder.glob(f"*{name}.jsonl"))))
        seen = [json.loads(line)["boxes"] for line in file.read_text("utf-8").splitlines()]
    return Place(
        Path(path).name,
        images,
        seen[: len(images)],
        float(height),
        float(foot),
        int(float(still_s) * FPS),
    )


def _bag(
    random: Random, place: Place, x: float, foot: float, from_s: float, **more: float
) -> Thing:
    high = max(6, round(random.uniform(0.22, 0.4) * place.height * place.size[1]))
    label = str(random.choice(("backpack", "handbag", "suitcase"))) if random.random() < 0.4 else ""
    return Thing(bag(random, high), x, foot, from_s, label=label, **more)


def _abandons(random: Random, place: Place, end: float = 1.05, **more: float) -> Story:
    """Comes at 8 s, puts it down, goes two seconds later."""
    x, foot = float(random.uniform(0.25, 0.7)), place.foot + float(random.uniform(-0.03, 0.03))
    owner = visits(place.height, foot, int(random.integers(100)), x, 8.0, 10.0, end)
    wide = 0.16 * place.height * place.size[1] / place.size[0]
    thing = _bag(random, place, x - wide * 1.5, foot, 8.5, **more)
    return Story((owner,), (thing,), put_s=8.5, left_s=10.0 + 1.25)


def left(random: Random, place: Place) -> Story:
    return _abandons(random, place)


def left_busy(random: Random, place: Place) -> Story:
    """Others walk past, in front of it too."""
    story = _abandons(random, place)
    others = [
        crosses(random, place.height, place.foot + 0.02 * k, 2.0 + 9 * k, int(random.integers(99)))
        for k in range(1, 5)
    ]
    return Story((*story.walkers, *others), story.things, put_s=8.5, left_s=story.left_s)


def left_in_view(random: Random, place: Place) -> Story:
    """The owner waits four heights away and more."""
    story = _abandons(random, place)
    owner = story.walkers[0]
    gone = 4.5 * place.height * 9 / 16
    end = owner.way[1].x + (gone if owner.way[1].x < 0.5 else -gone)
    way = (*owner.way[:3], Stop(owner.way[2].at_s + 5, end), Stop(LONG_S, end))
    walker = Walker(owner.who, owner.height, owner.foot, way)
    return Story((walker,), story.things, put_s=8.5, left_s=story.left_s + 1)


def attended(random: Random, place: Place) -> Story:
    """The owner stands one height beside it."""
    story = _abandons(random, place)
    owner = story.walkers[0]
    end = owner.way[1].x + 0.8 * place.height * 9 / 16
    way = (*owner.way[:3], Stop(owner.way[2].at_s + 2, end), Stop(LONG_S, end))
    return Story((Walker(owner.who, owner.height, owner.foot, way),), story.things)


def fetched(random: Random, place: Place) -> Story:
    """Left for twelve seconds and fetched."""
    story = _abandons(random, place, until_s=23.0)
    x = story.things[0].x
    again = visits(place.height, place.foot, story.walkers[0].who, x, 22.5, 23.5)
    return Story((*story.walkers, again), story.things)


def passing(random: Random, place: Place) -> Story:
    return Story(
        tuple(
            crosses(random, place.height, place.foot + 0.03 * k, 7.0 * k, int(random.integers(99)))
            for k in range(6)
        )
    )


def removed(random: Random, place: Place) -> Story:
    """A thing that stood there from the beginning is taken away."""
    story = _abandons(random, place)
    thing = story.things[0]
    was = Thing(thing.picture, thing.x, thing.foot, 0.0, 9.0)
    return Story(story.walkers, (was,))


def stands_still(random: Random, place: Place) -> Story:
    x = float(random.uniform(0.25, 0.7))
    return Story((visits(place.height, place.foot, int(random.integers(99)), x, 8.0, 55.0),))


def car_parks(random: Random, place: Place) -> Story:
    """A car parks; its driver walks off."""
    high = round(0.8 * place.height * place.size[1])
    x = float(random.uniform(0.3, 0.7))
    parked = Thing(car(random, high), x, place.foot, 5.0, label="car", moves_from=-0.3)
    driver = Walker(
        int(random.integers(99)),
        place.height,
        place.foot + 0.02,
        (Stop(12.0, x), Stop(14.0, x), Stop(25.0, 1.05)),
    )
    return Story((driver,), (parked,))


def light_patch(random: Random, place: Place) -> Story:
    """A patch of light, or a shadow, comes where somebody walks."""
    x = float(random.uniform(0.3, 0.7))
    half = 0.3 * place.height
    box = (x - half / 2, place.foot - half, x + half / 2, place.foot)
    walker = visits(place.height, place.foot, int(random.integers(99)), x, 8.0, 9.0)
    return Story((walker,), (), (8.5, float(random.choice((-0.5, 0.6, 0.9))), box))


LEFT: dict[str, Callable[[Random, Place], Story]] = {
    "left": left,
    "left_busy": left_busy,
    "left_in_view": left_in_view,
}
NOT_LEFT: dict[str, Callable[[Random, Place], Story]] = {
    "attended": attended,
    "fetched": fetched,
    "passing": passing,
    "removed": removed,
    "stands_still": stands_still,
    "car_parks": car_parks,
    "light_patch": light_patch,
}


if __name__ == "__main__":
    main()
