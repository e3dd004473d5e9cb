"""Things that are part of the place: signs, posts and parked cars that a detector takes for more.

A thing is learnt as a fixture when it was never seen to come, keeps its place and its picture does
not change: at once after a start, a minute or two; later, ten minutes. What trembles where it is (a
flag, a branch) takes half an hour. Before that, what never moved and was never detected with some
certainty is only doubtful, and rules do not see it either: a person walks, or is plain to see. From
then on its track is hidden from the rules, for as long as it stays where it is and looks as it did.
Every fixture is listed, with how long it has been hidden and why it was let go of, so that a person
can see what the camera no longer speaks of, and say that it is to be watched again: nothing is
learnt or doubted in that place from then on.
"""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from detect.geometry import distance
from detect.incident import rfc3339
from detect.overlap import box_iou
from detect.track import Box, Track
from ingest.camera import CameraId
from ingest.frame import Image

log = logging.getLogger(__name__)

START_S = 5.0
"""What is there within this time of the first frame was there before."""
SETTLED_S = 120.0
"""So long something that was there at the start must rest and look the same;"""
APPEARED_S = 600.0
"""so long what appeared later, where it was first seen: who walked there is no fixture."""
TREMBLING_S = 1800.0
"""So long what moves where it is: a flag, leaves. People shift from their place in that time."""
DRIFT = 0.2
"""A thing that was ever this far from where it was first seen, in heights of its box, moves."""
SURE = 0.58
"""A thing that was once detected this certainly is no doubtful one, even if it never moves."""
SAME_PLACE = 0.6
"""Overlap (IoU) of a track with the fixture that it is."""
LOOK_EVERY_S = 1.0
"""Time between two looks at the same picture of a thing."""
CHANGED_LUMA = 14.0
"""Grey levels by which the most changed tenth of a thing's picture must differ,"""
NOISE_TIMES = 4.0
"""beside this many times what the whole frame differs by at its median."""
ALIKE = 0.6
"""Correlation of a fixture's picture with what is there now; below it, it is something else."""
GONE_S = 86_400.0
"""A fixture that was not detected for a day is forgotten."""
MOST = 64
"""Fixtures of a camera."""
PATCH = (24, 12)
"""Rows and columns of a thing's picture."""
RELEASED_KEPT = 20

Patch = npt.NDArray[np.float32]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Fixture:
    """One thing that is hidden from the rules."""

    label: str
    xyxy: Box
    since_s: float
    """Media time at which it was learnt."""
    patch: Patch
    hidden_s: float = 0.0
    """Media seconds for which rules did not see it."""
    last_s: float = 0.0
    """When it was last detected."""
    times: int = 1
    """Tracks that were found to be it, and hidden."""
    since: datetime | None = None
    """UTC, when it was learnt; None: before that was noted."""

    @property
    def id(self) -> str:
        """The same for the same thing in the same place, also after a restart."""
        place = [self.label, *(round(value, 4) for value in self.xyxy)]
        return hashlib.sha256(repr(place).encode()).hexdigest()[:12]

    def told(self) -> dict[str, Any]:
        """As JSON types, for people."""
        return {
            "id": self.id,
            "label": self.label,
            "xyxy": [round(value, 4) for value in self.xyxy],
            "since": None if self.since is None else rfc3339(self.since),
            "times": self.times,
            "hidden_s": round(self.hidden_s, 1),
        }

    def to_dict(self) -> dict[str, Any]:
        """As JSON types, for the record of a camera."""
        return {
            **self.told(),
            "xyxy": [round(value, 5) for value in self.xyxy],
            "patch": np.rint(self.patch).astype(int).ravel().tolist(),
        }


@dataclass(frozen=True, slots=True)
class Release:
    """A fixture that rules see again, and why."""

    label: str
    xyxy: Box
    hidden_s: float
    at_s: float
    why: str
    """`moved`, `changed`, `gone`, or `told` by a person."""


@dataclass(slots=True)
class _Candidate:
    """A track that has not moved yet."""

    first: Track
    since_s: float
    looked_s: float
    patch: Patch | None
    was_there: bool
    """Since the start."""
    is_sure: bool = False
    """Once detected with certainty."""
    changed: bool = False
    moved: bool = False

    @property
    def is_doubtful(self) -> bool:
        return not (self.moved or self.is_sure)


@dataclass(slots=True)
class Fixtures:
    """Those of one camera. Used by one thread at a time, apart from `watch_again`; `t_s` never
    goes back.
    """

    camera: CameraId
    known: list[Fixture] = field(default_factory=list)
    released: deque[Release] = field(default_factory=lambda: deque(maxlen=RELEASED_KEPT))
    """The latest, oldest first."""
    now: Callable[[], datetime] = _utc_now
    _watched: tuple[Box, ...] = ()
    _obeyed: tuple[Box, ...] = ()
    _began_s: float | None = None
    _last_s: float = 0.0
    _candidates: dict[int, _Candidate] = field(default_factory=dict)
    _hidden: dict[int, Fixture] = field(default_factory=dict)
    _grey: Patch | None = None
    _noise: float = 0.0
    _noise_s: float = -1e9

    def part(
        self, tracks: Sequence[Track], image: Image | None, t_s: float
    ) -> tuple[list[Track], list[Track]]:
        """The tracks that rules see, and those that they do not: fixtures and doubtful ones.

        `image`: BGR uint8, any size; without it no fixture is known or learnt.
        """
        if self._began_s is None:
            self._began_s = self._last_s = t_s
        gap_s, self._last_s = t_s - self._last_s, t_s
        self._forget(tracks, t_s)
        self._obey(t_s)
        if image is not None:
            self._measure_noise(image, t_s)
        seen, hidden = [], []
        for track in tracks:
            if self._is_watched(track.xyxy):
                seen.append(track)
                continue
            fixture = None if image is None else self._fixture(track, image, t_s)
            if fixture is not None:
                fixture.hidden_s += gap_s
                hidden.append(track)
            elif self._follow(track, image, t_s).is_doubtful:
                hidden.append(track)
            else:
                seen.append(track)
        return seen, hidden

    def watch_again(self, places: Sequence[Box]) -> None:
        """What people said is no fixture, all of it: nothing is hidden in these places from the
        next frame on. Any thread may call it.
        """
        self._watched = tuple(places)

    def _obey(self, t_s: float) -> None:
        watched = self._watched
        if watched == self._obeyed:
            return
        for one in [one for one in self.known if self._is_watched(one.xyxy)]:
            self._release(one, t_s, "told")
        self._candidates.clear()  # what is let alone again begins anew
        self._obeyed = watched

    def _is_watched(self, xyxy: Box) -> bool:
        return any(box_iou(place, xyxy) >= SAME_PLACE for place in self._watched)

    def reset(self) -> None:
        """Nothing can be followed across what happened; what was learnt stays."""
        self._candidates.clear()
        self._hidden.clear()
        self._grey, self._began_s = None, None

    def restore(self, record: Iterable[Mapping[str, Any]]) -> None:
        """Take up what an earlier process learnt. Raises KeyError, TypeError, ValueError."""
        for one in list(record)[:MOST]:
            x1, y1, x2, y2 = (float(value) for value in one["xyxy"])
            patch = np.asarray(one["patch"], np.float32).reshape(PATCH)
            fixture = Fixture(str(one["label"]), (x1, y1, x2, y2), 0.0, patch)
            fixture.hidden_s = float(one["hidden_s"])
            fixture.times = int(one.get("times", 1))
            since = one.get("since")
            fixture.since = None if since is None else datetime.fromisoformat(since)
            self.known.append(fixture)

    def _fixture(self, track: Track, image: Image, t_s: float) -> Fixture | None:
        """The fixture that a track is, or None."""
        hidden = self._hidden.get(track.id)
        if hidden is None:
            hidden = self._recognised(track, image)
            if hidden is None:
                return self._learn(track, image, t_s)
            self._hidden[track.id] = hidden
            hidden.times += 1
        if _drift(track.xyxy, hidden.xyxy) > DRIFT:
            self._release(hidden, t_s, "moved")
            return None
        if track.unseen_s == 0:
            if t_s - hidden.last_s >= LOOK_EVERY_S and not self._is_alike(track, image, hidden):
                self._release(hidden, t_s, "changed")
                return None
            hidden.last_s = t_s
        return hidden

    def _recognised(self, track: Track, image: Image) -> Fixture | None:
        near = [
            one
            for one in self.known
            if one.label == track.label and box_iou(one.xyxy, track.xyxy) >= SAME_PLACE
        ]
        return next((one for one in near if self._is_alike(track, image, one)), None)

    def _is_alike(self, track: Track, image: Image, fixture: Fixture) -> bool:
        patch = _patch(image, fixture.xyxy)
        return patch is None or _correlation(patch, fixture.patch) >= ALIKE

    def _follow(self, track: Track, image: Image | None, t_s: float) -> _Candidate:
        """What is known of a track that is no fixture, brought up to now."""
        one = self._candidates.get(track.id)
        if one is None:
            was_there = t_s - track.age_s - (self._began_s or 0.0) <= START_S
            patch = None if image is None else _patch(image, track.xyxy)
            one = self._candidates[track.id] = _Candidate(track, t_s, t_s, patch, was_there)
        one.is_sure |= track.score >= SURE
        if track.unseen_s == 0 and _drift(track.xyxy, one.first.xyxy) > DRIFT:
            one.moved, one.patch = True, None
        return one

    def _learn(self, track: Track, image: Image, t_s: float) -> Fixture | None:
        """The new fixture that a track is, once that is sure."""
        one = self._follow(track, image, t_s)
        if one.moved or track.unseen_s > 0:
            return None
        if t_s - one.looked_s >= LOOK_EVERY_S:
            self._look(one, image, t_s)
        rested_s = t_s - one.since_s
        settled_s = SETTLED_S if one.was_there else APPEARED_S
        if rested_s < (TREMBLING_S if one.changed else settled_s) or len(self.known) >= MOST:
            return None
        return self._add(track, image, t_s)

    def _look(self, one: _Candidate, image: Image, t_s: float) -> None:
        patch = _patch(image, one.first.xyxy)
        if patch is not None and one.patch is not None:
            changed = float(np.percentile(np.abs(patch - one.patch), 90))
            one.changed |= changed > CHANGED_LUMA + NOISE_TIMES * self._noise
        one.looked_s = t_s

    def _add(self, track: Track, image: Image, t_s: float) -> Fixture | None:
        patch = _patch(image, track.xyxy)
        if patch is None:
            return None
        fixture = Fixture(track.label, track.xyxy, t_s, patch, last_s=t_s, since=self.now())
        self.known.append(fixture)
        self._hidden[track.id] = fixture
        self._candidates.pop(track.id, None)
        log.info("camera %s: a %s at %s is part of the place", self.camera, *_words(fixture))
        return fixture

    def _release(self, fixture: Fixture, t_s: float, why: str) -> None:
        self.known = [one for one in self.known if one is not fixture]
        self._hidden = {key: one for key, one in self._hidden.items() if one is not fixture}
        self.released.append(Release(fixture.label, fixture.xyxy, fixture.hidden_s, t_s, why))
        log.info("camera %s: the %s at %s is watched again: %s", self.camera, *_words(fixture), why)

    def _forget(self, tracks: Sequence[Track], t_s: float) -> None:
        ids = {track.id for track in tracks}
        self._candidates = {key: one for key, one in self._candidates.items() if key in ids}
        self._hidden = {key: one for key, one in self._hidden.items() if key in ids}
        for fixture in [one for one in self.known if t_s - one.last_s > GONE_S]:
            self._release(fixture, t_s, "gone")

    def _measure_noise(self, image: Image, t_s: float) -> None:
        """What the whole frame differs by from second to second, in grey levels."""
        if t_s - self._noise_s < LOOK_EVERY_S:
            return
        grey = image[::8, ::8, 1].astype(np.float32)
        if self._grey is not None and self._grey.shape == grey.shape:
            self._noise = float(np.median(np.abs(grey - self._grey)))
        self._grey, self._noise_s = grey, t_s


def _drift(now: Box, first: Box) -> float:
    """How far a box's foot is from where it was, in heights of the box."""
    apart = distance(((now[0] + now[2]) / 2, now[3]), ((first[0] + first[2]) / 2, first[3]))
    return apart / max(1e-3, first[3] - first[1])


def _patch(image: Image, xyxy: Box) -> Patch | None:
    """The green channel of what is in the box, `PATCH` samples; None where that is too small."""
    height, width = image.shape[:2]
    left, right = int(xyxy[0] * width), int(xyxy[2] * width)
    top, bottom = int(xyxy[1] * height), int(xyxy[3] * height)
    if right - left < 3 or bottom - top < 3:
        return None
    rows = np.linspace(top, min(bottom, height) - 1, PATCH[0]).astype(int)
    columns = np.linspace(left, min(right, width) - 1, PATCH[1]).astype(int)
    return np.asarray(image[rows[:, None], columns[None, :], 1], np.float32)


def _correlation(one: Patch, other: Patch) -> float:
    """Of two pictures, whatever the light: -1 to 1; two flat ones are alike."""
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    flat = 2.0 * one.size  # less than about a grey level of contrast
    return 1.0 if size < flat else float((a * b).sum()) / size


def _words(fixture: Fixture) -> tuple[str, str]:
    x1, y1, x2, y2 = fixture.xyxy
    return fixture.label, f"({(x1 + x2) / 2:.2f}, {(y1 + y2) / 2:.2f})"
