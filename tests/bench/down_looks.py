"""What closer looks at suspected places show in scenes whose truth is known, kept for fitting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detect.aids import Aids
from detect.detector import Detector
from detect.evaluation.hard import Change
from detect.fallen.closer import overlap, within
from detect.fallen.lying import Evidence
from detect.fallen.suspects import Suspect
from detect.fixtures import Fixtures
from detect.rules.person_down import PersonDown, PersonDownRule
from detect.scene import Scene as Rules
from detect.tracking.tracker import Tracker
from detect.training.lying_looks import Looked, Watched
from detect.view import View
from ingest.camera import CameraId
from ingest.frame import Frame
from tests.bench.down_scenes import (
    FPS,
    REAL,
    UNSURE,
    Drawn,
    Lying,
    Remembered,
    frame_of,
    maker_of,
    places_of,
    to_and_fro,
)
from tests.support.falls import DOWN, FALL_S, LYING, Box, Maker

RULES = Rules.model_validate({"version": 1, "rules": [{"kind": "person_down", "seconds": 3}]})
IS_THERE = 0.25
"""Overlap (IoU) of a suspected place with somebody who lies, from which it is theirs;"""
IS_ELSEWHERE = 0.05
"""and below which it is not. Between them nobody can say."""
PLAYED_S = 8.0


class Recorded(PersonDown):
    """The rule, with what each closer look gave."""

    def __init__(self, aids: Aids) -> None:
        super().__init__(PersonDownRule(kind="person_down"), RULES, aids)
        self.looks: list[tuple[int, Box, Evidence]] = []
        self._numbers: dict[int, tuple[int, Suspect]] = {}

    def _rest(self, seen: Evidence, one: Suspect, wide: float) -> Evidence:
        whole = super()._rest(seen, one, wide)
        number, _ = self._numbers.setdefault(id(one), (len(self._numbers), one))
        self.looks.append((number, one.box, whole))
        return whole


Seen = tuple[Frame, Sequence[Box]]
"""A frame and where somebody lies in it."""


def watch(frames: Iterable[Seen], detector: Detector, aids: Remembered, into: Watched) -> Watched:
    """Judge the frames by the rule, and keep what it looked at."""
    judge, tracker = Recorded(aids), Tracker(detector.classes)
    fixtures = Fixtures(CameraId("a"))
    for frame, lying in frames:
        found = aids.detected(frame.image)
        tracks, hidden = fixtures.part(tracker.update(found, frame.t_s), frame.image, frame.t_s)
        view = View(frame.t_s, tracks, found, detector.classes, hidden=hidden,
                    image=frame.image, picture=frame.picture)  # fmt: skip
        judge.looks.clear()
        if judge.judge(view):
            into.alarms_s.append(frame.t_s)
        for key, box, seen in judge.looks:
            label = labelled(box, lying, is_unsure=into.lies is None)
            into.looks.append(Looked(key, frame.t_s, seen, label))
        into.seconds = frame.t_s
    aids.forget()
    return into


def labelled(box: Box, lying: Sequence[Box], *, is_unsure: bool) -> float | None:
    """1: somebody lies there; 0: nobody; None: nobody can say."""
    best = max((overlap(box, one) for one in lying), default=0.0)
    if best >= IS_THERE or any(within(box, one) or within(one, box) for one in lying):
        return 1.0
    return None if is_unsure or best > IS_ELSEWHERE else 0.0


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Watches scenes of a kind."""

    detector: Detector
    aids: Remembered
    clips: Path
    """The folder of the development clips."""

    def drawn(
        self,
        base: Maker,
        scenes: Iterable[Drawn],
        part: str,
        harder: Callable[[], Change] | None = None,
    ) -> Iterator[Watched]:
        """`harder`: makes a hard case, anew for each scene."""
        for one in scenes:
            acts_down = one.scene.act in DOWN
            due_s = 0.0 if one.scene.act in LYING else one.scene.at_s
            into = Watched(one.name, one.place, part, acts_down, due_s)
            change = None if harder is None else harder()
            yield watch(self._frames(base, one, due_s, change), self.detector, self.aids, into)

    def _frames(
        self, base: Maker, one: Drawn, due_s: float, change: Change | None
    ) -> Iterator[Seen]:
        maker = maker_of(base, self.clips, one.place)
        for t_s, image, box in maker.images(one.scene, FPS):
            lies = one.scene.act in DOWN and t_s >= due_s + FALL_S
            shown = image if change is None else change(image, t_s)
            yield frame_of(shown, t_s, self.detector.size), [box] if lies and box else []

    def real(self, names: frozenset[str] = frozenset()) -> Iterator[Watched]:
        """The labelled pairs, played to and fro; `names`: these alone."""
        paths = sorted((self.clips / "fight/pairs").glob("*.mp4"))
        for path, where in zip(paths, places_of(paths), strict=True):
            if names and path.stem not in names:
                continue
            lying = REAL.get(path.stem, ())
            lies = True if lying else None if path.stem in UNSURE else False
            into = Watched(path.stem, f"place {where}", "real", lies, 0.0)
            yield watch(self._played(path, lying), self.detector, self.aids, into)

    def _played(self, path: Path, lying: Sequence[Lying]) -> Iterator[Seen]:
        for at_s, frame in to_and_fro(path, self.detector.size, PLAYED_S):
            yield frame, [one.box for one in lying if at_s >= one.from_s]
