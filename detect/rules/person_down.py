"""Person down: somebody lies on the ground, and does not get up.

Detectors drop people who lie. So a place is suspected for cheap reasons (a box that is wide or has
sunk, somebody who vanished while something stayed on the ground, a look at the picture turned by a
quarter) and then looked at closely, so often a second at most.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from detect.aids import NO_AIDS, Aids
from detect.fallen.closer import (
    EXACT,
    WAYS,
    Closer,
    Labels,
    fills,
    look_closer,
    others,
    overlap,
    people,
    sweep,
    within,
)
from detect.fallen.lying import (
    UPRIGHT_ASPECT,
    Evidence,
    Standing,
    aspect,
    is_bodily,
    is_cut,
    lowness,
    quantities,
    same_place,
    tallness,
)
from detect.fallen.remains import Background
from detect.fallen.suspects import Suspect, Suspects
from detect.geometry import inside
from detect.places import Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.track import Box, Track
from detect.view import View
from detect.words import Said, place, seconds, upper

USUAL_WIDE = 16 / 9
"""Width of a frame in its heights where no picture tells it."""
WIDE_FROM = 1.0
"""Width by height from which a box is suspected;"""
UPRIGHT_BELOW = 0.8
"""Width by height below which a box holds somebody who stands or sits."""
SUNK = 0.55
"""or its height against that of who stands there."""
SURE, SURE_UNSEEN = 0.6, 0.75
"""What must be believed of a place where somebody was seen to come down, and where nobody was:
goods and spots may look like somebody who lies;"""
LEAST_LOOKS = 3
SILENT_LOOKS = 2
"""and fewer looks than these must have been silent since."""
LOOK_EVERY_S = 0.5
LOOKS_A_SECOND = 3.0
"""Closer looks of a camera, at most,"""
MOST_LOOKS = 3.0
"""and so many in one frame."""
SWEEP_S = 2.0
"""Time between looks at the whole picture turned, while people were seen lately;"""
SWEEP_IDLE_S = 10.0
"""and else."""
AWAKE_S = 20.0
SWEPT = 0.27
"""A score in the turned picture from which a place is suspected."""
FELL_SHARE = 0.15
"""Of a box that was upright there just before: who falls may come to lie beside the feet."""
VANISHED_S = 0.5
FORGOTTEN_S = 4.0
"""Who was out of sight for so long was not here when it happened."""
LEAST_AGE_S = 0.8
SUSPICION_FPS = 4.0
LOW = 0.7
"""What remains of somebody is at most so high, of who stands there."""


class PersonDownRule(RuleParameters):
    """Somebody lies, and does not get up."""

    kind: Literal["person_down"]
    zone: Name | None = None
    classes: Classes = ("person",)
    seconds: Seconds = 3.0

    @property
    def floor_fps(self) -> float:
        """A fall takes a second."""
        return 3.0

    @property
    def always_fps(self) -> float:
        """Who lies may not be detected at all."""
        return 0.5


@dataclass(slots=True)
class _Upright:
    """Somebody who was seen upright."""

    box: Box
    seen_s: float
    age_s: float


class PersonDown(Judge):
    """All who lie in its place at a time are one happening."""

    def __init__(self, rule: PersonDownRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        self._polygon = places.polygon(rule.zone)
        self._aids = aids
        self._standing = Standing()
        self._background = Background()
        self._suspects = Suspects()
        self._upright: dict[int, _Upright] = {}
        self._swept_s: float | None = None
        self._sweeps = 0
        self._someone_s = 0.0
        self._last_s: float | None = None
        self._gap_s = 0.0
        self._allowed = MOST_LOOKS

    def judge(self, view: View) -> list[Finding]:
        self._gap_s = 0.0 if self._last_s is None else view.t_s - self._last_s
        self._last_s = view.t_s
        wide = USUAL_WIDE if view.image is None else view.image.shape[1] / view.image.shape[0]
        mine = [t for t in view.tracks if t.label in self._rule.classes]
        detected = self._detected(view)
        self._look_at_ground(view, mine, detected)
        for track in mine:
            self._follow(track, view.t_s, wide)
        if mine or detected:
            self._someone_s = view.t_s
        for box, _ in detected:
            self._suspect_low(box, view.t_s, wide)
        self._suspect_vanished(mine, view.t_s, wide)
        self._sweep(view, mine, wide)
        self._judge_all(view, detected, wide)
        self._suspects.forget(view.t_s)
        self.asks_fps = SUSPICION_FPS if self._suspects.all else 0.0
        return self._found(view.t_s, mine)

    # --- what is suspected ---

    def _detected(self, view: View) -> list[tuple[Box, float]]:
        found = []
        for name in self._rule.classes:
            if name in view.classes:
                found += people(view.detections, view.classes.index(name))
        return found

    def _look_at_ground(
        self, view: View, mine: list[Track], detected: list[tuple[Box, float]]
    ) -> None:
        if view.luma is None:
            return
        out = [track.xyxy for track in mine] + [box for box, _ in detected]
        out += [one.box for one in self._suspects.all]
        wide = view.luma.shape[1] / view.luma.shape[0]
        stand = [box for box, _ in detected if aspect(box, wide) < UPRIGHT_BELOW]
        if self._background.see(view.luma, view.t_s, out, stand):
            self._suspects.clear()
            self._upright.clear()
            self._sweeps, self._someone_s = 0, view.t_s

    def _follow(self, track: Track, t_s: float, wide: float) -> None:
        """Remember who stands, and how tall they stand there."""
        if track.unseen_s > 0 or aspect(track.xyxy, wide) > 1 / UPRIGHT_ASPECT:
            return
        if is_cut(track.xyxy):
            self._upright.pop(track.id, None)
            return
        self._standing.learn(track.xyxy)
        self._upright[track.id] = _Upright(track.xyxy, t_s, track.age_s)

    def _suspect_low(self, box: Box, t_s: float, wide: float) -> None:
        """A box that is wide, or much lower than who stands there."""
        stood = self._standing.expected(box[3])
        if is_cut(box) or not is_bodily(box, wide, stood):
            return
        is_sunk = stood is not None and box[3] - box[1] < SUNK * stood
        if aspect(box, wide) < WIDE_FROM and not (is_sunk and aspect(box, wide) > 0.7):
            return
        if any(within(box, other.box) for other in self._upright.values() if other.seen_s == t_s):
            return
        one = self._suspects.add(box, t_s)
        if one is None:
            return
        one.stood = one.stood or stood
        one.fell |= self._was_upright(box)

    def _was_upright(self, box: Box) -> bool:
        return any(same_place(one.box, box, FELL_SHARE) for one in self._upright.values())

    def _suspect_vanished(self, mine: list[Track], t_s: float, wide: float) -> None:
        """Where somebody was and is no longer, and something lies."""
        there = [t.xyxy for t in mine if t.unseen_s == 0]
        for key, one in list(self._upright.items()):
            gone_s = t_s - one.seen_s
            if gone_s > FORGOTTEN_S:
                del self._upright[key]
            elif gone_s >= VANISHED_S and one.age_s >= LEAST_AGE_S:
                if any(same_place(box, one.box, 0.3) for box in there):
                    continue
                self._suspect_remains(one, t_s, wide)

    def _suspect_remains(self, one: _Upright, t_s: float, wide: float) -> None:
        height = one.box[3] - one.box[1]
        x, foot = (one.box[0] + one.box[2]) / 2, one.box[3]
        reach = 1.1 * height / wide
        part = (x - reach, foot - 0.65 * height, x + reach, foot + 0.45 * height)
        found = self._background.largest(part)
        if found is None or is_cut(found.box) or not found.is_there:
            return
        is_low = found.box[3] - found.box[1] <= LOW * height
        if is_low and is_bodily(found.box, wide, height, found.area):
            suspect = self._suspects.add(found.box, t_s)
            if suspect is not None and not suspect.fell:
                suspect.fell, suspect.stood, suspect.box = True, height, found.box

    def _sweep(self, view: View, mine: list[Track], wide: float) -> None:
        """Look at the whole picture turned, one way and the other in turn."""
        if view.image is None or not view.classes or self._aids is NO_AIDS:
            return
        recent = view.t_s - self._someone_s < AWAKE_S
        every_s = SWEEP_S if recent else SWEEP_IDLE_S
        if self._swept_s is not None and view.t_s - self._swept_s < every_s:
            return
        labels = self._labels(view)
        if labels is None:
            return
        found = sweep(view, wide, self._aids, labels.person, self._sweeps)
        self._swept_s, self._sweeps = view.t_s, self._sweeps + 1
        stand = [t.xyxy for t in mine if t.unseen_s == 0 and aspect(t.xyxy, wide) < 1]
        for box, score in found:
            is_free = not is_cut(box) and all(overlap(box, other) < 0.3 for other in stand)
            stood = self._standing.expected(box[3])
            if score >= SWEPT and is_free and is_bodily(box, wide, stood):
                self._suspects.add(box, view.t_s)

    def _labels(self, view: View) -> Labels | None:
        made = (Labels.of(view.classes, name) for name in self._rule.classes)
        return next((labels for labels in made if labels is not None), None)

    # --- what is believed ---

    def _judge_all(self, view: View, detected: list[tuple[Box, float]], wide: float) -> None:
        self._allowed = min(MOST_LOOKS, self._allowed + LOOKS_A_SECOND * self._gap_s)
        due = self._suspects.due(view.t_s, LOOK_EVERY_S, int(self._allowed))
        self._allowed -= len(due)
        labels = self._labels(view)
        things = [] if labels is None else others(view.detections, labels)
        for one in due:
            one.looked_s = view.t_s
            near = [(box, score) for box, score in detected if overlap(box, one.box) >= 0.2]
            seen, where = _at_hand(near, wide)
            other = max((score for box, score in things if fills(box, one.box)), default=0.0)
            closer = None
            if labels is not None and view.picture is not None:
                ways = one.ways or WAYS[one.looks % len(WAYS)]
                closer = look_closer(view, one.box, wide, self._aids, labels, one.looks, ways)
                one.ways = None if closer is None or closer.turned is None else ways
            if closer is not None:
                seen, where = _with_closer(seen, where, closer)
                other = max(other, closer.other)
            if where is not None:
                one.draw(where)
            one.judge(self._rest(replace(seen, other_score=other), one, wide), view.t_s)

    def _rest(self, seen: Evidence, one: Suspect, wide: float) -> Evidence:
        """What the place itself tells."""
        stood = one.stood or self._standing.expected(one.box[3])
        return replace(
            seen,
            lowness=lowness(one.box, wide, stood),
            remains=self._remains(one) if one.fell else 0.0,
            fell=one.fell,
            tall=self._tall(one.box, stood, wide) if one.fell and stood else 0.0,
        )

    def _tall(self, box: Box, stood: float, wide: float) -> float:
        """How tall the whole thing is of which the box is a part: who bends has legs below."""
        x, reach = (box[0] + box[2]) / 2, 0.8 * stood / wide
        part = (x - reach, box[1] - 0.4 * stood, x + reach, box[3] + 0.6 * stood)
        found = self._background.largest(part, at=box)
        return 0.0 if found is None else tallness(found.box[3] - found.box[1], stood)

    def _remains(self, one: Suspect) -> float:
        share = self._background.share(one.box)
        return one.seen.remains if share is None else share

    def _found(self, t_s: float, mine: list[Track]) -> list[Finding]:
        down = [
            one
            for one in self._suspects.all
            if is_down(one, t_s, self._rule.seconds)
            and not is_cut(one.box)
            and self._is_mine(one.box)
        ]
        if not down:
            return []
        first = max(down, key=lambda one: one.level)
        lying_s = t_s - min(one.since_s for one in down)
        tracks = tuple(t for t in mine if t.unseen_s == 0 and overlap(t.xyxy, first.box) >= 0.3)
        return [
            Finding(
                "down",
                min(one.since_s for one in down),
                tracks,
                _said(len(down), self._rule.zone, lying_s),
                score=first.level,
                box=first.box,
                scores=_scores(first, lying_s),
            )
        ]

    def _is_mine(self, box: Box) -> bool:
        foot = (box[0] + box[2]) / 2, box[3]
        return self._polygon is None or inside(foot, self._polygon)


def is_down(one: Suspect, t_s: float, seconds: float) -> bool:
    """Whether it is believed, after enough looks, for so long and of late."""
    return (
        one.level >= (SURE if one.fell else SURE_UNSEEN)
        and one.looks >= LEAST_LOOKS
        and t_s - one.since_s >= seconds
        and one.silent < SILENT_LOOKS
    )


def _at_hand(near: list[tuple[Box, float]], wide: float) -> tuple[Evidence, Box | None]:
    """What this frame's own detections say of a place."""
    lying = max((n for n in near if aspect(n[0], wide) >= WIDE_FROM), key=_score, default=None)
    upright = max((n for n in near if aspect(n[0], wide) < UPRIGHT_BELOW), key=_score, default=None)
    seen = Evidence(
        wide_score=0.0 if lying is None else lying[1],
        upright_score=0.0 if upright is None else upright[1],
    )
    return seen, None if lying is None else lying[0]


def _with_closer(seen: Evidence, where: Box | None, closer: Closer) -> tuple[Evidence, Box | None]:
    wide, turned, upright = (
        0.0 if found is None else found[1] for found in (closer.wide, closer.turned, closer.upright)
    )
    tight = (closer.wide, closer.turned if closer.way in EXACT else None)
    best = max((found for found in tight if found is not None), key=_score, default=None)
    if best is not None and best[1] > seen.wide_score:
        where = best[0]
    return (
        replace(
            seen,
            wide_score=max(seen.wide_score, wide),
            turned_score=turned,
            upright_score=max(seen.upright_score, upright),
            posture=closer.posture,
            turned_posture=closer.turned_posture,
        ),
        where,
    )


def _score(found: tuple[Box, float]) -> float:
    return found[1]


def _scores(one: Suspect, lying_s: float) -> dict[str, float]:
    """What was measured at the last look, as parts of what would say all (1)."""
    told = {"lying_s": lying_s, **quantities(one.seen)}
    if one.seen.posture is not None:
        told["torso_deg"] = one.seen.posture.torso_deg
    return told


def _said(many: int, zone: str | None, lying_s: float) -> Said:
    where, time = place(zone), seconds(lying_s)
    if many == 1:
        return Said(
            f"A person has been lying for {time} s {where.en}.",
            f"{upper(where.kk)} адам {time} с бойы жатыр.",
            f"Человек лежит {time} с {where.ru}.",
        )
    return Said(
        f"{many} people are lying {where.en}, the first for {time} s.",
        f"{upper(where.kk)} {many} адам жатыр, біріншісі {time} с бойы.",
        f"Лежат люди ({many}) {where.ru}, первый {time} с.",
    )


KIND = Kind("person_down", PersonDownRule, PersonDown, severity="critical", quiet_s=6.0)
