"""Clips as windows of measures (`detect.fighting.scuffle`), with a fight or without."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detect.aids import Floats
from detect.detector import Detector
from detect.fighting.scuffle import Scuffle, Seen
from detect.rules.fight import PERSON_SCORE, VEHICLE_SCORE, VEHICLES, luma
from detect.training.fight_made import Moment, crowd, doubled, worse
from detect.training.same_place import background, places
from ingest.camera import CameraId
from ingest.sources.file import open_file

FPS, STEP_S = 10.0, 0.2
"""Clips are read at the first; each second picture makes one run of windows, the others another."""
ALONG = 2
BACKGROUND_EVERY = 3
SLOWLY = 3
"""Each so many-eth picture makes a run of 3.3 pictures a second."""
CROWDS = ((2, 1.0), (3, 1.0), (3, 1.5), (1, 1.5), (5, 1.0), (4, 1.25))
"""How many moments of a busy clip are laid over each other, and how fast it plays;"""
LAID = {"one_by_one_table": ((2, 1.0), (3, 1.5))}
"""and of ordinary clips of one view."""
JOINED = (
    ("fi105", "fi106", "fi107", "fi108"),
    ("fi102", "fi103", "fi104"),
    ("fi124", "fi125", "fi126", "fi127", "nofi061", "nofi092"),
    ("fi131", "fi132", "nofi099"),
    ("fi133", "fi135", "fi136"),
    ("fi140", "fi141", "nofi106", "nofi107"),
    ("fi142", "fi143", "nofi108"),
    ("fi146", "fi147"),
    ("nofi045", "nofi046", "nofi047", "nofi048"),
    ("nofi100", "nofi101"),
    ("nofi140", "nofi141"),
    ("fight_street_ch01_concat", "fi115"),
    ("neg_lobby_concat", "nofi088"),
    ("neg_street_parking_concat", "nofi084"),
    ("neg_corridor_white_concat", "nofi062"),
)
"""Clips of one place that was zoomed into or seen from elsewhere, as a person saw."""


@dataclass(frozen=True, slots=True)
class Window:
    """One judgement's measures."""

    t_s: float
    features: Floats
    near: float
    since_s: float
    grey_change: float
    """Mean difference of the pictures: the simplest measure there is, to compare with."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip's windows by run: as read and made worse; of the labelled ones besides read in
    between, doubled, read slowly.
    """

    name: str
    fight: bool
    is_short: bool
    """One of the labelled pairs, not footage that was recorded for its own sake."""
    background: Floats
    runs: tuple[tuple[Window, ...], ...]
    lasts_s: float
    place: int = 0


def read_clips(folder: Path, more: Sequence[Path], detector: Detector) -> Iterator[Clip]:
    """The labelled clips of `fight/pairs`, then the ordinary clips beside, then `more`; the last
    of these is a busy place, of which crowds are made. Places are not numbered yet.
    """
    listed = json.loads((folder / "fight/pairs/labels.json").read_text("utf-8"))["clips"]
    for one in listed:
        moments = _moments(folder / "fight/pairs" / one["file"], detector)
        yield _clip(Path(one["file"]).stem, moments, fight=bool(one["fight"]), is_short=True)
    for path in sorted(folder.glob("*/*.mp4")):
        fight, moments = path.parent.name == "fight", _moments(path, detector)
        yield _clip(path.stem, moments, fight=fight, is_short=False)
        yield from _crowds(path.stem, moments, LAID.get(path.stem, ()))
    for path in more:
        moments = _moments(path, detector)
        yield _clip(path.stem, moments, fight=False, is_short=False)
        yield from _crowds(path.stem, moments, CROWDS)


def _crowds(
    stem: str, moments: Sequence[Moment], made: Sequence[tuple[int, float]]
) -> Iterator[Clip]:
    for people, speed in made:
        name = f"{stem}, {people}-fold, {speed:g} times as fast"
        yield _clip(name, crowd(moments, people, speed), fight=False, is_short=False)


def numbered(clips: Sequence[Clip]) -> list[int]:
    """The place of each clip; crowds are at the place that they were made of."""
    names = [clip.name for clip in clips]
    made = [[n for n in names if n.split(",")[0] == name] for name in names]
    return places(names, [clip.background for clip in clips], (*JOINED, *made))


def _moments(path: Path, detector: Detector) -> list[Moment]:
    found = []
    for frame in open_file(str(path), CameraId("clip"), FPS, detector.size):
        (boxes,) = detector.detect([frame.image])
        names = np.array([*detector.classes])[boxes.label]
        people = (names == "person") & (boxes.score >= PERSON_SCORE)
        cars = np.isin(names, list(VEHICLES)) & (boxes.score >= VEHICLE_SCORE)
        seen = Seen(boxes.xyxy[people], boxes.score[people], boxes.xyxy[cars])
        found.append((frame.t_s, luma(frame.image), seen))
    return found


def _clip(name: str, moments: list[Moment], *, fight: bool, is_short: bool) -> Clip:
    draw = np.random.default_rng(zlib.crc32(name.encode()))
    whole = moments[::ALONG]
    runs = [_windows(whole), _windows(worse(whole, draw))]
    if is_short:
        runs += [_windows(moments[1::ALONG]), _windows(doubled(moments)[::ALONG])]
        runs.append(_windows(moments[::SLOWLY]))
    behind = background([grey for _, grey, _ in moments[::BACKGROUND_EVERY]])
    return Clip(name, fight, is_short, behind, tuple(runs), moments[-1][0])


def _windows(moments: Sequence[Moment]) -> tuple[Window, ...]:
    scuffle, found = Scuffle(), []
    earlier = [*moments[:1], *moments]
    for (_, before, _), (t_s, grey, seen) in zip(earlier, moments, strict=False):
        if scuffle.step(t_s, grey, seen):
            features = scuffle.measures()
            change = float(np.abs(grey.astype(np.float32) - before).mean())
            if features is not None:
                found.append(Window(t_s, features, scuffle.near, scuffle.since_s, change))
    return tuple(found)
