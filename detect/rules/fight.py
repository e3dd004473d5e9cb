"""Fight: people beat each other.

Where most moves, its motion is measured over two seconds (`detect.fighting.scuffle`) and judged by
a head of our own; the judgements are averaged over time, so that a hug or a stumble is no fight.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from detect.aids import Aids, Head
from detect.errors import InferenceFailed
from detect.fighting.belief import Belief
from detect.fighting.scuffle import Grey, Scuffle, Seen
from detect.places import Classes, Name, Places, RuleParameters, ScenePoint, Seconds
from detect.rules.base import Finding, Judge, Kind, most_certain
from detect.track import Box, Track
from detect.view import View
from detect.words import Said, people, place, seconds, upper

HEAD = "fight"
PERSON_SCORE, VEHICLE_SCORE = 0.3, 0.4
VEHICLES = frozenset({"bicycle", "car", "motorcycle", "bus", "train", "truck", "boat"})
LOOK_FPS = 3.0
"""While a person is in view: pictures at most 0.45 s apart can be compared."""
SURE_FPS = 5.0
"""While people stand near each other where it moves: what the head was trained on."""
HYSTERESIS = 1.0
"""Log odds by which a fight that was found may fall off before it is over."""
FRESH_S = 0.4
"""Who was seen so lately is still there."""
ALONE, NOBODY = 1.0, 0.3
"""Fewer people about the place than this, on average: nearly nobody, and nobody at all."""
ALONE_MORE, NOBODY_MORE = 0.95, 1.95
"""Log odds that are asked for besides when so few are seen."""
CROWD, CROWD_LESS, CROWD_MOST = 4.0, 0.2, 2.0
"""From so many people in view, each takes so much off the log odds, to a most: crowds look like
fights to the head."""
NOBODY_SCORE = 0.6
"""What the certainty is worth when nobody was detected: motion alone says it."""


class FightRule(RuleParameters):
    """People beat each other."""

    kind: Literal["fight"]
    zone: Name | None = None
    classes: Classes = ("person",)
    seconds: Seconds = 1.0
    certainty: Annotated[float, Field(ge=0.05, le=0.99, allow_inf_nan=False, strict=True)] = 0.3
    """Averaged probability from which it is a fight."""

    @property
    def floor_fps(self) -> float:
        return LOOK_FPS


class Fight(Judge):
    """All who fight in one picture are one happening."""

    def __init__(self, rule: FightRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        self._aids = aids
        polygon = places.polygon(rule.zone)
        self._scuffle = Scuffle(None if polygon is None else _bounds(polygon))
        self._belief = Belief()
        self._since_s: float | None = None
        """When what is believed began."""
        self._is_found = False
        self._most = 0.0
        """The highest certainty since: what dies down was no less a fight."""

    def judge(self, view: View) -> list[Finding]:
        head = self._aids.head(HEAD)
        image = None if head is None else view.still
        if head is None or image is None:
            return []
        who = _people(view, self._rule.labels)
        measured = self._scuffle.step(view.t_s, luma(image), _seen(view, who))
        belief = self._belief
        is_tense = self._scuffle.near >= 2 or belief.odds > belief.prior / 2
        self.asks_fps = SURE_FPS if is_tense else 0.0
        features = self._scuffle.measures() if measured else None
        if features is not None:
            less = crowding(self._scuffle.seen)
            belief.weigh(view.t_s, _chance(head, features), less)
        elif belief.fade(view.t_s):
            self._since_s, self._is_found, self._most = None, False, 0.0
            return []
        return self._findings(view, head)

    def _findings(self, view: View, head: Head) -> list[Finding]:
        near = self._scuffle.near
        if self._belief.surplus < asked(self._rule.certainty, near, is_found=self._is_found):
            self._since_s, self._is_found, self._most = None, False, 0.0
            return []
        if self._since_s is None:
            self._since_s = self._scuffle.since_s
        lasted_s = view.t_s - self._since_s
        if lasted_s < self._rule.seconds:
            return []
        self._is_found = True
        self._most = chance = max(self._most, self._belief.chance)
        tracks = _about(view.tracks, self._rule.labels, self._scuffle.place)
        said = _said(len(tracks), self._rule.zone, lasted_s, chance)
        score = chance if near >= NOBODY else NOBODY_SCORE * chance
        scores = {"chance": chance, **self._scuffle.said}
        return [
            Finding(
                "fight",
                self._since_s,
                most_certain(tracks),
                said,
                score=score,
                box=self._scuffle.place,
                scores=scores,
                model=head.ref,
            )
        ]


def asked(certainty: float, near: float, *, is_found: bool) -> float:
    """Log odds that must be believed; more where hardly anybody is seen."""
    odds = log(certainty / (1 - certainty)) - (HYSTERESIS if is_found else 0.0)
    return odds + (NOBODY_MORE if near < NOBODY else ALONE_MORE if near < ALONE else 0.0)


def crowding(seen: float) -> float:
    """Log odds that so many people in view take off a judgement."""
    return min(CROWD_LESS * max(0.0, seen - CROWD), CROWD_MOST)


def _chance(head: Head, features: npt.NDArray[np.float32]) -> float:
    """The head's probability; 0 when it cannot be run, which its engine has told."""
    try:
        return float(head.run({"features": features[None]})[0, 0])
    except InferenceFailed:
        return 0.0


def luma(image: npt.NDArray[np.uint8]) -> Grey:
    """Luma (h, w) of a BGR picture, in whole numbers: 29, 150 and 77 of 256."""
    blue, green, red = (image[..., channel].astype(np.uint16) for channel in range(3))
    return ((blue * 29 + green * 150 + red * 77 + 128) >> 8).astype(np.uint8)


def _people(view: View, labels: frozenset[str]) -> list[tuple[Box, float]]:
    """Who was detected in this frame; of parts not looked at, who is followed there."""
    found = view.detections
    wanted = [label for label, name in enumerate(view.classes) if name in labels]
    keep = np.isin(found.label, wanted) & (found.score >= PERSON_SCORE)
    boxes: list[tuple[Box, float]] = [
        ((x1, y1, x2, y2), score)
        for (x1, y1, x2, y2), score in zip(
            found.xyxy[keep].tolist(), found.score[keep].tolist(), strict=True
        )
    ]
    if not view.is_whole:
        boxes += [
            (track.xyxy, track.score)
            for track in view.tracks
            if track.label in labels and 0 < track.unseen_s < FRESH_S
        ]
    return boxes


def _seen(view: View, who: list[tuple[Box, float]]) -> Seen:
    found = view.detections
    cars = [label for label, name in enumerate(view.classes) if name in VEHICLES]
    keep = np.isin(found.label, cars) & (found.score >= VEHICLE_SCORE)
    boxes = np.array([box for box, _ in who], np.float32).reshape(-1, 4)
    return Seen(boxes, np.array([score for _, score in who], np.float32), found.xyxy[keep])


def _about(tracks: Sequence[Track], labels: frozenset[str], spot: Box) -> list[Track]:
    """The people whose box touches the place, seen of late."""
    x1, y1, x2, y2 = spot
    return [
        track
        for track in tracks
        if track.label in labels
        and track.unseen_s < FRESH_S
        and track.xyxy[0] < x2
        and track.xyxy[2] > x1
        and track.xyxy[1] < y2
        and track.xyxy[3] > y1
    ]


def _bounds(polygon: Sequence[ScenePoint]) -> Box:
    xs, ys = zip(*polygon, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _said(count: int, zone: str | None, lasted_s: float, chance: float) -> Said:
    where, time, percent = place(zone), seconds(lasted_s), round(100 * chance)
    if count < 1:
        return Said(
            f"Motion like that of a fight {where.en} for {time} s ({percent} % certain); "
            "nobody could be made out.",
            f"{upper(where.kk)} төбелеске ұқсас қозғалыс: {time} с "
            f"(сенімділік {percent} %); адамдар анық көрінбейді.",
            f"Движение, похожее на драку, {where.ru}: {time} с "
            f"(уверенность {percent} %); людей различить не удалось.",
        )
    who = people(count)
    return Said(
        f"A fight {where.en} for {time} s ({percent} % certain), {who.en} in it.",
        f"{upper(where.kk)} төбелес: {time} с (сенімділік {percent} %), {who.kk}.",
        f"Драка {where.ru}: {time} с (уверенность {percent} %), {who.ru}.",
    )


KIND = Kind("fight", FightRule, Fight, severity="critical", quiet_s=6.0)
