"""What the rules of fire and smoke say of clips, and what they cost: no detector runs.

    .venv/bin/python -m tests.bench.fire CLIP_OR_FOLDER... [--fps 5] [--certainty 0.8]

A clip is one of fire (or smoke) where a `*.truth.json` beside it says so; of all others each
incident is a false alarm. Prints for each kind how many clips were found, the delay from when it
began, false alarms and hours judged, and milliseconds of processor a frame. `blobs` is the
simplest rule: more than 0.3 % of the picture in the colours of fire for a second.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from detect.aids import Head, NoAids
from detect.burning.flames import hot_pixels
from detect.detections import Detections
from detect.heads import Heads
from detect.rules import KINDS
from detect.scene import Scene
from detect.view import View
from ingest.camera import CameraId
from ingest.frame import Frame, FrameSize
from ingest.sources.file import open_file

SIZE = FrameSize(416, 416)
BLOBS = 0.003
SHOWN = 5
VIDEOS = (".mp4", ".avi", ".mkv")


class OurHeads(NoAids):
    """The heads of this repository alone."""

    def __init__(self, folder: Path) -> None:
        self._heads = Heads(folder)
        self._loaded: dict[str, Head] = {}

    def head(self, name: str) -> Head | None:
        if name not in self._loaded:
            self._loaded[name] = self._heads.load(name)
        return self._loaded[name]


@dataclass
class Tally:
    found: dict[str, float] = field(default_factory=dict)
    """Clip of it -> delay in seconds."""
    missed: list[str] = field(default_factory=list)
    false: dict[str, float] = field(default_factory=dict)
    """Clip without it -> when it was raised."""
    quiet_s: float = 0.0
    """Seconds that were judged of clips without it."""
    busy_ms: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--certainty", type=float, default=0.8)
    parser.add_argument("--heads", type=Path, default=Path("models/heads"))
    options = parser.parse_args()
    aids = OurHeads(options.heads)
    tallies = {name: Tally() for name in ("fire", "smoke", "blobs")}
    for path in videos(options.clips):
        frames = list(open_file(str(path), CameraId("clip"), options.fps, SIZE))
        if not frames:
            continue
        for kind, tally in tallies.items():
            first_s = (
                first_blob(frames, tally)
                if kind == "blobs"
                else first_finding(frames, kind, options.certainty, aids, tally)
            )
            note(tally, path, began(path, "fire" if kind == "blobs" else kind), first_s, frames)
    for kind, tally in tallies.items():
        report(kind, tally)


def videos(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        inner = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (one for one in inner if one.suffix in VIDEOS)


def began(path: Path, kind: str) -> float | None:
    """When it begins according to the truth beside the clip; None: it does not."""
    truth = path.with_name(path.stem + ".truth.json")
    if not truth.is_file():
        return None
    events = json.loads(truth.read_text("utf-8")).get("events", [])
    return min((float(e["start_s"]) for e in events if e["type"] == kind), default=None)


def first_finding(
    frames: list[Frame], kind: str, certainty: float, aids: OurHeads, tally: Tally
) -> float | None:
    """When the rule is first met."""
    scene = Scene.parse({"version": 1, "rules": [{"kind": kind, "certainty": certainty}]})
    judge = KINDS[kind].judge(scene.rules[0], scene, aids)
    first_s = None
    for frame in frames:
        began_s = time.thread_time()
        view = View(frame.t_s, [], Detections.none(), image=frame.image, picture=frame.picture)
        found = judge.judge(view)
        tally.busy_ms.append((time.thread_time() - began_s) * 1e3)
        if found and first_s is None:
            first_s = frame.t_s
    return first_s


def first_blob(frames: list[Frame], tally: Tally) -> float | None:
    since_s = None
    for frame in frames:
        began_s = time.thread_time()
        is_hot = float(np.mean(hot_pixels(frame.image[::2, ::2]))) > BLOBS
        tally.busy_ms.append((time.thread_time() - began_s) * 1e3)
        since_s = None if not is_hot else frame.t_s if since_s is None else since_s
        if since_s is not None and frame.t_s - since_s >= 1.0:
            return frame.t_s
    return None


def note(
    tally: Tally, path: Path, began_s: float | None, first_s: float | None, frames: list[Frame]
) -> None:
    if began_s is None:
        tally.quiet_s += frames[-1].t_s - frames[0].t_s
        if first_s is not None:
            tally.false[path.stem] = first_s
    elif first_s is None:
        tally.missed.append(path.stem)
    else:
        tally.found[path.stem] = first_s - began_s


def report(kind: str, tally: Tally) -> None:
    hours = tally.quiet_s / 3600
    print(f"{kind}: found {len(tally.found)} of {len(tally.found) + len(tally.missed)}")
    for name, delay_s in tally.found.items():
        print(f"  {name}: {delay_s:+.1f} s after it began")
    if tally.missed:
        print(f"  missed: {', '.join(tally.missed)}")
    first = [f"{name} {t_s:.1f} s" for name, t_s in list(tally.false.items())[:SHOWN]]
    print(f"  {len(tally.false)} clips with a false alarm in {hours:.2f} h {', '.join(first)}")
    if tally.busy_ms:
        mean, p99 = np.mean(tally.busy_ms), np.percentile(tally.busy_ms, 99)
        print(f"  {mean:.2f} ms a frame, 99 % under {p99:.2f} ms")


if __name__ == "__main__":
    main()
