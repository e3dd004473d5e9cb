"""Camera tamper: the camera no longer shows what it is there to show."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from detect.aids import Aids
from detect.places import VEHICLES, Places, RuleParameters, Seconds
from detect.rules.base import Finding, Judge, Kind
from detect.tamper.examiner import SAME_TONES, Cause, Examiner, Wrong
from detect.tamper.freeze import Freeze, Rest
from detect.track import Box
from detect.view import View
from detect.words import Said, seconds
from ingest.frame import Image

MOVING_S = 6.0
"""What moves before the lens, a bus or a crowd, must cover it for this much longer, and so must
what hides a view that has hardly any structure: headlights do, there,"""
PASSING_S = 2.0
"""and what keeps still for this much longer than the time asked for;"""
PARTIAL_S = 28.0
"""for this much longer where it has edges of its own, as what is near the lens has not."""
TURN_S = 1.0
"""A view that has moved must have come to rest for this much longer,"""
SAME_PLACE_S = 2.0
"""one that shares nothing with the former but its tones, for this much longer,"""
OTHER_PLACE_S = 6.0
"""and one that looks like another place altogether: clips that were cut together do that."""
WHOLE = 0.8
"""With this part of the view flat, all of it is covered."""
ANEW = 2.0
"""What has covered a part of the view and went away by itself may do so again: the next must stay
this many times longer than the longest,"""
LONGEST_S = 30.0
"""which is taken for no longer than this,"""
FORGET_S = 86_400.0
"""and for half as long after this time."""
CUTS = 3
"""A camera whose view changes so often within a minute is not turned by anybody."""
IDLE_STEP_S = 0.9
"""Seconds between two looks while nothing is suspected,"""
CLOSE_STEP_S = 0.15
"""and while something is."""
SUDDEN = 12.0
"""Grey levels by which a picture that is looked at without waiting differs, at the mean."""
COARSE_PX = 16
"""Every so many pixels are compared for that."""
THINGS = frozenset(("person", *VEHICLES))
SUSPICIOUS_FPS = 5.0

ANSWERS: dict[str, Said] = {
    "covered": Said(
        "The lens is covered: {lost} % of the view has been hidden for {time} s.",
        "Объектив жабылған: көріністің {lost} %-ы {time} с бойы көрінбейді.",
        "Объектив закрыт: {lost} % обзора не видно уже {time} с.",
    ),
    "defocused": Said(
        "The picture is out of focus: {sharp} % of its usual detail is left, for {time} s.",
        "Кескін анық емес: әдеттегі ұсақ бөлшектердің {sharp} %-ы ғана қалған, {time} с.",
        "Изображение не в фокусе: осталось {sharp} % обычной детализации, уже {time} с.",
    ),
    "moved": Said(
        "The camera has been turned: its view has moved by {moved} % of the picture, for {time} s.",
        "Камера бұрылған: көрініс кадрдың {moved} %-ына ығысқан, {time} с.",
        "Камера повёрнута: обзор сместился на {moved} % кадра, уже {time} с.",
    ),
    "turned": Said(
        "The camera has been turned: {lost} % of its usual view is gone, for {time} s.",
        "Камера бұрылған: әдеттегі көріністің {lost} %-ы жоғалған, {time} с.",
        "Камера повёрнута: {lost} % обычного обзора пропало, уже {time} с.",
    ),
    "dark": Said(
        "The picture is dark: nothing can be recognised in it, for {time} s.",
        "Кескін қараңғы: ештеңе айыру мүмкін емес, {time} с.",
        "Изображение тёмное: ничего нельзя различить уже {time} с.",
    ),
    "blinded": Said(
        "The camera is blinded by light, for {time} s.",
        "Камераға жарық түсіп, ештеңе көрінбейді, {time} с.",
        "Камера ослеплена светом уже {time} с.",
    ),
    "frozen": Said(
        "The picture is frozen: nothing in it has changed for {time} s.",
        "Кескін қатып қалған: {time} с бойы ештеңе өзгермеген.",
        "Изображение застыло: ничего не меняется уже {time} с.",
    ),
    "signal": Said(
        "The camera's signal is lost: no picture for {time} s.",
        "Камерадан сигнал жоқ: {time} с бойы кескін келмейді.",
        "Сигнал камеры потерян: изображения нет уже {time} с.",
    ),
}
"""By what is wrong."""


class CameraTamperRule(RuleParameters):
    """The camera no longer shows what it is there to show."""

    PIXELS: ClassVar[bool] = True

    kind: Literal["camera_tamper"]
    seconds: Seconds = 2.0
    ptz: bool = False
    """The camera is turned by its operators: another view is no incident."""

    @property
    def always_fps(self) -> float:
        """A picture a second tells all but how a thing moves before the lens."""
        return 1.0


class CameraTamper(Judge):
    """One incident for the view, one for a frozen picture, one for a lost signal."""

    def __init__(self, rule: CameraTamperRule, places: Places, aids: Aids) -> None:
        self._rule = rule
        self._examiner = Examiner(may_turn=rule.ptz)
        self._freeze = Freeze()
        self._last_s = self._looked_s = 0.0
        self._coarse: Image | None = None
        self._found: list[Finding] = []
        self._covered_s: float | None = None
        self._passed_s = self._passed_at_s = 0.0
        """For how long the longest thing covered a part of the view and went, and when it did."""
        self._told: Cause | None = None
        """What has been found wrong with the view, while it lasts."""

    def judge(self, view: View) -> list[Finding]:
        self._last_s = view.t_s
        if view.image is None:
            return []
        if self._waits(view.image, view.t_s):
            return self._found
        luma = view.luma
        if luma is None:
            return []
        wrong = self._examiner.look(view.image, luma, view.t_s, _taken(view))
        rest = self._freeze.see(view.image, luma, view.t_s, self._rule.seconds)
        self._pass(wrong, view.t_s)
        if wrong is None:
            self._told = None
        elif self._is_sure(wrong, view.t_s):
            self._told = wrong.cause
        is_suspicious = wrong is not None and self._told is None
        self.asks_fps = SUSPICIOUS_FPS if is_suspicious else 0.0
        self._found = self._findings(wrong, rest, view.t_s)
        return self._found

    def _findings(self, wrong: Wrong | None, rest: Rest | None, t_s: float) -> list[Finding]:
        if wrong is not None and self._told is not None:
            return [self._finding(wrong, t_s)]
        # What covers a lens does not move either; somebody who stands before it does.
        if rest is None or not (wrong is None or wrong.is_partial):
            return []
        return [_frozen(rest, t_s)]

    def _waits(self, image: Image, t_s: float) -> bool:
        """Whether to leave this picture out: so soon after the last one, and much alike."""
        coarse = image[::COARSE_PX, ::COARSE_PX, 1]
        last, passed_s = self._coarse, t_s - self._looked_s
        if last is not None and last.shape == coarse.shape:
            if passed_s < (CLOSE_STEP_S if self.asks_fps else IDLE_STEP_S):
                change = np.abs(coarse.astype(np.int16) - last).mean()
                if self.asks_fps or change < SUDDEN:
                    return True
        self._coarse, self._looked_s = coarse.copy(), t_s
        return False

    def lost(self, idle_s: float) -> list[Finding]:
        """No picture at all."""
        said = _said("signal", time=seconds(idle_s))
        return [Finding("signal", self._last_s, (), said, score=1.0, scores={"idle_s": idle_s})]

    def _is_sure(self, wrong: Wrong, t_s: float) -> bool:
        asked_s, lasted_s = self._rule.seconds, t_s - wrong.since_s
        match wrong.cause:
            case "turned":
                if self._rule.ptz or wrong.is_switch or wrong.cuts >= CUTS:
                    return False
                return wrong.settled_s >= asked_s + _settling_s(wrong)
            case "covered":
                if wrong.is_partial:
                    return not wrong.is_switch and wrong.still_s >= asked_s + PARTIAL_S
                is_still = wrong.still_s >= asked_s
                if not is_still and (wrong.measures.is_weak or wrong.cuts >= CUTS):
                    return False
                is_sure = is_still and not wrong.measures.is_weak
                asked_s += PASSING_S if is_sure else MOVING_S
                if wrong.measures.flat < WHOLE:
                    asked_s = max(asked_s, ANEW * self._passed_s)
        return lasted_s >= asked_s

    def _pass(self, wrong: Wrong | None, t_s: float) -> None:
        """Learn for how long things hide a part of this view and go away: a bus at its stop."""
        if wrong is not None and wrong.cause == "covered":
            self._covered_s = wrong.since_s
        elif self._covered_s is not None:
            left_s = self._passed_s * 0.5 ** ((t_s - self._passed_at_s) / FORGET_S)
            self._passed_s = max(left_s, min(LONGEST_S, t_s - self._covered_s))
            self._covered_s, self._passed_at_s = None, t_s

    def _finding(self, wrong: Wrong, t_s: float) -> Finding:
        m, time = wrong.measures, seconds(t_s - wrong.since_s)
        moved = 0.0 if m.moved is None else max(abs(part) for part in m.moved)
        sharp = 0.0 if wrong.sharpness is None else wrong.sharpness
        what = "moved" if self._told == "turned" and moved else self._told or wrong.cause
        said = _said(
            what,
            time=time,
            lost=_percent(max(m.lost, m.veiled)),
            moved=_percent(moved),
            sharp=_percent(sharp),
        )
        scores = {
            "lost": m.lost,
            "flat": m.flat,
            "veiled": m.veiled,
            "own": m.own,
            "dark": m.dark,
            "bright": m.bright,
        }
        scores |= {"sharpness": sharp, "moved": moved, "cuts": float(wrong.cuts)}
        return Finding("view", wrong.since_s, (), said, score=_score(wrong), scores=scores)


def _settling_s(wrong: Wrong) -> float:
    if wrong.measures.moved is not None:
        return TURN_S
    return SAME_PLACE_S if wrong.measures.tones <= SAME_TONES else OTHER_PLACE_S


def _frozen(rest: Rest, t_s: float) -> Finding:
    lasted_s = t_s - rest.since_s
    said = _said("frozen", time=seconds(lasted_s))
    scores = {"same_s": lasted_s, "longest_before_s": rest.longest_s, "exact": float(rest.is_exact)}
    return Finding(
        "frozen", rest.since_s, (), said, score=0.9 if rest.is_exact else 0.7, scores=scores
    )


def _score(wrong: Wrong) -> float:
    """By how much of the view is gone; a blur is told by what is left of detail."""
    gone = max(wrong.measures.lost, wrong.measures.flat, wrong.measures.veiled)
    if wrong.cause == "defocused" and wrong.sharpness is not None:
        gone = max(gone, 1 - wrong.sharpness)
    return min(1.0, 0.5 + gone / 2)


def _taken(view: View) -> list[Box]:
    """Where things stand that the detector knows: they hide a part of the view by right."""
    return [track.xyxy for track in view.tracks if track.unseen_s == 0 and track.label in THINGS]


def _said(what: str, **numbers: str) -> Said:
    answer = ANSWERS[what]
    return Said(*(text.format(**numbers) for text in (answer.en, answer.kk, answer.ru)))


def _percent(part: float) -> str:
    return f"{100 * part:.0f}"


KIND = Kind("camera_tamper", CameraTamperRule, CameraTamper, severity="high")
