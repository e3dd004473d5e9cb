"""What looking at parts of frames costs and what it misses, against whole frames.

    python -m tests.bench.regions CLIP... [--cameras 1 4 16] [--model NAME] [--seconds S]
    python -m tests.bench.regions --scenes FOLDER [--cameras 16] [--model NAME]
    python -m tests.bench.regions --far FOLDER [--model NAME]

Every camera plays one of the clips from its own point. The same model looks at every frame whole
(the reference) and in parts; people in the boxes of the one are looked for in the other (IoU 0.5;
what one side is sure of, the other must at least suspect). Confirmed tracks of whole frames are
looked for among those of parts, frame by frame: all of them, and the clear ones, whose detections
average 0.55 or more (the others are as often ghosts of lamps and posts as people). `--scenes`
makes a quiet, a medium and a busy street by script and takes each by itself. `--far`
makes a 1080p street with small, far people by script, whose truth is known, and counts how many of
them each way finds. Times are of this machine while it does nothing else.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from detect.costs import FixedCosts
from detect.detections import Detections
from detect.detector import Detector
from detect.looking.eye import PackedEye, Sight
from detect.looking.gaze import RegionGaze
from detect.looking.interest import Interest
from detect.looking.look import WHOLE, Look, Seen
from detect.looking.motion import MotionGate
from detect.overlap import iou
from detect.track import Track
from detect.tracking.tracker import SURE, Tracker
from ingest.camera import CameraId
from ingest.frame import Frame, Image
from ingest.sources.file import open_file
from tests.support.assets import catalog, clip
from tests.support.footage import Footage, Recipe, Walk, arrivals, footage
from tests.support.weather import Weather

SAME_IOU = 0.5
FAR_IOU = 0.4
"""A person of a dozen pixels: half a pixel on each side is a tenth of the box."""
CLEAR = 0.55
PERSON = "person"
EVERYWHERE = Interest(True, frozenset({PERSON}), is_everywhere=True)


@dataclass(slots=True)
class Timed:
    """A detector whose time is counted apart from everything around it."""

    detector: Detector
    seconds: float = 0.0

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        started = time.thread_time()
        found = self.detector.detect(images)
        self.seconds += time.thread_time() - started
        return found


@dataclass(slots=True)
class Score:
    """Sure ones of one side found by the other."""

    found: int = 0
    count: int = 0

    def add(self, sure: np.ndarray, others: np.ndarray, least: float = SAME_IOU) -> None:
        self.count += len(sure)
        self.found += int((iou(sure, others).max(axis=1, initial=0.0) >= least).sum())

    @property
    def share(self) -> float | None:
        return round(self.found / self.count, 4) if self.count else None


@dataclass(slots=True)
class Scores:
    recall: Score = field(default_factory=Score)
    precision: Score = field(default_factory=Score)
    tracks: dict[tuple[CameraId, int], list[tuple[float, bool]]] = field(default_factory=dict)
    """Of each track of whole frames, at each sight: its score, and whether parts have it too."""

    def track_recall(self, clear: float = 0.0) -> float | None:
        """Of the sights of tracks whose mean score is at least `clear`."""
        tracks = [np.array(track) for track in self.tracks.values()]
        kept = [track[:, 1] for track in tracks if track[:, 0].mean() >= clear]
        return round(float(np.concatenate(kept).mean()), 4) if kept else None


@dataclass(slots=True)
class Camera:
    """One camera looked at in parts, and the tracks that whole frames would give."""

    frames: list[Frame]
    reference: list[Detections]
    gaze: RegionGaze
    tracker: Tracker
    whole_tracker: Tracker


def people(seen: Detections, person: int, least: float) -> np.ndarray:
    return seen.xyxy[(seen.label == person) & (seen.score >= least)].astype(np.float64)


def tracked(tracker: Tracker, seen: Detections, t_s: float) -> list[Track]:
    """Confirmed people that were seen in this frame."""
    tracks = tracker.update(seen, t_s)
    return [track for track in tracks if track.label == PERSON and track.unseen_s == 0]


def boxes(tracks: Sequence[Track]) -> np.ndarray:
    return np.array([track.xyxy for track in tracks], np.float64).reshape(-1, 4)


def read(path: Path, detector: Detector, fps: float, seconds: float) -> list[Frame]:
    frames = open_file(str(path), CameraId(path.stem), fps, detector.size)
    return [
        replace(frame, image=frame.image.copy()) for frame in islice(frames, int(seconds * fps))
    ]


def cameras(
    count: int,
    clips: Sequence[tuple[list[Frame], list[Detections]]],
    classes: Sequence[str],
    fps: float,
    interest: Interest,
) -> list[Camera]:
    """The first ones play each clip from its start; the next ones from further on, and round."""
    made = []
    rounds = -(-count // len(clips))
    for number in range(count):
        frames, reference = clips[number % len(clips)]
        at = (number // len(clips)) * len(frames) // rounds
        name = CameraId(f"camera-{number}")
        turned = [
            replace(frame, camera=name, seq=seq, t_s=seq / fps)
            for seq, frame in enumerate([*frames[at:], *frames[:at]])
        ]
        gaze = RegionGaze(name, MotionGate(), interest, classes)
        turned_reference = [*reference[at:], *reference[:at]]
        made.append(Camera(turned, turned_reference, gaze, Tracker(classes), Tracker(classes)))
    return made


@dataclass(slots=True)
class Run:
    """Sums over frames."""

    frames: int = 0
    canvases: float = 0.0
    asked_again: int = 0
    gaze_s: float = 0.0
    see_s: float = 0.0
    looks: dict[str, int] = field(default_factory=dict)
    scores: Scores = field(default_factory=Scores)

    def count(self, look: Look, seen: Seen) -> None:
        self.frames += 1
        self.canvases += seen.canvases
        self.asked_again += seen.asked_again
        key = look.why
        if look.kind == "regions" and seen.looked == ((0.0, 0.0, 1.0, 1.0),):
            key = "cheaper"
        self.looks[key] = self.looks.get(key, 0) + 1


def race(eye: PackedEye, timed: Timed, group: Sequence[Camera], person: int) -> Run:
    """All cameras side by side, one frame each at a time."""
    run, timed.seconds = Run(), 0.0
    for step in range(max(len(camera.frames) for camera in group)):
        alive = [camera for camera in group if step < len(camera.frames)]
        frames = [camera.frames[step] for camera in alive]
        started = time.thread_time()
        looks = [
            camera.gaze.plan(frame, camera.tracker.live(frame.t_s))
            for camera, frame in zip(alive, frames, strict=True)
        ]
        planned = time.thread_time()
        seen = eye.see(frames, looks)
        run.see_s += time.thread_time() - planned
        run.gaze_s += planned - started
        for camera, frame, look, one in zip(alive, frames, looks, seen, strict=True):
            run.count(look, one)
            score(run.scores, camera, step, one.detections, person)
            camera.gaze.learn(frame, look, one)
    run.see_s -= timed.seconds
    return run


def score(scores: Scores, camera: Camera, step: int, seen: Detections, person: int) -> None:
    whole, t_s = camera.reference[step], camera.frames[step].t_s
    scores.recall.add(people(whole, person, SURE), people(seen, person, 0.0))
    scores.precision.add(people(seen, person, SURE), people(whole, person, 0.0))
    parts = boxes(tracked(camera.tracker, seen, t_s))
    tracks = tracked(camera.whole_tracker, whole, t_s)
    same = iou(boxes(tracks), parts).max(axis=1, initial=0.0) >= SAME_IOU
    for track, is_found in zip(tracks, same.tolist(), strict=True):
        sights = scores.tracks.setdefault((camera.frames[step].camera, track.id), [])
        sights.append((track.score, is_found))


def report(run: Run, **named: object) -> None:
    n = max(run.frames, 1)
    line = {
        **named,
        "frames": run.frames,
        "canvases_per_frame": round(run.canvases / n, 3),
        "asked_again_per_frame": round(run.asked_again / n, 3),
        "recall": run.scores.recall.share,
        "precision": run.scores.precision.share,
        "track_recall": run.scores.track_recall(),
        "clear_track_recall": run.scores.track_recall(CLEAR),
        "gaze_ms_per_frame": round(run.gaze_s / n * 1000, 3),
        "around_inference_ms_per_frame": round(run.see_s / n * 1000, 3),
        "looks": dict(sorted(run.looks.items())),
    }
    print(json.dumps(line), flush=True)


def scenes(folder: Path, seconds: float) -> dict[str, Path]:
    """Streets made by script: somebody now and then, the clip's own people, several times those."""
    walks = arrivals(seconds, 12.0, 1, first_s=3.0)
    weather = Weather(noise=2.0)
    recipes = {
        "quiet": Recipe("quiet", seconds, walks=walks, weather=weather),
        "medium": Recipe("medium", seconds, weather=weather),
        "busy": Recipe("busy", seconds, weather=weather),
    }
    return {name: footage(recipe, folder).path for name, recipe in recipes.items()}


def far_street(folder: Path) -> Footage:
    """A 1080p street where people 45 to 75 pixels tall walk at the far end."""
    heights = (0.042, 0.05, 0.058, 0.068)
    walks = tuple(
        Walk(
            at_s=2.0 + 3.0 * n,
            height=heights[n % 4],
            speed=0.9,
            foot=0.42 + 0.03 * (n % 5),
            to_right=n % 2 == 0,
            who=n * 7,
        )
        for n in range(12)
    )
    return footage(Recipe(seconds=40.0, size=(1920, 1080), walks=walks), folder)


def far(folder: Path, detector: Detector, name: str, fps: float) -> None:
    """How many of the far people whole frames and parts find, against the truth."""
    made, timed, person = far_street(folder), Timed(detector), detector.classes.index(PERSON)
    eye = PackedEye(timed, FixedCosts(), Sight.of(detector.manifest))
    zone = ((0.0, 0.3), (1.0, 0.3), (1.0, 0.65), (0.0, 0.65))
    interest = Interest(True, frozenset({PERSON}), (zone,))
    camera = CameraId("far")
    ways = {"whole": None, "parts": RegionGaze(camera, MotionGate(), interest, detector.classes)}
    for way, gaze in ways.items():
        tracker, canvases, count = Tracker(detector.classes), 0.0, 0
        recall, precision = Score(), Score()
        for frame in open_file(str(made.path), camera, fps, detector.size):
            look = gaze.plan(frame, tracker.live(frame.t_s)) if gaze else WHOLE
            (seen,) = eye.see([frame], [look])
            tracker.update(seen.detections, frame.t_s)
            if gaze:
                gaze.learn(frame, look, seen)
            truth = np.array(made.at(frame.t_s), np.float64).reshape(-1, 4)
            recall.add(truth, people(seen.detections, person, SURE), FAR_IOU)
            precision.add(people(seen.detections, person, SURE), truth, FAR_IOU)
            canvases, count = canvases + seen.canvases, count + 1
        line = {"model": name, "way": way, "frames": count, "people": recall.count}
        line |= {"recall": recall.share, "precision": precision.share}
        line["canvases_per_frame"] = round(canvases / max(count, 1), 3)
        print(json.dumps(line), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--cameras", nargs="*", type=int, default=[1, 4, 16])
    parser.add_argument("--model", default="nanodet-g-416")
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=80.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--scenes", type=Path, metavar="FOLDER")
    parser.add_argument("--far", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    detector = Detector.load(catalog(), args.model, args.threads)
    if args.far is not None:
        far(args.far, detector, args.model, args.fps)
        return
    pools = {"clips": args.clips or [clip()]}
    if args.scenes is not None:
        made = scenes(args.scenes, args.seconds)
        pools = {name: [path] for name, path in made.items()}
    for name, paths in pools.items():
        pool(name, paths, detector, args)


def pool(name: str, paths: Sequence[Path], detector: Detector, args: argparse.Namespace) -> None:
    """Race every number of cameras over some clips, with and without shared canvases."""
    timed, person = Timed(detector), detector.classes.index(PERSON)
    clips = []
    for path in paths:
        frames = read(path, detector, args.fps, args.seconds)
        clips.append((frames, [detector.detect([frame.image])[0] for frame in frames]))
    for count in args.cameras:
        for shares in (True, False) if count > 1 else (True,):
            eye = PackedEye(
                timed,
                FixedCosts(),
                Sight.of(detector.manifest),
                shares=shares,
                matters=lambda camera, label: label == person,
            )
            group = cameras(count, clips, detector.classes, args.fps, EVERYWHERE)
            run = race(eye, timed, group, person)
            report(run, scene=name, model=args.model, cameras=count, packing=shares)


if __name__ == "__main__":
    main()
