"""How many drawn fires and smokes the whole rule raises, how soon, and which look-alikes it raises.

    .venv/bin/python -m tests.bench.burning_events [--scenes 96] [--seconds 16] [--first 100000]

Scenes are drawn with seeds that no head has learnt from, before streets that are drawn for each
alone: neither scene nor place has been seen. What burns does so from the first picture on; an event
is found when the rule opens an incident within the scene at its own `seconds` and `certainty`. Of
all scenes without it an incident is a false alarm. Bounds are 95 % (Wilson's; Garwood's an hour).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import stats

from detect.aids import Aids
from detect.burning.flames import Flames
from detect.burning.plumes import Plumes
from detect.burning.suspicion import Suspicions
from detect.detections import Detections
from detect.rules.burning import Burning, Seen, Watch
from detect.rules.fire import CLOSE_FPS as FIRE_FPS
from detect.rules.fire import FireRule
from detect.rules.smoke import CLOSE_FPS as SMOKE_FPS
from detect.rules.smoke import SmokeRule
from detect.training.flame_scenes import Pace, make_scene
from detect.view import View
from detect.words import Said
from ingest.frame import Image
from tests.bench.fire import OurHeads
from tests.bench.tamper import wilson

FPS = 5.0
WHAT = (
    "fire both smoke clothes fire screen smoke lamp both weather fire leaves smoke light walker "
    "nothing"
).split()
"""What is drawn, in turn."""
OF_KIND = {"fire": ("fire", "both"), "smoke": ("smoke", "both")}
WATCHES: dict[str, Callable[[], Watch]] = {"fire": Flames, "smoke": Plumes}
RULES: dict[str, tuple[FireRule | SmokeRule, float]] = {
    "fire": (FireRule(kind="fire"), FIRE_FPS),
    "smoke": (SmokeRule(kind="smoke"), SMOKE_FPS),
}
NOTHING = np.zeros((1, 1, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class Trace:
    """What was seen in a scene, picture by picture: all that a rule judges by."""

    what: str
    times: list[float]
    seen: dict[str, list[Sequence[Seen] | None]]
    """By kind."""
    part: dict[str, float]
    """Largest part of the picture that burns (or smokes), by kind."""


@dataclass
class Tally:
    found: int = 0
    events: int = 0
    delays: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    false: dict[str, list[int]] = field(default_factory=dict)
    """Of each look-alike, scenes with a false alarm and scenes."""
    quiet_s: float = 0.0


class Replay:
    """A watch that gives what was seen before."""

    def __init__(self, seen: Sequence[Sequence[Seen] | None]) -> None:
        self._seen = iter(seen)

    def see(self, t_s: float, image: Image) -> Sequence[Seen] | None:
        return next(self._seen)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=int, default=96)
    parser.add_argument("--seconds", type=float, default=16.0)
    parser.add_argument("--first", type=int, default=100_000, help="seed of the first scene")
    parser.add_argument("--heads", type=Path, default=Path("models/heads"))
    options = parser.parse_args()
    aids = OurHeads(options.heads)
    tallies = {kind: Tally() for kind in WATCHES}
    for trace in traces(range(options.first, options.first + options.scenes), options.seconds):
        for kind, tally in tallies.items():
            note(tally, kind, trace, first_s(trace, kind, aids))
    for kind, tally in tallies.items():
        print("\n".join(lines(kind, tally)), flush=True)


def traces(seeds: range, seconds: float) -> Iterator[Trace]:
    """Draw scenes and watch them at `FPS`."""
    for seed in seeds:
        what = WHAT[seed % len(WHAT)]
        scene = make_scene(seed, what, None, Pace(FPS, seconds))
        watches = {kind: make() for kind, make in WATCHES.items()}
        pictures = list(zip(scene.times, scene.images, strict=True))
        seen = {kind: [watch.see(*given) for given in pictures] for kind, watch in watches.items()}
        masks = {"fire": scene.fire, "smoke": scene.smoke}
        part = {kind: float(mask.mean(axis=(1, 2)).max()) for kind, mask in masks.items()}
        yield Trace(what, scene.times, seen, part)


def first_s(trace: Trace, kind: str, aids: Aids) -> float | None:
    """When the rule raises it first."""
    rule, fps = RULES[kind]
    suspicions = Suspicions(rule.seconds, rule.certainty)
    judge = Burning(kind, Replay(trace.seen[kind]), suspicions, None, aids, fps, _said)
    for t_s in trace.times:
        if judge.judge(View(t_s, (), Detections.none(), image=NOTHING)):
            return t_s
    return None


def note(tally: Tally, kind: str, trace: Trace, raised_s: float | None) -> None:
    if trace.what in OF_KIND[kind]:
        tally.events += 1
        if raised_s is None:
            tally.missed.append(f"{100 * trace.part[kind]:.2g} %")
        else:
            tally.found += 1
            tally.delays.append(raised_s)
        return
    tally.quiet_s += trace.times[-1]
    counts = tally.false.setdefault(trace.what, [0, 0])
    counts[0] += raised_s is not None
    counts[1] += 1


def lines(kind: str, tally: Tally) -> list[str]:
    """A report of one kind."""
    low, high = wilson(tally.found, tally.events)
    delays = tally.delays or [float("nan")]
    false = sum(counts[0] for counts in tally.false.values())
    scenes = sum(counts[1] for counts in tally.false.values())
    worst = wilson(false, scenes)[1]
    most = stats.chi2.ppf(0.975, 2 * false + 2) / 2 / max(1e-9, tally.quiet_s / 3600)
    by_what = ", ".join(f"{what} {a}/{b}" for what, (a, b) in sorted(tally.false.items()))
    return [
        f"{kind}: {tally.found} of {tally.events} found ({low:.2f} to {high:.2f}), "
        f"median {np.median(delays):.1f} s, longest {max(delays):.1f} s",
        f"  missed, parts of the picture: {', '.join(sorted(tally.missed)) or 'none'}",
        f"  {false} of {scenes} scenes without it raised (below {worst:.2f}), "
        f"{tally.quiet_s / 60:.1f} min (below {most:.0f} an hour): {by_what}",
    ]


def _said(lasts_s: float, score: float) -> Said:
    return Said("", "", "")


if __name__ == "__main__":
    main()
