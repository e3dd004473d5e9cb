"""The audit: some live frames are looked at whole as well, to measure what looking at parts misses.

About 1 in 100 frames of every camera, 2 in 100 of one where little happens, chosen so that no
pattern in the scene can hide from it. A sure box of what matters that no planned region covers, and
that nobody follows, is a miss. Where misses are surely more than is allowed, that camera is looked
at more widely, and less widely again, slowly, once that has been well for a while.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from detect.guard.bounds import Share
from detect.guard.runs import is_relevant
from detect.looking.look import LiveTrack, Look, Seen
from detect.overlap import iou
from detect.tracking.tracker import SURE
from ingest.camera import CameraId

HALF_FRAMES = 50
"""One frame in each stretch of so many may be chosen: all stretches of a quiet camera (2 %), every
other one of a busy camera (1 %)."""
BUSY = 0.5
"""A camera is busy when more than this part of its judged frames had something planned."""
WINDOW = 200
"""Judged frames that a rate is taken over."""
BUSY_WINDOW = 20
COVERS = 0.6
"""Part of a box that must lie within the planned regions."""
FOLLOWS_IOU = 0.3
MOST_MISSED = 0.05
"""Of the sure boxes."""
SURELY = 0.9
"""Two-sided: gates are widened when the miss rate is above what is allowed with 95 % certainty."""
HIGHEST = 3
HOLD, LONGEST_HOLD = 30, 240
"""Judged frames at a level before it is narrowed by one. Each time that the narrower one proves
wrong again, twice as many."""
HIGHEST_HOLD = 20
"""At the highest level every frame is judged: it is held so many times as long."""
FORGOTTEN = 2 * LONGEST_HOLD
"""Judged frames at the usual level after which it is forgotten that it proved wrong."""
MAX_CAMERAS = 4096

_Labels = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Widening:
    """What a level asks of the gates."""

    sensitivity: float
    """Times as sensitive to motion (`MotionGate.widen`); at least 1."""
    care: float
    """Times as many sweeps and checks (`RegionGaze.take_care`); at least 1."""


WIDENINGS = (Widening(1.0, 1.0), Widening(1.5, 1.5), Widening(2.5, 2.5), Widening(2.5, 2.5))
"""By level. At the highest every frame is chosen besides, so that it is looked at whole."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What the audit found, of one camera or of the node."""

    frames: int
    """Frames judged since the start."""
    looked: int
    """Sure boxes of what matters in them."""
    missed: int
    """Those that would have been missed."""
    window: Share
    """Missed ones of all, in the latest frames at the present level."""
    level: int
    """0: as usual, to 3: every frame whole."""

    @property
    def rate(self) -> float:
        """0 when nothing was seen yet."""
        return self.window.rate or 0.0

    @property
    def upper(self) -> float:
        """The miss rate is at most this (Clopper–Pearson); 1 when nothing was seen yet."""
        return self.window.high()

    def as_dict(self) -> dict[str, float]:
        """For the node's health report."""
        return {
            "frames": self.frames,
            "looked": self.looked,
            "missed": self.missed,
            "rate": round(self.rate, 5),
            "upper": round(self.upper, 5),
            "level": self.level,
        }


@dataclass(slots=True)
class _Gates:
    """One camera's misses, and how wide its gates are therefore."""

    frames: int = 0
    looked: int = 0
    missed: int = 0
    level: int = 0
    hold: int = HOLD
    here: int = 0
    """Frames judged at this level."""
    came_down: bool = False
    """This level was reached by narrowing."""
    trials: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=WINDOW))
    """(missed, sure boxes) of the latest frames at this level."""
    acted: deque[bool] = field(default_factory=lambda: deque(maxlen=BUSY_WINDOW))
    """Whether something was planned in the latest frames."""

    @property
    def window(self) -> Share:
        return Share(sum(m for m, _ in self.trials), sum(n for _, n in self.trials))

    @property
    def is_busy(self) -> bool:
        return bool(self.acted) and sum(self.acted) > BUSY * len(self.acted)

    @property
    def audited(self) -> Audited:
        return Audited(self.frames, self.looked, self.missed, self.window, self.level)

    def take(self, missed: int, boxes: int, most_missed: float) -> None:
        self.frames += 1
        self.looked += boxes
        self.missed += missed
        self.here += 1
        self.trials.append((missed, boxes))
        window = self.window
        if missed and window.low(SURELY) > most_missed:
            self._widen()
        elif (window.rate or 0.0) <= most_missed:
            self._narrow()

    def _widen(self) -> None:
        if self.level == HIGHEST:
            self.here = 0  # not well yet
            return
        if self.came_down:
            self.hold = min(2 * self.hold, LONGEST_HOLD)
        self._go(self.level + 1)

    def _narrow(self) -> None:
        if self.level == 0:
            self.hold = HOLD if self.here >= FORGOTTEN else self.hold
        elif self.here >= self.hold * (HIGHEST_HOLD if self.level == HIGHEST else 1):
            self._go(self.level - 1)

    def _go(self, level: int) -> None:
        self.came_down = level < self.level
        self.level, self.here = level, 0
        self.trials.clear()  # other gates, another rate


class Auditor:
    """Chooses frames, judges what parts would have missed, and widens the gates. Thread-safe.

    `classes` are the names behind labels. `key` makes the choice of frames another one on each
    node; with the same key it is the same each time.
    """

    HIGHEST = HIGHEST

    def __init__(
        self, classes: Sequence[str], *, key: bytes = b"", most_missed: float = MOST_MISSED
    ) -> None:
        self._classes = tuple(classes)
        self._usual = self._numbers(name for name in classes if is_relevant(name))
        self._key = key[:64]
        self._most_missed = most_missed
        self._lock = threading.Lock()
        self._cameras: OrderedDict[CameraId, _Gates] = OrderedDict()
        self._labels: OrderedDict[CameraId, _Labels] = OrderedDict()

    def watch_for(self, camera: CameraId, labels: Collection[str]) -> None:
        """Only these classes matter at the camera; none, or all: people, vehicles and bags.

        Furniture wavers about the score that makes a box sure: it would be missed all the time.
        """
        is_told = bool(labels) and not set(labels) >= set(self._classes)
        numbers = self._numbers(labels) if is_told else self._usual
        with self._lock:
            self._labels.pop(camera, None)
            self._labels[camera] = numbers
            _shorten(self._labels)

    def chosen(self, camera: CameraId, seq: int) -> bool:
        """Whether this frame is to be looked at whole, beside what is planned for it."""
        stretch, place = divmod(seq, HALF_FRAMES)
        drawn = place == self._draw(camera, stretch, "place") % HALF_FRAMES
        with self._lock:
            gates = self._cameras.get(camera)
            if gates is not None and gates.level == HIGHEST:
                return True
            is_busy = gates is not None and gates.is_busy
        if not drawn or not is_busy:
            return drawn
        return self._draw(camera, stretch // 2, "half") % 2 == stretch % 2

    def judge(self, camera: CameraId, planned: Look, seen: Seen, live: Sequence[LiveTrack]) -> None:
        """Told what a chosen frame showed whole, what was planned for it, and who was followed.

        A plan `full` for `audit` is one to look at its regions; any other `full` misses nothing
        and is not judged. `live` are the tracks before the frame.
        """
        if planned.kind == "full" and planned.why != "audit":
            return
        with self._lock:
            labels = self._labels.get(camera, self._usual)
        missed, boxes = _missed(planned, seen, live, labels)
        with self._lock:
            gates = self._cameras.pop(camera, None) or _Gates()
            self._cameras[camera] = gates  # the latest judged comes last
            _shorten(self._cameras)
            gates.acted.append(bool(planned.regions))
            gates.take(missed, boxes, self._most_missed)

    def level(self, camera: CameraId) -> int:
        """How widely the camera is to be looked at: 0 as usual, 3 every frame whole."""
        with self._lock:
            gates = self._cameras.get(camera)
            return 0 if gates is None else gates.level

    def widening(self, camera: CameraId) -> Widening:
        """What the camera's level asks of its gates."""
        return WIDENINGS[self.level(camera)]

    def forget(self, camera: CameraId) -> None:
        """The camera is gone, or shows another scene."""
        with self._lock:
            self._cameras.pop(camera, None)
            self._labels.pop(camera, None)

    def snapshot(self, camera: CameraId) -> Audited | None:
        """The audit of a camera as it stands; None before its first judged frame."""
        with self._lock:
            gates = self._cameras.get(camera)
            return None if gates is None else gates.audited

    def node(self) -> Audited:
        """All cameras together; the level is the highest of any."""
        with self._lock:
            every = [gates.audited for gates in self._cameras.values()]
        return Audited(
            frames=sum(one.frames for one in every),
            looked=sum(one.looked for one in every),
            missed=sum(one.missed for one in every),
            window=sum((one.window for one in every), Share(0, 0)),
            level=max((one.level for one in every), default=0),
        )

    def _draw(self, camera: CameraId, number: int, what: str) -> int:
        text = f"{what} {number} {camera}".encode()
        return int.from_bytes(blake2b(text, digest_size=8, key=self._key).digest(), "big")

    def _numbers(self, names: Iterable[str]) -> _Labels:
        known = set(names)
        return np.array([k for k, name in enumerate(self._classes) if name in known], np.int32)


def _shorten(kept: OrderedDict[CameraId, Any]) -> None:
    """The cameras that were heard of longest ago go."""
    while len(kept) > MAX_CAMERAS:
        kept.popitem(last=False)


def _missed(
    planned: Look, seen: Seen, live: Sequence[LiveTrack], labels: _Labels
) -> tuple[int, int]:
    """How many sure boxes of what matters would have been missed, and how many there are."""
    found = seen.detections
    sure = (found.score >= SURE) & np.isin(found.label, labels)
    boxes = found.xyxy[sure].astype(np.float64)
    regions = np.array([region.xyxy for region in planned.regions], np.float64).reshape(-1, 4)
    followed = np.array([track.xyxy for track in live], np.float64).reshape(-1, 4)
    is_followed = iou(boxes, followed).max(axis=1, initial=0.0) >= FOLLOWS_IOU
    is_covered = covered(boxes, regions) >= COVERS
    return int(np.count_nonzero(~is_followed & ~is_covered)), len(boxes)


def covered(
    boxes: npt.NDArray[np.float64], regions: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Part of each box (N, 4) that lies within the one region (M, 4) that has most of it: (N,)."""
    top_left = np.maximum(boxes[:, None, :2], regions[None, :, :2])
    bottom_right = np.minimum(boxes[:, None, 2:], regions[None, :, 2:])
    inside = np.prod(np.clip(bottom_right - top_left, 0, None), axis=2)
    area = np.maximum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 1e-12)
    return np.asarray(inside.max(axis=1, initial=0.0) / area, np.float64)
