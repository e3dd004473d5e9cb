"""What decoding key frames alone misses where nothing happens, and what it saves.

    python -m tests.bench.idle [--seconds 900] [--size 640x360] [--fps 12.5] [--only NAME...]
    python -m tests.bench.idle --cost

Long idle scenes are made by script (once, kept in --footage), really encoded and decoded; the
motion gate and the pacer see what they would see in service. A person whom a region covers counts
as found and is followed from then on: the detector itself is not part of this measurement.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from scipy.stats import beta

from detect.looking.look import LiveTrack
from detect.looking.motion import Motion, MotionGate
from detect.looking.pacing import Pacer
from ingest.frame import FrameSize, Image
from ingest.pace import Wanted
from tests.bench.idle_scenes import FIRST_S, scenes, special
from tests.support.footage import Arrival, Box, Footage, footage

MODEL = FrameSize(416, 416)
AFTER_S = 2.0
"""Key frames so soon after somebody left are not counted as empty."""


@dataclass(frozen=True, slots=True)
class Decoded:
    t_s: float
    is_key: bool
    image: Image


@dataclass(slots=True)
class Tally:
    pictures: int = 0
    decoded: int = 0
    empty_pictures: int = 0
    """With nobody in them, after the start."""
    empty_decoded: int = 0
    empty_keys: int = 0
    """Key frames with nobody in the picture, met while key frames sufficed, after the start."""
    empty_alarms: int = 0
    empty_updates: int = 0
    """Pictures of any kind with nobody in them, after the start."""
    empty_moving: int = 0
    noticed_s: dict[int, float] = field(default_factory=dict)
    """Arrival -> seconds from its begin to the moment that it was noticed."""
    followed_share: dict[int, float] = field(default_factory=dict)
    alarms_s: list[float] = field(default_factory=list)


def decoded(path: Path, fps: float) -> Iterator[Decoded]:
    """The file's pictures at the model's size."""
    scaler = av.video.reformatter.VideoReformatter()
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        for number, frame in enumerate(container.decode(video=0)):
            width, height = MODEL.fit(frame.width, frame.height)
            small = scaler.reformat(frame, width=width, height=height, format="bgr24", threads=1)
            yield Decoded(number / fps, bool(frame.key_frame), small.to_ndarray())


class Watcher:
    """One camera under gate and pacer, with people found where a region covers them."""

    def __init__(self, made: Footage, tally: Tally) -> None:
        self._made, self._tally = made, tally
        self._gate = MotionGate()
        self._pacer = Pacer(None, economy="always")
        self._wanted = Wanted(5.0, False)
        self._next_s = 0.0
        self._group: list[Decoded] = []
        self._found: set[int] = set()

    def run(self) -> None:
        for picture in decoded(self._made.path, self._made.recipe.fps):
            self._tally.pictures += 1
            before = self._tally.decoded
            if picture.is_key:
                self._key(picture)
                self._group = []
            elif not self._wanted.keys_only:
                self._tally.decoded += 1
                self._offer(picture, picture.t_s)
            self._group.append(picture)
            if self._is_empty(picture.t_s):
                self._tally.empty_pictures += 1
                self._tally.empty_decoded += self._tally.decoded - before

    def _key(self, picture: Decoded) -> None:
        self._tally.decoded += 1
        if not self._wanted.keys_only:
            self._offer(picture, picture.t_s)
            return
        alarm = self._gate.peek(picture.image)
        if self._is_empty(picture.t_s):
            self._tally.empty_keys += 1
            self._tally.empty_alarms += alarm
        if alarm:
            self._tally.alarms_s.append(picture.t_s)
            self._tally.decoded += max(0, len(self._group) - 1)
            self._wanted = Wanted(5.0, False)
            for kept in self._group[1:]:
                self._offer(kept, picture.t_s)
        self._analyse(picture, picture.t_s)

    def _offer(self, picture: Decoded, now_s: float) -> None:
        if picture.t_s >= self._next_s - 1e-6:
            self._analyse(picture, now_s)

    def _analyse(self, picture: Decoded, now_s: float) -> None:
        """One picture through gate and pacer; `now_s` is when that happens."""
        t_s = picture.t_s
        held = [self._made.arrivals[n] for n in sorted(self._found)]
        boxes = [box for arrival in held if (box := _at(arrival, t_s)) is not None]
        motion = self._gate.update(picture.image, t_s, boxes)
        if self._is_empty(t_s):
            self._tally.empty_updates += 1
            self._tally.empty_moving += bool(motion.regions) or motion.is_scene_change
        self._find(motion, t_s, now_s)
        live = [_live(n, box) for n, box in enumerate(boxes)]
        self._wanted = self._pacer.decide(t_s, live, motion)
        self._next_s = t_s + 1 / self._wanted.fps

    def _find(self, motion: Motion, t_s: float, now_s: float) -> None:
        regions: Sequence[Box] = motion.regions
        if motion.is_scene_change:
            regions = ((0.0, 0.0, 1.0, 1.0),)  # looked at whole
        for number, arrival in enumerate(self._made.arrivals):
            box = _at(arrival, t_s)
            if box is not None and any(_covers(region, box) for region in regions):
                self._found.add(number)
                self._tally.noticed_s.setdefault(number, max(0.0, now_s - arrival.begins_s))

    def _is_empty(self, t_s: float) -> bool:
        return t_s >= FIRST_S - 5 and not any(
            arrival.begins_s - 1 <= t_s <= arrival.ends_s + AFTER_S
            for arrival in self._made.arrivals
        )


def _at(arrival: Arrival, t_s: float) -> Box | None:
    if not arrival.begins_s <= t_s <= arrival.ends_s:
        return None
    return min(arrival.boxes, key=lambda moment: abs(moment[0] - t_s))[1]


def _covers(region: Box, box: Box) -> bool:
    """Whether at least a third of the box is in the region."""
    wide = min(region[2], box[2]) - max(region[0], box[0])
    high = min(region[3], box[3]) - max(region[1], box[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return wide > 0 and high > 0 and wide * high >= area / 3


def _live(number: int, box: Box) -> LiveTrack:
    return LiveTrack(number, "person", box, True, 0.0, 0.05)


def bounds(hits: int, of: int) -> tuple[float, float]:
    """Clopper-Pearson, 95 %."""
    low = 0.0 if hits == 0 else float(beta.ppf(0.025, hits, of - hits + 1))
    high = 1.0 if hits == of else float(beta.ppf(0.975, hits + 1, of - hits))
    return low, high


def row(name: str, tally: Tally, arrivals: int) -> str:
    low, high = bounds(tally.empty_alarms, max(1, tally.empty_keys))
    least, most = bounds(len(tally.noticed_s), max(1, arrivals))
    delays = sorted(tally.noticed_s.values()) or [float("nan")]
    return (
        f"| {name} | {tally.empty_alarms} of {tally.empty_keys} "
        f"({100 * low:.1f} to {100 * high:.1f} %) | {len(tally.noticed_s)} of {arrivals} "
        f"({100 * least:.0f} to {100 * most:.0f} %) | {np.median(delays):.1f} | {delays[-1]:.1f} | "
        f"{100 * tally.decoded / max(1, tally.pictures):.0f} % | "
        f"{100 * tally.empty_decoded / max(1, tally.empty_pictures):.0f} % |"
    )


HEAD = (
    "| scene | empty key frames that alarm (95 %) | arrivals noticed (95 %) "
    "| delay p50, s | max, s | pictures decoded | of those with nobody |\n"
    "|---|---|---|---|---|---|---|"
)


def cost() -> None:
    """Time of the gate for a picture of 416 x 234, beside that of adding up its pixels."""
    random = np.random.default_rng(1)
    still = random.integers(40, 200, (234, 416, 3), np.int16)
    pictures = [
        np.clip(still + random.integers(-6, 7, still.shape), 0, 255).astype(np.uint8)
        for _ in range(20)
    ]
    gate = MotionGate()
    for n in range(40):
        gate.update(pictures[n % 20], n * 0.2)
    steps = {
        "update": lambda n: gate.update(pictures[n % 20], 8.0 + n * 0.2),
        "peek": lambda n: gate.peek(pictures[n % 20]),
        "adding up the pixels": lambda n: pictures[n % 20].sum(dtype=np.uint32),
    }
    for name, step in steps.items():
        times = []
        for n in range(400):
            began = time.perf_counter()
            step(n)
            times.append(time.perf_counter() - began)
        print(f"{name}: {1e3 * np.median(times):.3f} ms (least {1e3 * min(times):.3f})")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=900.0)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--fps", type=float, default=12.5)
    parser.add_argument("--footage", type=Path, default=Path("var/footage"))
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args(arguments)
    if given.cost:
        cost()
        return
    width, height = (int(side) for side in given.size.split("x"))
    recipes = scenes(given.seconds, (width, height), given.fps)
    recipes |= special((width, height), given.fps)
    print(HEAD)
    for name, recipe in recipes.items():
        if given.only and name not in given.only:
            continue
        made, tally = footage(recipe, given.footage), Tally()
        Watcher(made, tally).run()
        print(row(name, tally, len(made.arrivals)), flush=True)
        if given.verbose:
            print("  pictures of nobody that show motion:", tally.empty_moving, tally.empty_updates)
            print("  alarms at", [round(t_s, 1) for t_s in tally.alarms_s])
            late = [(n, round(d, 1)) for n, d in tally.noticed_s.items() if d > 2]
            missed = [n for n in range(len(made.arrivals)) if n not in tally.noticed_s]
            print("  late", late, "missed", missed)


if __name__ == "__main__":
    main()
