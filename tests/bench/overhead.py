"""Where the time goes: processor milliseconds of each stage, a frame analysed.

    .venv/bin/python -m tests.bench.overhead [--scene medium] [--cameras 8] [--usual]

The production parts run on a simulated clock in one thread; each stage's own time is taken on the
process's clock, less that of the stages inside it and less what the taking costs. `overhead` is
all that is not the work of a library on pixels: decoding, scaling, and the network itself. With
`--canned` the network's answers of a first pass are given at once in a second one, so that nothing
of the engine is in the figures.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

import detect.batching
import detect.detector
import detect.looking.attention
import detect.looking.canvas
import detect.looking.eye
import detect.looking.gaze
import detect.looking.motion
import detect.pipeline
import detect.tracking.tracker
import detect.watch
import ingest.reader
import ingest.sources.decode
import ingest.sources.demux
from api.cli.analyze import load_detector
from detect.detections import Floats
from detect.detector import Detector
from detect.engines.base import Engine
from detect.mode import EXACT, USUAL
from detect.scene import Scene
from tests.bench.paced import Outcome, Paced
from tests.bench.peers.field import RECIPES, course
from tests.bench.peers.ours import SCENE

NATIVE = ("demux", "decode", "convert", "infer")
"""Work of libraries on packets and pixels; the rest is what Python adds."""
WARM_UP_S = 2.0
STAGES: tuple[tuple[str, Any, str], ...] = (
    ("decode", ingest.sources.decode, "_frames"),
    ("convert", ingest.sources.decode.Decoder, "_image"),
    ("reading", ingest.reader.Reader, "work"),
    ("gate", detect.looking.motion.MotionGate, "update"),
    ("gate", detect.looking.motion.MotionGate, "peek"),
    ("plan", detect.looking.attention.Attention, "plan"),
    ("pack", detect.looking.eye, "pack"),
    ("pack", detect.looking.eye, "part"),
    ("canvases", detect.looking.canvas.Sheet, "compose"),
    ("mapping", detect.looking.canvas.Sheet, "take_back"),
    ("eye", detect.looking.eye.PackedEye, "see"),
    ("lay", detect.detector.Detector, "_laid"),
    ("decode boxes", detect.detector.Detector, "_decoded"),
    ("suppress", detect.detector.Detector, "_suppressed"),
    ("suppress", detect.looking.eye, "nms"),
    ("detector", detect.detector.Detector, "detect"),
    ("track", detect.tracking.tracker.Tracker, "update"),
    ("rules", detect.watch.CameraWatch, "see"),
    ("learn, pace", detect.looking.attention.Attention, "learn"),
    ("count", detect.pipeline.Pipeline, "_count"),
    ("batch", detect.batching.Batcher, "take"),
    ("batch", detect.batching.Batcher, "done"),
    ("pipeline", detect.pipeline.Pipeline, "step"),
)


class Stopwatch:
    """Processor time by stage, each without the stages inside it. For one thread."""

    def __init__(self) -> None:
        self.spent_s: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._inner_s = [0.0]
        self._cost_s = _cost_of_a_call()

    def around(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed."""

        @functools.wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            self._inner_s.append(0.0)
            began_s = time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                whole_s = time.process_time() - began_s
                self.spent_s[stage] += whole_s - self._inner_s.pop()
                self.calls[stage] += 1
                self._inner_s[-1] += whole_s + self._cost_s

        return timed

    def reset(self) -> None:
        self.spent_s.clear()
        self.calls.clear()

    def watch_packets(self, packets: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """A generator method whose steps are timed as `demux`."""

        def stepped(*arguments: Any) -> Iterator[Any]:
            step = self.around("demux", packets(*arguments).__next__)
            while True:
                try:
                    packet = step()
                except StopIteration:
                    return
                yield packet

        return stepped


def _cost_of_a_call() -> float:
    """What taking the time costs outside what is taken."""
    began_s = time.process_time()
    for _ in range(2000):
        time.process_time()
        time.process_time()
    return (time.process_time() - began_s) / 4000


class Canned:
    """An engine that gives the answers of an earlier pass over the same pictures at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._answers: dict[int, Sequence[Floats]] = {}
        self.misses = 0

    def run(self, batch: npt.NDArray[np.uint8]) -> Sequence[Floats]:
        key = hash(batch.tobytes())
        found = self._answers.get(key)
        if found is None:
            self.misses += 1
            found = self._answers[key] = self._engine.run(batch)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--scene", default="medium", choices=RECIPES)
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=6.0, help="of media time")
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--model", default="nanodet-g-416")
    parser.add_argument("--usual", action="store_true", help="the usual mode instead of exact")
    parser.add_argument("--canned", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    detector, watch = load_detector(options.model, 1), Stopwatch()
    if options.canned:
        detector._engine = Canned(detector._engine)
        play(detector, watch, options)
    outcome = play(detector, watch, options)
    found = summary(outcome, watch, options, detector)
    print(table(found))
    if options.json:
        options.json.write_text(json.dumps(found) + "\n", "utf-8")
    return 0


def play(detector: Detector, watch: Stopwatch, options: argparse.Namespace) -> Outcome:
    mode = USUAL.without(["shed"]) if options.usual else EXACT
    video, scene = course(options.scene).file, Scene.parse(SCENE)
    with timed(watch, detector):
        paced = Paced(
            video, options.cameras, detector, mode, scene, fps=options.fps, economy="always"
        )
        try:
            paced.run(WARM_UP_S)
            watch.reset()
            return paced.run(options.seconds)
        finally:
            paced.close()


@contextmanager
def timed(watch: Stopwatch, detector: Detector) -> Iterator[None]:
    """The stages with a stopwatch around each."""
    with ExitStack() as stack:
        for stage, owner, name in STAGES:
            around = watch.around(stage, getattr(owner, name))
            stack.enter_context(patch.object(owner, name, around))
        demuxer = ingest.sources.demux.Demuxer
        packets = watch.watch_packets(demuxer.packets)
        stack.enter_context(patch.object(demuxer, "packets", packets))
        run = watch.around("infer", detector._engine.run)
        stack.enter_context(patch.object(detector, "_engine", _Timed(detector._engine, run)))
        yield


class _Timed:
    """An engine whose `run` is another function."""

    def __init__(self, engine: Engine, run: Callable[..., Any]) -> None:
        self._engine = engine
        self.run = run

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def summary(
    outcome: Outcome, watch: Stopwatch, options: argparse.Namespace, detector: Detector
) -> dict[str, Any]:
    """Milliseconds a frame analysed, by stage; what no stage took is `rest`."""
    frames = max(1, outcome.frames)
    stages = {name: spent_s / frames * 1000 for name, spent_s in watch.spent_s.most_common()}
    taking_s = sum(watch.calls.values()) * 2 * watch._cost_s
    whole = (outcome.cpu_s - taking_s) / frames * 1000
    stages["rest"] = max(0.0, whole - sum(stages.values()))
    overhead = sum(ms for name, ms in stages.items() if name not in NATIVE)
    return {
        "mode": "usual" if options.usual else "exact",
        "scene": options.scene,
        "engine": "canned" if options.canned else detector.engine_name,
        "frames": outcome.frames,
        "decoded_per_frame": round(outcome.decoded / frames, 2),
        "canvases_per_frame": round(outcome.canvases / frames, 3),
        "ms_per_frame": round(whole, 3),
        "overhead_ms_per_frame": round(overhead, 3),
        "stages_ms": {name: round(ms, 3) for name, ms in stages.items()},
    }


def table(found: dict[str, Any]) -> str:
    head = (
        f"{found['mode']} mode, {found['scene']}, {found['engine']}: {found['frames']} frames, "
        f"{found['decoded_per_frame']} pictures decoded and {found['canvases_per_frame']} "
        "canvases each"
    )
    whole = found["ms_per_frame"]
    lines = [head, f"{'stage':16}{'ms/frame':>10}{'share':>8}"]
    lines += [
        f"{name:16}{ms:10.3f}{ms / whole:8.1%}{'' if name in NATIVE else '  overhead'}"
        for name, ms in found["stages_ms"].items()
    ]
    lines.append(f"{'all':16}{whole:10.3f}")
    lines.append(f"{'overhead':16}{found['overhead_ms_per_frame']:10.3f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
