"""Abandoned object: a thing was put down and its owner has left."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from detect.aids import Aids
from detect.geometry import inside
from detect.left.appearance import Kind as Look
from detect.left.background import DualBackground, Region
from detect.left.belongings import (
    LOST_S,
    NEAR,
    People,
    Taken,
    Thing,
    attend,
    foot_of,
    overlap_of,
    people_in,
    same_thing,
)
from detect.overlap import box_iou
from detect.places import BAGS, VEHICLES, Classes, Name, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.track import Box
from detect.view import View
from detect.words import Said, place, seconds, thing, upper
from ingest.frame import FrameSize

LABELLED = 0.3
"""Score of a detection of the classes looked for that names a thing."""
CLOSE_LABELLED = 0.25
"""Score of one in a closer look,"""
CLOSE_PERSON = 0.35
"""and of a person in it, whom the detector missed in the whole picture."""
CLOSE_SIDES = 3.0
"""A closer look is this many times as large as the thing,"""
CLOSE_PX = 256
CLOSE_EVERY_S = 3.0
CLOSE_LOOKS = 4
LEAST_HEIGHT, MOST_HEIGHT, MOST_NAMED = 0.06, 0.7, 0.85
"""Of a thing, in heights of its owner; one with a name may be higher: detectors of this size call
what is new in a place by the name of a bag, a car too."""
MOST_WIDTH = 1.2
UNDER = 0.5
"""Part of a thing that lies under the box of a person or vehicle: it is that, or a part of it."""
MANY = 6
"""So many things at once nobody puts down: the light or the view has changed."""
GROWN = 1.1
PART = 0.7
WHOLE_S = 4.0
"""Only after this time all of it is in sight: before, a part of a thing may look like a ghost."""
FIRST_S = 3.0
WAS_THERE = 0.3
"""Part of a region that was under somebody while the place was learnt, in its first seconds."""
UNNAMED_GAIN = 2.1
"""How much clearer the outline of a thing without a name must be than what was there before: the
traces of people who had stood on a wet street measured 1.0 to 1.9, things on a floor 2.3 to 5.9."""
DRIFT = 0.3
"""Change, in parts of what sets it off from the ground, above which it is not the same any more:
who stands still sways, shadows and patches of sun move on."""
STILL_S = 6.0
"""A thing has looked the same for so long."""
OWNERLESS_S = 10.0
"""What nobody was seen to put down must be named by the detector; for so long it may be, before it
is taken for a part of the place."""
TAKEN_S = 120.0
"""So long it is remembered what was taken away."""
SUSPICIOUS_FPS = 2.0
SURE, UNNAMED = 0.85, 0.65
"""Scores of a finding with a name for the thing and without."""


class AbandonedObjectRule(RuleParameters):
    """A thing was put down and its owner has left."""

    PIXELS: ClassVar[bool] = True

    kind: Literal["abandoned_object"]
    zone: Name | None = None
    classes: Classes = BAGS
    seconds: Seconds = 20.0
    near: Annotated[float, Field(gt=0, le=20, allow_inf_nan=False, strict=True)] = NEAR
    """Heights of a person within which somebody is with a thing."""
    unknown: bool = True
    """Things too that the detector has no name for, if somebody was seen to put them down."""

    @property
    def labels(self) -> frozenset[str]:
        """People count as much as things."""
        return frozenset((*self.classes, "person"))

    @property
    def always_fps(self) -> float:
        return 1.0


class AbandonedObject(Judge):
    """Each thing is one happening; it ends when it is taken."""

    def __init__(self, rule: AbandonedObjectRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        self._aids = aids
        self._polygon = places.polygon(rule.zone)
        self._background = DualBackground()
        self._people = People()
        self._things: list[Thing] = []
        self._resets = 0
        self._reset_s = 0.0
        self._first: list[list[Box]] = []
        """Where somebody was while the place was learnt: they leave ghosts."""
        self._taken: list[Taken] = []
        self._count = 0

    def judge(self, view: View) -> list[Finding]:
        people = people_in(view)
        self._people.see([p for p in people if p.unseen_s == 0], view.t_s)
        if view.image is None:
            return []
        is_seen = self._background.see(view.image, view.t_s)
        if self._background.resets != self._resets:
            self._resets, self._reset_s = self._background.resets, view.t_s
            self._things.clear()
            self._taken.clear()
            self._first.clear()
        if view.t_s - self._reset_s <= FIRST_S:
            self._first.append(_moving_boxes(view))
        for known in self._things:
            attend(known, people, view.t_s, self._rule.near, _wide(view))
        if is_seen:
            self._renew(view)
        self.asks_fps = SUSPICIOUS_FPS if self._things else 0.0
        return [
            self._finding(known, view.t_s)
            for known in self._things
            if known.is_proven and self._is_alone(known, view.t_s)
        ]

    def _renew(self, view: View) -> None:
        """Bring up to a new picture what stands where it did not."""
        fresh = [r for r in self._background.regions() if not self._is_known(r, view.t_s)]
        fresh = [r for r in fresh if view.t_s - r.since_s >= WHOLE_S]
        for region in fresh:
            if len(fresh) >= MANY:
                self._background.absorb(region)
            else:
                self._meet(region, view)
        self._things = [thing for thing in self._things if self._stays(thing, view)]
        for known in self._things:
            if self._is_alone(known, view.t_s) and not known.is_proven:
                self._prove(known, view)

    def _is_alone(self, known: Thing, t_s: float) -> bool:
        return t_s - known.attended_s >= self._rule.seconds

    def _is_known(self, region: Region, t_s: float) -> bool:
        known = same_thing(region, self._things)
        if known is None:
            return False
        known.seen_s = t_s
        if region.cells > GROWN * known.region.cells:  # more of it has come into sight
            known.region = replace(region, since_s=known.region.since_s)
            known.looks = None
            parts = [t for t in self._things if t is not known and _is_part(t, region)]
            self._things = [t for t in self._things if all(t is not part for part in parts)]
        return True

    def _meet(self, region: Region, view: View) -> None:
        """A region is a new thing, or none."""
        if self._polygon is not None and not inside(foot_of(region.xyxy), self._polygon):
            return
        if overlap_of(region.xyxy, _moving_boxes(view)) >= UNDER:
            return  # somebody stands there: not put down, or not yet left
        if not self._background.is_clear(region):
            return
        looks = self._background.looks(region)
        if self._was_there(region, view) or looks.kind in (Look.GHOST, Look.LIGHT):
            if looks.kind is Look.GHOST:
                recent = [one for one in self._taken if view.t_s - one.at_s <= TAKEN_S]
                self._taken = [*recent, Taken.of(region, looks)]
            self._background.absorb(region)
            return
        owner = self._people.nearest(region.xyxy, region.since_s, _wide(view))
        self._count += 1
        new = Thing(self._count, region, view.t_s, owner, region.since_s)
        attend(new, people_in(view), view.t_s, self._rule.near, _wide(view))
        self._name(new, view)
        self._things.append(new)

    def _was_there(self, region: Region, view: View) -> bool:
        """Whether somebody stood there while the place was learnt, and does no more: a car that
        is still parked has left no ghost.
        """
        still = _moving_boxes(view)
        under = [
            any(
                overlap_of(region.xyxy, [box]) >= WAS_THERE
                and all(box_iou(box, other) < WAS_THERE for other in still)
                for box in boxes
            )
            for boxes in self._first
        ]
        return sum(under) > len(under) / 2

    def _stays(self, known: Thing, view: View) -> bool:
        """Whether it still stands there and may still be what is looked for."""
        if self._background.is_gone(known.region):
            return False
        stood_s = view.t_s - known.region.since_s
        self._name(known, view)
        if not self._may_be(known, _wide(view)) and stood_s > OWNERLESS_S:
            self._background.absorb(known.region)
            return False
        if overlap_of(known.region.xyxy, _moving_boxes(view)) < UNDER:
            known.seen_s = view.t_s
            self._compare(known, view.t_s)
        return view.t_s - known.seen_s < LOST_S

    def _compare(self, known: Thing, t_s: float) -> None:
        """Since when it has looked as it does; light that came later is let pass by."""
        if known.is_proven or not self._background.is_clear(known.region):
            return
        looks = self._background.looks(known.region)
        if known.looks is None or known.looks.drift(looks) > DRIFT:
            known.looks, known.still_s = looks, t_s

    def _may_be(self, known: Thing, aspect: float) -> bool:
        """Whether its size is that of a thing that its owner can carry; without an owner or a name
        it is none.
        """
        is_named = known.label is not None
        if known.owner is None or not (is_named or self._rule.unknown):
            return is_named and known.owner is None
        x1, y1, x2, y2 = known.region.xyxy
        owner = known.owner.xyxy
        tall = max(1e-3, known.owner.height)
        widest = MOST_WIDTH * max(tall / aspect, 2 * (owner[2] - owner[0]))
        most = MOST_NAMED if is_named else MOST_HEIGHT
        return LEAST_HEIGHT * tall <= y2 - y1 <= most * tall and x2 - x1 <= widest

    def _prove(self, known: Thing, view: View) -> None:
        """Alone for long enough: whether it is a thing at all. What is not is learnt."""
        if known.looks is None or view.t_s - known.still_s < STILL_S:
            return
        if not self._background.is_clear(known.region):
            return
        looks = self._background.looks(known.region)
        is_moved = any(taken.is_same(known.region, looks) for taken in self._taken)
        is_sure = looks.kind is Look.THING and looks.outline_gain >= UNNAMED_GAIN and not is_moved
        if looks.kind in (Look.GHOST, Look.LIGHT) or (known.label is None and not is_sure):
            self._background.absorb(known.region)
            known.seen_s = view.t_s - LOST_S
            return
        self._look_closer(known, view)
        known.is_proven = self._is_alone(known, view.t_s)

    def _name(self, known: Thing, view: View) -> None:
        """Ask the detector what it is: in the frame, and closer from time to time. Not while
        somebody passes in front: what they carry is no name for it.
        """
        if not self._background.is_clear(known.region):
            return
        for box, score, label in _detected(view):
            if label in self._rule.classes and score >= LABELLED:
                if box_iou(box, known.region.xyxy) >= 0.2 or _holds(box, known.region.xyxy):
                    _take_name(known, label, score)
        if known.label is None and known.tries < CLOSE_LOOKS:
            if view.t_s - known.looked_s >= CLOSE_EVERY_S:
                self._look_closer(known, view)

    def _look_closer(self, known: Thing, view: View) -> None:
        box = _around(known.region.xyxy)
        image = view.crop(box, FrameSize(CLOSE_PX, CLOSE_PX))
        known.tries, known.looked_s = known.tries + 1, view.t_s
        seen = None if image is None else self._aids.detect([image])
        if not seen:
            return
        for xyxy, score, number in zip(seen[0].xyxy, seen[0].score, seen[0].label, strict=True):
            label = view.classes[int(number)] if int(number) < len(view.classes) else ""
            x1, y1, x2, y2 = (float(value) for value in xyxy)
            is_here = x1 < 0.55 and x2 > 0.45 and y1 < 0.55 and y2 > 0.45
            if is_here and label in self._rule.classes and score >= CLOSE_LABELLED:
                _take_name(known, label, float(score))
            found = _out(box, (x1, y1, x2, y2))
            is_under = overlap_of(known.region.xyxy, [found]) >= UNDER
            if is_under and label == "person" and score >= CLOSE_PERSON:
                known.attended_s = view.t_s

    def _finding(self, known: Thing, t_s: float) -> Finding:
        alone_s = t_s - known.attended_s
        scores = {"alone_s": alone_s, "stands_s": t_s - known.region.since_s}
        scores["label"] = known.label_score
        if known.away is not None:
            scores["owner_heights"] = known.away
        base = UNNAMED if known.label is None else SURE
        score = base + 0.1 * (known.owner is not None)
        said = _said(known, self._rule.zone, alone_s)
        key = f"thing-{known.number}"
        return Finding(
            key, known.attended_s, (), said, score=score, box=known.region.xyxy, scores=scores
        )


def _said(known: Thing, zone: str | None, alone_s: float) -> Said:
    what = Said("a thing", "белгісіз зат", "предмет") if known.label is None else thing(known.label)
    where, time = place(zone), seconds(alone_s)
    if known.owner is None:
        owner = Said("nobody is with it", "жанында ешкім жоқ", "рядом никого нет")
    elif known.away is None:
        owner = Said("its owner is gone", "иесі кетіп қалған", "владелец ушёл")
    else:
        owner = Said(
            f"its owner is {known.away:.0f} body heights away",
            f"иесі {known.away:.0f} бой қашықтықта",
            f"владелец на расстоянии {known.away:.0f} своих ростов",
        )
    return Said(
        f"{upper(what.en)} has been left alone {where.en} for {time} s; {owner.en}.",
        f"{upper(where.kk)} {what.kk} иесіз қалды: {time} с; {owner.kk}.",
        f"{upper(what.ru)} без присмотра {where.ru}: {time} с; {owner.ru}.",
    )


def _take_name(known: Thing, label: str, score: float) -> None:
    if score > known.label_score:
        known.label, known.label_score = label, score


def _detected(view: View) -> list[tuple[Box, float, str]]:
    seen = view.detections
    return [
        ((float(b[0]), float(b[1]), float(b[2]), float(b[3])), float(s), view.classes[int(n)])
        for b, s, n in zip(seen.xyxy, seen.score, seen.label, strict=True)
        if int(n) < len(view.classes)
    ]


def _moving_boxes(view: View) -> list[Box]:
    """People and vehicles, followed or only detected."""
    labels = ("person", *VEHICLES)
    tracked = [t.xyxy for t in (*view.tracks, *view.hidden) if t.label in labels]
    return tracked + [
        box for box, score, label in _detected(view) if label in labels and score > 0.3
    ]


def _wide(view: View) -> float:
    """The picture's width by its height."""
    return 1.0 if view.image is None else view.image.shape[1] / view.image.shape[0]


def _around(box: Box) -> Box:
    """A square in the picture's own shape, `CLOSE_SIDES` times as large as the box."""
    half = CLOSE_SIDES * max(box[2] - box[0], box[3] - box[1], 0.04) / 2
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return x - half, y - half, x + half, y + half


def _out(part: Box, box: Box) -> Box:
    """From fractions of a part of the frame, cut at its edge, to those of the frame."""
    x1, y1 = max(0.0, part[0]), max(0.0, part[1])
    wide, high = min(1.0, part[2]) - x1, min(1.0, part[3]) - y1
    return x1 + box[0] * wide, y1 + box[1] * high, x1 + box[2] * wide, y1 + box[3] * high


def _is_part(known: Thing, region: Region) -> bool:
    """Whether what was taken for a thing is a part of a region."""
    return overlap_of(known.region.xyxy, [region.xyxy]) >= PART


def _holds(outer: Box, inner: Box) -> bool:
    return overlap_of(inner, [outer]) > 0.8 and overlap_of(outer, [inner]) > 0.15


KIND = Kind("abandoned_object", AbandonedObjectRule, AbandonedObject, severity="high")
