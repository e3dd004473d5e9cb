"""Clips as windows of measures (`detect.scuffle`), with a fight or without."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detect.aids import Floats
from detect.detector import Detector
from detect.rules.fight import PERSON_SCORE, VEHICLE_SCORE, VEHICLES, luma
from detect.scuffle import Grey, Scuffle, Seen
from detect.training.same_place import background, places
from ingest.camera import CameraId
from ingest.sources.file import open_file

FPS, STEP_S = 10.0, 0.2
"""Clips are read at the first; each second picture makes one run of windows, the others another."""
ALONG = 2
BACKGROUND_EVERY = 3
CROWDS = ((2, 1.0), (3, 1.0), (3, 1.5), (1, 1.5), (5, 1.0), (4, 1.25))
"""How many moments of a busy clip are laid over each other, and how fast it plays."""
DROPPED, NOISE, CONTRAST = 0.4, 3.0, 0.6
"""Of a run that is made worse: part of the boxes that are lost, grey levels of noise, contrast."""
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
    """A clip's windows by run: as read, read in between, made worse."""

    name: str
    fight: bool
    is_short: bool
    """One of the labelled pairs, not footage that was recorded for its own sake."""
    background: Floats
    runs: tuple[tuple[Window, ...], ...]
    lasts_s: float
    place: int = 0


Moment = tuple[float, Grey, Seen]


def read_clips(folder: Path, more: Sequence[Path], detector: Detector) -> Iterator[Clip]:
    """The labelled clips of `fight/pairs`, then the ordinary clips beside, then `more`; the last
    of these is a busy place, of which crowds are made. Places are not numbered yet.
    """
    listed = json.loads((folder / "fight/pairs/labels.json").read_text("utf-8"))["clips"]
    for one in listed:
        moments = _moments(folder / "fight/pairs" / one["file"], detector)
        yield _clip(Path(one["file"]).stem, moments, fight=bool(one["fight"]), is_short=True)
    for path in sorted(folder.glob("*/*.mp4")):
        fight = path.parent.name == "fight"
        yield _clip(path.stem, _moments(path, detector), fight=fight, is_short=False)
    for path in more:
        moments = _moments(path, detector)
        yield _clip(path.stem, moments, fight=False, is_short=False)
        for people, speed in CROWDS:
            crowd = _crowd(moments, people, speed)
            name = f"{path.stem}, {people}-fold, {speed:g} times as fast"
            yield _clip(name, crowd, fight=False, is_short=False)


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
    seed = zlib.crc32(name.encode())
    runs = [_windows(moments[start::ALONG]) for start in range(ALONG)]
    runs.append(_windows(_worse(moments[::ALONG], np.random.default_rng(seed))))
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


def _worse(moments: Sequence[Moment], draw: np.random.Generator) -> list[Moment]:
    """Dark, noisy, and half of the people not detected."""
    worse = []
    for t_s, grey, seen in moments:
        noisy = grey * CONTRAST + draw.normal(0, NOISE, grey.shape)
        kept = draw.random(len(seen.sure)) >= DROPPED
        less = Seen(seen.people[kept], seen.sure[kept], seen.vehicles)
        worse.append((t_s, np.clip(noisy, 0, 255).astype(np.uint8), less))
    return worse


def _crowd(moments: Sequence[Moment], people: int, speed: float) -> list[Moment]:
    """Several moments of one camera in one picture: each pixel is the one that differs most from
    the empty place, and all boxes are there.
    """
    count = len(moments)
    empty = np.median(np.stack([grey for _, grey, _ in moments[::8]]), axis=0).astype(np.int16)
    crowd: list[Moment] = []
    for index in range(int((count - 1) / speed)):
        now = [
            moments[int(index * speed + each * count / (people + 0.37)) % count]
            for each in range(people)
        ]
        greys = np.stack([grey for _, grey, _ in now])
        best = np.abs(greys - empty).argmax(axis=0)
        grey = np.take_along_axis(greys, best[None], axis=0)[0]
        seen = Seen(
            np.concatenate([one.people for _, _, one in now]),
            np.concatenate([one.sure for _, _, one in now]),
            now[0][2].vehicles,
        )
        crowd.append((index / FPS, grey, seen))
    return crowd
