"""How surely and soon `camera_tamper` tells what is done to a camera, and where it keeps silent.

    .venv/bin/python -m tests.bench.tamper CLIP... [--fps 5 1 0] [--trials 2] [--seed 1]

Attacks begin at a random time of a real clip, played to and fro until it is long enough; each is
drawn at the model's size, with a seed. An attack is found when an incident begins after it; one
that began before counts as false. `delay` is from the attack to the incident, which cannot come
before the rule's two seconds. At `--fps 0` it is given the frames that it asks for: one a second,
five while it suspects something. Bounds are 95 %: Wilson's for the recall, Garwood's upper one for
false alarms an hour.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, cycle, islice
from pathlib import Path

import numpy as np
from scipy import stats

from detect.aids import NO_AIDS
from detect.detections import Detections
from detect.rules.camera_tamper import CameraTamper, CameraTamperRule
from detect.scene import Scene
from detect.view import View
from ingest.camera import CameraId
from ingest.frame import Image
from ingest.sources.file import open_file
from tests.support.footage import Recipe, encode
from tests.support.tampering import (
    ATTACKS,
    BASE_FPS,
    LONG_S,
    ORDINARY,
    SIZE,
    Change,
    Random,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--fps", nargs="+", type=int, default=[5, 1, 0])
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
    pace = f"{fps} frames/s" if fps else "as the rule asks"
    print(f"{pace}, {len(clips)} clips, {trials} trials each, seed {seed}")
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
    each_ms = (quiet.spent_s + total.spent_s) * 1e3 / max(1, quiet.frames + total.frames)
    print(
        f"false alarms: {false} in {hours:.2f} h (95 % below {most / hours:.1f} an hour); "
        f"{each_ms:.2f} ms a frame\n",
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
            is_named = any(word in late[0][1] for word in words)
            self.named += is_named
            if not is_named:
                self.where.append(f"({clip[:8]}: {late[0][1][:32]})")
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
        looked_s = -9.0
        for number, image in enumerate(islice(to_and_fro(images), int(LONG_S * BASE_FPS))):
            t_s = number / BASE_FPS
            if self._is_left_out(number, t_s - looked_s, fps, judge):
                continue
            looked_s = t_s
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

    @staticmethod
    def _is_left_out(number: int, passed_s: float, fps: int, judge: CameraTamper) -> bool:
        """At 0 frames/s a picture comes when the rule asks for it."""
        if fps:
            return bool(number % (BASE_FPS // fps))
        return passed_s < 1 / max(1.0, judge.asks_fps) - 0.01

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


if __name__ == "__main__":
    main()
