"""Clips made harder, written as video files, with their truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from detect.annotate import picture_of
from detect.evaluation.figures import ClipResult
from detect.evaluation.hard import HardCase, random
from detect.evaluation.run import Case
from detect.guard.truth import Place, Truth, TruthEvent
from detect.rules.camera_tamper import CameraTamperRule
from detect.scene import Scene
from ingest.camera import CameraId
from ingest.frame import FrameSize, Image
from ingest.sources.file import open_file
from ingest.sources.video_writer import VideoWriter

MakeScene = Callable[[Truth], Scene]

FPS = 15.0
"""Pictures a second of the harder clip, at most: what cameras send at night."""
MOST_PX = 1280
VERSION = 1
"""Part of the names of kept files: raised when the same seed gives other pictures."""
STARTS = 0.4
"""A tampering begins after this part of the clip: before it the view has to be learnt."""
LASTS_S = 20.0
SHORTEST_S = 12.0
"""A shorter clip shows no tampering."""
SEEN_S = 5.0
"""An event that could be found so long before the tampering must be."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a camera is tampered with, media seconds."""

    start_s: float
    end_s: float


def tampered_in(seconds: float, truth: Truth, cuts: int) -> Span | None:
    """When a clip of that length is tampered with; None where it would show nothing: a clip of
    many views, or a short one.
    """
    has_cuts = cuts > 0 or any("cut" in flag.lower() for flag in truth.flags)
    if has_cuts or seconds < SHORTEST_S:
        return None
    start_s = float(round(STARTS * seconds))  # the same although the last frame wavers
    return Span(start_s, min(seconds, start_s + LASTS_S))


def harder_truth(truth: Truth, span: Span | None) -> Truth:
    """What is true of the harder clip. While nothing can be seen nothing need be found."""
    if span is None:
        return truth
    place = Place("camera_tamper", None, float(CameraTamperRule(kind="camera_tamper").seconds))
    tampering = TruthEvent(place, span.start_s, span.end_s)
    others = [replace(e, is_sure=e.is_sure and _is_seen(e, span)) for e in truth.events]
    places = dict.fromkeys((*truth.places, place))
    return replace(truth, events=(*others, tampering), places=tuple(places))


def _is_seen(event: TruthEvent, span: Span) -> bool:
    before = event.due_s + SEEN_S <= span.start_s
    return before or event.end_s < span.start_s or event.start_s > span.end_s


def write_harder(clip: Path, out: Path, case: HardCase, span: Span | None, seed: int) -> None:
    """Write the harder clip. The same for the same clip's name, case and seed.

    Raises `IngestError` when the clip cannot be read or the file not be written.
    """
    change = case.make(random(seed, case.name, clip.name))
    with VideoWriter(out, fps=FPS, kbit_s=case.kbit_s) as writer:
        for image, t_s in _pictures(clip):
            if not case.tampers:
                image = change(image, t_s)
            elif span is not None and span.start_s <= t_s < span.end_s:
                image = change(image, t_s - span.start_s)
            writer.write(image, t_s)


def _pictures(clip: Path) -> Iterator[tuple[Image, float]]:
    """The clip's pictures at about their own size, with their media time."""
    for frame in open_file(str(clip), CameraId("clip"), FPS, FrameSize(16, 16)):
        yield picture_of(frame, 2, MOST_PX), frame.t_s


class HardClips:
    """Makes harder cases of those that have been run as they are, one video file at a time."""

    def __init__(self, folder: Path, seed: int, make_scene: MakeScene) -> None:
        self._folder = folder
        self._seed = seed
        self._make_scene = make_scene

    def of(self, case: Case, clean: ClipResult, hard: HardCase) -> Case | None:
        """The harder clip; None where the hard case would show nothing in it.

        Its file is made unless it is there already. Raises `IngestError`.
        """
        span = None
        if hard.tampers:
            span = tampered_in(clean.seconds, case.truth, len(clean.cuts))
            if span is None:
                return None
        truth = harder_truth(case.truth, span)
        file = self._folder / file_name(case.name, hard, self._seed)
        if not file.is_file():
            write_harder(case.clip, file, hard, span, self._seed)
        scene = self._make_scene(truth) if case.by_name else case.scene
        return Case(case.name, file, truth, scene, case.by_name)


def file_name(name: str, case: HardCase, seed: int) -> str:
    """What the harder clip is called among kept ones."""
    stem = name.replace("/", "_").replace("\\", "_")
    return f"{stem}.{case.name}.{seed}.v{VERSION}.mp4"
