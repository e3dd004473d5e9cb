"""Decides, picture by picture, what is wrong with a camera's view, and since when."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from detect.tamper.measures import Measures, means_of, measured
from detect.tamper.reference import Reference
from detect.tamper.sharpness import Sharpness, fine
from detect.tamper.structure import Gradients, Mask, Plane, kept
from detect.track import Box
from detect.view import Luma
from ingest.frame import Image

Cause = Literal["covered", "defocused", "turned", "dark", "blinded"]

LOST = 0.55
"""Share of blocks lost at which hardly anything is left to see;"""
ANOTHER = 0.7
"""at which another view is there, whatever it is;"""
PARTLY_LOST = 0.35
"""at which something large stands before this one, that is not flat."""
COVERED = 0.25
"""Share of blocks that are flat at which the lens is partly covered,"""
OWN = 0.35
"""unless more than this part of what is lost has edges of its own."""
NEW = 0.6
"""Part of what is lost that has edges of its own when a bare view has become another one."""
VEILED = 0.75
"""Share of veiled blocks at which something thin is before the lens."""
DARK_SHARE = 0.9
FAINT = 0.08
"""Contrast beside the usual, below which a dark picture shows nothing to anybody."""
NEARLY_ALL = 0.75
"""Of a view of little structure at least this part must be lost."""
BRIGHT_SHARE = 0.6
BLURRED = 0.4
"""Fine detail beside the usual, below which a picture is out of focus,"""
USUAL_TIMES = 0.6
"""and beside the lowest that this camera has by itself (coding, mist)."""
BLURRED_ALIKE = 0.8
"""A picture without edges whose blocks still look so much like the usual ones is out of focus."""
TURNED = 0.08
"""Fractions of the frame by which a view that has moved is another one: 10 %, less what the
measure is coarse by. Less is a shake, or wind."""
SAME_TONES = 14.0
MOVED_FLAT = 4.0
"""Grey levels by which a lost block changes when what is before it moves;"""
MOVING = 0.1
"""in this part of the lost blocks it is moving."""
SAME_VIEW = 0.5
"""A picture that keeps less of the one before is a cut."""
SETTLED = 0.5
"""A view is settled while it keeps this part of its own last seconds."""
LATELY_S = 2.0
GAP_S = 1.2
"""A cause that was not seen for longer than this begins anew."""
MOST_TAKEN = 0.3
"""Things that take more of the picture than this have their own detail: none is judged."""
DETAIL_S = 0.5
"""Time between two looks at the finest detail."""
LEARN_LOST = 0.15
"""With more of the view hidden nothing is learnt,"""
HIDDEN_S = 30.0
"""until so much has been hidden for this long."""
ONE_CUT_S = 1.5
"""Changes of view closer together than this are one turn."""
CUTS_S = 60.0
ADOPT_S = 120.0
"""A new view that stays for this long is taken for the camera's own,"""
ADOPT_MUTED_S = 3.0
"""and one that may change, for this long."""
GREY = 1.5
"""Mean difference between the strongest and the weakest colour of a picture, grey levels, below
which it is taken by infrared light."""
SWITCH_S = 3.0
"""What changes so soon after such a switch is its doing: shadows go and plants turn white."""
NUDGED_S = 20.0
"""A view that moved a little for this long has been moved for good."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong now."""

    cause: Cause
    since_s: float
    still_s: float
    """For so long nothing has moved before the lens."""
    settled_s: float
    """For so long the view that is there now has been the same."""
    cuts: int
    """Cuts within the last minute."""
    measures: Measures
    sharpness: float | None
    is_partial: bool
    """Something with edges of its own hides a part of the view."""
    is_switch: bool
    """It came with a switch between colour and infrared."""


class Examiner:
    """Of one camera. With `may_turn` its view may change to another one at any time."""

    def __init__(self, *, may_turn: bool = False) -> None:
        self._may_turn = may_turn
        self._reference: Reference | None = None
        self._sharpness = Sharpness()
        self._least_sharp = 1.0
        self._lately: Gradients | None = None
        self._last: Gradients | None = None
        self._last_means: Plane | None = None
        self._last_s = 0.0
        self._since: dict[Cause, tuple[float, float]] = {}
        self._moved_at_s = self._unsettled_s = 0.0
        self._moving: Mask = np.zeros((0, 0), np.bool_)
        self._cuts: deque[float] = deque()
        self._shift_px = (0, 0)
        self._nudged_s: float | None = None
        self._aligned_s = self._ordinary_s = 0.0
        self._is_grey = False
        self._switched_s = -1e9
        self._detail: Plane | None = None
        self._detail_s = 0.0

    def look(self, image: Image, luma: Luma, t_s: float, taken: Sequence[Box]) -> Wrong | None:
        """What is wrong with the picture at media time `t_s`; `taken` are the boxes of things."""
        now, means = Gradients.of(luma), means_of(luma)
        last, last_means, step_s = self._last, self._last_means, t_s - self._last_s
        self._last, self._last_means, self._last_s = now, means, t_s
        if (
            self._reference is None
            or last is None
            or last_means is None
            or last.energy.shape != now.energy.shape
        ):
            self._begin(now, means, t_s)
            self._is_grey = _is_grey(image)
            return None
        self._watch(now, last, means, last_means, t_s, step_s)
        if _is_grey(image) != self._is_grey:
            self._is_grey, self._switched_s = not self._is_grey, t_s
        if not self._reference.is_ready:
            self._reference.learn(now, means, step_s)
            self._sharpness.learn(fine(image), step_s)
            return None
        numbers = measured(now, luma, self._reference, taken)
        if numbers is None:
            self._reference.learn(now, means, step_s)
            return None
        wide = sum((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in taken)
        detail = None if wide > MOST_TAKEN else self._detail_of(image, t_s)
        return self._judge(self._reference, now, means, detail, numbers, t_s, step_s)

    def _begin(self, now: Gradients, means: Plane, t_s: float) -> None:
        self._reference = Reference(now, means)
        self._sharpness = Sharpness()
        self._lately = now
        self._moved_at_s = self._unsettled_s = self._ordinary_s = t_s
        self._since.clear()

    def _watch(
        self,
        now: Gradients,
        last: Gradients,
        means: Plane,
        last_means: Plane,
        t_s: float,
        step_s: float,
    ) -> None:
        """Follow whether the view holds still, whatever it shows."""
        if kept(now, last) < SAME_VIEW:
            if self._cuts and t_s - self._cuts[-1] < ONE_CUT_S:
                self._cuts.pop()  # the same turn goes on
            self._cuts.append(t_s)
            self._lately, self._unsettled_s = now, t_s
        while self._cuts and t_s - self._cuts[0] > CUTS_S:
            self._cuts.popleft()
        self._moving = np.asarray(np.abs(means - last_means) > MOVED_FLAT)
        lately = now if self._lately is None else self._lately
        if kept(now, lately) < SETTLED:
            self._unsettled_s = t_s
        self._lately = lately.mixed(now, min(1.0, step_s / LATELY_S))

    def _judge(
        self,
        reference: Reference,
        now: Gradients,
        means: Plane,
        detail: Plane | None,
        numbers: Measures,
        t_s: float,
        step_s: float,
    ) -> Wrong | None:
        if self._moving[numbers.gone].sum() > MOVING * numbers.gone.sum():
            self._moved_at_s = t_s
        sharpness = None if detail is None else self._sharpness.ratio(detail, numbers.gain)
        cause, is_partial = self._cause(numbers, sharpness)
        self._nudge(numbers, cause, t_s)
        if cause is None:
            if self._is_ordinary(numbers.lost, t_s):
                reference.learn(now, means, step_s)
                if detail is not None:
                    self._sharpness.learn(detail, step_s)
                self._learn_sharpness(sharpness, step_s)
            return None
        since_s, seen_s = self._since.get(cause, (t_s, t_s))
        if t_s - seen_s > max(GAP_S, 2.5 * step_s):
            since_s = t_s
        self._since[cause] = since_s, t_s
        settled_s = self._unsettled_s if numbers.moved is None else self._aligned_s
        wrong = Wrong(
            cause,
            since_s,
            t_s - max(since_s, self._moved_at_s),
            t_s - max(since_s, settled_s),
            len(self._cuts),
            numbers,
            sharpness,
            is_partial,
            is_switch=abs(since_s - self._switched_s) <= SWITCH_S,
        )
        self._adopt(wrong, now, means, t_s)
        return wrong

    def _detail_of(self, image: Image, t_s: float) -> Plane:
        if self._detail is None or t_s - self._detail_s >= DETAIL_S:
            self._detail, self._detail_s = fine(image), t_s
        return self._detail

    def _cause(self, m: Measures, sharpness: float | None) -> tuple[Cause | None, bool]:
        """What is wrong, and whether something with edges hides a part of the view."""
        if m.dark >= DARK_SHARE and (m.lost >= LOST or m.gain < FAINT):
            return "dark", False
        if m.lost >= LOST and m.bright >= BRIGHT_SHARE:
            return "blinded", False
        if m.is_weak and m.lost < NEARLY_ALL:
            return None, False
        if m.moved is not None:
            return ("turned" if _far(m.moved) else None), False
        if m.veiled >= VEILED or (m.flat >= COVERED and m.own < OWN):
            is_blur = m.alike >= BLURRED_ALIKE and m.tones <= SAME_TONES
            is_whole = m.veiled >= VEILED or m.flat >= LOST
            return ("defocused" if is_whole and is_blur else "covered"), False
        if self._is_blurred(m, sharpness):
            return "defocused", False
        if m.lost >= ANOTHER:
            return (None if m.is_weak and m.own < NEW else "turned"), False
        return ("covered", True) if m.lost >= PARTLY_LOST else (None, False)

    def _is_blurred(self, m: Measures, sharpness: float | None) -> bool:
        """Whether detail is gone and the view is not: another one may have less by itself."""
        if sharpness is None or (m.lost >= PARTLY_LOST and m.alike < BLURRED_ALIKE):
            return False
        return sharpness < min(BLURRED, USUAL_TIMES * self._least_sharp)

    def _is_ordinary(self, lost: float, t_s: float) -> bool:
        """Whether the picture may be learnt from: not while more than usual is hidden, unless that
        has lasted so long that it belongs to the view.
        """
        if lost < LEARN_LOST:
            self._ordinary_s = t_s
        return t_s - self._ordinary_s == 0 or t_s - self._ordinary_s >= HIDDEN_S

    def _learn_sharpness(self, sharpness: float | None, step_s: float) -> None:
        if sharpness is not None:
            self._least_sharp += (1 - self._least_sharp) * min(1.0, step_s / 600.0)
            self._least_sharp = min(self._least_sharp, sharpness)

    def _nudge(self, m: Measures, cause: Cause | None, t_s: float) -> None:
        """A view that moved: a little and for long is learnt, and a turn must come to rest."""
        if m.moved is None:
            self._nudged_s = None
            return
        if max(abs(a - b) for a, b in zip(m.moved_px, self._shift_px, strict=True)) > 2:
            self._shift_px, self._nudged_s = m.moved_px, t_s
            self._aligned_s = t_s
        if self._nudged_s is None:
            self._nudged_s = t_s
        if cause is None and t_s - self._nudged_s >= NUDGED_S and self._reference is not None:
            self._reference.move(*m.moved_px)
            self._nudged_s = None

    def _adopt(self, wrong: Wrong, now: Gradients, means: Plane, t_s: float) -> None:
        """Another view that has come to stay."""
        if wrong.cause != "turned" and not wrong.is_partial:
            return
        is_muted = self._may_turn or wrong.is_switch
        if wrong.settled_s >= (ADOPT_MUTED_S if is_muted else ADOPT_S):
            self._begin(now if self._lately is None else self._lately, means, t_s)


def _is_grey(image: Image) -> bool:
    few = image[::8, ::8]
    return float(few.max(axis=2).mean() - few.min(axis=2).mean()) < GREY


def _far(moved: tuple[float, float]) -> bool:
    return max(abs(moved[0]), abs(moved[1])) >= TURNED
