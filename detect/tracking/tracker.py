"""Follows things through the frames of one camera.

ByteTrack's idea (Zhang et al., 2022, arXiv:2110.06864): sure detections are matched first, unsure
ones may only prolong what is known. What moves how is `detect.tracking.followed`, what is which
`detect.tracking.association`.

All is plain numbers: with the few tracks that a camera has, that is quicker than arrays with a row
for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from detect.detections import Detections
from detect.looking.look import LiveTrack
from detect.track import Box, Track
from detect.tracking.association import Sightings, assigned, is_double, pairs
from detect.tracking.followed import Followed
from detect.tracking.kinship import kin_of

SURE = 0.45
"""A detection this certain may begin a track."""
UNSURE = 0.25
"""A detection at least this certain may prolong one."""
MATCH = 0.15
MATCH_UNSURE = 0.55
"""Likeness from which a sure, an unsure detection is matched."""
CONFIRM_HITS = 2
CONFIRM_EVIDENCE = 0.5
"""What the scores of a track's detections, each less `detect.tracking.followed.CERTAIN`, must come
to before it is confirmed: two of a person in plain view, four or five of what is barely sure."""
KEEP_S = 3.0
KEEP_STILL_S = 5.0
"""How long one that stood still, as a parked car or who sits, is kept while out of sight."""
STILL, STILL_AGE_S = 0.15, 2.0
"""What moves less than this part of its size a second, for so long, stands still."""
KEEP_TENTATIVE_S = 0.5
KEEP_FRAMES = 1.5
"""A track outlives a frame without it, however far apart frames are."""
SEARCH_S = 1.5
"""How long one that is out of sight is still to be looked for (`Tracker.live`)."""


class Tracker:
    """The tracks of one camera; shares nothing with another.

    `classes` are the names behind the labels of the detections.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = tuple(classes)
        self._kin = kin_of(self._classes)
        self._next_id = 1
        self._t_s = 0.0
        self._followed: list[Followed] = []

    def reset(self) -> None:
        """Forget every track; ids go on counting."""
        self._followed = []

    def update(self, detections: Detections, t_s: float) -> list[Track]:
        """Take one frame's detections at media time `t_s`; gives the confirmed tracks."""
        gap_s = max(0.0, t_s - self._t_s)
        self._t_s = t_s
        for one in self._followed:
            one.advance(t_s - gap_s, gap_s)
        sightings = Sightings(detections, UNSURE, SURE, self._kin)
        fresh = self._prolong(sightings, t_s - gap_s)
        self._drop(gap_s)
        self._begin(sightings, fresh)
        return [self._track(one) for one in self._followed if _is_confirmed(one)]

    def live(self, t_s: float) -> list[LiveTrack]:
        """Tracks to look for, tentative ones too, where each is expected at media time `t_s`."""
        gap_s = max(0.0, t_s - self._t_s)
        least_s = max(SEARCH_S, KEEP_FRAMES * gap_s)
        return [
            LiveTrack(
                id=one.id,
                label=self._classes[one.label],
                xyxy=_within(one.after(self._t_s, gap_s)),
                is_confirmed=_is_confirmed(one),
                unseen_s=t_s - one.seen_s,
                speed=hypot(one.vx, one.vy),
            )
            for one in self._followed
            if self._t_s - one.seen_s <= least_s
        ]

    def _prolong(self, sightings: Sightings, before_s: float) -> list[int]:
        """Match tracks to detections, sure ones first; gives the sure ones that match none."""
        scores = sightings.scores
        found = pairs(self._followed, sightings, before_s)
        matched = assigned(p for p in found if -p[0] >= MATCH and scores[p[2]] >= SURE)
        unsure = [p for p in found if -p[0] >= MATCH_UNSURE and scores[p[2]] < SURE]
        matched |= assigned(p for p in unsure if p[1] not in matched)
        for row, column in matched.items():
            self._followed[row].correct(
                sightings.boxes[column], scores[column], sightings.labels[column], self._t_s
            )
        taken = set(matched.values())
        return [c for c, score in enumerate(scores) if score >= SURE and c not in taken]

    def _begin(self, sightings: Sightings, columns: Sequence[int]) -> None:
        """Begin a track with each, unless it seems a second detection of a thing just seen."""
        seen = [(one.label, one.box) for one in self._followed if one.seen_s == self._t_s]
        for column in columns:
            box, label = sightings.boxes[column], sightings.labels[column]
            if any(label == other and is_double(box, of) for other, of in seen):
                continue
            score = sightings.scores[column]
            one = Followed.begin(self._next_id, box, score, label, self._t_s)
            self._followed.append(one)
            seen.append((label, one.box))
            self._next_id += 1

    def _drop(self, gap_s: float) -> None:
        """Forget what was out of sight for too long."""
        least_s = KEEP_FRAMES * gap_s
        self._followed = [
            one for one in self._followed if self._t_s - one.seen_s <= max(least_s, _kept_s(one))
        ]

    def _track(self, one: Followed) -> Track:
        return Track(
            id=one.id,
            label=self._classes[one.label],
            xyxy=_within(one.box),
            score=one.score,
            age_s=self._t_s - one.born_s,
            unseen_s=self._t_s - one.seen_s,
            velocity=(one.vx, one.vy),
        )


def _is_confirmed(one: Followed) -> bool:
    return one.hits >= CONFIRM_HITS and one.evidence >= CONFIRM_EVIDENCE


def _kept_s(one: Followed) -> float:
    """How long a track is kept out of sight."""
    if not _is_confirmed(one):
        return KEEP_TENTATIVE_S
    is_old = one.seen_s - one.born_s >= STILL_AGE_S
    is_still = abs(one.vx) <= STILL * one.width and abs(one.vy) <= STILL * one.height
    return KEEP_STILL_S if is_old and is_still else KEEP_S


def _within(box: Box) -> Box:
    """The part of a box that is in the frame."""
    x1, y1, x2, y2 = box
    if 0.0 <= x1 <= 1.0 and 0.0 <= y1 <= 1.0 and 0.0 <= x2 <= 1.0 and 0.0 <= y2 <= 1.0:
        return box  # nearly all are
    return _clamped(x1), _clamped(y1), _clamped(x2), _clamped(y2)


def _clamped(value: float) -> float:
    return min(max(value, 0.0), 1.0)
